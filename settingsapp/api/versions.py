"""Earlier versions of the settings: `versions`."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from settingsapp import versions
from settingsapp.api.exchanged import cause_of, expected_version, saved_answer, writer_of
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.schema.wording import sentence
from settingsapp.services import SavedSettings
from settingsapp.versions import LostVersionError, UnknownVersionError, Version

router = Router(tags=["settings"])

MOST_RESULTS = 200
LARGEST_NUMBER = 2**31 - 1


@router.get("versions", summary="The versions of the settings, newest first")
def list_versions(
    request: HttpRequest,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_RESULTS)] = 50,
) -> dict[str, Any]:
    """`before`: only those before that version; `next` continues the list. `problem` says what can't be relied on."""
    page = versions.listed(read_sub_of(request), before=before, limit=limit)
    more = f"?before={page[-1].number}&limit={limit}" if page and page[-1].number > 1 else None
    return {"results": [_told(version) for version in page], "next": more}


@router.get("versions/{int:number}", summary="A version of the settings")
def read_version(request: HttpRequest, number: int) -> dict[str, Any]:
    """The document as that version saved it."""
    sub = read_sub_of(request)
    try:
        shown = versions.show(sub, number)
    except (UnknownVersionError, LostVersionError) as error:
        raise told_error(error) from None
    return {"sub": sub} | _told(shown.version) | {"settings": shown.document}


@router.post("versions/{int:number}/restore", summary="Restore a version of the settings")
def restore_version(request: HttpRequest, number: int) -> HttpResponse:
    """Saves that version's document as a new version. With If-Match only where nobody has saved since."""
    sub = writer_of(request)
    expected = expected_version(request, sub)

    def write() -> SavedSettings:
        return versions.restore(sub, number, cause=cause_of(request), expected_version=expected)

    try:
        return saved_answer(write)
    except (UnknownVersionError, LostVersionError) as error:
        raise told_error(error) from None


def _told(version: Version) -> dict[str, Any]:
    link = version.link
    return {
        "version": version.number,
        "updatedAt": version.saved_at.isoformat() if version.saved_at else None,
        "updatedBy": version.saved_by if link else None,
        "way": link.way if link else None,
        "address": link.address if link else None,
        "commandId": link.command_id if link else None,
        "token": link.token if link else None,
        "restored": link.restored if link else None,
        "changes": link.told if link else [],
        "problem": version.problem or None,
    }


def told_error(error: UnknownVersionError | LostVersionError) -> ApiError:
    """Return why a version can't be had as the API tells it."""
    message = sentence(error)
    if isinstance(error, UnknownVersionError):
        return ApiError(404, "not_found", message)
    return ApiError(404, "pruned", message) if error.pruned else ApiError(409, "altered", message)
