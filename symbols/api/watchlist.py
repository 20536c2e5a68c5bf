"""The watchlist and its categories over HTTP. Paths lie below `/api/v1/symbols/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field, model_validator

from settingsapp.api.exchanged import cause_of, expected_version, writer_of
from settingsapp.http_errors import ApiError, read_sub_of
from symbols import categories, tracking
from symbols.api.watchlist_edits import edit_refused
from symbols.categories import UnfitCategoryError
from symbols.models import Category, Colour
from symbols.tracking import MOST_AT_ONCE, Change, Edited, NotTrackedError

router = Router(tags=["watchlist"])

Symbols = Annotated[list[str], Field(max_length=MOST_AT_ONCE)]


class SymbolsIn(Schema):
    """One symbol, or several at once: as the watchlist writes them, or with their exchange."""

    model_config = ConfigDict(extra="forbid")

    symbol: str | None = None
    symbols: Symbols = []

    @model_validator(mode="after")
    def _some(self) -> "SymbolsIn":
        if (self.symbol is None) == (not self.symbols):
            raise ValueError("send `symbol`, or `symbols` with one at least")
        return self

    @property
    def all(self) -> list[str]:
        return [self.symbol.strip()] if self.symbol is not None else [one.strip() for one in self.symbols]


class ChangeIn(SymbolsIn):
    """What is to become of symbols; what is left out stays as it is."""

    enabled: bool | None = None
    priority: Literal["normal", "sparse"] | None = None
    categories: list[str] | None = Field(None, description="Exactly these")
    add_categories: list[str] = Field([], alias="addCategories")
    remove_categories: list[str] = Field([], alias="removeCategories")


class UndoIn(Schema):
    """Which version's edit of the watchlist to undo."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=2, lt=2**31)


class CategoryIn(Schema):
    """A category; its name is unique, capitals aside."""

    model_config = ConfigDict(extra="forbid")

    name: str
    colour: str = Field(Colour.GREY.value, description=", ".join(Colour.values))


class CategoryChangeIn(Schema):
    """What to change of a category; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str
    new_name: str | None = Field(None, alias="newName")
    colour: str | None = None


@router.get("watchlist", summary="Every tracked symbol")
def read_watchlist(request: HttpRequest) -> HttpResponse:
    """In the settings' order, whole; the ETag is the settings' version, for If-Match. Times in ms UTC."""
    sub = read_sub_of(request)
    with _told():
        found = tracking.overview(sub)
    body = {
        "version": found.version,
        "primaryExchange": found.primary_exchange,
        "results": [row.body() for row in found.rows],
        "next": None,
    }
    return JsonResponse(body, headers={"ETag": f'"{found.version}"'})


@router.post("watchlist", summary="Track a symbol, or several", response={200: Any, 201: Any})
def add_symbols(request: HttpRequest, wanted: SymbolsIn) -> HttpResponse:
    """201 where that changed anything, 200 where all were tracked and switched on already."""
    sub = writer_of(request)
    with _told():
        edited = tracking.add(sub, wanted.all, cause=cause_of(request), expected_version=expected_version(request, sub))
    return _edited(edited, 201 if edited.changed else 200)


@router.patch("watchlist", summary="Switch symbols on or off, set their priority, tag them")
def change_symbols(request: HttpRequest, wanted: ChangeIn) -> HttpResponse:
    sub = writer_of(request)
    change = Change(
        enabled=wanted.enabled,
        sparse=None if wanted.priority is None else wanted.priority == "sparse",
        categories=wanted.categories,
        add_categories=wanted.add_categories,
        remove_categories=wanted.remove_categories,
    )
    with _told():
        expected = expected_version(request, sub)
        edited = tracking.change(sub, wanted.all, change, cause=cause_of(request), expected_version=expected)
    return _edited(edited)


@router.delete("watchlist", summary="Track symbols no more")
def remove_symbols(
    request: HttpRequest, symbol: Annotated[list[str], Query(max_length=MOST_AT_ONCE, min_length=1)]
) -> HttpResponse:
    """`symbol` may be repeated. One that was not tracked is no error: it is told under `already`."""
    sub = writer_of(request)
    with _told():
        expected = expected_version(request, sub)
        edited = tracking.remove(
            sub, [one.strip() for one in symbol], cause=cause_of(request), expected_version=expected
        )
    return _edited(edited)


@router.post("watchlist/undo", summary="Undo one version's edit of the watchlist")
def undo_edit(request: HttpRequest, wanted: UndoIn) -> HttpResponse:
    """Symbols that somebody has moved since are left as they are, and told under `left`."""
    sub = writer_of(request)
    with _told():
        edited = tracking.undo(sub, wanted.version, cause=cause_of(request))
    return _edited(edited)


@router.get("categories", summary="The categories, by name")
def list_categories(request: HttpRequest) -> dict[str, Any]:
    return {"results": [_category(row) for row in categories.every(read_sub_of(request))], "next": None}


@router.post("categories", summary="Make a category", response={201: Any})
def make_category(request: HttpRequest, wanted: CategoryIn) -> HttpResponse:
    sub = writer_of(request)
    with _told():
        return JsonResponse(_category(categories.make(sub, wanted.name, wanted.colour)), status=201)


@router.patch("categories", summary="Rename or repaint a category")
def change_category(request: HttpRequest, wanted: CategoryChangeIn) -> dict[str, Any]:
    sub = writer_of(request)
    with _told():
        return _category(categories.edit(sub, wanted.name, wanted.new_name, wanted.colour))


@router.delete("categories", summary="Delete a category", response={204: None})
def delete_category(request: HttpRequest, name: str) -> HttpResponse:
    """Its symbols stay tracked."""
    sub = writer_of(request)
    with _told():
        categories.drop(sub, name)
    return HttpResponse(status=204)


def _category(row: Category) -> dict[str, Any]:
    return {"name": row.name, "colour": row.colour}


def _edited(edited: Edited, status: int = 200) -> HttpResponse:
    body = {
        "version": edited.saved.version,
        "changed": list(edited.changed),
        "already": list(edited.already),
        "left": list(edited.left),
    }
    return JsonResponse(body, status=status, headers={"ETag": f'"{edited.saved.version}"'})


@contextmanager
def _told() -> Iterator[None]:
    try:
        with edit_refused():
            yield
    except NotTrackedError as error:
        raise ApiError(404, "not_tracked", "Some of these symbols are not tracked.", error.problems) from None
    except UnfitCategoryError as error:
        raise ApiError(422, "invalid", "The category can't be so.", error.problems) from None
