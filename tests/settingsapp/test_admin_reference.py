"""The reference of the settings in the admin."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import UserSettings
from settingsapp.schema.fields import leaf_fields
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PAGE = "/admin/settings-reference/"


def signed_in(role: Role | None) -> Client:
    client = Client()
    client.force_login(a_login(services.create_identity(), role))
    return client


def test_every_role_reads_every_field() -> None:
    for role in Role:
        response = signed_in(role).get(PAGE)
        assert response.status_code == 200
        page = html.unescape(response.content.decode())
        assert set(re.findall(r'<tr id="([^"]+)"', page)) == {field.pattern for field in leaf_fields()}


def test_the_form_links_to_it() -> None:
    client = signed_in(Role.ADMIN)
    row = UserSettings.objects.get()
    page = client.get(reverse("admin:settingsapp_usersettings_change", args=[row.pk])).content.decode()
    assert f'href="{PAGE}"' in page


def test_it_brings_no_inline_script_or_style() -> None:
    page = signed_in(Role.VIEWER).get(PAGE).content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []


def test_who_has_no_role_or_is_not_signed_in_reads_nothing() -> None:
    assert signed_in(None).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
