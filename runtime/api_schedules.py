"""Schedules over HTTP. Paths lie below `/api/v1/runtime/`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field, StrictBool

from runtime import schedules
from runtime.models import Missed, Schedule
from runtime.protocol.payloads import CommandName
from runtime.schedules import InvalidScheduleError, LastRun, TooManySchedulesError, Wanted
from settingsapp.http_errors import ApiError, read_sub_of, require_role, sub_of
from settingsapp.models import Identity

router = Router(tags=["schedules"])

PATH = "schedules"
MOST_RESULTS = 200
Limit = Annotated[int, Query(ge=1, le=MOST_RESULTS)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]
WHEN = "ms, or a date and time like 2026-12-24T18:00, in `timezone` unless it has an offset"


class ScheduleChange(Schema):
    """What may be changed of a schedule; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", description=f"1 to {Schedule.LONGEST_NAME} characters")
    command: str = Field("", description="One of: " + ", ".join(CommandName))
    payload: dict[str, Any] | None = None
    cron: str | None = Field(None, description="minute hour day month weekday: 0 22 * * 1-5. Either this or `at`")
    timezone: str = Field("", description="By its IANA name; the profile's where a new schedule says none")
    # Of any kind, so that what is wrong is told of `at` and not of each kind it could have been.
    at: Any = Field(
        None,
        json_schema_extra={"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
        description=f"The one time at which it is due: {WHEN}",
    )
    enabled: StrictBool = True
    missed: str = Field(
        Missed.SKIP.value, description=f"Of a run that nobody was there for: {', '.join(Missed.values)}"
    )

    def given(self) -> dict[str, Any]:
        """Return what the client has sent, by the names in Wanted."""
        sent: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        emptied: dict[str, Any] = {"payload": {}, "cron": ""}
        return {name: emptied.get(name) if value is None else value for name, value in sent.items()}


class ScheduleIn(ScheduleChange):
    """A new schedule."""

    name: str = Field(description=f"1 to {Schedule.LONGEST_NAME} characters")
    command: str = Field(description="One of: " + ", ".join(CommandName))


@router.get(PATH, summary="Schedules, newest first")
def list_schedules(request: HttpRequest, offset: Offset = 0, limit: Limit = 50) -> dict[str, Any]:
    rows = list(_rows(read_sub_of(request))[offset : offset + limit + 1])
    more = f"?offset={offset + limit}&limit={limit}" if len(rows) > limit else None
    return {"results": _bodies(rows[:limit]), "next": more}


@router.post(PATH, summary="Make a schedule", response={201: Any})
def make_schedule(request: HttpRequest, wanted: ScheduleIn) -> Status[Any]:
    sub = sub_of(request)
    require_role(request, schedules.role_to_write(wanted.command, wanted.payload))
    identity = Identity.objects.get(sub=sub)
    with _told():
        whole = Wanted(**({"timezone": schedules.zone_of(identity)} | wanted.given()))
        row = schedules.create(identity, whole, _login(request))
    return Status(201, *_bodies([row]))


@router.get(PATH + "/{uuid:schedule_id}", summary="One schedule")
def read_schedule(request: HttpRequest, schedule_id: UUID) -> dict[str, Any]:
    (body,) = _bodies([_row(read_sub_of(request), schedule_id)])
    return body


@router.patch(PATH + "/{uuid:schedule_id}", summary="Change a schedule")
def change_schedule(request: HttpRequest, schedule_id: UUID, wanted: ScheduleChange) -> dict[str, Any]:
    """A change of the time, and enabling, count from now on: what would have been due before is not made up for."""
    row = _row(sub_of(request), schedule_id)
    require_role(request, schedules.role_to_write(row.command, row.payload))
    given = wanted.given()
    require_role(request, schedules.role_to_write(given.get("command", row.command), given.get("payload", row.payload)))
    with _told():
        row = schedules.change(row, _login(request), **given)
    (body,) = _bodies([row])
    return body


@router.delete(PATH + "/{uuid:schedule_id}", summary="Delete a schedule", response={204: None})
def delete_schedule(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    row = _row(sub_of(request), schedule_id)
    require_role(request, schedules.role_to_write(row.command, row.payload))
    schedules.remove(row, _login(request))
    return HttpResponse(status=204)


def _rows(sub: str) -> Any:
    return Schedule.objects.filter(identity__sub=sub).select_related("identity", "created_by")


def _row(sub: str, schedule_id: UUID) -> Schedule:
    row: Schedule | None = _rows(sub).filter(pk=schedule_id).first()
    if row is None:
        raise _unknown()
    return row


def _unknown() -> ApiError:
    return ApiError(404, "not_found", "There is no schedule of that id.")


def _login(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except InvalidScheduleError as error:
        raise ApiError(422, "invalid_schedule", "The schedule can't be kept as it is.", error.problems) from None
    except TooManySchedulesError as error:
        text = str(error)
        raise ApiError(409, "too_many", f"{text[0].upper()}{text[1:]}.") from None
    except Schedule.DoesNotExist:
        raise _unknown() from None


def _bodies(rows: Sequence[Schedule]) -> list[dict[str, Any]]:
    now, last = schedules.now_ms(), schedules.last_runs(rows)
    return [_body(row, now, last[row.pk]) for row in rows]


def _body(row: Schedule, now: int, last: LastRun) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "name": row.name,
        "command": row.command,
        "payload": row.payload,
        "cron": row.cron or None,
        "timezone": row.timezone,
        "at": row.at,
        "enabled": row.enabled,
        "missed": row.missed,
        "state": schedules.state_of(row, now).value,
        "nextRunAt": next(iter(schedules.next_runs(row, now)), None),
        "lastRunAt": last.at,
        "lastCommandId": last.command_id or None,
        "lastOutcome": last.outcome or None,
        "lastMessage": last.message or None,
        "createdBy": row.created_by.get_username() if row.created_by else None,
    }
