"""Every page there is, read from the addresses that the server knows: a new one can't be forgotten.

Where a part of an address changes, it leads to one of the sample desk's things.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver, reverse

NO_PAGES: Final[Mapping[str, str]] = {
    "login": "sends on whoever is signed in; strangers see it",
    "logout": "sends on",
    "healthz": "a text for machines",
    "readyz": "a text for machines",
    "metrics": "a text for machines",
    "admin:login": "sends on whoever is signed in; strangers see `login`",
    "admin:logout": "takes a form's POST alone",
    "admin:autocomplete": "JSON",
    "admin:jsi18n": "a script",
    "admin:view_on_site": "sends on",
    "admin:command_rollback": "takes a form's POST alone",
    "admin:runtime_schedule_preview": "JSON",
    "admin:runtime_schedule_night_mode": "takes a form's POST alone",
    "admin:settingsapp_usersettings_change": "the list sends on to it: it is looked at there",
}
PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "admin:auth_user_password_change": {"id": "auth.user"},
    "admin:settingsapp_revoke": {"number": "settingsapp.apitoken"},
    "admin:settingsapp_version": {"object_id": "settingsapp.usersettings", "number": "2"},
    "admin:settingsapp_restore": {"object_id": "settingsapp.usersettings", "number": "1"},
    "admin:app_list": {"app_label": "runtime"},
}
"""What stands in an address, by the sample desk's name for it or as it is; a model's own pages need no entry."""
QUERIES: Final[Mapping[str, str]] = {"admin:command": "?id={command}"}
STOCK: Final = (
    *("_delete", "identity_add", "alert_add", "usersettings_add", "catalogueentry_add", "token_history"),
    *("entry_history", "alert_history", "schedule_history", "entry_change", "alert_change", "token_change", "_revoke"),
)
"""How the names of those end that are Django's own, or forbidden to all: only the long form looks at them."""
STOCK_APPS: Final = ("admin:auth_", "admin:app_list", "admin:password_change", "admin:settingsapp_identity_")


@dataclass(frozen=True)
class PageAddress:
    """A page by the name of its view; `parts` tells what stands in its address."""

    name: str
    parts: Mapping[str, str]

    @property
    def stock(self) -> bool:
        return self.name.endswith(STOCK) or self.name.startswith(STOCK_APPS)

    def path(self, ids: Mapping[str, str]) -> str:
        """Return its address, for the ids that the sample desk told."""
        given = {part: ids.get(told, told) for part, told in self.parts.items()}
        return reverse(self.name, kwargs=given) + QUERIES.get(self.name, "").format(**ids)


def every_page() -> list[PageAddress]:
    """Return all pages that somebody who is signed in can open, by name, in the order of the addresses.

    Raises LookupError for an address of which nobody has said what stands in it.
    """
    return [
        PageAddress(name, _parts(name, tuple(pattern.pattern.regex.groupindex)))
        for name, pattern in _patterns(get_resolver())
        if name not in NO_PAGES
    ]


def _patterns(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            # The API speaks to programs; its reference page is its library's own.
            if found.namespace != "api":
                yield from _patterns(found, f"{found.namespace}:" if found.namespace else space)
        elif found.name:
            yield space + found.name, found


def _parts(name: str, wanted: tuple[str, ...]) -> Mapping[str, str]:
    known = PARTS.get(name, {})
    if wanted == ("object_id",) and not known:
        label = name.removeprefix("admin:").rpartition("_")[0].replace("_", ".", 1)
        known = {"object_id": apps.get_model(label)._meta.label_lower}
    if set(known) != set(wanted):
        raise LookupError(f"{name}: PARTS has to say what stands in its address for {', '.join(wanted)}")
    return known
