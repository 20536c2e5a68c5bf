"""What the settings' paths share: how a body is read, what If-Match means, how saved settings are answered."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.http_errors import ApiError, require_role, sub_of, token_of
from settingsapp.schema import strict_json
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import LONGEST_DOCUMENT, InvalidSettingsError
from settingsapp.schema.wording import sentence
from settingsapp.services import Cause, SavedSettings, StaleVersionError

_ENTITY_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')


def writer_of(request: HttpRequest) -> str:
    """Return the identity whose settings the login may change. Raises ApiError 403 where it may not."""
    sub = sub_of(request)
    require_role(request, Role.ADMIN)
    return sub


def cause_of(request: HttpRequest) -> Cause:
    """Return why a request to the API changes settings: who sent it, from where, with which token."""
    token = token_of(request)
    address = request.META.get("REMOTE_ADDR") or None
    return Cause(
        "api", request.user.pk, request.user.get_username(), address=address, token=str(token) if token else None
    )


def raw_body(request: HttpRequest, media_types: Sequence[str]) -> bytes:
    """Return the body as it came. Raises ApiError 415 or 413."""
    if request.content_type not in media_types:
        wanted = " or ".join(media_types)
        raise ApiError(415, "unsupported_media_type", f"Send {wanted}, not {request.content_type or 'nothing'}.")
    if len(request.body) > LONGEST_DOCUMENT:
        raise ApiError(413, "too_large", f"The body is longer than {LONGEST_DOCUMENT} bytes.")
    return request.body


def json_body(request: HttpRequest, media_types: Sequence[str]) -> Any:
    """Return the body, any JSON value. Raises ApiError 415, 413 or 400 where it can't be read."""
    raw = raw_body(request, media_types)
    try:
        return strict_json.decode(raw, LONGEST_DOCUMENT)
    except strict_json.MalformedJsonError as error:
        # The line stands in the message, since the path may be the whole.
        problem = FieldProblem(error.path, error.on_line)
        raise ApiError(400, "malformed", f"The body can't be read: {error.located}.", [problem]) from None


def json_object(request: HttpRequest, media_types: Sequence[str]) -> dict[str, Any]:
    """Return the body, a JSON object. Raises as `json_body` does."""
    value = json_body(request, media_types)
    if not isinstance(value, dict):
        kind = strict_json.kind_of(value)
        raise ApiError(400, "malformed", f"The body can't be read: expected an object, got {kind}.")
    return value


def expected_version(request: HttpRequest, sub: str) -> int | None:
    """Read If-Match: versions in quotes, or * for whichever there is. Raises ApiError 400 where it is neither."""
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


def saved_answer(write: Callable[[], SavedSettings]) -> HttpResponse:
    """Return what was written, as the API tells it. Raises ApiError 412 or 422 where it could not be."""
    with refused("The settings can't be saved like this."):
        return answer(write())


@contextmanager
def refused(message: str) -> Iterator[None]:
    """Tell what the settings service refuses: ApiError 412 for a stale version, 422 with the message for problems."""
    try:
        yield
    except StaleVersionError as error:
        raise ApiError(412, "stale_version", sentence(error)) from None
    except InvalidSettingsError as error:
        raise ApiError(422, "invalid_settings", message, error.problems) from None


def answer(saved: SavedSettings) -> HttpResponse:
    """Return saved settings with their version, which is also their ETag."""
    body = {
        "sub": saved.sub,
        "version": saved.version,
        "updatedAt": saved.updated_at.isoformat(),
        "updatedBy": saved.updated_by,
        "settings": saved.document.as_json(),
    }
    return JsonResponse(body, headers={"ETag": f'"{saved.version}"'})


def saved_of(sub: str) -> SavedSettings:
    """Return the saved settings. Raises ApiError 409 where they are no valid document."""
    try:
        return services.read(sub)
    except InvalidSettingsError as error:
        raise ApiError(409, "damaged", "What is saved is not a valid document.", error.problems) from None
