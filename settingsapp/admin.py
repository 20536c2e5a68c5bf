"""The settings and the logins in the admin."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from settingsapp import admin_logins, admin_tokens, services
from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.admin_editor import editor_start
from settingsapp.admin_versions import VersionPages, admin_cause
from settingsapp.forms import DamagedSettingsForm, SettingsForm, form_for
from settingsapp.models import UserSettings
from settingsapp.services import StaleVersionError

# The admin finds its pages by this module.
__all__ = ["UserSettingsAdmin", "admin_logins", "admin_tokens"]

# Generic for the type checker alone.
if TYPE_CHECKING:
    from django.db.models import QuerySet

    SettingsModelAdmin = admin.ModelAdmin[UserSettings]
else:
    SettingsModelAdmin = admin.ModelAdmin


@admin.register(UserSettings)
class UserSettingsAdmin(VersionPages, SettingsModelAdmin):
    """One document: that of the identity which the login belongs to. Admins change it, the others read it."""

    form = SettingsForm
    change_form_template = "settingsapp/change_settings.html"

    class Media:
        js = (forms.Script("settingsapp/form_post.js", type="module"),)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[UserSettings]":
        return super().get_queryset(request).filter(identity=identity_of(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: UserSettings | None = None) -> bool:
        return role_of(request.user) is not None

    def has_change_permission(self, request: HttpRequest, obj: UserSettings | None = None) -> bool:
        role = role_of(request.user)
        return role is not None and role.permits(Role.ADMIN)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UserSettings | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is not None:
            options["form"] = form_for(obj)
        return super().get_form(request, obj, change, **options)

    def get_fields(self, request: HttpRequest, obj: UserSettings | None = None) -> tuple[str, ...]:
        shown = ("version", "saved")
        return (*shown, "settings", "base_version") if self.has_change_permission(request) else (*shown, "document")

    def get_readonly_fields(self, request: HttpRequest, obj: UserSettings | None = None) -> tuple[str, ...]:
        return ("version", "saved", "document")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row, form = context.get("original"), context["adminform"].form
        # What came back with errors stays the server's page: it shows what was typed, and says what is wrong with it.
        editable = not isinstance(form, DamagedSettingsForm) and not form.is_bound
        if row is not None and editable and self.has_change_permission(request, row):
            context["editor"] = editor_start(request, row)
        response = super().render_change_form(request, context, *args, **options)
        if form.is_bound:
            # A page that comes back was refused, which programs read in its status.
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response

    @admin.display(description="Saved")
    def saved(self, row: UserSettings) -> str:
        by = f" by {row.updated_by.get_username()}" if row.updated_by else ""
        return f"{row.updated_at:%Y-%m-%d %H:%M:%S} UTC{by}"

    @admin.display(description="Settings")
    def document(self, row: UserSettings) -> SafeString:
        return format_html('<pre class="document">{}</pre>', json.dumps(row.shown, indent=2, ensure_ascii=False))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one document, so its page is shown instead of a list."""
        row = self.get_queryset(request).first()
        if row is None:
            return super().changelist_view(request, extra_context)
        return HttpResponseRedirect(self._page(row))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StaleVersionError:
            # Somebody saved between the form's check and the write: now the check finds it, and says so on the page.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> UserSettings:
        instance: UserSettings = form.instance
        return instance

    def save_model(self, request: HttpRequest, obj: UserSettings, form: Any, change: bool) -> None:
        cause = admin_cause(request)
        saved = services.replace(
            obj.identity.sub,
            form.cleaned_data["settings"].as_json(),
            cause=cause,
            expected_version=form.cleaned_data["base_version"],
        )
        if saved.version == obj.version:
            self.message_user(request, f"Nothing changed; still version {saved.version}.", messages.INFO)
        else:
            self.message_user(request, f"Saved version {saved.version}.", messages.SUCCESS)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing beside the document."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The settings service has written the audit trail already."""

    def response_change(self, request: HttpRequest, obj: UserSettings) -> HttpResponse:
        return HttpResponseRedirect(self._page(obj))

    def _page(self, row: UserSettings) -> str:
        return reverse("admin:settingsapp_usersettings_change", args=[row.pk])
