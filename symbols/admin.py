"""The catalogue in the admin, to read."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from settingsapp.accounts import role_of
from symbols.models import CatalogueEntry

if TYPE_CHECKING:
    CatalogueModelAdmin = admin.ModelAdmin[CatalogueEntry]
else:
    CatalogueModelAdmin = admin.ModelAdmin


@admin.register(CatalogueEntry)
class CatalogueAdmin(CatalogueModelAdmin):
    """What the exchanges have. It is read from them; nobody edits it."""

    list_display = ("symbol", "exchange", "unified", "active", "last_price", "change_24h", "volume_24h")
    list_filter = ("exchange", "active")
    search_fields = ("symbol", "unified", "base")
    ordering = ("exchange", "symbol")
    show_full_result_count = False
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return role_of(request.user) is not None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return role_of(request.user) is not None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
