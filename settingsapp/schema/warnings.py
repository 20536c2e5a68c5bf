"""What is worth telling about a valid document: it can be saved, but part of it does not do what one might expect."""

import re
from collections.abc import Iterator
from typing import Final

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import enabled_exchanges, qualified, tracked_symbols
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.rules import SYMBOL_LISTS
from settingsapp.schema.vocabulary import split_qualified

_WINDOWS_DIRECTORY: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]+\\|[^/]*\\")


def is_windows_directory(text: str) -> bool:
    """Tell whether a directory is written as on Windows, with a drive's letter or backslashes."""
    return bool(_WINDOWS_DIRECTORY.match(text))


def warnings(document: SettingsDocument) -> tuple[FieldProblem, ...]:
    """Return what should be known before the document is saved, in its order."""
    return (
        *_directories(document),
        *_exchanges(document),
        *_unwatched(document),
        *_sparse(document),
        *_not_brought(document),
    )


def _directories(document: SettingsDocument) -> Iterator[FieldProblem]:
    logging = document.livermore_runtime.logging
    for name, text in (("data_directory", logging.data_directory), ("log_directory", logging.log_directory)):
        if is_windows_directory(text):
            yield FieldProblem(
                f"livermore_runtime.logging.{name}",
                "this is a directory of Windows, which can't be used here: the server's data directory is used instead",
            )


def _exchanges(document: SettingsDocument) -> Iterator[FieldProblem]:
    if not enabled_exchanges(document):
        yield FieldProblem("exchanges", "no exchange is enabled: nothing is watched")


def _unwatched(document: SettingsDocument) -> Iterator[FieldProblem]:
    enabled = set(enabled_exchanges(document))
    for name in SYMBOL_LISTS:
        if name in ("disabled_symbols", "scanner_symbols"):
            # What stands there is watched only where it stands on another list.
            continue
        exchanges = [split_qualified(qualified(document, symbol))[0] for symbol in getattr(document, name)]
        for exchange in dict.fromkeys(exchanges):
            if exchange not in enabled and enabled:
                count = exchanges.count(exchange)
                told = "1 symbol is" if count == 1 else f"{count} symbols are"
                yield FieldProblem(name, f"{told} of {exchange}, which is not enabled: not watched")


def _sparse(document: SettingsDocument) -> Iterator[FieldProblem]:
    fully = {qualified(document, symbol) for symbol in document.symbols}
    for index, symbol in enumerate(document.sparse_symbols):
        if qualified(document, symbol) in fully:
            yield FieldProblem(f"sparse_symbols.{index}", f"{symbol} is on the watchlist too, and watched fully")


def _not_brought(document: SettingsDocument) -> Iterator[FieldProblem]:
    listed = tracked_symbols(document)
    for index, symbol in enumerate(document.scanner_symbols):
        if qualified(document, symbol) not in listed:
            told = f"{symbol} is not on the watchlist; should it come back, it would count as the scanner's"
            yield FieldProblem(f"scanner_symbols.{index}", told)
