"""A page of the admin that belongs to no model. Each app lists its own; the admin's site puts them in their places."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.models import Identity

NO_IDENTITY = "settingsapp/no_identity.html"
"""What a login is shown that belongs to no identity, with status 403."""


@dataclass(frozen=True)
class AdminPage:
    """`route` below `/admin/`, `name` for `reverse("admin:NAME")`; without a `title` it is not listed.

    The view itself checks what it lets whom do.
    """

    route: str
    name: str
    view: Callable[..., HttpResponseBase]
    title: str = ""

    def listed(self) -> dict[str, Any]:
        """Return its entry in the admin's list of what there is."""
        return {
            "name": self.title,
            "object_name": self.name,
            "admin_url": reverse(f"admin:{self.name}"),
            "add_url": None,
            "view_only": True,
            "perms": {"add": False, "change": False, "delete": False, "view": True},
        }


def for_every_role(
    page: Callable[[HttpRequest, Identity, Role], HttpResponse],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Make a view of what every role may read, of the identity that the login belongs to.

    It is only read, and never cached. A login without a role is refused; one without an identity is told so.
    """

    @never_cache
    @require_GET
    @wraps(page)
    def view(request: HttpRequest) -> HttpResponse:
        role = role_of(request.user)
        if role is None:
            raise PermissionDenied
        identity = identity_of(request.user)
        if identity is None:
            return TemplateResponse(request, NO_IDENTITY, status=403)
        return page(request, identity, role)

    return view
