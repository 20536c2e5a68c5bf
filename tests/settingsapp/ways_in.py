"""Every way by which a document comes in, each with one value of one field put in as raw text."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from settingsapp import jsonform, services
from settingsapp.models import Identity, UserSettings

SETTINGS: Final = "/api/v1/settings"
_PLACEHOLDER: Final = "here the value is put in"


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status (1 for a command that failed, 0 for one that did not) and all of its text."""

    status: int
    text: str


@dataclass(frozen=True)
class Entrance:
    """Who comes in, and where files are kept on the way."""

    client: Client
    identity: Identity
    directory: Path


Send = Callable[[Entrance, tuple[str, ...], str], Answer]


def _document(path: tuple[str, ...], value: str) -> str:
    nested: Any = _PLACEHOLDER
    for name in reversed(path):
        nested = {name: nested}
    return json.dumps(nested, indent=1).replace(f'"{_PLACEHOLDER}"', value)


def _sent(entrance: Entrance, method: str, path: str, body: str, media_type: str = "application/json") -> Answer:
    # Half a surrogate pair can't be sent but as an escape.
    response = entrance.client.generic(method, SETTINGS + path, body.encode(), content_type=media_type)
    return Answer(response.status_code, response.content.decode() + str(response.headers))


def _put(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    return _sent(entrance, "PUT", "", _document(path, value))


def _merge_patch(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    return _sent(entrance, "PATCH", "", _document(path, value), "application/merge-patch+json")


def _json_patch(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    pointer = json.dumps("/" + "/".join(path))
    operations = f'[{{"op": "add", "path": {pointer}, "value": {value}}}]'
    return _sent(entrance, "PATCH", "", operations, "application/json-patch+json")


def _validate(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    return _sent(entrance, "POST", "/validate", _document(path, value))


def _diff(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    return _sent(entrance, "POST", "/diff", _document(path, value))


def _import(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    return _sent(entrance, "POST", "/import", _document(path, value))


def _dry_import(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    return _sent(entrance, "POST", "/import?dryRun=1", _document(path, value))


def _form(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    shown: Any = jsonform.to_form(services.read(entrance.identity.sub).document.as_json())
    part = shown
    for name in path[:-1]:
        part = part.setdefault(name, {})
    part[path[-1]] = _PLACEHOLDER
    row = UserSettings.objects.get(identity=entrance.identity)
    response = entrance.client.post(
        reverse("admin:settingsapp_usersettings_change", args=[row.pk]),
        {"settings": json.dumps(shown).replace(f'"{_PLACEHOLDER}"', value), "base_version": str(row.version)},
        follow=True,
    )
    return Answer(response.status_code, response.content.decode())


def _raw_form(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    """The form of a document that was damaged in the database: its text."""
    UserSettings.objects.filter(identity=entrance.identity).update(settings={"symbols": 7})
    row = UserSettings.objects.get(identity=entrance.identity)
    response = entrance.client.post(
        reverse("admin:settingsapp_usersettings_change", args=[row.pk]),
        {"settings": _document(path, value), "base_version": str(row.version)},
        follow=True,
    )
    return Answer(response.status_code, response.content.decode())


def _command(entrance: Entrance, path: tuple[str, ...], value: str) -> Answer:
    file = entrance.directory / "settings.json"
    file.write_text(_document(path, value))
    said = io.StringIO()
    try:
        call_command("importsettings", str(file), "--sub", entrance.identity.sub, stdout=said)
    except CommandError as error:
        return Answer(1, said.getvalue() + str(error))
    finally:
        file.unlink()
    return Answer(0, said.getvalue())


WAYS: Final[dict[str, Send]] = {
    "PUT": _put,
    "merge patch": _merge_patch,
    "JSON patch": _json_patch,
    "validate": _validate,
    "diff": _diff,
    "import": _import,
    "dry import": _dry_import,
    "form": _form,
    "raw form": _raw_form,
    "importsettings": _command,
}
