"""API tokens: what they open, for whom, and for how long."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from settingsapp import services, tokens, versions
from settingsapp.accounts import Role
from settingsapp.models import ApiToken, Identity
from settingsapp.tokens import PREFIX, TokenError
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = "/api/v1/settings"
ADD = "/admin/settingsapp/apitoken/add/"
LIST = "/admin/settingsapp/apitoken/"


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


@pytest.fixture
def ada(identity: Identity) -> User:
    return a_login(identity, Role.ADMIN, "ada")


def bearer(secret: str, *, csrf: bool = True) -> Client:
    return Client(enforce_csrf_checks=csrf, headers={"Authorization": f"Bearer {secret}"})


def change(client: Client) -> int:
    body = {"perseus_profile": {"risk_tolerance": "low"}}
    return client.patch(SETTINGS, body, content_type="application/json").status_code


def test_of_a_token_only_the_hash_is_kept(ada: User) -> None:
    made = tokens.make(ada, "deploy", Role.ADMIN, NOW)
    assert re.fullmatch(rf"{PREFIX}[\w-]{{43}}", made.secret), "256 random bits after the prefix"
    row = ApiToken.objects.values().get()
    assert row["hashed"] == hashlib.sha256(made.secret.encode()).hexdigest()
    assert made.secret not in str(row)
    assert tokens.make(ada, "deploy", Role.ADMIN, NOW).secret != made.secret


def test_a_token_opens_the_api_without_a_session_and_without_csrf(ada: User, identity: Identity) -> None:
    client = bearer(tokens.make(ada, "deploy", Role.ADMIN, NOW).secret)
    assert client.get(SETTINGS).json()["sub"] == identity.sub
    assert change(client) == 200
    assert client.get("/api/v1/runtime/alerts").status_code == 200
    assert client.cookies.get("sessionid") is None


def test_the_audit_says_which_token_and_from_where(ada: User, identity: Identity) -> None:
    made = tokens.make(ada, "deploy", Role.ADMIN, NOW)
    assert change(bearer(made.secret)) == 200
    newest = versions.listed(identity.sub)[0]
    assert (newest.saved_by, newest.way) == ("ada", f"api, token deploy ({made.token.pk}), from 127.0.0.1")


@pytest.mark.parametrize(
    ("role", "reads", "commands", "writes"),
    [(Role.VIEWER, 200, 403, 403), (Role.OPERATOR, 200, 202, 403), (Role.ADMIN, 200, 202, 200)],
)
def test_a_token_may_what_its_role_may(ada: User, role: Role, reads: int, commands: int, writes: int) -> None:
    client = bearer(tokens.make(ada, "some", role, NOW).secret)
    assert client.get(SETTINGS).status_code == reads
    sent = client.post("/api/v1/runtime/commands", {"command": "pause"}, content_type="application/json")
    assert sent.status_code == commands
    assert change(client) == writes


def test_what_a_token_may_not_is_told_of_the_token(ada: User) -> None:
    client = bearer(tokens.make(ada, "some", Role.VIEWER, NOW).secret)
    answer = client.put(SETTINGS, {}, content_type="application/json")
    assert answer.json()["message"] == "This needs the role admin; this token's is viewer."


def test_nobody_makes_a_token_that_may_more_than_its_maker(identity: Identity) -> None:
    operator = a_login(identity, Role.OPERATOR)
    with pytest.raises(TokenError, match="whose role is operator"):
        tokens.make(operator, "more", Role.ADMIN, NOW)
    for login in (a_login(None, Role.ADMIN, "without-identity"), a_login(identity, None)):
        with pytest.raises(TokenError, match="without identity and role"):
            tokens.make(login, "some", Role.VIEWER, NOW)
    assert not ApiToken.objects.exists()


def test_a_token_loses_what_its_maker_loses(ada: User, identity: Identity) -> None:
    made = tokens.make(ada, "deploy", Role.ADMIN, NOW)
    ada.groups.clear()
    assert bearer(made.secret).get(SETTINGS).status_code == 401
    ada.groups.add(a_login(identity, Role.VIEWER).groups.get())
    assert bearer(made.secret).get(SETTINGS).status_code == 200
    assert change(bearer(made.secret)) == 403
    User.objects.filter(pk=ada.pk).update(is_active=False)
    answer = bearer(made.secret).get(SETTINGS)
    assert answer.status_code == 401
    assert "its maker, ada, has lost access" in answer.json()["message"]


def test_a_token_does_not_follow_its_maker_to_another_identity(ada: User) -> None:
    made = tokens.make(ada, "deploy", Role.ADMIN, NOW)
    ada.membership.identity = services.create_identity()
    ada.membership.save()
    assert bearer(made.secret).get(SETTINGS).status_code == 401


@pytest.mark.parametrize("secret", ["", " ", "livermore_", "nonsense", "livermore_" + "x" * 43, "x" * 5000, "a b", "é"])
def test_what_is_no_token_is_refused_clearly_and_no_session_stands_in_for_it(ada: User, secret: str) -> None:
    tokens.make(ada, "deploy", Role.ADMIN, NOW)
    client = bearer(secret)
    client.force_login(ada)
    answer = client.get(SETTINGS)
    assert answer.status_code == 401
    assert answer.json()["error"] == "bad_token"
    assert answer.json()["message"].startswith("This API token is unknown")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_another_kind_of_authorization_leaves_it_to_the_session(ada: User) -> None:
    client = Client(headers={"Authorization": "Basic YTpi"})
    assert client.get(SETTINGS).json()["error"] == "not_signed_in"
    client.force_login(ada)
    assert client.get(SETTINGS).status_code == 200


def test_a_revoked_token_opens_nothing_any_more_and_says_so(ada: User) -> None:
    made = tokens.make(ada, "deploy", Role.ADMIN, NOW)
    assert tokens.revoke(made.token, NOW)
    assert not tokens.revoke(made.token, NOW), "once is enough"
    answer = bearer(made.secret).get(SETTINGS)
    assert answer.status_code == 401
    assert answer.json()["message"] == "This API token, deploy, was revoked on 2026-03-01."


def test_its_use_is_noted_at_most_once_a_minute(ada: User) -> None:
    made = tokens.make(ada, "deploy", Role.ADMIN, NOW)

    def noted(at: datetime) -> datetime | None:
        tokens.recognised(made.secret, at)
        return ApiToken.objects.get().last_used_at

    assert ApiToken.objects.get().last_used_at is None
    assert noted(NOW) == NOW
    assert noted(NOW + timedelta(seconds=59)) == NOW
    assert noted(NOW + timedelta(seconds=60)) == NOW + timedelta(seconds=60)


def test_the_admin_makes_a_token_and_shows_it_once(ada: User, client: Client) -> None:
    client.force_login(ada)
    page = client.post(ADD, {"name": "notebook", "role": "operator"})
    secret = re.findall(rf"{PREFIX}[\w-]{{43}}", page.content.decode())[0]
    assert "no-store" in page.headers["Cache-Control"]
    assert bearer(secret).get(SETTINGS).status_code == 200
    token = ApiToken.objects.get()
    assert (token.name, token.role, token.made_by) == ("notebook", "operator", ada)
    for address in (LIST, f"{LIST}{token.pk}/change/", f"{LIST}{token.pk}/history/", "/admin/"):
        shown = client.get(address, follow=True).content.decode()
        assert secret not in shown
        assert token.hashed not in shown
        assert "notebook" in shown
    assert secret not in str(list(LogEntry.objects.values()))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_the_admin_offers_no_role_beyond_ones_own(identity: Identity, client: Client, role: Role) -> None:
    client.force_login(a_login(identity, role))
    assert 'value="viewer"' in client.get(ADD).content.decode()
    assert 'value="admin"' not in client.get(ADD).content.decode()
    assert client.post(ADD, {"name": "more", "role": "admin"}).status_code == 200
    assert not ApiToken.objects.exists()


def test_the_admin_revokes_after_asking(ada: User, client: Client) -> None:
    client.force_login(ada)
    made = tokens.make(ada, "deploy", Role.ADMIN, timezone.now())
    revoke = f"{LIST}{made.token.pk}/revoke/"
    assert "Revoke the API token deploy?" in client.get(revoke).content.decode()
    assert bearer(made.secret).get(SETTINGS).status_code == 200, "asking revokes nothing"
    assert "Revoked the API token deploy." in client.post(revoke, follow=True).content.decode()
    assert bearer(made.secret).get(SETTINGS).status_code == 401
    assert "had been revoked already" in client.post(revoke, follow=True).content.decode()
    assert "revoked on" in client.get(f"{LIST}{made.token.pk}/change/").content.decode()


def test_several_tokens_are_revoked_at_once(ada: User, client: Client) -> None:
    client.force_login(ada)
    made = [tokens.make(ada, f"t{number}", Role.VIEWER, NOW) for number in range(3)]
    chosen = [str(one.token.pk) for one in made[:2]]
    answer = client.post(LIST, {"action": "revoke_selected", "_selected_action": chosen}, follow=True)
    assert "Revoked 2 API tokens." in answer.content.decode()
    assert [bearer(one.secret).get(SETTINGS).status_code for one in made] == [401, 401, 200]


def test_a_login_sees_its_own_tokens_an_admin_all_and_a_stranger_none(
    ada: User, identity: Identity, client: Client
) -> None:
    viewer = a_login(identity, Role.VIEWER)
    stranger = a_login(services.create_identity(), Role.ADMIN, "stranger")
    adas = tokens.make(ada, "adas", Role.VIEWER, NOW).token
    tokens.make(viewer, "viewers", Role.VIEWER, NOW)
    for login, seen in ((ada, {"adas", "viewers"}), (viewer, {"viewers"}), (stranger, set())):
        client.force_login(login)
        shown = client.get(LIST).content.decode()
        assert {name for name in ("adas", "viewers") if f">{name}<" in shown} == seen
    client.post(f"{LIST}{adas.pk}/revoke/")
    assert ApiToken.objects.get(pk=adas.pk).revoked_at is None
