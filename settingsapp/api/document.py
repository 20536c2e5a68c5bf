"""The document itself: read, replaced, changed in parts."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse
from ninja import Router

from settingsapp import services
from settingsapp.api.exchanged import answer, cause_of, expected_version, json_object, saved_answer, saved_of, writer_of
from settingsapp.api.json_patch import JSON_PATCH, change_by_json_patch
from settingsapp.http_errors import read_sub_of
from settingsapp.schema.inlined import inlined_schema
from settingsapp.services import SavedSettings

router = Router(tags=["settings"])

MERGE_PATCH = "application/merge-patch+json"


@router.get("", summary="The saved settings")
def read_settings(request: HttpRequest) -> HttpResponse:
    """The document with its version, which is also its ETag."""
    return answer(saved_of(read_sub_of(request)))


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
    openapi_extra={
        "requestBody": {
            "content": {
                MERGE_PATCH: {"schema": {"type": "object"}},
                JSON_PATCH: {"schema": {"type": "array", "items": {"type": "object"}}},
            },
            "required": True,
        }
    },
)
def change_settings(request: HttpRequest) -> HttpResponse:
    """A merge patch (RFC 7396): null takes a field away, so that its default counts. Or a JSON Patch (RFC 6902): all
    of its operations or none. With If-Match as for PUT.
    """
    if request.content_type == JSON_PATCH:
        return change_by_json_patch(request)
    return _save(request, services.patch, (MERGE_PATCH, "application/json", JSON_PATCH))


def _save(request: HttpRequest, write: Callable[..., SavedSettings], media_types: Sequence[str]) -> HttpResponse:
    sub = writer_of(request)
    expected = expected_version(request, sub)
    data = json_object(request, media_types)
    return saved_answer(lambda: write(sub, data, cause=cause_of(request), expected_version=expected))
