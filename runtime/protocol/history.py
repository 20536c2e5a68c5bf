"""Which of the commands of the last seven days somebody wants to see: the same for API, page and shell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, Final

from runtime.protocol.answers import CommandState, Outcome
from runtime.protocol.payloads import CommandName
from runtime.protocol.records import CommandRecord
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.spelling import suggestion

LONGEST_TEXT: Final = 200
LONGEST_SOURCE: Final = 32
LONGEST_ISSUER: Final = 150
LAST_MOMENT_MS: Final = 2**53 - 1
"""A greater number of milliseconds loses its last digits on the way through Redis and through a browser."""

FILTERS: Final = ("command", "state", "outcome", "source", "issuedBy", "from", "to", "q")
"""The names by which a filter is asked for. The first five may be given several times, or with commas between."""
SEVERAL: Final = FILTERS[:5]

_NOT_SEARCHED: Final = frozenset(
    ("source", "queuedAt", "acknowledgedAt", "startedAt", "finishedAt", "state", "outcome", "data")
)
_WRITTEN: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?P<minute>[T ]\d\d:\d\d(?P<second>:\d\d(?P<fraction>\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
# In an address a plus that was not escaped arrives as a space.
_UNESCAPED_PLUS: Final = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")


class InvalidFilterError(Exception):
    """A filter that can't be meant as it was written; each problem says what would be right."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class HistoryFilter:
    """What a command has to be like. An empty set lets everything through."""

    commands: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    issuers: frozenset[str] = frozenset()
    since: int | None = None
    """Queued at this moment (ms) or later."""
    until: int | None = None
    """Queued at this moment (ms) or earlier."""
    words: tuple[str, ...] = ()
    """Each has to occur, in whatever case, in id, command, payload, message, issuer or what else a record says."""

    @property
    def looks_into_records(self) -> bool:
        """False where the time of queueing, by which the history is sorted, decides alone."""
        return any((self.commands, self.states, self.outcomes, self.sources, self.issuers, self.words))

    def matches(self, record: CommandRecord) -> bool:
        """Tell whether a record is wanted, whenever it was queued: the history's order takes care of that."""
        return (
            _allows(self.commands, record.command)
            and _allows(self.states, record.state.value)
            and _allows(self.outcomes, record.state.value)
            and _allows(self.sources, record.source)
            and _allows(self.issuers, record.issued_by)
            and self._found_in(record)
        )

    def _found_in(self, record: CommandRecord) -> bool:
        if not self.words:
            return True
        said = {key: value for key, value in record.body().items() if key not in _NOT_SEARCHED}
        text = "\n".join(_texts(said)).casefold()
        return all(word in text for word in self.words)


EVERYTHING: Final = HistoryFilter()


def parse_filter(given: Mapping[str, Sequence[str]], zone: tzinfo = UTC) -> HistoryFilter:
    """Read a filter as it stands in an address: texts by the names in FILTERS, other names are left alone.

    `zone` counts for times that name none. Raises InvalidFilterError with every problem.
    """
    problems: list[FieldProblem] = []

    def several(name: str) -> list[str]:
        return [part.strip() for text in given.get(name, ()) for part in text.split(",")]

    def one_of(name: str, known: type[StrEnum], what: str) -> frozenset[str]:
        found = several(name)
        for text in found:
            if text not in list(known):
                hint = suggestion(text, known) if text else ""
                told = f"{text[:60]!r} is not {what}; known are {', '.join(known)}{hint}"
                problems.append(FieldProblem(name, told))
        return frozenset(found)

    def texts(name: str, longest: int) -> frozenset[str]:
        found = several(name)
        if not all(1 <= len(text) <= longest for text in found):
            problems.append(FieldProblem(name, f"a text of 1 to {longest} characters, or several with commas between"))
        return frozenset(found)

    def moment(name: str, *, end: bool) -> int | None:
        if not given.get(name):
            return None
        try:
            return _moment(given[name][-1].strip(), zone, end=end)
        except (ValueError, OverflowError):
            told = "a time: milliseconds since 1970, or as in 2026-03-08, 2026-03-08T19:05 or 2026-03-08T19:05:09+01:00"
            problems.append(FieldProblem(name, told))
            return None

    wanted = HistoryFilter(
        commands=one_of("command", CommandName, "a command"),
        states=one_of("state", CommandState, "a state"),
        outcomes=one_of("outcome", Outcome, "an outcome"),
        sources=texts("source", LONGEST_SOURCE),
        issuers=texts("issuedBy", LONGEST_ISSUER),
        since=moment("from", end=False),
        until=moment("to", end=True),
        words=tuple(word for text in given.get("q", ()) for word in text.casefold().split()),
    )
    if sum(map(len, given.get("q", ()))) > LONGEST_TEXT:
        problems.append(FieldProblem("q", f"at most {LONGEST_TEXT} characters"))
    if wanted.since is not None and wanted.until is not None and wanted.since > wanted.until:
        problems.append(FieldProblem("from", "a time that is not after `to`"))
    if problems:
        raise InvalidFilterError(problems)
    return wanted


def _allows(wanted: frozenset[str], value: str) -> bool:
    return not wanted or value in wanted


def _texts(value: Any) -> Iterator[str]:
    """Yield every name and every plain value in a JSON value."""
    match value:
        case None:
            return
        case str():
            yield value
        case bool():
            yield str(value).lower()
        case Mapping():
            for key, item in value.items():
                yield key
                yield from _texts(item)
        case Sequence():
            for item in value:
                yield from _texts(item)
        case _:
            yield str(value)


def _moment(text: str, zone: tzinfo, *, end: bool) -> int:
    """Read a moment; as an end, it takes in all of the day, minute or second that is written."""
    if text.isascii() and text.isdigit():
        if int(text) > LAST_MOMENT_MS:
            raise ValueError
        return int(text)
    written = _WRITTEN.fullmatch(_UNESCAPED_PLUS.sub("+", text) if "T" in text else text)
    if written is None:
        raise ValueError
    moment = datetime.fromisoformat(written[0])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if end and not written["fraction"]:
        length = timedelta(seconds=1) if written["second"] else timedelta(minutes=1)
        # On the wall clock: a day is not always one of 24 hours.
        moment += length if written["minute"] else timedelta(days=1)
        moment = moment.astimezone(UTC) - timedelta(milliseconds=1)
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))
