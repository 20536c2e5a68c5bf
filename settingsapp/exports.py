"""The settings as a file."""

import json

from settingsapp.services import SavedSettings


def file_text(saved: SavedSettings) -> str:
    """Return the bare document as it is written to a file."""
    return json.dumps(saved.document.as_json(), indent=2, ensure_ascii=False) + "\n"


def file_name(saved: SavedSettings) -> str:
    """Return a name that sorts by version and tells the day of the save."""
    return f"livermore-settings-v{saved.version}-{saved.updated_at:%Y-%m-%d}.json"
