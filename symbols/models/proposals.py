"""What the scanner proposed and what became of it, and how its last run went."""

import uuid
from typing import Any

from django.db import models

from settingsapp.models import Identity
from symbols.proposal_states import State


class Proposal(models.Model):
    """What one scan proposed. `add`, `remove`, `keep`: lists of `{"symbol", "qualified", "reason", "numbers"}`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="proposals")
    state = models.CharField(
        max_length=16, choices=[(state.value, state.value) for state in State], default=State.PENDING.value
    )
    exchange = models.CharField(max_length=40)
    created_at = models.BigIntegerField(help_text="ms UTC")
    expires_at = models.BigIntegerField(help_text="ms UTC; what was not decided by then has expired")
    source = models.CharField(max_length=16, help_text="By what it was asked for: api, command, schedule, shell")
    created_by = models.CharField(max_length=150, blank=True)
    command_id = models.CharField(max_length=128, blank=True, help_text="The command that asked for it, if one did")
    settings_version = models.PositiveIntegerField(help_text="The settings that it goes by")
    criteria = models.JSONField()
    add = models.JSONField(default=list)
    remove = models.JSONField(default=list)
    keep = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    matches = models.PositiveIntegerField()
    looked_at = models.PositiveIntegerField()
    decided_at = models.BigIntegerField(null=True, help_text="ms UTC")
    decided_by = models.CharField(max_length=150, blank=True)
    approved = models.JSONField(default=dict, help_text="What of it was approved: qualified symbols to add and remove")
    applied_version = models.PositiveIntegerField(null=True, help_text="The version of the settings that it made")
    undone_by = models.CharField(max_length=150, blank=True)
    undone_version = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("-created_at", "id")
        indexes = [models.Index(fields=["identity", "-created_at"], name="proposal_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "command_id"], condition=~models.Q(command_id=""), name="one_proposal_a_command"
            )
        ]

    def __str__(self) -> str:
        return f"Proposal {self.id}"

    def state_at(self, now_ms: int) -> State:
        """Return where it stands at a moment, whether anybody has written that down yet or not."""
        state = State(self.state)
        return State.EXPIRED if state is State.PENDING and now_ms >= self.expires_at else state

    def body(self, now_ms: int) -> dict[str, Any]:
        """Return it as JSON, times in ms UTC."""
        return {
            "id": str(self.id),
            "state": self.state_at(now_ms).value,
            "exchange": self.exchange,
            "createdAt": self.created_at,
            "expiresAt": self.expires_at,
            "source": self.source,
            "createdBy": self.created_by,
            "settingsVersion": self.settings_version,
            "criteria": self.criteria,
            "add": self.add,
            "remove": self.remove,
            "keep": self.keep,
            "notes": self.notes,
            "matches": self.matches,
            "lookedAt": self.looked_at,
            "decidedAt": self.decided_at,
            "decidedBy": self.decided_by or None,
            "approved": self.approved or None,
            "appliedVersion": self.applied_version,
            "undoneBy": self.undone_by or None,
            "undoneVersion": self.undone_version,
        }


class ScannerRun(models.Model):
    """How the last scan of an identity went."""

    LONGEST_ERROR = 500

    identity = models.OneToOneField(Identity, on_delete=models.CASCADE, related_name="scanner_run")
    started_at = models.BigIntegerField(help_text="ms UTC")
    duration_ms = models.PositiveIntegerField()
    exchange = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=16)
    error = models.CharField(max_length=LONGEST_ERROR, blank=True)

    def __str__(self) -> str:
        return f"Scan of {self.exchange}"
