"""Schedules in the admin: read by every role, written by those who may send their commands."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from runtime import schedules
from runtime.engine.timetable import InvalidTimetableError, in_words, is_zone, read_local, read_timetable, upcoming
from runtime.live.presentation import Presentation
from runtime.live.saved import settings_glance
from runtime.models import Missed, Schedule
from runtime.protocol.payloads import CommandName
from runtime.schedules import InvalidScheduleError, LastRun, State, TooManySchedulesError, Wanted
from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.schema import strict_json
from settingsapp.schema.problems import FieldProblem

# Generic for the type checker alone.
if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet

    ScheduleModelAdmin = admin.ModelAdmin[Schedule]
    ScheduleModelForm = forms.ModelForm[Schedule]
else:
    ScheduleModelAdmin, ScheduleModelForm = admin.ModelAdmin, forms.ModelForm

RUNS_SHOWN: Final = 3
_LIST: Final = "admin:runtime_schedule_changelist"


class ScheduleForm(ScheduleModelForm):
    """What is wanted of a schedule. The service checks it; what it finds stands under the fields."""

    role: Role | None = None
    """Of whoever fills it in."""

    command = forms.ChoiceField(choices=[(name.value, name.value) for name in CommandName])
    payload = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField payload", "spellcheck": "false"}),
        help_text='What the command takes, as JSON: {"mode": "position-monitor"} for switch-mode, {"minutes": 30} for '
        "pause. Empty where it takes nothing.",
    )
    cron = forms.CharField(
        required=False,
        label="Repeatedly",
        widget=forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false", "placeholder": "0 22 * * *"}),
        help_text="A cron expression: minute, hour, day of the month, month, weekday. "
        "0 22 * * 1-5 is 22:00 from Monday to Friday.",
    )
    at = forms.CharField(
        required=False,
        label="Or once, at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "vTextField"}),
        help_text="One time, in the time zone below, instead of a cron expression.",
    )
    timezone = forms.CharField(
        label="Time zone",
        widget=forms.TextInput(attrs={"class": "vTextField", "list": "timezones", "spellcheck": "false"}),
        help_text="Its clocks count, with their summer time.",
    )
    missed = forms.ChoiceField(
        label="If nobody was there",
        choices=Missed.choices,
        initial=Missed.SKIP.value,
        widget=forms.RadioSelect,
        help_text="Of a run whose time passed by more than a minute while no engine ran.",
    )

    class Meta:
        model = Schedule
        fields = ("name", "command", "payload", "cron", "at", "timezone", "missed", "enabled")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        row = self.instance
        if not row._state.adding:
            self.initial["payload"] = json.dumps(row.payload, ensure_ascii=False) if row.payload else ""
            self.initial["at"] = "" if row.at is None else _local_text(row.at, row.timezone)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        wanted = self._wanted(cleaned)
        if self.errors:
            return cleaned
        row = self.instance
        try:
            schedules.check(wanted, schedules.now_ms(), None if row._state.adding else Wanted.as_in(row))
        except InvalidScheduleError as error:
            for problem in error.problems:
                self._place(problem)
        needed = schedules.role_to_write(wanted.command, wanted.payload)
        if self.role is None or not self.role.permits(needed):
            self.add_error("command", f"This needs the role {needed.value}.")
        return cleaned | {"wanted": wanted}

    def _wanted(self, cleaned: Mapping[str, Any]) -> Wanted:
        payload: dict[str, Any] = {}
        try:
            payload = strict_json.decode_object(cleaned["payload"] or "{}")
        except strict_json.MalformedJsonError as error:
            self.add_error("payload", f"Not readable: {error.located}.")
        # What was not touched stays to the millisecond, and the second of two hours stays the second.
        untouched = not {"at", "timezone"} & set(self.changed_data)
        at = self.instance.at if untouched else cleaned["at"] or None
        return Wanted(
            name=cleaned["name"],
            command=cleaned["command"],
            payload=payload,
            cron=cleaned["cron"],
            timezone=cleaned["timezone"],
            at=at,
            enabled=cleaned["enabled"],
            missed=cleaned["missed"],
        )

    def _place(self, problem: FieldProblem) -> None:
        place, _, inner = problem.path.partition(".")
        text = f"{inner}: {problem.message}" if inner else f"{problem.message[0].upper()}{problem.message[1:]}"
        self.add_error(place if place in self.fields else None, text + ".")

    def _post_clean(self) -> None:
        """The row is written by runtime.schedules alone, so nothing is put onto the instance here."""


@dataclass(frozen=True)
class Shown:
    """A schedule as its pages show it."""

    what: str
    when: str
    state: State
    next: str
    last: str


@admin.register(Schedule)
class ScheduleAdmin(ScheduleModelAdmin):
    form = ScheduleForm
    change_list_template = "runtime/schedules.html"
    change_form_template = "runtime/schedule.html"
    list_display = ("name", "what", "when", "state", "next_run", "last")
    list_select_related = ("identity", "created_by")
    ordering = ("name", "created_at")
    actions = ("enable_selected", "disable_selected")

    # -- who may what

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Schedule]":
        return super().get_queryset(request).filter(identity=identity_of(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return role_of(request.user) is not None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_write(request) and identity_of(request.user) is not None

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return self._may_write(request, obj)

    def _may_write(self, request: HttpRequest, row: Schedule | None = None) -> bool:
        role = role_of(request.user)
        needed = Role.OPERATOR if row is None else schedules.role_to_write(row.command, row.payload)
        return role is not None and role.permits(needed)

    # -- the list

    def get_changelist_instance(self, request: HttpRequest) -> "ChangeList":
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        for row, shown in zip(rows, self._shown(request, rows), strict=True):
            row.shown = shown
        changelist.result_list = rows
        return changelist

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        role = role_of(request.user)
        night_mode = role is not None and role.permits(schedules.role_to_write(CommandName.SWITCH_MODE))
        offered = night_mode and identity_of(request.user) is not None
        return super().changelist_view(request, {"night_mode": offered} | (extra_context or {}))

    @admin.display(description="Command")
    def what(self, row: Schedule) -> str:
        return _show(row).what

    @admin.display(description="When")
    def when(self, row: Schedule) -> str:
        return _show(row).when

    @admin.display(description="State")
    def state(self, row: Schedule) -> str:
        return _show(row).state.value

    @admin.display(description="Next run")
    def next_run(self, row: Schedule) -> str:
        return _show(row).next or "–"

    @admin.display(description="Last run")
    def last(self, row: Schedule) -> str:
        return _show(row).last

    @admin.display(description="Made by")
    def made(self, row: Schedule) -> str:
        by = row.created_by.get_username() if row.created_by else "somebody who is gone"
        return f"{by}, {row.created_at:%Y-%m-%d %H:%M} UTC"

    def _shown(self, request: HttpRequest, rows: "list[Schedule]") -> list[Shown]:
        identity = identity_of(request.user)
        glance = None if identity is None else settings_glance(identity.sub)
        if glance is None:
            return [Shown(row.command, "", State.DISABLED, "", "") for row in rows]
        now, last = schedules.now_ms(), schedules.last_runs(rows)
        return [_shown(row, now, last[row.pk], glance.presentation) for row in rows]

    # -- the form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **options)
        form.role = role_of(request.user)
        return form

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> tuple[str, ...]:
        if not self._may_write(request, obj):
            return ("name", "what", "when", "state", "next_run", "last", "made")
        told = () if obj is None else ("state", "last", "made")
        return (*ScheduleForm.Meta.fields, *told)

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> tuple[str, ...]:
        return ("what", "when", "state", "next_run", "last", "made")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Schedule | None:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            (row.shown,) = self._shown(request, [row])  # type: ignore[attr-defined]
        return row

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        identity = identity_of(request.user)
        zone = schedules.zone_of(identity) if identity else "UTC"
        return {"timezone": zone} | super().get_changeform_initial_data(request)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        # These two depend on the machine.
        context["timezones"] = sorted(available_timezones() - {"localtime", "Factory"})
        row = context.get("original")
        if row is not None:
            context["preview"] = _preview(request, row.cron, "" if row.at is None else row.at, row.timezone)
        return super().render_change_form(request, context, *args, **options)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (InvalidScheduleError, Schedule.DoesNotExist):
            # Its time passed, or somebody deleted it, between the form's check and the write: now that is found.
            return super().changeform_view(request, object_id, form_url, extra_context)
        except TooManySchedulesError as error:
            return self._back(request, str(error))

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        wanted: Wanted = form.cleaned_data["wanted"]
        identity, by = identity_of(request.user), request.user
        if identity is None or not by.is_authenticated:
            raise PermissionDenied
        if change:
            given = {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}
            written = schedules.change(obj, by, **given)
        else:
            written = schedules.create(identity, wanted, by)
        for column in obj._meta.concrete_fields:
            setattr(obj, column.attname, getattr(written, column.attname))

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        if request.user.is_authenticated:
            schedules.remove(obj, request.user)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Schedule]") -> None:
        for row in queryset:
            self.delete_model(request, row)

    # The service logs what is written, by whichever way.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return []

    # -- more than a row

    @admin.action(description="Enable selected schedules", permissions=["change"])
    def enable_selected(self, request: HttpRequest, chosen: "QuerySet[Schedule]") -> None:
        self._switch(request, chosen, enabled=True)

    @admin.action(description="Disable selected schedules", permissions=["change"])
    def disable_selected(self, request: HttpRequest, chosen: "QuerySet[Schedule]") -> None:
        self._switch(request, chosen, enabled=False)

    def _switch(self, request: HttpRequest, chosen: "QuerySet[Schedule]", *, enabled: bool) -> None:
        switched = 0
        for row in chosen:
            if not self._may_write(request, row) or not request.user.is_authenticated:
                needed = schedules.role_to_write(row.command, row.payload)
                self.message_user(request, f"{row.name}: this needs the role {needed.value}.", messages.ERROR)
                continue
            try:
                schedules.change(row, request.user, enabled=enabled)
            except InvalidScheduleError as error:
                told = "; ".join(problem.message for problem in error.problems)
                self.message_user(request, f"{row.name}: {told}.", messages.ERROR)
            except Schedule.DoesNotExist:
                continue
            else:
                switched += row.enabled is not enabled
        word = "Enabled" if enabled else "Disabled"
        self.message_user(request, f"{word} {switched} schedule{'' if switched == 1 else 's'}.")

    def get_urls(self) -> list[URLPattern]:
        def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(view)

        return [
            path("preview/", page(self.preview_view), name="runtime_schedule_preview"),
            path("night-mode/", page(require_POST(self.night_mode_view)), name="runtime_schedule_night_mode"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest) -> JsonResponse:
        """Say when a timetable, as it is typed, would be due."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = (request.GET.get(name, "") for name in ("cron", "at", "timezone"))
        return JsonResponse(_preview(request, *asked))

    def night_mode_view(self, request: HttpRequest) -> HttpResponse:
        """Make the example and show it."""
        identity, role = identity_of(request.user), role_of(request.user)
        needed = schedules.role_to_write(CommandName.SWITCH_MODE)
        if identity is None or role is None or not role.permits(needed) or not request.user.is_authenticated:
            raise PermissionDenied
        try:
            made = schedules.make_night_mode(identity, request.user)
        except (InvalidScheduleError, TooManySchedulesError) as error:
            told = error.problems[0].message if isinstance(error, InvalidScheduleError) else str(error)
            return self._back(request, told)
        self.message_user(
            request,
            f"Made {' and '.join(row.name for row in made)}, in the time zone {made[0].timezone}. Both are disabled: "
            "look at their times and modes, then enable them.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse(_LIST))

    def _back(self, request: HttpRequest, told: str) -> HttpResponse:
        self.message_user(request, f"{told[0].upper()}{told[1:]}.", messages.ERROR)
        return HttpResponseRedirect(reverse(_LIST))


def _show(row: Schedule) -> Shown:
    shown: Shown = row.shown  # type: ignore[attr-defined]
    return shown


def _shown(row: Schedule, now: int, last: LastRun, presentation: Presentation) -> Shown:
    there = replace(presentation, timezone=row.timezone) if is_zone(row.timezone) else presentation
    payload = "" if not row.payload else f" {json.dumps(row.payload, ensure_ascii=False)}"
    coming = schedules.next_runs(row, now)
    ran = "" if last.at is None else there.absolute(last.at)
    result = last.outcome if not last.message else f"{last.outcome}: {last.message}"
    if last.command_id and not last.outcome:
        result = "no result yet, or none that is kept"
    return Shown(
        what=row.command + payload,
        when=_when(row, there),
        state=schedules.state_of(row, now),
        next=there.absolute(coming[0]) if coming else "",
        last=" – ".join(part for part in (ran, result) if part) or "never",
    )


def _when(row: Schedule, there: Presentation) -> str:
    timetable = schedules.timetable_of(row)
    if timetable is None:
        return "can't be read: open it, and save it again with a time"
    if row.at is not None:
        return f"once, {there.absolute(row.at)} ({row.timezone})"
    return f"{in_words(timetable)} ({row.cron}, {row.timezone})"


def _preview(request: HttpRequest, cron: str, at: str | int, zone: str) -> dict[str, Any]:
    """Return `words`, `runs` (texts) and `problem`, of which the page shows what is not empty."""
    identity = identity_of(request.user)
    glance = None if identity is None else settings_glance(identity.sub)
    try:
        moment = read_local(at, zone) if isinstance(at, str) and at and is_zone(zone) else at or None
        timetable = read_timetable(cron.strip(), moment if isinstance(moment, int) else None, zone.strip())
    except InvalidTimetableError as error:
        problem = error.problems[0]
        return {"words": "", "runs": [], "problem": f"{problem.message[0].upper()}{problem.message[1:]}."}
    except ValueError as error:
        return {"words": "", "runs": [], "problem": f"{str(error)[0].upper()}{str(error)[1:]}."}
    runs = upcoming(timetable, schedules.now_ms(), RUNS_SHOWN)
    there = None if glance is None else replace(glance.presentation, timezone=timetable.zone)
    shown = [] if there is None else [there.absolute(run) for run in runs]
    passed = "" if runs else "That time has passed."
    return {"words": in_words(timetable), "runs": shown, "problem": passed}


def _local_text(moment: int, zone: str) -> str:
    """Write a moment as a browser's field for date and time wants it."""
    local = datetime.fromtimestamp(moment / 1000, ZoneInfo(zone) if is_zone(zone) else UTC)
    return local.replace(tzinfo=None, microsecond=0).isoformat(timespec="seconds" if local.second else "minutes")
