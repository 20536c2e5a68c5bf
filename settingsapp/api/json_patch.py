"""The settings changed by a JSON Patch (RFC 6902)."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from settingsapp import services
from settingsapp.api.exchanged import cause_of, expected_version, json_body, saved_answer, writer_of
from settingsapp.http_errors import ApiError
from settingsapp.schema import json_patch, strict_json
from settingsapp.schema.json_patch import FailedTestError, UnfitPatchError
from settingsapp.schema.problems import FieldProblem

JSON_PATCH: Final = "application/json-patch+json"


def change_by_json_patch(request: HttpRequest) -> HttpResponse:
    """Apply the body's operations to the saved document. Raises ApiError 409 where a `test` failed, 422, 412, 400."""
    sub = writer_of(request)
    expected = expected_version(request, sub)
    operations = json_body(request, (JSON_PATCH,))
    if not isinstance(operations, list):
        kind = strict_json.kind_of(operations)
        raise ApiError(400, "malformed", f"A JSON Patch is an array of operations, not {kind}.")

    def patched(document: Mapping[str, Any]) -> Mapping[str, Any]:
        result = json_patch.apply(document, operations)
        if not isinstance(result, dict):
            told = f"the whole document is an object, not {strict_json.kind_of(result)}"
            raise UnfitPatchError(FieldProblem("", told))
        return result

    try:
        return saved_answer(lambda: services.edit(sub, patched, cause=cause_of(request), expected_version=expected))
    except FailedTestError as error:
        raise ApiError(409, "test_failed", "A test of the patch failed; nothing was saved.", [error.problem]) from None
    except UnfitPatchError as error:
        raise ApiError(422, "unfit_patch", "The patch does not fit; nothing was saved.", [error.problem]) from None
