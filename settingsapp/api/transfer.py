"""Settings that come and go as files, and templates to begin with: `export`, `import`, `templates`."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from settingsapp import services
from settingsapp.api.drafts import A_DOCUMENT, MEDIA_TYPES
from settingsapp.api.exchanged import (
    cause_of,
    expected_version,
    json_object,
    refused,
    saved_answer,
    saved_of,
    writer_of,
)
from settingsapp.exports import file_name, file_text
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.imports import import_file
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.drafts import consequences
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.templates import TEMPLATES, Template, template
from settingsapp.schema.validation import InvalidSettingsError, read_saved

router = Router(tags=["settings"])


@router.get("export", summary="The settings as a file")
def export_settings(request: HttpRequest) -> HttpResponse:
    """The bare document, which an import takes unchanged."""
    saved = saved_of(read_sub_of(request))
    headers = {"Content-Disposition": f'attachment; filename="{file_name(saved)}"', "ETag": f'"{saved.version}"'}
    return HttpResponse(file_text(saved), content_type="application/json", headers=headers)


@router.post("import", summary="Take over a settings file", openapi_extra=A_DOCUMENT)
def import_settings(request: HttpRequest, dryRun: bool = False) -> HttpResponse:  # noqa: N803
    """An export, or a file of an earlier form. The identity stays this one's. With `dryRun=1` nothing is saved; with
    If-Match only where nobody has saved since.
    """
    sub = writer_of(request)
    expected = expected_version(request, sub)
    data = json_object(request, MEDIA_TYPES)
    cause = replace(cause_of(request), kind="import")
    with refused("The file can't be imported like this."):
        taken = import_file(sub, data, cause=cause, dry_run=dryRun, expected_version=expected)
    return JsonResponse(taken.as_json(), headers={"ETag": f'"{taken.version}"'})


@router.get("templates", summary="Settings to begin with")
def list_templates(request: HttpRequest) -> HttpResponse:
    """Each with what it would change in the saved settings, and cause."""
    document = saved_of(read_sub_of(request)).document
    return JsonResponse({"results": [_previewed(known, document) for known in TEMPLATES], "next": None})


@router.post("templates/{name}/apply", summary="Apply a template")
def apply_template(request: HttpRequest, name: str) -> HttpResponse:
    """Saves the settings with the template's changes. With If-Match only where nobody has saved since."""
    sub = writer_of(request)
    chosen = template(name)
    if chosen is None:
        names = tuple(known.name for known in TEMPLATES)
        told = f"There is no such template{suggestion(name, names)}; there are {', '.join(names)}."
        raise ApiError(404, "unknown_template", told)
    expected = expected_version(request, sub)
    return saved_answer(
        lambda: services.edit(
            sub,
            lambda old: chosen.applied(read_saved(old)).as_json(),
            cause=cause_of(request),
            expected_version=expected,
        )
    )


def _previewed(known: Template, document: SettingsDocument) -> dict[str, Any]:
    told = {"name": known.name, "title": known.title, "description": known.description}
    try:
        return {**told, **consequences(document, known.applied(document)), "problems": []}
    except InvalidSettingsError as error:
        nothing = {"changes": [], "impact": "none", "symbols": {"gained": [], "lost": []}}
        problems = [{"path": problem.path, "message": problem.message} for problem in error.problems]
        return {**told, **nothing, "problems": problems}
