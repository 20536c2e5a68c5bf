"""What the engine leaves in the database: alerts, positions, its safeguards. And schedules, which it follows."""

import uuid
from typing import Any

from django.conf import settings as project
from django.db import models

from runtime.engine.timetable import LONGEST_CRON
from runtime.protocol.alerts import Alert as AlertMessage
from runtime.protocol.alerts import AlertKind
from runtime.protocol.delivery import Sending, SendingState
from settingsapp.models import Identity

UNFINISHED = (SendingState.WAITING.value, SendingState.SENDING.value)
"""States from which something is still to come."""


class Alert(models.Model):
    """An alert as it was raised, with what explains it. Its id follows from its content."""

    id = models.UUIDField(primary_key=True, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="alerts")
    exchange = models.CharField(max_length=40)
    symbol = models.CharField(max_length=64)
    timeframe = models.CharField(max_length=4)
    open_time = models.BigIntegerField(help_text="The candle's open time, ms UTC")
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in AlertKind])
    level = models.IntegerField(null=True, blank=True)
    mode = models.CharField(max_length=32)
    settings_version = models.PositiveIntegerField()
    first_bar = models.BigIntegerField(help_text="Open time of the first bar that fed the series, ms UTC")
    indicators = models.JSONField()
    late = models.BooleanField(default=False, help_text="Its candle closed while nobody was to be notified")
    channels = models.JSONField(
        default=list, blank=True, help_text="Where it is due; whether it was sent stands beside"
    )
    held_back = models.CharField(max_length=200, blank=True, help_text="Why it is stored and goes nowhere")
    trading_mode = models.CharField(max_length=8, blank=True, help_text="The owner's trading mode when it was raised")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-open_time", "-created_at")
        indexes = [models.Index(fields=["identity", "-created_at"], name="alert_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.exchange}:{self.symbol} {self.timeframe}"

    def message(self) -> AlertMessage:
        """Return the alert as it travels."""
        return AlertMessage(
            exchange=self.exchange,
            symbol=self.symbol,
            timeframe=self.timeframe,
            open_time=self.open_time,
            kind=AlertKind(self.kind),
            mode=self.mode,
            settings_version=self.settings_version,
            first_bar=self.first_bar,
            indicators=self.indicators,
            level=self.level,
            late=self.late,
        )

    def body(self) -> dict[str, Any]:
        """Return the message's JSON, with the id under which it is stored and when that was."""
        body = self.message().body() | {
            "id": str(self.id),
            "timestamp": int(self.created_at.timestamp() * 1000),
            "delivery": {
                "channels": self.channels,
                "heldBack": self.held_back,
                "tradingMode": self.trading_mode,
                "sent": {sending.channel: sending.message().body() for sending in self.sendings.all()},
            },
        }
        if self.withdrawn_at is not None:
            body["withdrawnAt"] = int(self.withdrawn_at.timestamp() * 1000)
        return body


class AlertSending(models.Model):
    """What became of an alert on one of the channels on which it was due."""

    LONGEST_ERROR = 300

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="sendings")
    channel = models.CharField(max_length=8)
    state = models.CharField(
        max_length=8, choices=[(state.value, state.value) for state in SendingState], default=SendingState.WAITING.value
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    changed_at = models.BigIntegerField(null=True, blank=True, help_text="When it came to this, ms UTC")
    error = models.CharField(max_length=LONGEST_ERROR, blank=True, help_text="What the last attempt came to")

    class Meta:
        ordering = ("channel",)
        constraints = [models.UniqueConstraint(fields=["alert", "channel"], name="one_sending_per_channel")]
        indexes = [models.Index(fields=["state"], condition=models.Q(state__in=UNFINISHED), name="sending_unfinished")]

    def __str__(self) -> str:
        return f"{self.channel}: {self.state}"

    def message(self) -> Sending:
        """Return it as it travels."""
        return Sending(SendingState(self.state), self.attempts, self.changed_at, self.error)


class PositionEntry(models.Model):
    """What stop-loss and take-profit of a position count from: its cost where known, else where it was first seen."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="position_entries")
    symbol = models.CharField(max_length=104, help_text="With its exchange: simulated:BTC-USD")
    price = models.FloatField()
    seen_at = models.BigIntegerField(help_text="Since when this price counts, ms UTC")
    is_cost = models.BooleanField(default=False, help_text="What was paid, as the exchange tells it")

    class Meta:
        verbose_name_plural = "position entries"
        constraints = [models.UniqueConstraint(fields=["identity", "symbol"], name="one_entry_per_position")]

    def __str__(self) -> str:
        return f"{self.symbol} at {self.price}"


class ExchangeAccount(models.Model):
    """What an exchange last told of the owner's holdings; what failed since leaves them and says why."""

    LONGEST_PROBLEM = 500

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="exchange_accounts")
    exchange = models.CharField(max_length=40)
    holdings = models.JSONField(default=dict)
    refreshed_at = models.BigIntegerField(null=True, help_text="ms UTC")
    problem = models.CharField(max_length=LONGEST_PROBLEM, blank=True)
    failing_since = models.BigIntegerField(null=True, help_text="ms UTC")

    class Meta:
        ordering = ("exchange",)
        constraints = [models.UniqueConstraint(fields=["identity", "exchange"], name="one_account_per_exchange")]

    def __str__(self) -> str:
        return f"Account on {self.exchange}"


class EngineRecord(models.Model):
    """What the database knows of an identity's engine.

    `fencing_token`: the highest that was ever seen; an engine with a lower one has been replaced and may not write.
    The intent is a copy of the one in Redis; the higher revision wins when an engine starts.
    """

    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="engine_record")
    fencing_token = models.BigIntegerField(default=0)
    paused = models.BooleanField(null=True)
    paused_until = models.BigIntegerField(null=True, help_text="ms UTC")
    mode = models.CharField(max_length=32, blank=True)
    revision = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Engine of {self.identity}"


class Missed(models.TextChoices):
    """What becomes of a run that nobody was there for."""

    SKIP = "skip", "skip it"
    RUN_LATE = "run-late", "run it late, once"


class Schedule(models.Model):
    """A command for times to come. What is wanted is written by runtime.schedules alone, what happened by the engine.

    Due times up to `counts_from` and up to `last_due` are dealt with, or never counted: two columns, since they have
    two writers.
    """

    LONGEST_NAME = 80

    # Never given out twice, unlike a number in a database that is made anew: commands are named after it.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, editable=False, related_name="schedules")
    name = models.CharField(max_length=LONGEST_NAME)
    command = models.CharField(max_length=32)
    payload = models.JSONField(default=dict, blank=True)
    cron = models.CharField(max_length=LONGEST_CRON, blank=True)
    timezone = models.CharField(max_length=64)
    at = models.BigIntegerField(null=True, blank=True, help_text="The one time at which it is due, ms UTC")
    enabled = models.BooleanField(default=True)
    missed = models.CharField(max_length=8, choices=Missed, default=Missed.SKIP)
    counts_from = models.BigIntegerField(editable=False, help_text="When it was last made, enabled or timed, ms UTC")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        project.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    last_due = models.BigIntegerField(null=True, editable=False, help_text="The last due time dealt with, ms UTC")
    last_run_at = models.BigIntegerField(null=True, editable=False, help_text="When its command was last sent, ms UTC")
    last_command_id = models.CharField(max_length=128, blank=True, editable=False)
    last_outcome = models.CharField(max_length=16, blank=True, editable=False)
    last_message = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def settled(self) -> int:
        """Due times up to here, ms, have run, were skipped, or never counted."""
        return max(self.counts_from, self.last_due or 0)
