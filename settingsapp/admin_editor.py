"""What the settings editor in the browser starts from."""

from typing import Any

from django.http import HttpRequest

from settingsapp import services
from settingsapp.models import UserSettings
from settingsapp.schema.exchange_names import WITH_PASSWORD
from settingsapp.schema.exchanges import KNOWN_EXCHANGES
from settingsapp.schema.inlined import inlined_schema
from settingsapp.schema.secrets import REFUSED


def editor_start(request: HttpRequest, row: UserSettings) -> dict[str, Any]:
    """Return the saved document with its version, the schema that guides the form, whose drafts to look for, and
    what is told of a pasted secret."""
    saved = services.read(row.identity.sub)
    return {
        "owner": f"{request.user.pk}:{saved.sub}",
        "version": saved.version,
        "settings": saved.document.as_json(),
        "schema": inlined_schema(),
        "secretRefusal": REFUSED,
        "exchanges": {"known": KNOWN_EXCHANGES, "withPassword": sorted(WITH_PASSWORD)},
    }
