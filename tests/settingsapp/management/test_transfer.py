"""The settings, from a shell."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from settingsapp import services
from settingsapp.models import Identity, UserSettings
from tests.settingsapp.schema.landscape_file import a_landscape_file

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


def said(command: str, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def a_file(tmp_path: Path, data: Any) -> str:
    path = tmp_path / "settings.json"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data, indent=2).encode())
    return str(path)


def test_an_export_is_the_document_and_imports_without_a_change(identity: Identity, tmp_path: Path) -> None:
    text = said("exportsettings")
    assert json.loads(text) == services.read(identity.sub).document.as_json()
    assert said("importsettings", a_file(tmp_path, text.encode())) == "Nothing changed; still version 1.\n"


def test_a_file_of_the_earlier_system_is_taken_over(identity: Identity, tmp_path: Path) -> None:
    file = a_file(tmp_path, a_landscape_file())
    dry = said("importsettings", file, "--dry-run")
    assert "nothing was saved, version 1 stays" in dry
    assert services.saved_version(identity.sub) == 1
    real = said("importsettings", file)
    assert "saved as version 2" in real
    assert "warning: livermore_runtime.logging.data_directory: this is a directory of Windows" in real
    assert "exchanges.simulated: an entry → nothing" in real
    assert dry.splitlines()[:-1] == real.splitlines()[:-1]
    assert services.read(identity.sub).document.perseus_profile.public_name == "Jesse"


def test_json_is_one_line_of_the_apis_shape(identity: Identity, tmp_path: Path) -> None:
    (line,) = said("importsettings", a_file(tmp_path, {"symbols": []}), "--json", "--dry-run").splitlines()
    assert set(json.loads(line)) == {"dryRun", "version", "changes", "warnings"}


def test_what_is_wrong_is_told_with_line_and_path_and_saves_nothing(identity: Identity, tmp_path: Path) -> None:
    file = a_file(tmp_path, b'{\n "symbols": ["BTC-USD",\n  "btc"],\n "simbols": []\n}')
    with pytest.raises(CommandError) as caught:
        said("importsettings", file)
    assert f"{file}:3: symbols.1: a symbol is written" in str(caught.value)
    assert f"{file}:4: simbols: no such field; did you mean 'symbols'?" in str(caught.value)
    assert services.saved_version(identity.sub) == 1


def test_a_file_that_is_not_there_or_no_file_is_told(identity: Identity, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(CommandError, match="can't be read"):
            said("importsettings", str(path))


def test_a_file_too_long_is_told(identity: Identity, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="longer than"):
        said("importsettings", a_file(tmp_path, b" " * 1_100_000))


def test_a_damaged_document_is_not_exported_and_can_be_replaced(identity: Identity, tmp_path: Path) -> None:
    UserSettings.objects.update(settings={"symbols": 7})
    with pytest.raises(CommandError, match="no valid document"):
        said("exportsettings")
    assert "is no valid document; the import replaces it" in said("importsettings", a_file(tmp_path, {}))


def test_with_several_identities_one_is_chosen(identity: Identity, tmp_path: Path) -> None:
    other = services.create_identity()
    with pytest.raises(CommandError, match="--sub"):
        said("exportsettings")
    assert json.loads(said("exportsettings", "--sub", other.sub))["sub"] == other.sub
    said("importsettings", a_file(tmp_path, {"symbols": []}), "--sub", other.sub)
    assert (services.saved_version(identity.sub), services.saved_version(other.sub)) == (1, 2)
