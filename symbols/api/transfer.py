"""The watchlist as a file, over HTTP: `import` and `export`. Paths lie below `/api/v1/symbols/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from settingsapp.api.exchanged import cause_of, expected_version, writer_of
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.wording import sentence
from symbols import importing
from symbols.api.watchlist_edits import edit_refused
from symbols.importing import BadLinesError, Imported, TooManyCategoriesError, UndoneError, UnknownImportError
from symbols.watchlist_files.entries import LONGEST_FILE, MOST_LINES, Listing, TooLongError, UnreadableFileError
from symbols.watchlist_files.reading import read_any, read_json, read_text, text_of
from symbols.watchlist_files.writing import csv_text, json_text

router = Router(tags=["watchlist"])

CSV: Final = frozenset({"text/csv", "text/plain"})
JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
_MOST_PROBLEMS: Final = 200
"""So many lines are told among the error's fields; all of them are among its rows."""
_TEXT: Final = {
    "schema": {"type": "string"},
    "example": "symbol,exchange,enabled,priority,categories\nBTC-USD,,yes,,\n",
}
_A_FILE: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": _TEXT,
            JSON: {"schema": {"type": "array", "items": {}}, "example": ["BTC-USD"]},
            MULTIPART: {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}},
        },
    }
}


@router.post("import", summary="Take over a list of symbols", openapi_extra=_A_FILE, response={200: Any, 422: Any})
def import_symbols(request: HttpRequest, dryRun: bool = False) -> HttpResponse:  # noqa: N803
    """CSV, a plain list or JSON: as the body, or as `file` of a form. With `dryRun=1` each line is only judged.

    Columns, or fields: symbol, and as far as wanted exchange, enabled (yes, no), priority (normal, sparse), categories
    (several with a bar between them), added. Either all lines are taken over, as one version, or, where one is neither
    valid nor a duplicate, none: 422, with all `rows`. Categories that there are not yet are made. What was imported is
    undone at `import/ID/undo`.
    """
    sub = writer_of(request)
    expected = expected_version(request, sub)
    with _told():
        listing = _listing(request)
        if dryRun:
            checked = importing.check(sub, listing)
            return JsonResponse(checked.body() | {"dryRun": True}, headers={"ETag": f'"{checked.version}"'})
        cause = replace(cause_of(request), kind="import")
        try:
            taken = importing.take_over(sub, listing, cause=cause, expected_version=expected)
        except BadLinesError as error:
            return _bad_lines(error)
    return _imported(taken)


@router.post("import/{number}/undo", summary="Undo an import")
def undo_import(request: HttpRequest, number: int) -> HttpResponse:
    """With its categories. What somebody has changed since is left alone, and told under `left`."""
    sub = writer_of(request)
    with _told():
        edited = importing.undo(sub, number, cause=cause_of(request))
    body = {"version": edited.saved.version, "changed": list(edited.changed), "left": list(edited.left)}
    return JsonResponse(body, headers={"ETag": f'"{edited.saved.version}"'})


@router.get("export", summary="The watchlist as a file")
def export_symbols(request: HttpRequest, format: Literal["csv", "json"] = "csv") -> HttpResponse:  # noqa: A002
    """Which an import takes back as it was. Nothing in the CSV can begin a spreadsheet's formula."""
    sub = read_sub_of(request)
    with _told():
        version, lines = importing.exported(sub)
    text, kind = (csv_text(lines), "text/csv; charset=utf-8") if format == "csv" else (json_text(lines), JSON)
    name = f"livermore-watchlist-v{version}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "ETag": f'"{version}"'}
    return HttpResponse(text, content_type=kind, headers=headers)


def _listing(request: HttpRequest) -> Listing:
    """Read what was sent. Raises ApiError 413, 415 or 422, UnreadableFileError."""
    kind = request.content_type
    if kind == MULTIPART:
        return read_any(_file(request))
    if kind != JSON and kind not in CSV:
        wanted = f"text/csv, {JSON}, or {MULTIPART} with a `file`"
        raise ApiError(415, "unsupported_media_type", f"Send {wanted}, not {kind or 'nothing'}.")
    _refuse_large(int(request.META.get("CONTENT_LENGTH") or 0))
    raw = request.body
    _refuse_large(len(raw))
    return read_json(text_of(raw)) if kind == JSON else read_text(text_of(raw))


def _file(request: HttpRequest) -> bytes:
    files = request.FILES.getlist("file")
    if len(files) != 1:
        problem = FieldProblem("file", f"one file is needed, and {len(files)} came" if files else "no file came")
        raise ApiError(422, "invalid", "Send one file, as the form's field `file`.", [problem])
    _refuse_large(files[0].size or 0)
    return bytes(files[0].read())


def _refuse_large(size: int) -> None:
    if size > LONGEST_FILE:
        told = f"The file is larger than {LONGEST_FILE // 1024:,} KiB; a list of {MOST_LINES:,} symbols is not."
        raise ApiError(413, "too_large", told)


def _bad_lines(error: BadLinesError) -> HttpResponse:
    bad = error.checked.bad
    fields = [FieldProblem(f"line {row.line}", row.message) for row in bad[:_MOST_PROBLEMS]]
    body = ApiError(422, "bad_lines", sentence(f"{error}; nothing was changed"), fields).body()
    return JsonResponse(body | error.checked.body() | {"dryRun": False}, status=422)


def _imported(taken: Imported) -> HttpResponse:
    edited = taken.edited
    body = taken.checked.body() | {
        "dryRun": False,
        "id": taken.number,
        "version": edited.saved.version,
        "changed": list(edited.changed),
        "already": list(edited.already),
    }
    return JsonResponse(body, headers={"ETag": f'"{edited.saved.version}"'})


@contextmanager
def _told() -> Iterator[None]:
    try:
        with edit_refused():
            yield
    except TooLongError as error:
        raise ApiError(422, "too_many_lines", f"The file can't be taken: {error}.") from None
    except UnreadableFileError as error:
        place = "" if error.line is None else f"line {error.line}"
        text = f"The file can't be read: {place}{': ' if place else ''}{error}."
        raise ApiError(422, "unreadable", text, [FieldProblem(place or "file", str(error))]) from None
    except TooManyCategoriesError as error:
        problem = FieldProblem("categories", str(error))
        raise ApiError(422, "too_many_categories", "The file names many new categories.", [problem]) from None
    except UnknownImportError as error:
        raise ApiError(404, "unknown_import", sentence(error)) from None
    except UndoneError as error:
        raise ApiError(409, "undone", sentence(error)) from None
