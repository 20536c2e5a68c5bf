"""Logins in the admin: who may sign in, to which identity they belong, and their role (their group)."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from settingsapp.accounts import identity_of, role_of
from settingsapp.models import Identity, Membership

# Generic for the type checker alone.
if TYPE_CHECKING:
    MembershipInlineBase = admin.StackedInline[Membership, User]
    MembershipModelForm = forms.ModelForm[Membership]
    IdentityModelAdmin = admin.ModelAdmin[Identity]
    LoginModelAdmin = UserAdmin[User]
else:
    MembershipInlineBase, MembershipModelForm = admin.StackedInline, forms.ModelForm
    IdentityModelAdmin, LoginModelAdmin = admin.ModelAdmin, UserAdmin

# The roles are these groups, made by a migration; there is nothing finer to set up.
admin.site.unregister(Group)
admin.site.unregister(User)


class MembershipForm(MembershipModelForm):
    """Which identity a login belongs to."""

    def has_changed(self) -> bool:
        # A proposal that is left as it is counts as chosen.
        return super().has_changed() or (self.instance._state.adding and bool(self["identity"].value()))


class MembershipInline(MembershipInlineBase):
    """The one identity that the login belongs to; a new login is proposed that of who makes it."""

    model = Membership
    form = MembershipForm
    verbose_name = verbose_name_plural = "Identity"

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        formset = super().get_formset(request, obj, **options)
        if obj is None:
            formset.form.base_fields["identity"].initial = identity_of(request.user)
        return formset


@admin.register(User)
class LoginAdmin(LoginModelAdmin):
    """Logins. They are deactivated, never deleted: the history of the settings names them."""

    inlines = (MembershipInline,)
    list_display = ("username", "role", "identity", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "groups")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        (
            "Role",
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups"),
                "description": "The role is the group: viewer, operator or admin. "
                "Staff status opens the admin pages; a superuser is an admin who also manages logins.",
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (
            "Role",
            {
                "fields": ("is_staff", "groups"),
                "description": "The role is the group: viewer, operator or admin. Staff status opens the admin pages.",
            },
        ),
    )
    readonly_fields = ("last_login", "date_joined")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "groups":
            options |= {"widget": forms.CheckboxSelectMultiple, "label": "Role", "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True} | super().get_changeform_initial_data(request)

    @admin.display(description="Role")
    def role(self, user: User) -> str:
        role = role_of(user)
        return role.value if role else "none"

    @admin.display(description="Identity")
    def identity(self, user: User) -> str:
        membership = Membership.objects.select_related("identity").filter(user=user).first()
        return membership.identity.sub if membership else "none"

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Identity)
class IdentityAdmin(IdentityModelAdmin):
    """The identities that there are. New ones come with their settings, so they are not made here."""

    list_display = ("sub", "created_at")
    fields = ("sub", "created_at")
    readonly_fields = ("sub", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Identity | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Identity | None = None) -> bool:
        return False
