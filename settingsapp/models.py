"""What is kept: identities, who belongs to them, and one settings document each."""

import uuid

from django.conf import settings as project
from django.db import models


def new_sub() -> str:
    """Return a new identity's name."""
    return str(uuid.uuid4())


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
    updated_at = models.DateTimeField(editable=False)
    updated_by = models.ForeignKey(
        project.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = "settings"
        verbose_name_plural = "settings"

    def __str__(self) -> str:
        return f"Settings, version {self.version}"
