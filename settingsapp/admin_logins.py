"""Logins in the admin: who may sign in, to which identity they belong, and their role (their group)."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from settingsapp.accounts import role_of
from settingsapp.models import Identity, Membership

# Generic for the type checker alone.
if TYPE_CHECKING:
    MembershipInlineBase = admin.StackedInline[Membership, User]
    IdentityModelAdmin = admin.ModelAdmin[Identity]
    LoginModelAdmin = UserAdmin[User]
else:
    MembershipInlineBase, IdentityModelAdmin, LoginModelAdmin = admin.StackedInline, admin.ModelAdmin, UserAdmin

# The roles are these groups, made by a migration; there is nothing finer to set up.
admin.site.unregister(Group)
admin.site.unregister(User)


class MembershipInline(MembershipInlineBase):
    """The one identity that the login belongs to."""

    model = Membership
    verbose_name_plural = "Identity"


@admin.register(User)
class LoginAdmin(LoginModelAdmin):
    """Logins. They are deactivated, never deleted: the history of the settings names them."""

    inlines = (MembershipInline,)
    list_display = ("username", "role", "identity", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "groups")
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
