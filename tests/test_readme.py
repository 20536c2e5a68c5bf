"""The README tells strangers the truth."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PRODUCT = ("livermore", "settingsapp", "symbols", "runtime")
# Not a setting: which settings module Django reads, set by manage.py and the ASGI application themselves.
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE"}

READS_A_VARIABLE = re.compile(
    r"""(?:environ(?:\.get\(|\[|\.setdefault\()|getenv\(|value\(|variables\.get\()\s*["']([A-Z][A-Z0-9_]{2,})["']"""
    r"""|["']((?:LIVERMORE|DJANGO)_[A-Z0-9_]+)["']"""
)


def variables_read() -> set[str]:
    files = [path for package in PRODUCT for path in (ROOT / package).rglob("*.py")]
    found = {a or b for path in files for a, b in READS_A_VARIABLE.findall(path.read_text())}
    return found - NOT_SETTINGS


def table_rows(heading: str) -> list[str]:
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([A-Za-z_]+)", section, re.MULTILINE)


def test_the_search_finds_how_variables_are_read_here() -> None:
    assert {"DATABASE_URL", "LIVERMORE_DATA_DIR", "DJANGO_DEBUG", "LIVERMORE_ENGINE_SLOT"} <= variables_read()


def test_every_variable_that_the_code_reads_is_in_the_readme() -> None:
    assert {name for name in variables_read() if f"`{name}`" not in README} == set()


def test_every_variable_in_the_readmes_table_is_read() -> None:
    assert set(table_rows("Environment")) <= variables_read()
    assert len(table_rows("Environment")) == 8


def test_every_command_in_the_readmes_table_exists_with_the_options_that_it_names() -> None:
    section = README.partition("## Commands\n")[2].partition("\n## ")[0]
    own = {name: app for name, app in get_commands().items() if app in PRODUCT}
    assert set(table_rows("Commands")) == set(own)
    for name, app in own.items():
        row = next(line for line in section.splitlines() if line.startswith(f"| `{name}"))
        parser = load_command_class(app, name).create_parser("manage.py", name)
        for option in re.findall(r"--[a-z-]+", row.partition("` |")[0]):
            assert option in parser.format_help(), f"{name} {option}"


@pytest.mark.parametrize("ending", ["manage.py up", "-m pytest"])
def test_each_of_the_two_commands_stands_there_once_and_whole(ending: str) -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv") and line.endswith(ending)]
    assert len(lines) == 1


def test_the_files_that_the_readme_points_to_exist() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target
