"""What the engine leaves in the database: alerts, entries of positions, and its safeguards."""

from typing import Any

from django.db import models

from runtime.protocol.alerts import Alert as AlertMessage
from runtime.protocol.alerts import AlertKind
from settingsapp.models import Identity


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
    channels = models.JSONField(default=list, blank=True, help_text="Where it is due; this says nothing of sending")
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
            },
        }
        if self.withdrawn_at is not None:
            body["withdrawnAt"] = int(self.withdrawn_at.timestamp() * 1000)
        return body


class PositionEntry(models.Model):
    """Where a position was first seen: what stop-loss and take-profit count from."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="position_entries")
    symbol = models.CharField(max_length=104, help_text="With its exchange: simulated:BTC-USD")
    price = models.FloatField()
    seen_at = models.BigIntegerField(help_text="ms UTC")

    class Meta:
        verbose_name_plural = "position entries"
        constraints = [models.UniqueConstraint(fields=["identity", "symbol"], name="one_entry_per_position")]

    def __str__(self) -> str:
        return f"{self.symbol} at {self.price}"


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
