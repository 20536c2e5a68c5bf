"""What the engine left in the database, to read: nobody writes it but the engine."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from runtime.models import Alert, PositionEntry
from settingsapp.accounts import identity_of, role_of

# Generic for the type checker alone.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class OfOwnIdentity(ModelAdmin):
    """Shows the rows of the identity that the login belongs to, to every role."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(identity=identity_of(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return role_of(request.user) is not None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Alert)
class AlertAdmin(OfOwnIdentity):
    list_display = ("candle", "exchange", "symbol", "timeframe", "kind", "level", "mode", "late", "due", "held_back")
    list_filter = ("kind", "timeframe", "exchange", "late", "trading_mode")
    search_fields = ("symbol",)

    @admin.display(description="Candle opened (UTC)", ordering="open_time")
    def candle(self, alert: Alert) -> datetime:
        return datetime.fromtimestamp(alert.open_time / 1000, UTC)

    @admin.display(description="Meant for")
    def due(self, alert: Alert) -> str:
        return ", ".join(alert.channels)


@admin.register(PositionEntry)
class PositionEntryAdmin(OfOwnIdentity):
    list_display = ("symbol", "price", "first_seen")

    @admin.display(description="First seen (UTC)", ordering="seen_at")
    def first_seen(self, entry: PositionEntry) -> datetime:
        return datetime.fromtimestamp(entry.seen_at / 1000, UTC)
