"""Recognising secrets that were pasted where a text or a name belongs, so that they are refused and never kept.

Nothing here repeats what it looks at. A few ordinary texts may be taken for a secret; the message says what to do.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from settingsapp.schema.problems import FieldProblem

HIDDEN: Final = "(hidden)"
"""Stands in a path or a form for what looks like a secret."""
REFUSED: Final = (
    "this looks like a secret and was not kept; the settings hold names of environment variables only. "
    "If it was a secret, consider it exposed and replace it"
)
LONGEST_TEXT: Final = 4_000
LONGEST_NAME: Final = 200
_SHORTEST: Final = 12
_FREE_PATHS: Final = frozenset({"sub"})
"""An identity's name is often a UUID, as some exchanges' secrets are."""

_SUB: Final = re.compile(r'"sub"\s*:\s*"[^"]*"')

_UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
_KNOWN: Final = re.compile(
    "|".join(
        (
            r"-----BEGIN [A-Z ]{0,60}-----",
            r"\beyJ[\w-]{8,600}\.[\w-]{8,600}\.",
            r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
            r"\bgh[oprsu]_\w{16}|\bgithub_pat_\w{16}|\bglpat-[\w-]{16}",
            r"\b[rsp]k_(?:live|test)_\w{10}|\bsk-[\w-]{16}|\bwhsec_\w{16}",
            r"\bxox[abeoprs]-[\w-]{10}|\bxapp-[\w-]{10}",
            r"\bAIza[\w-]{35}",
            r"\b\d{6,12}:[\w-]{30}",
            r"\b[\w-]{23,28}\.[\w-]{6}\.[\w-]{27}",
            r"(?i:discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{1,30}/\S)",
            r"(?i:hooks\.slack\.com/(?:services|workflows|triggers)/\S)",
            r"(?i:api\.telegram\.org/bot\d+)",
            r"(?i:\b[a-z][a-z0-9+.-]{0,20}://[^\s/@:]{0,200}:[^\s/@]{1,200}@)",
            r"(?i:[?&](?:api_?key|token|secret|password|signature|sig|key)=[^\s&]{6})",
            r"(?i:\b(?:password|passphrase|passwd|secret(?:[_ -]?key)?|api[_ -]?key|token)[\"']?\s*[:=]\s*[\"']?"
            r"(?=\S{0,80}\d)(?=\S{0,80}[a-z])\S{8})",
            rf"(?i:{_UUID})",
        )
    )
)
_PLAIN_NAME: Final = re.compile(r"(?!gh|[rsp]k_|whsec|glpat|A[KSBC][IC]A|AIza)[A-Za-z_]{1,31}")
"""Letters alone, and not too many, without one of the beginnings above: a field's name. Spares the long way."""
_RUN: Final = re.compile(r"[A-Za-z0-9]{16,}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/_-]{40,}")
_HEXADECIMAL: Final = re.compile("[0-9a-fA-F]{24,}")
_PIECE: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SEED_LENGTHS: Final = frozenset({12, 15, 18, 21, 24})
_SEED_WORD: Final = re.compile("[a-z]{3,8}")
_NO_SEED_WORDS: Final = frozenset({"the", "and", "for", "but", "not", "are", "was", "has", "had", "his", "its", "our"})
"""Words without which hardly a sentence gets along, and which no list of seed words holds."""


def looks_like_a_secret(text: str) -> bool:
    """Tell whether a text holds what looks like a key, a token, a password in an address, or a seed phrase."""
    if len(text) < _SHORTEST or _PLAIN_NAME.fullmatch(text):
        return False
    # No field takes a longer text, so that the rest is refused in any case.
    text = text[:LONGEST_TEXT]
    return bool(_KNOWN.search(text)) or _holds_a_random_run(text) or _is_a_seed_phrase(text)


def pasted_secrets(value: Any, path: tuple[str, ...] = ()) -> Iterator[FieldProblem]:
    """Yield a problem for every text of a JSON value that looks like a secret, keys included."""
    match value:
        case str():
            if ".".join(path) not in _FREE_PATHS and looks_like_a_secret(value):
                yield FieldProblem(".".join(path), REFUSED)
        case Mapping():
            for key, child in value.items():
                name = shown(str(key))
                if name is HIDDEN:
                    yield FieldProblem(".".join((*path, name)), REFUSED)
                yield from pasted_secrets(child, (*path, name))
        case list() | tuple():
            for index, child in enumerate(value):
                yield from pasted_secrets(child, (*path, str(index)))
        case _:
            pass


def holds_secrets(text: str) -> bool:
    """Tell whether a text that may or may not be JSON holds a secret, within quotation marks or without.

    Its `sub` does not count.
    """
    parts = _SUB.sub("", text).replace("\\n", "\n").split('"')
    return any(looks_like_a_secret(part) for part in parts)


def without_secrets(value: Any) -> Any:
    """Return a JSON value with nothing in the place of each text that looks like a secret; keys are hidden."""
    match value:
        case str():
            return "" if looks_like_a_secret(value) else value
        case Mapping():
            return {shown(str(key)): without_secrets(child) for key, child in value.items()}
        case list() | tuple():
            return [without_secrets(child) for child in value]
        case _:
            return value


def shown(name: str) -> str:
    """Return a name as it may stand in a message: HIDDEN itself where it looks like a secret, or is no name at all."""
    return HIDDEN if len(name) > LONGEST_NAME or looks_like_a_secret(name) else name


def _holds_a_random_run(text: str) -> bool:
    return (
        any(_has_both(run[0]) for run in _HEXADECIMAL.finditer(text))
        or any(_is_random(run[0], _Classes.of(run[0])) for run in _RUN.finditer(text))
        or any(_Classes.of(t[0]).all and _mean_piece(t[0]) < 3 for t in _TOKEN.finditer(text))
    )


def _has_both(run: str) -> bool:
    """Tell whether hexadecimal digits are letters as well as figures: 24 of one kind are more likely something else."""
    return not run.isdigit() and not run.isalpha()


class _Classes:
    """Which kinds of characters a run has."""

    def __init__(self, lower: bool, upper: bool, digit: bool) -> None:
        self.lower, self.upper, self.digit = lower, upper, digit

    @classmethod
    def of(cls, run: str) -> "_Classes":
        return cls(*(any(map(kind, run)) for kind in (str.islower, str.isupper, str.isdigit)))

    @property
    def all(self) -> bool:
        return self.lower and self.upper and self.digit


def _is_random(run: str, classes: _Classes) -> bool:
    """Words written together change their kind of character rarely, keys at every second one."""
    if classes.all:
        return _mean_piece(run) < 3
    if classes.digit and (classes.lower or classes.upper):
        return len(run) >= 20 and _mean_piece(run) < (3.5 if len(run) < 28 else 5)
    return classes.lower and classes.upper and len(run) >= 32 and _mean_piece(run) < 2.5


def _mean_piece(run: str) -> float:
    pieces = _PIECE.findall(run)
    return sum(map(len, pieces)) / len(pieces) if pieces else len(run)


def _is_a_seed_phrase(text: str) -> bool:
    words = text.split()
    return (
        len(words) in _SEED_LENGTHS
        and all(_SEED_WORD.fullmatch(word) for word in words)
        and not _NO_SEED_WORDS.intersection(words)
    )
