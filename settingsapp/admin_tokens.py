"""API tokens in the admin: made, with the token shown once, and revoked. Nothing else about one can be changed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from settingsapp import tokens
from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.models import ApiToken
from settingsapp.tokens import MadeToken

# Generic for the type checker alone.
if TYPE_CHECKING:
    from django.db.models import QuerySet

    TokenModelAdmin = admin.ModelAdmin[ApiToken]
    TokenModelForm = forms.ModelForm[ApiToken]
else:
    TokenModelAdmin, TokenModelForm = admin.ModelAdmin, forms.ModelForm


class TokenForm(TokenModelForm):
    """What a new token is called and may do."""

    role = forms.ChoiceField(choices=[(role.value, role.value) for role in Role])

    class Meta:
        model = ApiToken
        fields = ("name", "role")


@admin.register(ApiToken)
class ApiTokenAdmin(TokenModelAdmin):
    """Each login makes and revokes tokens of its own; an admin sees and revokes all of the identity's."""

    form = TokenForm
    list_display = ("name", "role", "made_by", "made_at", "last_used_at", "state")
    list_select_related = ("made_by",)
    ordering = ("-made_at",)
    change_form_template = "settingsapp/token.html"
    actions = ("revoke_selected",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ApiToken]":
        rows = super().get_queryset(request).filter(identity=identity_of(request.user))
        role = role_of(request.user)
        if role is not None and role.permits(Role.ADMIN):
            return rows
        return rows.filter(made_by=request.user.pk)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.revoke_view)
        return [path("<int:number>/revoke/", page, name="settingsapp_revoke"), *super().get_urls()]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return role_of(request.user) is not None and identity_of(request.user) is not None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        return ("name", "role") if obj is None else ("name", "role", "made_by", "made_at", "last_used_at", "state")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        own = role_of(request.user)
        if obj is None:
            allowed = [role.value for role in Role if own is not None and own.permits(role)]
            form.base_fields["role"] = forms.ChoiceField(
                choices=[(role, role) for role in allowed],
                widget=forms.RadioSelect,
                initial=Role.VIEWER.value,
                help_text="What it may do. Never more than you may.",
            )
        return form

    @admin.display(description="State")
    def state(self, token: ApiToken) -> str:
        return f"revoked on {token.revoked_at:%Y-%m-%d %H:%M} UTC" if token.revoked_at else "valid"

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        made = tokens.make(request.user, form.cleaned_data["name"], Role(form.cleaned_data["role"]), timezone.now())
        obj.pk = made.token.pk
        # Handed on to this request's answer; it is kept nowhere.
        request.made_token = made  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        made: MadeToken = request.made_token  # type: ignore[attr-defined]
        context = self.admin_site.each_context(request) | {
            "title": f"The new API token {made.token.name}",
            "opts": self.opts,
            "token": made.token,
            "secret": made.secret,
        }
        return TemplateResponse(request, "settingsapp/new_token.html", context)

    @admin.action(description="Revoke selected API tokens", permissions=["view"])
    def revoke_selected(self, request: HttpRequest, chosen: "QuerySet[ApiToken]") -> None:
        revoked = [token for token in chosen if self._revoke(request, token)]
        self.message_user(request, f"Revoked {len(revoked)} API token{'' if len(revoked) == 1 else 's'}.")

    def revoke_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Asks first, and revokes when that is confirmed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        token = self.get_object(request, str(number))
        if token is None:
            return HttpResponseRedirect(reverse("admin:settingsapp_apitoken_changelist"))
        if request.method != "POST":
            context = self.admin_site.each_context(request) | {
                "title": f"Revoke the API token {token.name}?",
                "opts": self.opts,
                "token": token,
            }
            return TemplateResponse(request, "settingsapp/revoke_token.html", context)
        if self._revoke(request, token):
            self.message_user(request, f"Revoked the API token {token.name}.", messages.SUCCESS)
        else:
            self.message_user(request, f"The API token {token.name} had been revoked already.", messages.INFO)
        return HttpResponseRedirect(reverse("admin:settingsapp_apitoken_changelist"))

    def _revoke(self, request: HttpRequest, token: ApiToken) -> bool:
        revoked = tokens.revoke(token, timezone.now())
        if revoked:
            self.log_change(request, token, "Revoked.")
        return revoked
