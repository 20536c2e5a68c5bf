"""The engine over HTTP: what it does, and what it is asked to do. Paths lie below `/api/v1/runtime/`."""

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from runtime import services
from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import look, look_for_errors, parse_place
from runtime.live.saved import settings_glance
from runtime.models import Alert
from runtime.permissions import role_needed
from runtime.protocol.answers import CommandState, Outcome
from runtime.protocol.commands import InvalidCommandError
from runtime.protocol.history import EVERYTHING, FILTERS, InvalidFilterError, parse_filter
from runtime.protocol.observed import observed
from runtime.protocol.payloads import LONGEST_ID, CommandName
from runtime.services import Order, QueueFullError, UnknownCommandError
from settingsapp.bearer import BearerToken
from settingsapp.http_errors import ApiError, login_of, read_sub_of, require_role, sub_of
from settingsapp.schema.problems import FieldProblem
from settingsapp.session_seat import SessionSeat

router = Router(tags=["runtime"])

LONGEST_WAIT = 60
MOST_RESULTS = 200
# Commands are a matter of Redis and the engine: an open page can send them while the database is away.
WITHOUT_DATABASE = [BearerToken(), SessionSeat()]
Limit = Annotated[int, Query(ge=1, le=MOST_RESULTS)]
# What both databases take.
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]
CommandId = Annotated[str | None, Query(min_length=1, max_length=LONGEST_ID)]


class CommandIn(Schema):
    """A command as a client sends it."""

    model_config = ConfigDict(extra="forbid")

    command: str = Field(description="One of: " + ", ".join(CommandName))
    payload: dict[str, Any] | None = None
    priority: int | None = Field(None, description="0 first … 9 last; by default as the command is")
    expires_in_ms: int | None = Field(None, alias="expiresInMs", description="At most 24 hours")
    id: str | None = Field(None, description=f"1 to {LONGEST_ID} characters; sent twice, it is one command")


class CommandsWanted(Schema):
    """Which commands to list; all that is given has to hold. What has several values may be repeated."""

    command: list[str] = Field([], description="Names, several with commas between: " + ", ".join(CommandName))
    state: list[str] = Field([], description="As with command: " + ", ".join(CommandState))
    outcome: list[str] = Field([], description="As with command: " + ", ".join(Outcome))
    source: list[str] = Field([], description="As with command: where it came from")
    issued_by: list[str] = Field([], alias="issuedBy", description="As with command: who sent it")
    since: str | None = Field(None, alias="from", description="Queued then or later: ms, or ISO 8601 (UTC if not said)")
    until: str | None = Field(
        None, alias="to", description="Queued then or earlier; a day, minute or second as a whole"
    )
    q: str | None = Field(None, description="Words that occur in id, command, payload, message or issuer, in any case")


@router.get("status", summary="What the engine does")
def status(request: HttpRequest) -> dict[str, Any]:
    sub = read_sub_of(request)
    saved = settings_glance(sub)
    version = saved.version if saved else None
    try:
        seen = look(sub)
    except RedisUnavailableError as error:
        raise _unreachable(error) from error
    return observed(seen.status, seen.now_ms, version)


@router.post("commands", summary="Send a command", response={200: Any, 202: Any}, auth=WITHOUT_DATABASE)
def send_command(
    request: HttpRequest,
    order: CommandIn,
    wait: Annotated[float | None, Query(gt=0, le=LONGEST_WAIT)] = None,
) -> Status[Any]:
    """202 with its id and state, or with `wait` (seconds) 200 with its result message once it has ended."""
    sub = sub_of(request)
    try:
        require_role(request, role_needed(order.command, order.payload))
        wanted = Order(order.command, order.payload, order.id, order.priority, order.expires_in_ms)
        issued_by = login_of(request)
        if wait is None:
            sent, result = services.send(sub, wanted, source="api", issued_by=issued_by), None
        else:
            sent, result = services.send_and_wait(sub, wanted, source="api", issued_by=issued_by, seconds=wait)
    except InvalidCommandError as error:
        raise ApiError(422, "invalid_command", "The command can't be sent as it is.", error.problems) from None
    except QueueFullError as error:
        raise ApiError(429, "queue_full", str(error)) from None
    except RedisUnavailableError as error:
        raise _unreachable(error) from error
    if result is not None:
        return Status(200, dict(result))
    found = services.find_command(sub, sent.id) if wait is not None else None
    return Status(202, {"id": sent.id, "state": (found.state if found else sent.state).value})


@router.get("commands", summary="Commands of the last seven days, newest first", auth=WITHOUT_DATABASE)
def list_commands(
    request: HttpRequest, wanted: Query[CommandsWanted], before: CommandId = None, limit: Limit = 50
) -> dict[str, Any]:
    """`next` continues the list under the same filter. Of many commands that are not wanted only so many are looked at
    in one request: a page may then hold fewer than `limit`, even none, and yet have a `next`.
    """
    sub = read_sub_of(request)
    given = {name: request.GET.getlist(name) for name in FILTERS if name in request.GET}
    chosen, problems = (
        EVERYTHING,
        [
            FieldProblem(name[:60], f"no such filter; there are {', '.join(FILTERS)}, before, limit")
            for name in request.GET
            if name not in {*FILTERS, "before", "limit"}
        ],
    )
    try:
        chosen = parse_filter(given)
    except InvalidFilterError as error:
        problems += error.problems
    if problems:
        raise _invalid(*problems)
    try:
        page = services.search_history(sub, chosen, before=before, limit=limit)
    except UnknownCommandError as error:
        raise _invalid(FieldProblem("before", str(error))) from None
    except RedisUnavailableError as error:
        raise _unreachable(error) from error
    further = {"before": page.further, "limit": limit, **given}
    return {
        "results": [record.body() for record in page.records],
        "next": None if page.further is None else f"?{urlencode(further, doseq=True)}",
    }


@router.get("commands/{command_id}", summary="What became of a command", auth=WITHOUT_DATABASE)
def read_command(request: HttpRequest, command_id: str) -> dict[str, Any]:
    try:
        record = services.find_command(read_sub_of(request), command_id)
    except RedisUnavailableError as error:
        raise _unreachable(error) from error
    if record is None:
        raise ApiError(404, "not_found", "No command of that id in the last seven days.")
    return record.body()


@router.get("alerts", summary="Alerts, newest first")
def list_alerts(request: HttpRequest, offset: Offset = 0, limit: Limit = 50) -> dict[str, Any]:
    rows = (
        Alert.objects.filter(identity__sub=read_sub_of(request))
        .order_by("-created_at", "-open_time", "id")
        .prefetch_related("sendings")
    )
    page = list(rows[offset : offset + limit + 1])
    more = f"?offset={offset + limit}&limit={limit}" if len(page) > limit else None
    return {"results": [alert.body() for alert in page[:limit]], "next": more}


class Level(StrEnum):
    """How bad an error is."""

    WARNING = "warning"
    ERROR = "error"


@router.get("errors", summary="What went wrong lately, newest first", auth=WITHOUT_DATABASE)
def list_errors(
    request: HttpRequest, level: Level | None = None, before: str | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """The last 500, with `level`, `origin`, `message`, `timestamp` (ms) and `seq`; `next` continues the list."""
    sub = read_sub_of(request)
    if before is not None and parse_place(before) is None:
        raise _invalid(FieldProblem("before", "is the `seq` of an error, such as 1769817600000-0"))
    try:
        found = look_for_errors(sub, limit + 1, before=before, level=level)
    except RedisUnavailableError as error:
        raise _unreachable(error) from error
    page = found[:limit]
    further = {"before": page[-1]["seq"], "limit": limit, **({"level": level.value} if level else {})} if page else {}
    return {"results": page, "next": f"?{urlencode(further)}" if len(found) > limit else None}


def _invalid(*problems: FieldProblem) -> ApiError:
    return ApiError(422, "invalid", "Parts of the request are not as they should be.", problems)


def _unreachable(error: RedisUnavailableError) -> ApiError:
    return ApiError(503, "unavailable", f"The engine can't be reached: {error}")
