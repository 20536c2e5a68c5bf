"""The way from nothing to a running product, in order: Redis, database, first login, engines, web server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection, connections

from runtime.bus.probe import state_within
from runtime.launch import checks
from runtime.launch.announcement import Announcement, market_text, sign_in_text, stores_text, url_text
from runtime.launch.installation import Installation, environment_of_programs, reachable
from runtime.launch.options import Options
from runtime.launch.supervisor import Supervisor
from settingsapp.accounts import ensure_first_login
from settingsapp.models import Identity

VALKEY_SECONDS = 30.0
WEB_SECONDS = 30.0
ENGINE_SECONDS = 5.0
"""How long the announcement waits for the engine, so that it can say what it does instead of `starting`."""


@dataclass(frozen=True)
class Surroundings:
    """What the settings say, as far as it matters here."""

    base_dir: Path
    data_dir: Path
    redis_url: str
    redis_is_embedded: bool
    allowed_hosts: tuple[str, ...]
    allowed_hosts_are_set: bool
    admin_password: str | None
    variables: "dict[str, str]"


class Start:
    """One start. `say` gets the text of the announcement."""

    def __init__(
        self, options: Options, surroundings: Surroundings, supervisor: Supervisor, say: Callable[[str], None]
    ) -> None:
        self._options = options
        self._given = surroundings
        self._supervisor = supervisor
        self._say = say
        self._installation = Installation(
            surroundings.base_dir,
            surroundings.data_dir,
            surroundings.redis_url,
            environment_of_programs(surroundings.variables),
        )

    def run(self) -> None:
        """Start all and announce it; returns early where a stop is asked for. Raises checks.CannotStartError."""
        self._start_redis()
        if self._supervisor.stop_requested:
            return
        sign_in = self._prepare_database()
        announced = False
        try:
            engines = self._start_engines()
            web_answers = self._start_web()
            if not self._supervisor.stop_requested:
                self._say(self._announcement(sign_in, engines, web_answers=web_answers).text())
                announced = True
        finally:
            if not announced:
                # A made-up password is shown this once, whatever became of the start.
                self._say(f"sign in: {sign_in}")

    def _start_redis(self) -> None:
        if not self._given.redis_is_embedded:
            checks.check_redis(self._given.redis_url)
            return
        self._supervisor.start(self._installation.valkey())
        if not self._supervisor.wait_until_ready("valkey", VALKEY_SECONDS) and not self._supervisor.stop_requested:
            raise checks.CannotStartError(
                f"the embedded Redis server does not answer; its last words: "
                f"{self._supervisor.last_words('valkey') or 'none'} ({self._given.data_dir / 'logs' / 'valkey.log'})"
            )

    def _prepare_database(self) -> str:
        checks.check_database()
        try:
            call_command("migrate", interactive=False, verbosity=0)
            first = ensure_first_login(self._given.admin_password)
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise checks.CannotStartError(f"the database can't be brought up to date: {reason}") from error
        finally:
            connections.close_all()
        if first is None:
            return sign_in_text(username=None, password=None)
        return sign_in_text(username=first.username, password=first.password if first.generated else None)

    def _start_engines(self) -> dict[str, str]:
        subs = list(Identity.objects.order_by("pk").values_list("sub", flat=True))
        connections.close_all()
        names = {"engine" if len(subs) == 1 else f"engine-{sub[:8]}": sub for sub in subs}
        for name, sub in names.items():
            self._supervisor.start(self._installation.engine(name, sub, self._options.engine_arguments))
        return names

    def _start_web(self) -> bool:
        # Asked by a name that it answers to; a pattern such as .desk.example has no name of its own.
        name = next((host for host in self._given.allowed_hosts if host[0] not in ".*"), "localhost")
        self._supervisor.start(self._installation.web(self._options.address, self._options.port, name))
        return self._supervisor.wait_until_ready("web", WEB_SECONDS)

    def _announcement(self, sign_in: str, engines: dict[str, str], *, web_answers: bool) -> Announcement:
        return Announcement(
            url=url_text(reachable(self._options.address), self._options.port),
            web_answers=web_answers,
            sign_in=sign_in,
            engine=", ".join(self._engine_text(name, sub, len(engines)) for name, sub in engines.items()),
            stores=stores_text(
                database="PostgreSQL" if connection.vendor == "postgresql" else "SQLite",
                redis_url=None if self._given.redis_is_embedded else self._given.redis_url,
            ),
            market=market_text(self._options.recording, self._options.speed),
            data_dir=self._given.data_dir,
            notes=self._notes(),
        )

    def _engine_text(self, name: str, sub: str, engines: int) -> str:
        ready = self._supervisor.wait_until_ready(name, ENGINE_SECONDS)
        state = state_within(self._given.redis_url, sub, ENGINE_SECONDS) if ready else None
        text = state or "starting…"
        return text if engines == 1 else f"{name}: {text}"

    def _notes(self) -> tuple[str, ...]:
        if checks.is_loopback(self._options.address) or self._given.allowed_hosts_are_set:
            return ()
        return (
            "browsers on other machines are refused until DJANGO_ALLOWED_HOSTS names this one, "
            "for instance DJANGO_ALLOWED_HOSTS=desk.example,192.0.2.7",
        )
