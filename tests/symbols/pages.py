"""The admin's pages, as they are served."""

from django.test import Client

from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.settingsapp.logins import a_login


def page_for(path: str, identity: Identity | None, role: Role | None, status: int = 200) -> str:
    """Return what a login of this identity and role is shown; `status` is the answer's that it has to have."""
    client = Client()
    client.force_login(a_login(identity, role))
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()
