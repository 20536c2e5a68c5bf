"""The watchlist as a file over HTTP: judged, imported whole or not at all, undone, exported and back."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, title_of
from symbols import categories
from symbols.models import Category, TrackedSymbol, WatchlistImport
from symbols.watchlist_files.entries import LONGEST_FILE, MOST_LINES
from tests.settingsapp.logins import a_login, signed_in
from tests.settingsapp.secret_samples import MARKER, SECRETS

# What follows from a save follows once it is committed.
pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

IMPORT = "/api/v1/symbols/import"
EXPORT = "/api/v1/symbols/export"
SYSTEM = services.Cause("system", None, "")


def send(client: Client, body: Any, kind: str = "text/csv", path: str = IMPORT, **headers: str) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    answer = client.generic("POST", path, raw, content_type=kind, headers=headers)
    return answer.status_code, answer.json()


def dry(client: Client, body: Any, kind: str = "text/csv") -> Any:
    status, answer = send(client, body, kind, f"{IMPORT}?dryRun=1")
    assert status == 200, answer
    return answer


def lists(identity: Identity) -> tuple[list[str], list[str], list[str]]:
    document = services.read(identity.sub).document
    return list(document.symbols), list(document.sparse_symbols), list(document.disabled_symbols)


def test_a_dry_run_gives_each_line_its_verdict_and_changes_nothing(admin: Client, identity: Identity) -> None:
    before = services.read(identity.sub).version
    text = "symbol,exchange,categories\nUNI-USD,,meme\nBTC-USD\nuniusd\nQQQ-USD,nowhere\nB\u0422C-USD\nUNI,\n"
    body = dry(admin, text)
    assert [(row["line"], row["symbol"], row["verdict"], row["suggestion"]) for row in body["rows"]] == [
        (2, "UNI-USD", "valid", None),
        (3, "BTC-USD", "duplicate", None),
        (4, "uniusd", "unknown", "UNI-USD"),
        (5, "nowhere:QQQ-USD", "unknown", None),
        (6, "B\u0422C-USD", "invalid", "BTC-USD"),
        (7, "UNI", "unknown", "UNI-USD"),
    ]
    assert (body["dryRun"], body["version"], body["newCategories"]) == (True, before, ["meme"])
    assert body["counts"] == {
        **{"valid": 1, "duplicate": 1, "unknown": 3, "not_tradable": 0, "ambiguous": 0, "invalid": 1}
    }
    assert services.read(identity.sub).version == before
    assert not Category.objects.exists()


def test_one_bad_line_leaves_everything_as_it_is(admin: Client, identity: Identity) -> None:
    before = services.read(identity.sub).version
    status, body = send(admin, "symbol,categories\nUNI-USD,meme\nQQQ-USD,\n")
    assert (status, body["error"]) == (422, "bad_lines")
    assert body["message"] == "1 of 2 lines can't be imported; nothing was changed."
    assert body["fields"] == [{"path": "line 3", "message": "simulated has no QQQ-USD"}]
    assert [row["verdict"] for row in body["rows"]] == ["valid", "unknown"]
    assert services.read(identity.sub).version == before
    assert not Category.objects.exists()
    assert not WatchlistImport.objects.exists()


def test_good_lines_are_one_version_with_their_categories_and_one_undo(admin: Client, identity: Identity) -> None:
    before = services.read(identity.sub).version
    categories.make(identity.sub, "major")
    text = (
        "symbol,enabled,priority,categories,added\r\n"
        "UNI-USD,no,sparse,meme|Major,2026-01-02T03:04:05+00:00\r\n"
        "XRP-USD,,,meme,\r\nETH-USD,no,sparse,major,\r\nBTC-USD,,,,\r\nXRP-USD,,,,\r\n"
    )
    status, body = send(admin, text)
    assert (status, body["version"]) == (200, before + 1)
    assert body["changed"] == ["simulated:UNI-USD", "simulated:XRP-USD", "simulated:ETH-USD"]
    assert body["already"] == ["simulated:BTC-USD"]
    assert lists(identity) == (["BTC-USD", "XRP-USD"], ["SOL-USD", "UNI-USD", "ETH-USD"], ["UNI-USD", "ETH-USD"])
    assert categories.by_symbol(identity.sub) == {
        "simulated:UNI-USD": {"meme", "major"}, "simulated:XRP-USD": {"meme"}, "simulated:ETH-USD": {"major"},
    }  # fmt: skip
    uni, xrp = (TrackedSymbol.objects.get(identity=identity, symbol=f"simulated:{one}-USD") for one in ("UNI", "XRP"))
    assert (uni.added_at, uni.way, uni.added_by) == (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "import", "the-admin")
    assert abs((datetime.now(UTC) - xrp.added_at).total_seconds()) < 60

    status, undone = send(admin, "", path=f"{IMPORT}/{body['id']}/undo")
    assert (status, undone["version"], undone["left"]) == (200, before + 2, [])
    assert lists(identity) == (["BTC-USD", "ETH-USD"], ["SOL-USD"], [])
    assert categories.by_symbol(identity.sub) == {}
    assert [row.name for row in categories.every(identity.sub)] == ["major"]
    status, refused = send(admin, "", path=f"{IMPORT}/{body['id']}/undo")
    assert (status, refused["error"]) == (409, "undone")
    assert send(admin, "", path=f"{IMPORT}/4711/undo")[0] == 404


def test_an_import_whose_version_is_gone_can_not_be_undone_and_says_so(admin: Client, identity: Identity) -> None:
    _, body = send(admin, "UNI-USD")
    LogEntry.objects.filter(object_repr=title_of(body["version"])).delete()
    status, refused = send(admin, "", path=f"{IMPORT}/{body['id']}/undo")
    assert (status, refused["error"], refused["fields"][0]["path"]) == (409, "lost_version", "version")
    assert lists(identity)[0] == ["BTC-USD", "ETH-USD", "UNI-USD"]


def test_undoing_the_version_takes_its_categories_back_as_well(admin: Client, identity: Identity) -> None:
    _, body = send(admin, "UNI-USD,,,,meme")
    path = "/api/v1/symbols/watchlist/undo"
    status, undone = send(admin, {"version": body["version"]}, "application/json", path)
    assert (status, undone["changed"]) == (200, ["simulated:UNI-USD"])
    assert not Category.objects.exists()
    assert send(admin, "", path=f"{IMPORT}/{body['id']}/undo")[0] == 409


def test_an_import_that_only_categorises_makes_no_version_and_is_undone_by_itself(
    admin: Client, identity: Identity
) -> None:
    before = services.read(identity.sub).version
    _, body = send(admin, "BTC-USD,,,,meme")
    assert (body["version"], body["changed"]) == (before, ["simulated:BTC-USD"])
    assert categories.by_symbol(identity.sub) == {"simulated:BTC-USD": {"meme"}}
    assert send(admin, "", path=f"{IMPORT}/{body['id']}/undo")[1]["version"] == before
    assert categories.by_symbol(identity.sub) == {}
    _, nothing = send(admin, "BTC-USD")
    assert (nothing["id"], nothing["changed"], nothing["already"]) == (None, [], ["simulated:BTC-USD"])


def test_somebody_elses_later_change_survives_the_undo(admin: Client, identity: Identity) -> None:
    _, body = send(admin, "UNI-USD\nXRP-USD")
    services.patch(identity.sub, {"disabled_symbols": ["XRP-USD"]}, cause=SYSTEM)
    _, undone = send(admin, "", path=f"{IMPORT}/{body['id']}/undo")
    assert (undone["changed"], undone["left"]) == (["simulated:UNI-USD"], ["simulated:XRP-USD"])
    assert lists(identity)[0] == ["BTC-USD", "ETH-USD", "XRP-USD"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_is_imported_elsewhere_as_it_was_and_here_changes_nothing(
    admin: Client, identity: Identity, form: str
) -> None:
    categories.make(identity.sub, "=1+1")
    services.patch(identity.sub, {"symbols": [], "sparse_symbols": []}, cause=SYSTEM)
    services.patch(identity.sub, {"symbols": ["BTC-USD", "ETH-USD"], "sparse_symbols": ["SOL-USD"]}, cause=SYSTEM)
    text = "symbol,enabled,priority,categories,added\nUNI-USD,no,sparse,'=1+1|meme,2026-01-02T03:04:05.678901+00:00\n"
    send(admin, text)
    answer = admin.get(f"{EXPORT}?format={form}")
    version = services.read(identity.sub).version
    assert answer.headers["Content-Disposition"] == f'attachment; filename="livermore-watchlist-v{version}.{form}"'
    kind = "application/json" if form == "json" else "text/csv"
    status, body = send(admin, answer.content, kind)
    assert (status, body["id"], body["version"], body["counts"]["duplicate"]) == (200, None, version, 4)

    other = services.create_identity()
    services.patch(other.sub, {"symbols": [], "sparse_symbols": []}, cause=SYSTEM)
    there = Client(raise_request_exception=False)
    there.force_login(a_login(other, Role.ADMIN, "elsewhere"))
    assert send(there, answer.content, kind)[0] == 200
    assert there.get(f"{EXPORT}?format={form}").content == answer.content
    rows = {row["symbol"]: row for row in there.get("/api/v1/symbols/watchlist").json()["results"]}
    assert (rows["UNI-USD"]["categories"], rows["UNI-USD"]["priority"]) == (["=1+1", "meme"], "sparse")


def test_nothing_in_the_csv_begins_a_formula(admin: Client, identity: Identity) -> None:
    categories.make(identity.sub, "=HYPERLINK(1)")
    categories.make(identity.sub, "@x")
    send(admin, "symbol,categories\nBTC-USD,=HYPERLINK(1)|@x")
    rows = list(csv.reader(io.StringIO(admin.get(EXPORT).content.decode())))
    assert rows[0] == ["symbol", "exchange", "enabled", "priority", "categories", "added"]
    assert rows[1][:5] == ["BTC-USD", "simulated", "yes", "normal", "'=HYPERLINK(1)|'@x"]


def test_rows_of_an_answer_can_be_sent_back_and_keep_their_lines(admin: Client) -> None:
    rows = dry(admin, "symbol,enabled,categories\n\nUNI-USD,no,meme\nuniusd\n")["rows"]
    rows[1]["symbol"] = "XRP-USD"
    again = dry(admin, {"symbols": rows}, "application/json")
    assert [(row["line"], row["verdict"]) for row in again["rows"]] == [(3, "valid"), (4, "valid")]
    assert again["rows"][0] == rows[0]
    assert again["leftAside"] == []


def test_a_file_may_come_in_a_form(admin: Client, identity: Identity) -> None:
    for content, name in ((b"symbol\nUNI-USD\n", "list.csv"), (b'["XRP-USD"]', "list.json")):
        upload = io.BytesIO(content)
        upload.name = name
        answer = admin.post(IMPORT, {"file": upload})
        assert answer.status_code == 200, answer.content
    assert lists(identity)[0] == ["BTC-USD", "ETH-USD", "UNI-USD", "XRP-USD"]
    answer = admin.post(IMPORT, {"other": "x"})
    assert (answer.status_code, answer.json()["fields"]) == (422, [{"path": "file", "message": "no file came"}])


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/xml", "<x/>", 415, "unsupported_media_type"),
        ("", "BTC-USD", 415, "unsupported_media_type"),
        ("text/csv", " ", 422, "unreadable"),
        ("text/csv", b"\xff\xff", 422, "unreadable"),
        ("application/json", "[1,", 422, "unreadable"),
        ("text/csv", "A\n" * (MOST_LINES + 1), 422, "too_many_lines"),
        ("text/csv", "A\n" * 500_000, 422, "too_many_lines"),
        ("text/csv", "A" * (LONGEST_FILE + 1), 413, "too_large"),
        ("application/json", " " * 4_000_000, 413, "too_large"),
        ("multipart/form-data", "x", 400, "malformed"),
        ("multipart/form-data; boundary=x", b"--x\r\n\xff\xfe", 422, "invalid"),
        ("text/csv", "symbol,categories\nBTC-USD,a\nETH-USD," + "|".join(map(str, range(20))), 200, None),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_why(
    admin: Client, kind: str, body: str | bytes, status: int, code: str | None
) -> None:
    found, answer = send(admin, body, kind, f"{IMPORT}?dryRun=1")
    assert (found, answer.get("error")) == (status, code), answer


PART = '--x\r\nContent-Disposition: form-data; name="a"{}\r\n\r\n1\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", "x"),
        ("multipart/form-data; boundary=x", PART.format("") * 1_100 + "--x--"),
        ("multipart/form-data; boundary=x", PART.format('; filename="f"') * 200 + "--x--"),
    ],
    ids=["no boundary", "many fields", "many files"],
)
def test_a_form_that_cannot_be_read_is_refused_also_where_its_token_is_looked_for(
    identity: Identity, kind: str, body: str
) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(a_login(identity, Role.ADMIN))
    token = "t" * 32
    client.cookies["csrftoken"] = token
    status, answer = send(client, body, kind, **{"X-CSRFToken": token})
    assert (status, answer["error"]) == (400, "malformed")
    assert send(client, "BTC-USD", **{"X-CSRFToken": token})[0] == 200


def test_very_many_new_categories_are_taken_for_a_mistake(admin: Client, identity: Identity) -> None:
    text = "symbol,categories\n" + "\n".join(
        f"{symbol},{'|'.join(f'{symbol} {n}' for n in range(18))}" for symbol in ("BTC-USD", "ETH-USD", "UNI-USD")
    )
    status, body = send(admin, text)
    assert (status, body["error"]) == (422, "too_many_categories")
    assert not Category.objects.exists()


def test_who_saw_an_older_version_imports_nothing(admin: Client, identity: Identity) -> None:
    seen = admin.post(f"{IMPORT}?dryRun=1", "UNI-USD", content_type="text/csv")["ETag"]
    services.patch(identity.sub, {"symbols": ["BTC-USD"]}, cause=SYSTEM)
    status, body = send(admin, "UNI-USD,,,,meme", **{"If-Match": seen})
    assert (status, body["error"]) == (412, "stale_version")
    assert not Category.objects.exists()


def test_only_an_admin_imports_and_every_role_exports(identity: Identity) -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        client = signed_in(identity, role)
        assert send(client, "UNI-USD", path=f"{IMPORT}?dryRun=1")[0] == 403
        assert send(client, "", path=f"{IMPORT}/1/undo")[0] == 403
        assert client.get(EXPORT).status_code == 200
        assert client.get(f"{EXPORT}?format=xml").status_code == 422


def test_no_pasted_secret_is_repeated(admin: Client) -> None:
    for secret in SECRETS.values():
        for body, kind in (
            (secret, "text/csv"),
            ([secret, {secret: secret}, {"symbol": "A", "tags": secret}], "application/json"),
        ):
            assert MARKER not in json.dumps(send(admin, body, kind))


def test_as_many_as_a_watchlist_holds_are_imported_at_once_and_no_more(admin: Client, identity: Identity) -> None:
    services.patch(identity.sub, {"exchanges": {"kraken": {"enabled": False}}}, cause=SYSTEM)
    lines = [f"C{n}/USD,kraken,many" for n in range(MOST_LINES)]
    whole, fitting = ("\n".join(["symbol,exchange,categories", *some]) for some in (lines, lines[2:]))
    told = [{"path": "symbols", "message": f"has at most {MOST_LINES} entries"}]
    assert dry(admin, whole)["problems"] == told
    status, body = send(admin, whole)
    assert (status, body["fields"]) == (422, told)
    status, body = send(admin, fitting)
    assert (status, body.get("message")) == (200, None)
    assert len(body["changed"]) == MOST_LINES - 2
    assert send(admin, "", path=f"{IMPORT}/{body['id']}/undo")[1]["left"] == []
    assert lists(identity)[0] == ["BTC-USD", "ETH-USD"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
    st.sampled_from(
        ["text/csv", "application/json", "multipart/form-data; boundary=x", "text/plain; charset=nonsense"]
    ),
)
def test_whatever_is_sent_is_no_server_error(admin: Client, raw: bytes, kind: str) -> None:
    answer = admin.generic("POST", f"{IMPORT}?dryRun=1", raw, content_type=kind)
    assert answer.status_code in {200, 400, 413, 415, 422}, answer.content
