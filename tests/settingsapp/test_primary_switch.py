"""The primary exchange can't be changed beneath entries that stay, by no way in."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from settingsapp import jsonform, services, versions
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.schema.effective import watched_symbols
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.templates import TEMPLATES
from settingsapp.services import Cause
from tests.settingsapp.logins import a_login
from tests.settingsapp.schema.landscape_file import a_landscape_file

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"
FIELD = "perseus_profile.primary_exchange"
SYSTEM = Cause("system", None, "")
TO_KRAKEN = {"perseus_profile": {"primary_exchange": "kraken"}}
LISTS = ("symbols", "position_symbols")

Document = dict[str, Any]
Answer = tuple[bool, str]
"""Whether it was taken, and all that was told."""


class Desk:
    def __init__(self, directory: Path) -> None:
        self.identity: Identity = services.create_identity()
        self.sub = self.identity.sub
        self.directory = directory
        self.client = Client()
        self.client.force_login(a_login(self.identity, Role.ADMIN))
        services.patch(self.sub, {"exchanges": {"kraken": {}, "coinbase": {}}}, cause=SYSTEM)

    @property
    def document(self) -> Document:
        return services.read(self.sub).document.as_json()

    @property
    def version(self) -> int:
        return services.saved_version(self.sub)

    def sent(self, method: str, path: str, body: Any, media_type: str = "application/json") -> Answer:
        response = self.client.generic(method, SETTINGS + path, json.dumps(body), content_type=media_type)
        assert response.status_code in (200, 422), response.content
        return response.status_code == 200, response.content.decode()

    def put(self, changes: Document) -> Answer:
        return self.sent("PUT", "", merged(self.document, changes))

    def merge_patch(self, changes: Document) -> Answer:
        return self.sent("PATCH", "", changes, "application/merge-patch+json")

    def json_patch(self, changes: Document) -> Answer:
        paths = {FIELD: changes["perseus_profile"]["primary_exchange"]} | {name: changes.get(name) for name in LISTS}
        operations = [
            {"op": "replace", "path": f"/{path.replace('.', '/')}", "value": value}
            for path, value in paths.items()
            if value is not None
        ]
        return self.sent("PATCH", "", operations, "application/json-patch+json")

    def validate(self, changes: Document) -> Answer:
        _, told = self.sent("POST", "/validate", merged(self.document, changes))
        return json.loads(told)["valid"], told

    def diff(self, changes: Document) -> Answer:
        return self.sent("POST", "/diff", merged(self.document, changes))

    def take_file(self, changes: Document) -> Answer:
        return self.sent("POST", "/import", merged(self.document, changes))

    def dry_file(self, changes: Document) -> Answer:
        return self.sent("POST", "/import?dryRun=1", merged(self.document, changes))

    def form(self, changes: Document) -> Answer:
        row = UserSettings.objects.get(identity=self.identity)
        content = json.dumps(jsonform.to_form(merged(self.document, changes)))
        response = self.client.post(
            reverse("admin:settingsapp_usersettings_change", args=[row.pk]),
            {"settings": content, "base_version": str(row.version)},
        )
        return response.status_code == 302, response.content.decode()

    def command(self, changes: Document, *options: str) -> Answer:
        file = self.directory / "settings.json"
        file.write_text(json.dumps(merged(self.document, changes), indent=1))
        said = io.StringIO()
        try:
            call_command("importsettings", str(file), "--sub", self.sub, *options, stdout=said)
        except CommandError as error:
            return False, said.getvalue() + str(error)
        return True, said.getvalue()

    def dry_command(self, changes: Document) -> Answer:
        return self.command(changes, "--dry-run")


WAYS: Mapping[str, Callable[[Desk, Document], Answer]] = {
    "PUT": Desk.put,
    "merge patch": Desk.merge_patch,
    "JSON patch": Desk.json_patch,
    "validate": Desk.validate,
    "diff": Desk.diff,
    "import": Desk.take_file,
    "dry import": Desk.dry_file,
    "form": Desk.form,
    "importsettings": Desk.command,
    "importsettings --dry-run": Desk.dry_command,
}
SAVING = {"PUT", "merge patch", "JSON patch", "import", "form", "importsettings"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_refused_with_what_would_be_right_and_taken_once_that_is_so(desk: Desk, way: str) -> None:
    taken, told = WAYS[way](desk, TO_KRAKEN)
    assert not taken
    assert FIELD in told
    assert "BTC-USD, ETH-USD, SOL-USD and 7 more (in symbols, position_symbols)" in told
    assert "simulated:BTC-USD as until now, or kraken:BTC-USD" in told
    assert desk.version == 2
    named = {name: [f"simulated:{symbol}" for symbol in desk.document[name]] for name in LISTS}
    watched = watched_symbols(services.read(desk.sub).document)
    taken, told = WAYS[way](desk, TO_KRAKEN | named)
    assert taken, told
    assert desk.version == (3 if way in SAVING else 2)
    assert watched_symbols(services.read(desk.sub).document) == watched


def test_the_editor_is_told_the_line_of_the_primary_exchange(desk: Desk) -> None:
    text = json.dumps(merged(desk.document, TO_KRAKEN), indent=2)
    response = desk.client.post(f"{SETTINGS}/validate", text, content_type="application/json")
    (problem,) = response.json()["problems"]
    assert problem["path"] == FIELD
    assert '"primary_exchange": "kraken"' in text.splitlines()[problem["line"] - 1]


def test_a_document_without_its_primary_exchange_changes_it_too(desk: Desk) -> None:
    named = {name: [f"simulated:{symbol}" for symbol in desk.document[name]] for name in LISTS}
    services.patch(desk.sub, TO_KRAKEN | named, cause=SYSTEM)
    services.patch(desk.sub, {"symbols": ["BTC-USD"]}, cause=SYSTEM)
    short = {"symbols": ["BTC-USD"], "exchanges": {"simulated": {}, "kraken": {}}}
    for method, path in (("PUT", ""), ("POST", "/import"), ("POST", "/import?dryRun=1")):
        taken, told = desk.sent(method, path, short)
        assert not taken
        assert "can't be changed from kraken to simulated" in told


def test_a_document_of_no_ones_says_what_its_entries_mean_and_a_patch_never_does(desk: Desk) -> None:
    whole = TO_KRAKEN | {"exchanges": {"kraken": {"enabled": True}}, "symbols": ["BTC-USD"]}
    for method, path in (("POST", "/validate"), ("POST", "/diff"), ("PUT", "")):
        taken, told = desk.sent(method, path, whole)
        assert taken, told
        assert '"valid": false' not in told
    assert watched_symbols(services.read(desk.sub).document) == ("kraken:BTC-USD",)
    assert desk.sent("POST", "/versions/2/restore", {})[0]
    for nameless in (None, ""):
        taken, told = desk.merge_patch(TO_KRAKEN | {"sub": nameless})
        assert not taken
        assert "can't be changed from simulated to kraken" in told


def test_a_file_from_elsewhere_comes_in_as_it_is_and_the_way_back_is_open(desk: Desk) -> None:
    before = watched_symbols(services.read(desk.sub).document)
    for path in ("/import?dryRun=1", "/import"):
        taken, told = desk.sent("POST", path, a_landscape_file())
        assert taken, told
    after = services.read(desk.sub).document
    assert after.symbols == tuple(a_landscape_file()["symbols"])
    assert watched_symbols(after)[0] == "coinbase:BTC-USD"
    assert desk.sent("POST", "/versions/2/restore", {})[0]
    assert watched_symbols(services.read(desk.sub).document) == before
    assert [version.problem for version in versions.listed(desk.sub)] == [""] * 4


@pytest.mark.parametrize("start", [{}, a_landscape_file()], ids=["new", "file"])
@pytest.mark.parametrize("name", [known.name for known in TEMPLATES])
def test_every_template_is_saved_at_once_and_out_of_the_editor(desk: Desk, name: str, start: Document) -> None:
    if start:
        assert desk.sent("POST", "/import", start)[0]
    told = next(t for t in desk.client.get(f"{SETTINGS}/templates").json()["results"] if t["name"] == name)
    edited = desk.document
    for change in told["changes"]:
        *parents, last = change["path"].split(".")
        inner = edited
        for part in parents:
            inner = inner[part]
        inner[last] = change["after"]
    version = desk.version
    taken, answer = desk.sent("PUT", "", edited)
    assert taken, answer
    by_editor = desk.document
    assert desk.sent("POST", f"/versions/{version}/restore", {})[0]
    taken, answer = desk.sent("POST", f"/templates/{name}/apply", {})
    assert taken, answer
    assert desk.document == by_editor
