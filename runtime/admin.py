"""What the engine left in the database, to read: nobody writes it but the engine. And the schedules it follows."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from runtime import admin_schedules
from runtime.admin_chart import chart_address
from runtime.models import Alert, AlertSending
from settingsapp.accounts import identity_of, role_of

# The admin finds its pages by this module.
__all__ = ["AlertAdmin", "admin_schedules"]

# Generic for the type checker alone.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    Inline = admin.TabularInline


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


class SendingsOfAlert(Inline):
    """What became of an alert, channel by channel; to read."""

    model = AlertSending
    fields = ("channel", "state", "attempts", "changed", "error")
    readonly_fields = fields
    can_delete = False
    extra = 0

    @admin.display(description="Since (UTC)")
    def changed(self, sending: AlertSending) -> datetime | None:
        return None if sending.changed_at is None else datetime.fromtimestamp(sending.changed_at / 1000, UTC)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return role_of(request.user) is not None

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Alert)
class AlertAdmin(OfOwnIdentity):
    list_display = (
        "candle",
        "exchange",
        "symbol",
        "timeframe",
        "kind",
        "level",
        "mode",
        "late",
        "due",
        "sent",
        "held_back",
        "chart",
    )
    inlines = (SendingsOfAlert,)
    list_filter = ("kind", "timeframe", "exchange", "late", "trading_mode")
    search_fields = ("symbol",)

    @admin.display(description="Candle opened (UTC)", ordering="open_time")
    def candle(self, alert: Alert) -> datetime:
        return datetime.fromtimestamp(alert.open_time / 1000, UTC)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("sendings")

    @admin.display(description="Chart")
    def chart(self, alert: Alert) -> str:
        return format_html('<a href="{}">{}</a>', chart_address(alert), "Open")

    @admin.display(description="Meant for")
    def due(self, alert: Alert) -> str:
        return ", ".join(alert.channels)

    @admin.display(description="Sending")
    def sent(self, alert: Alert) -> str:
        return ", ".join(map(str, alert.sendings.all()))
