"""The settings over HTTP. Paths lie below `/api/v1/settings`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.http_errors import ApiError, read_sub_of, require_role, sub_of
from settingsapp.schema import strict_json
from settingsapp.schema.inlined import inlined_schema
from settingsapp.schema.validation import LONGEST_DOCUMENT, InvalidSettingsError
from settingsapp.services import Cause, SavedSettings, StaleVersionError

router = Router(tags=["settings"])

MERGE_PATCH = "application/merge-patch+json"
_ENTITY_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')


@router.get("", summary="The saved settings")
def read_settings(request: HttpRequest) -> HttpResponse:
    """The document with its version, which is also its ETag."""
    try:
        return _answer(services.read(read_sub_of(request)))
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


def _save(request: HttpRequest, write: Callable[..., SavedSettings], media_types: tuple[str, ...]) -> HttpResponse:
    sub = sub_of(request)
    require_role(request, Role.ADMIN)
    expected = _expected_version(request, sub)
    data = _body(request, media_types)
    cause = Cause("api", request.user.pk, request.user.get_username())
    try:
        return _answer(write(sub, data, cause=cause, expected_version=expected))
    except StaleVersionError as error:
        raise ApiError(412, "stale_version", f"{str(error)[0].upper()}{str(error)[1:]}.") from None
    except InvalidSettingsError as error:
        raise ApiError(422, "invalid_settings", "The settings can't be saved like this.", error.problems) from None


def _body(request: HttpRequest, media_types: tuple[str, ...]) -> Mapping[str, Any]:
    if request.content_type not in media_types:
        wanted = " or ".join(media_types)
        raise ApiError(415, "unsupported_media_type", f"Send {wanted}, not {request.content_type or 'nothing'}.")
    if len(request.body) > LONGEST_DOCUMENT:
        raise ApiError(413, "too_large", f"The body is longer than {LONGEST_DOCUMENT} bytes.")
    try:
        return strict_json.decode_object(request.body, LONGEST_DOCUMENT)
    except strict_json.MalformedJsonError as error:
        raise ApiError(400, "malformed", f"The body can't be read: {error}.") from None


def _expected_version(request: HttpRequest, sub: str) -> int | None:
    """Read If-Match: versions in quotes, or * for whichever there is."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = [_ENTITY_TAG.fullmatch(part.strip()) for part in header.split(",")]
    if not all(tags):
        raise ApiError(400, "bad_if_match", 'If-Match is a version in quotes, as the ETag gave it: "42".')
    # A weak tag never matches, and neither does one that is no version: no document has had version 0.
    versions = [int(tag[2]) for tag in tags if tag and not tag[1] and re.fullmatch("[1-9][0-9]{0,8}", tag[2])]
    current = services.saved_version(sub)
    return current if current in versions else max(versions, default=0)


def _answer(saved: SavedSettings) -> HttpResponse:
    body = {
        "sub": saved.sub,
        "version": saved.version,
        "updatedAt": saved.updated_at.isoformat(),
        "updatedBy": saved.updated_by,
        "settings": saved.document.as_json(),
    }
    return JsonResponse(body, headers={"ETag": f'"{saved.version}"'})
