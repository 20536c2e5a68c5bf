"""Handing a message in: what arrives, what is told of it, and where nothing ever goes."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.notifying.addresses import Address
from runtime.notifying.guard import Edge
from runtime.notifying.post import Answer, Attempt, Letter, hand_in, retry_after_ms
from tests.runtime.notifying.services import (
    PUBLIC,
    Answered,
    Certificate,
    a_mail_server,
    a_service,
    edge_to,
)

TOKEN = "Secret" * 10
DISCORD = Address("discord", "Discord", frozenset({"discord.com"}), f"discord://123456789/{TOKEN}/?avatar=no")
NTFY = Address("push", "ntfy", frozenset({"ntfy.sh"}), "ntfys://secret-topic/?mode=cloud")
LETTER = Letter("BTC-USD 1m", "MACD-V crossed")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.of(tmp_path_factory.mktemp("certificate"), "discord.com", "ntfy.sh")


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    told = caplog.text
    for secret in (TOKEN, "secret-topic", "webhooks", "hunter2"):
        assert secret not in told


def test_discord_gets_text_and_picture(certificate: Certificate) -> None:
    with a_service(certificate) as service:
        attempt = hand_in(DISCORD, Letter("Subject", "Body", (PNG,)), edge_to(service.port, certificate))
    assert attempt == Attempt(Answer.TAKEN)
    text, picture = service.asked
    assert text.path == f"/api/webhooks/123456789/{TOKEN}"
    assert text.json["content"] == "Subject\r\nBody"
    assert "avatar_url" not in text.json
    assert PNG in picture.body
    assert b"chart-1.png" in picture.body


def test_ntfy_gets_its_message(certificate: Certificate) -> None:
    with a_service(certificate, Answered(200, body=b"{}")) as service:
        assert hand_in(NTFY, LETTER, edge_to(service.port, certificate)).answer is Answer.TAKEN
    assert service.asked[0].json["topic"] == "secret-topic"
    assert service.asked[0].json["message"] == LETTER.body


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, Answer.REFUSED),
        (503, Answer.REFUSED),
        (408, Answer.REFUSED),
        (429, Answer.REFUSED),
        (400, Answer.HOPELESS),
        (401, Answer.HOPELESS),
        (404, Answer.HOPELESS),
    ],
)
def test_what_the_service_answered_decides_whether_to_try_again(
    certificate: Certificate, status: int, answer: Answer
) -> None:
    with a_service(certificate, Answered(status, body=TOKEN.encode())) as service:
        attempt = hand_in(DISCORD, LETTER, edge_to(service.port, certificate))
    assert attempt.answer is answer
    # Not even the plug-in tries again by itself.
    assert len(service.asked) == 1
    assert TOKEN not in attempt.reason


@pytest.mark.parametrize(
    ("headers", "wait_ms"),
    [
        ({"Retry-After": "7"}, 7_000),
        ({"Retry-After": "0.25"}, 250),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.5"}, 1_500),
        ({"X-RateLimit-Remaining": "3", "X-RateLimit-Reset-After": "1.5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "99999999"}, 900_000),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:30 GMT"}, 10_000),
        ({}, None),
    ],
)
def test_how_long_a_service_asks_to_wait_is_read_in_every_form(headers: dict[str, str], wait_ms: int | None) -> None:
    assert retry_after_ms(headers, 20.0) == wait_ms


def test_the_services_wish_to_wait_is_told_also_where_it_took_the_message(certificate: Certificate) -> None:
    full = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "2"}
    with a_service(certificate, Answered(204, full)) as service:
        assert hand_in(DISCORD, LETTER, edge_to(service.port, certificate)) == Attempt(Answer.TAKEN, "", 2_000)
    with a_service(certificate, Answered(429, {"Retry-After": "3"})) as service:
        assert hand_in(DISCORD, LETTER, edge_to(service.port, certificate)).retry_after_ms == 3_000


def test_where_only_the_picture_failed_the_message_is_out(certificate: Certificate) -> None:
    with a_service(certificate, Answered(204), Answered(500)) as service:
        attempt = hand_in(DISCORD, Letter("s", "b", (PNG,)), edge_to(service.port, certificate))
    assert attempt == Attempt(Answer.TAKEN, "without its picture")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(certificate: Certificate, status: int) -> None:
    for place in ("http://169.254.169.254/latest", "https://discord.com/elsewhere", "http://127.0.0.1/"):
        with a_service(certificate, Answered(status, {"Location": place})) as service:
            attempt = hand_in(DISCORD, LETTER, edge_to(service.port, certificate))
        assert len(service.asked) == 1
        assert attempt.answer is Answer.HOPELESS
        assert "redirect" in attempt.reason


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "10.1.1.1", "::1", "::ffff:10.0.0.1", "100.64.1.1"]
)
def test_a_name_that_leads_inside_gets_nothing(certificate: Certificate, address: str) -> None:
    with a_service(certificate) as service:
        edge = edge_to(service.port, certificate, lambda host, port: [PUBLIC, address])
        attempt = hand_in(DISCORD, LETTER, edge)
    assert service.asked == []
    assert attempt == Attempt(Answer.HOPELESS, "refused: its name leads to an address that is not public")


def test_a_name_that_answers_differently_the_next_time_gains_nothing(certificate: Certificate) -> None:
    answers = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    reached: list[tuple[str, int]] = []
    with a_service(certificate) as service:
        plain = edge_to(service.port, certificate)

        def note(address: tuple[str, int], seconds: float) -> object:
            reached.append(address)
            return plain.connect(address, seconds)

        edge = Edge(lambda host, port: answers.pop(0), note, plain.certificates, 5.0)  # type: ignore[arg-type]
        assert hand_in(DISCORD, LETTER, edge).answer is Answer.TAKEN
    assert reached == [(PUBLIC, 443)]


def test_a_certificate_of_somebody_else_is_not_believed(certificate: Certificate, tmp_path: Path) -> None:
    other = Certificate.of(tmp_path, "evil.example")
    with a_service(other) as service:
        for trusted in (certificate, other):
            attempt = hand_in(DISCORD, LETTER, edge_to(service.port, trusted))
            assert attempt.answer is Answer.REFUSED
            assert attempt.reason.startswith("Discord can't be reached")
        assert service.asked == []


def test_a_proxy_or_authorities_that_the_environment_names_are_not_used(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with a_service(certificate) as service:
        assert hand_in(DISCORD, LETTER, edge_to(service.port, certificate)).answer is Answer.TAKEN
        assert len(service.asked) == 1


def test_nobody_there_is_no_doubt_but_no_answer_is(certificate: Certificate) -> None:
    with a_service(certificate) as service:
        port = service.port
    assert hand_in(DISCORD, LETTER, edge_to(port, certificate)).answer is Answer.REFUSED
    hold = threading.Event()
    with a_service(certificate, Answered(hold=hold)) as service:
        attempt = hand_in(DISCORD, LETTER, edge_to(service.port, certificate, timeout=0.2))
        hold.set()
    assert attempt.answer is Answer.UNCERTAIN
    assert "may have arrived" in attempt.reason


def test_an_address_that_apprise_cannot_read_is_told_as_such() -> None:
    broken = Address("push", "Pushover", frozenset({"api.pushover.net"}), "pover://only-one-part")
    assert hand_in(broken, LETTER).answer is Answer.HOPELESS


def test_a_plug_in_that_would_ask_another_host_is_stopped() -> None:
    elsewhere = Address("push", "ntfy", frozenset({"ntfy.example"}), NTFY.url)
    attempt = hand_in(elsewhere, LETTER, Edge(resolve=lambda host, port: pytest.fail("it was looked up")))
    assert attempt == Attempt(Answer.HOPELESS, "refused: only ntfy.example may be asked")


# -- mail -------------------------------------------------------------------------------------------------------------


def a_mail_address(port: int) -> Address:
    url = f"mailto://me:hunter2@mail.example.com:{port}?to=you@example.com&from=me@example.com&mode=insecure"
    return Address("email", "the mail server", frozenset(), url)


def test_mail_arrives_with_subject_text_and_picture() -> None:
    with a_mail_server(EHLO="250-here\r\n250 AUTH PLAIN", AUTH="235 welcome") as box:
        letter = Letter("BTC-USD passed +150", "MACD-V 151", (PNG,))
        attempt = hand_in(a_mail_address(box.port), letter, edge_to(box.port))
    assert attempt == Attempt(Answer.TAKEN)
    [mail] = box.letters
    assert "Subject: BTC-USD passed +150" in mail
    assert "MACD-V 151" in mail
    assert "image/png" in mail


@pytest.mark.parametrize(
    ("answers", "answer"),
    [
        ({"AUTH": "535 no"}, Answer.HOPELESS),
        ({"AUTH": "454 later"}, Answer.REFUSED),
        ({"RCPT": "550 nobody"}, Answer.HOPELESS),
        ({"RCPT": "451 later"}, Answer.REFUSED),
        ({"MAIL": "421 busy"}, Answer.REFUSED),
        ({"END": "554 spam"}, Answer.HOPELESS),
        ({"END": "452 full"}, Answer.REFUSED),
    ],
)
def test_what_a_mail_server_answers_decides_whether_to_try_again(answers: dict[str, str], answer: Answer) -> None:
    plain = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}
    with a_mail_server(**plain | answers) as box:
        attempt = hand_in(a_mail_address(box.port), LETTER, edge_to(box.port))
    assert attempt.answer is answer
    assert "hunter2" not in attempt.reason


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "fe80::1"])
def test_no_mail_is_handed_in_at_a_metadata_service(address: str) -> None:
    with a_mail_server() as box:
        attempt = hand_in(a_mail_address(box.port), LETTER, edge_to(box.port, resolve=lambda host, port: [address]))
    assert attempt.answer is Answer.HOPELESS
    assert box.letters == []


def test_a_mail_server_in_the_own_network_is_reached() -> None:
    plain = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}
    with a_mail_server(**plain) as box:
        edge = edge_to(box.port, resolve=lambda host, port: ["10.0.0.25"])
        assert hand_in(a_mail_address(box.port), LETTER, edge).answer is Answer.TAKEN
