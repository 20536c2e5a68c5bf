"""Mapping across exchanges, and the switch of the primary one, over HTTP. Paths lie below `/api/v1/symbols/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from settingsapp.api.exchanged import cause_of, expected_version, refused, writer_of
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.wording import sentence
from symbols import crossing, switching
from symbols.crossing import UnfitQuestionError, UnreadExchangeError
from symbols.lookup import UnknownSymbolError
from symbols.mapping import Stablecoins
from symbols.searching import LONGEST
from symbols.switching import MOST_CHOICES, Action, Choice, UnfitSwitchError

router = Router(tags=["mapping"])

REFUSED: Final = "The primary exchange can't be switched like this."
Exchange = Annotated[str, Query(max_length=40)]


class ChoiceIn(Schema):
    """What is to become of an entry."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    to: str = Field("", max_length=64, description="For `map`: one of its candidates, as the new exchange writes it")


class SwitchIn(Schema):
    """A switch of the primary exchange, as its preview has shown it."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(max_length=40)
    stablecoins: Stablecoins = Stablecoins.DOLLAR
    unmapped: Literal["keep", "drop"] = Field("keep", description="What becomes of entries that map to nothing")
    choices: dict[str, ChoiceIn] = Field({}, max_length=MOST_CHOICES, description="By entry; ambiguous ones need one")


@router.get("map", summary="What a symbol is on another exchange")
def map_symbol(
    request: HttpRequest,
    symbol: Annotated[str, Query(max_length=LONGEST * 3, min_length=1)],
    to: Exchange,
    source: Annotated[str, Query(alias="from", max_length=40)] = "",
    stablecoins: Stablecoins = Stablecoins.DOLLAR,
) -> dict[str, Any]:
    """`verdict`: `maps` to the one that `mapped` tells; `ambiguous`, then somebody has to choose among `candidates`;
    `none`. `why` says so in words. `symbol` is as `from` writes it; without `from`, the exchange it names, or the
    primary one. `stablecoins`: `dollar` counts their prices as dollars, `exact` wants the very same quote currency.
    """
    sub = read_sub_of(request)
    with _told():
        return crossing.cross(sub, symbol.strip(), source, to, stablecoins).body()


@router.get("switch", summary="What a switch of the primary exchange would do")
def preview_switch(request: HttpRequest, to: Exchange, stablecoins: Stablecoins = Stablecoins.DOLLAR) -> HttpResponse:
    """Nothing changes. Each entry that is written without its exchange with its verdict; the ETag is the settings'
    version, for the If-Match of the switch.
    """
    sub = read_sub_of(request)
    with _told():
        shown = switching.preview(sub, to, stablecoins)
    return JsonResponse(shown.body(), headers={"ETag": f'"{shown.version}"'})


@router.post("switch", summary="Switch the primary exchange", response={200: Any})
def switch_primary(request: HttpRequest, wanted: SwitchIn) -> HttpResponse:
    """In one version of the settings; restoring the version before undoes it. It needs If-Match with the version of
    the preview: 412 where somebody has saved since.
    """
    sub = writer_of(request)
    expected = expected_version(request, sub)
    if expected is None:
        raise ApiError(400, "if_match_needed", 'Send If-Match with the version that the preview was of: "42".')
    choices = {entry: Choice(choice.action, choice.to) for entry, choice in wanted.choices.items()}
    with _told():
        done = switching.switch(
            sub,
            wanted.to,
            wanted.stablecoins,
            choices,
            Action(wanted.unmapped),
            cause=cause_of(request),
            expected_version=expected,
        )
    return JsonResponse(done.body(), headers={"ETag": f'"{done.saved.version}"'})


@contextmanager
def _told() -> Iterator[None]:
    try:
        with refused(REFUSED):
            yield
    except UnfitQuestionError as error:
        problem = FieldProblem(error.path, str(error))
        raise ApiError(422, "invalid", "Parts of the request are not as they should be.", [problem]) from None
    except UnreadExchangeError as error:
        raise ApiError(409, "not_read_yet", sentence(error)) from None
    except UnknownSymbolError as error:
        raise ApiError(404, "unknown_symbol", sentence(error)) from None
    except UnfitSwitchError as error:
        raise ApiError(422, "unfit_switch", REFUSED, error.problems) from None
