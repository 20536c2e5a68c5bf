"""What is imported by name while the program runs stays in its room too; import-linter sees statements alone."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = {
    "ccxt": {"runtime/feeds/exchanges", "symbols/exchanges.py"},
    "apprise": {"runtime/notifying"},
    "matplotlib": {"runtime/notifying"},
    "requests": {"runtime/notifying"},
    "urllib3": {"runtime/notifying"},
    "redis": {"runtime/bus"},
}


def late_imports() -> Iterator[tuple[str, str]]:
    for app in ("livermore", "runtime", "symbols", "settingsapp"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                    yield path.relative_to(ROOT).as_posix(), ast.unparse(node).partition("import_module(")[2]


def test_libraries_imported_late_are_imported_only_in_their_rooms() -> None:
    named = [(path, said.lstrip("f").strip("'\"").split("'")[0].split(".")[0]) for path, said in late_imports()]
    strangers = [
        (path, library)
        for path, library in named
        if library in ROOMS and not any(path == room or path.startswith(f"{room}/") for room in ROOMS[library])
    ]
    assert strangers == []
    assert {"ccxt", "apprise", "matplotlib"} <= {library for _, library in named}, "the search finds what is there"
