"""The document itself: read, replaced, changed in parts."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse
from ninja import Router

from settingsapp import services
from settingsapp.api.exchanged import answer, cause_of, expected_version, json_object, saved_answer, writer_of
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.schema.inlined import inlined_schema
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.services import SavedSettings

router = Router(tags=["settings"])

MERGE_PATCH = "application/merge-patch+json"


@router.get("", summary="The saved settings")
def read_settings(request: HttpRequest) -> HttpResponse:
    """The document with its version, which is also its ETag."""
    try:
        return answer(services.read(read_sub_of(request)))
    except InvalidSettingsError as error:
        raise ApiError(409, "damaged", "What is saved is not a valid document.", error.problems) from None


@router.put(
    "",
    summary="Replace the settings",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": inlined_schema()}}, "required": True}},
)
def replace_settings(request: HttpRequest) -> HttpResponse:
    """Missing fields get their defaults. With If-Match only where nobody has saved since."""
    return _save(request, services.replace, ("application/json",))


@router.patch(
    "",
    summary="Change parts of the settings",
    openapi_extra={"requestBody": {"content": {MERGE_PATCH: {"schema": {"type": "object"}}}, "required": True}},
)
def change_settings(request: HttpRequest) -> HttpResponse:
    """A merge patch (RFC 7396): null takes a field away, so that its default counts. With If-Match as for PUT."""
    return _save(request, services.patch, (MERGE_PATCH, "application/json"))


def _save(request: HttpRequest, write: Callable[..., SavedSettings], media_types: Sequence[str]) -> HttpResponse:
    sub = writer_of(request)
    expected = expected_version(request, sub)
    data = json_object(request, media_types)
    return saved_answer(lambda: write(sub, data, cause=cause_of(request), expected_version=expected))
