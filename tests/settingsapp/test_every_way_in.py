"""Random valid edits by every way there is: document, version and audit trail stay consistent with one another."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import hypothesis
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from settingsapp import jsonform, services, versions
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.rules import SYMBOL_LISTS
from settingsapp.schema.validation import validate
from settingsapp.schema.vocabulary import qualify
from settingsapp.schema.watchlist import with_symbol, without_symbol
from settingsapp.services import Cause
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

SETTINGS = "/api/v1/settings"
SYMBOLS = ("BTC-USD", "ETH-USD", "simulated:SOL-USD", "UNI-USD", "1INCH-USD")
COMMAND = Cause("command", None, "ada", "cmd-1")

Document = dict[str, Any]
Edit = tuple[tuple[str, ...], Any]
Operation = tuple[str, Any]

# Each value is valid whatever the others are.
EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.tuples(st.just(("perseus_profile", "public_name")), st.sampled_from(["Ada", "ärgerlich", "東京", "a/b~c", "1"])),
    st.tuples(st.just(("perseus_profile", "risk_tolerance")), st.sampled_from(["low", "medium", "high"])),
    st.tuples(st.just(("position_min_value_usd",)), st.sampled_from([0.0, 1.0, 0.1, 1e-7, 1e12, 33.3])),
    st.tuples(st.just(("load_positions_from_exchange",)), st.booleans()),
    *(
        st.tuples(st.just((name,)), st.lists(st.sampled_from(SYMBOLS), unique=True, max_size=5))
        for name in ("symbols", "sparse_symbols", "disabled_symbols")
    ),
    st.tuples(st.just(("exchanges", "kraken", "enabled")), st.booleans()),
    st.tuples(st.just(("exchanges", "my_own", "ApiKeyEnvironmentVariableName")), st.sampled_from(["", "MY_KEY"])),
)
EDITING = ("form", "PATCH", "JSON patch", "PUT", "import")
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    st.tuples(st.sampled_from(EDITING), EDITS),
    st.tuples(st.sampled_from(("add", "remove")), st.sampled_from(SYMBOLS)),
    st.tuples(st.just("restore"), st.integers(0, 9)),
    st.tuples(st.just("switch"), st.sampled_from(["simulated", "kraken"])),
)


class Desk:
    """One identity's settings, with a model of what they have to be: the document of each version."""

    def __init__(self) -> None:
        self.identity: Identity = services.create_identity()
        self.sub = self.identity.sub
        self.client = Client()
        self.client.force_login(a_login(self.identity, Role.ADMIN, f"admin of {self.sub}"))
        row = UserSettings.objects.get(identity=self.identity)
        self.page = reverse("admin:settingsapp_usersettings_change", args=[row.pk])
        self.documents = [self.saved()]

    def saved(self) -> Document:
        return services.read(self.sub).document.as_json()

    def carry_out(self, operation: Operation) -> None:
        """Carry it out, and hold what is saved then against the model."""
        way, what = operation
        now = self.documents[-1]
        if way in EDITING:
            expected = valid(edited(now, what))
            EDITORS[way](self, what, expected)
        elif way == "add":
            expected = valid(with_symbol(now, what))
            services.add_symbol(self.sub, what, cause=COMMAND)
        elif way == "remove":
            expected = valid(without_symbol(now, what))
            services.remove_symbol(self.sub, what, cause=COMMAND)
        elif way == "switch":
            expected = valid(merged(now, switched(now, what)))
            self.switch(what)
        else:
            number = what % len(self.documents) + 1
            expected = self.documents[number - 1]
            answered(self.client.post(f"{SETTINGS}/versions/{number}/restore"), 200)
        if expected != now:
            self.documents.append(expected)
        assert self.saved() == expected
        assert services.saved_version(self.sub) == len(self.documents)

    def check_the_trail(self) -> None:
        """Hold that every version can be shown as it was, and that nothing in the trail is doubtful."""
        listed = versions.listed(self.sub, limit=200)
        assert [version.number for version in listed] == list(range(len(self.documents), 0, -1))
        assert {version.problem for version in listed} == {""}
        for number, document in enumerate(self.documents, start=1):
            assert versions.show(self.sub, number).document == document

    def switch(self, exchange: str) -> None:
        """Make another exchange the primary one: refused while entries stay without theirs, then with them."""
        now = self.documents[-1]
        asked = switched(now, exchange)
        bare = {"perseus_profile": asked["perseus_profile"], "exchanges": asked["exchanges"]}
        stays = now["perseus_profile"]["primary_exchange"] == exchange
        if not stays and any(":" not in symbol for name in SYMBOL_LISTS for symbol in now[name]):
            answered(self.client.patch(SETTINGS, bare, content_type="application/merge-patch+json"), 422)
            assert self.saved() == now
        answered(self.client.patch(SETTINGS, asked, content_type="application/merge-patch+json"), 200)

    def save_form(self, edit: Edit, expected: Document) -> None:
        content = json.dumps(jsonform.to_form(expected))
        form = {"settings": content, "base_version": str(len(self.documents))}
        answered(self.client.post(self.page, form), 302)

    def merge_patch(self, edit: Edit, expected: Document) -> None:
        path, value = edit
        for name in reversed(path):
            value = {name: value}
        answered(self.client.patch(SETTINGS, value, content_type="application/merge-patch+json"), 200)

    def json_patch(self, edit: Edit, expected: Document) -> None:
        path, value = edit
        if path[0] == "exchanges" and path[1] not in self.documents[-1]["exchanges"]:
            path, value = path[:2], {path[2]: value}
        operations = [{"op": "add", "path": "/" + "/".join(path), "value": value}]
        answered(self.client.patch(SETTINGS, json.dumps(operations), content_type="application/json-patch+json"), 200)

    def put(self, edit: Edit, expected: Document) -> None:
        body = edited(self.documents[-1], edit)
        match = {"If-Match": f'"{len(self.documents)}"'}
        answered(self.client.put(SETTINGS, body, content_type="application/json", headers=match), 200)

    def take_file(self, edit: Edit, expected: Document) -> None:
        file = self.client.get(f"{SETTINGS}/export").json()
        answered(self.client.post(f"{SETTINGS}/import", edited(file, edit), content_type="application/json"), 200)


EDITORS: Mapping[str, Callable[[Desk, Edit, Document], None]] = {
    "form": Desk.save_form,
    "PATCH": Desk.merge_patch,
    "JSON patch": Desk.json_patch,
    "PUT": Desk.put,
    "import": Desk.take_file,
}


def edited(document: Document, edit: Edit) -> Document:
    path, value = edit
    result = deepcopy(document)
    inner = result
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = value
    return result


def switched(document: Document, exchange: str) -> Document:
    """Return the merge patch that makes an exchange the primary one and says of every entry which one it is of."""
    primary = document["perseus_profile"]["primary_exchange"]
    lists = {name: [qualify(symbol, primary) for symbol in document[name]] for name in SYMBOL_LISTS}
    return {"perseus_profile": {"primary_exchange": exchange}, "exchanges": {exchange: {}}} | lists


def valid(document: Document) -> Document:
    return validate(document).as_json()


def answered(response: Any, status: int) -> None:
    assert response.status_code == status, response.content


@hypothesis.settings(max_examples=20)
@given(st.lists(OPERATIONS, min_size=3, max_size=12))
def test_document_version_and_audit_trail_agree_after_any_edits(operations: list[Operation]) -> None:
    desk = Desk()
    for operation in operations:
        desk.carry_out(operation)
    desk.check_the_trail()


@pytest.mark.parametrize("way", EDITING)
def test_each_way_makes_a_version_once(way: str) -> None:
    desk = Desk()
    for _ in range(2):
        desk.carry_out((way, (("perseus_profile", "public_name"), "Ada")))
        assert len(desk.documents) == 2
    desk.check_the_trail()
