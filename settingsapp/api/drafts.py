"""What a document would be and do before it is saved, and what saved ones did: `schema`, `validate`, `diff`."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router

from settingsapp import jsonform, services, versions
from settingsapp.api.exchanged import json_object, raw_body, saved_of
from settingsapp.api.versions import LARGEST_NUMBER, told_error
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.schema.drafts import consequences, judge, validate_for
from settingsapp.schema.inlined import inlined_schema
from settingsapp.schema.validation import InvalidSettingsError, json_schema, read_saved
from settingsapp.versions import LostVersionError, UnknownVersionError

router = Router(tags=["settings"])

MEDIA_TYPES = ("application/json",)
A_DOCUMENT = {"requestBody": {"content": {MEDIA_TYPES[0]: {"schema": inlined_schema()}}, "required": True}}


@router.get("schema", summary="What the settings may hold")
def read_schema(request: HttpRequest) -> HttpResponse:
    """The document's JSON Schema, and the same for the form."""
    read_sub_of(request)
    return JsonResponse({"schema": json_schema(), "form": jsonform.form_schema()})


@router.post("validate", summary="Judge a document without saving it", openapi_extra=A_DOCUMENT)
def validate_draft(request: HttpRequest) -> HttpResponse:
    """Everything that is wrong with it, with path and line, and what is worth knowing. Takes any text."""
    sub = read_sub_of(request)
    text = raw_body(request, MEDIA_TYPES)
    return JsonResponse(judge(text, sub, services.saved_document(sub)).as_json())


@router.get("diff", summary="What one version of the settings changed against another")
def compare_versions(
    request: HttpRequest,
    since: Annotated[int, Query(alias="from", ge=1, le=LARGEST_NUMBER)],
    until: Annotated[int | None, Query(alias="to", ge=1, le=LARGEST_NUMBER)] = None,
) -> HttpResponse:
    """From version `from` to version `to`, or to what is saved: what an engine that runs the first has to do."""
    sub = read_sub_of(request)
    saved = saved_of(sub)
    try:
        before = read_saved(versions.show(sub, since).document)
        after = saved.document if until is None else read_saved(versions.show(sub, until).document)
    except (UnknownVersionError, LostVersionError) as error:
        raise told_error(error) from None
    except InvalidSettingsError as error:
        raise ApiError(422, "invalid_settings", "The versions can't be compared.", error.problems) from None
    return JsonResponse({"from": since, "to": until or saved.version, **consequences(before, after)})


@router.post("diff", summary="What saving a document would change and cause", openapi_extra=A_DOCUMENT)
def compare_draft(request: HttpRequest) -> HttpResponse:
    """Against the saved version, field by field: none, hot, resubscribe or restart."""
    sub = read_sub_of(request)
    saved = saved_of(sub)
    try:
        document = validate_for(json_object(request, MEDIA_TYPES), sub, saved.document)
    except InvalidSettingsError as error:
        raise ApiError(422, "invalid_settings", "The settings can't be compared like this.", error.problems) from None
    return JsonResponse({"baseVersion": saved.version, **consequences(saved.document, document)})
