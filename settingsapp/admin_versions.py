"""The settings' history in the admin: its versions, each with its document, and the way back to it."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET

from settingsapp import versions
from settingsapp.models import UserSettings
from settingsapp.schema.diff import Change, changes_of
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.schema.wording import sentence
from settingsapp.services import Cause, StaleVersionError
from settingsapp.versions import LostVersionError, ShownVersion, UnknownVersionError

# Generic for the type checker alone.
if TYPE_CHECKING:
    SettingsModelAdmin = admin.ModelAdmin[UserSettings]
else:
    SettingsModelAdmin = admin.ModelAdmin

PER_PAGE = 50


def admin_cause(request: HttpRequest) -> Cause:
    """Return why a page of the admin changes settings: who sent it, and from where."""
    address = request.META.get("REMOTE_ADDR") or None
    return Cause("admin", request.user.pk, request.user.get_username(), address=address)


class VersionPages(SettingsModelAdmin):
    """History lists the versions; each has a page, and from there it is restored."""

    def get_urls(self) -> list[URLPattern]:
        one = "<path:object_id>/versions/<int:number>/"
        return [
            path(one, self.admin_site.admin_view(require_GET(self.version_view)), name="settingsapp_version"),
            path(f"{one}restore/", self.admin_site.admin_view(self.restore_view), name="settingsapp_restore"),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The versions, newest first."""
        if self.get_object(request, object_id) is None:
            # Django's own page says that there is none, in the admin's way.
            return super().history_view(request, object_id, extra_context)
        row = self._seen(request, object_id)
        paginator = Paginator(range(row.version, 0, -1), PER_PAGE)
        page = paginator.get_page(request.GET.get("p"))
        first = page.object_list[0]
        context = self._context(request, row, f"History: {row}") | {
            "versions": versions.listed(row.identity.sub, before=first + 1, limit=PER_PAGE),
            "page": page,
            "page_numbers": paginator.get_elided_page_range(page.number),
        }
        return TemplateResponse(request, "settingsapp/history.html", context | (extra_context or {}))

    def version_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """A version's document, and what is different about it now."""
        row = self._seen(request, object_id)
        context = self._context(request, row, f"Version {number}") | {"number": number}
        try:
            shown = versions.show(row.identity.sub, number)
        except UnknownVersionError:
            raise Http404 from None
        except LostVersionError as error:
            told = sentence(error)
            return TemplateResponse(request, "settingsapp/version.html", context | {"lost": told}, status=404)
        return TemplateResponse(request, "settingsapp/version.html", context | self._compared(row, shown))

    def restore_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Asks first, and restores when that is confirmed, unless somebody has saved meanwhile."""
        row = self._seen(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        page = reverse("admin:settingsapp_version", args=[row.pk, number])
        try:
            shown = versions.show(row.identity.sub, number)
            if request.method != "POST":
                context = self._context(request, row, f"Restore version {number}?") | self._compared(row, shown)
                return TemplateResponse(request, "settingsapp/restore.html", context)
            saved = versions.restore(
                row.identity.sub,
                number,
                cause=admin_cause(request),
                expected_version=_version_asked_about(request),
            )
        except UnknownVersionError:
            raise Http404 from None
        except LostVersionError:
            return HttpResponseRedirect(page)
        except StaleVersionError as error:
            told = f"Somebody has saved version {error.current_version} since you were asked; nothing was restored."
            self.message_user(request, told, messages.ERROR)
            return HttpResponseRedirect(page)
        except InvalidSettingsError as error:
            told = f"Version {number} is no valid settings document any more, so it can't be restored: {error}."
            self.message_user(request, told, messages.ERROR)
            return HttpResponseRedirect(page)
        if saved.version == row.version:
            self.message_user(request, f"Nothing changed; still version {saved.version}.", messages.INFO)
        else:
            self.message_user(request, f"Restored version {number}; it is version {saved.version} now.")
        return HttpResponseRedirect(reverse("admin:settingsapp_usersettings_history", args=[row.pk]))

    def _seen(self, request: HttpRequest, object_id: str) -> UserSettings:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def _context(self, request: HttpRequest, row: UserSettings, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": row,
            "may_restore": self.has_change_permission(request, row),
        }

    def _compared(self, row: UserSettings, shown: ShownVersion) -> dict[str, Any]:
        differences: tuple[Change, ...] = changes_of(row.settings, shown.document)
        return {
            "number": shown.version.number,
            "version": shown.version,
            "document": json.dumps(shown.document, indent=2, ensure_ascii=False),
            "differences": differences,
            "next_version": row.version + 1,
        }


def _version_asked_about(request: HttpRequest) -> int:
    """Return the version that was the current one on the page that asked; 0, which never is, where none is said."""
    told = request.POST.get("base_version", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
