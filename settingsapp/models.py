"""What is kept: identities, who belongs to them, and one settings document each."""

import uuid
from typing import Any

from django.conf import settings as project
from django.db import models

from settingsapp.schema.observed import with_observed


def new_sub() -> str:
    """Return a new identity's name."""
    return str(uuid.uuid4())


def title_of(version: int) -> str:
    """Return what a version of the settings is called, in the log too."""
    return f"Settings, version {version}"


class Identity(models.Model):
    """One document, one engine: a trader or a desk. `sub` names its channels and keys."""

    sub = models.CharField(max_length=128, unique=True, default=new_sub, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return self.sub


class Membership(models.Model):
    """Which identity a login belongs to: exactly one."""

    user = models.OneToOneField(project.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership")
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="memberships")

    def __str__(self) -> str:
        return f"{self.user} → {self.identity}"


class UserSettings(models.Model):
    """The desired state: the settings document with its version. Written by settingsapp.services alone."""

    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="user_settings")
    version = models.PositiveIntegerField(default=1, editable=False)
    settings = models.JSONField()
    # What Livermore notes itself and shows within the document: no part of its versions.
    observed = models.JSONField(default=dict, editable=False)
    # The seal of the current version's link in the chain of versions.
    head = models.CharField(max_length=64, default="", blank=True, editable=False)
    updated_at = models.DateTimeField(editable=False)
    updated_by = models.ForeignKey(
        project.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = "settings"
        verbose_name_plural = "settings"

    def __str__(self) -> str:
        return title_of(self.version)

    @property
    def shown(self) -> Any:
        """The saved document's JSON as it is read: with what was observed. What is no object is returned as it is."""
        if not isinstance(self.settings, dict):
            return self.settings
        return with_observed(self.settings, self.observed if isinstance(self.observed, dict) else {})


class ApiToken(models.Model):
    """A key to the API for a program. Of the token itself only its hash is kept."""

    name = models.CharField(max_length=80, help_text="What uses it: deploy script, notebook …")
    hashed = models.CharField(max_length=64, unique=True, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, editable=False, related_name="api_tokens")
    role = models.CharField(max_length=16, help_text="What it may do. Never more than the login that made it.")
    made_by = models.ForeignKey(
        project.AUTH_USER_MODEL, on_delete=models.CASCADE, editable=False, related_name="api_tokens"
    )
    made_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API token"
        verbose_name_plural = "API tokens"

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"
