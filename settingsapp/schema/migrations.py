"""Documents of earlier forms, brought to the present one step at a time, on the way in and when they are read.

Each step is a pure function from one version's document to the next one's. A document without `schema_version` has
version 0: a settings file as the earlier TypeScript system wrote it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from settingsapp.schema.document import SCHEMA_VERSION
from settingsapp.schema.problems import FieldProblem

Step: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]

_NULL_MEANT_NOTHING: Final = ("portfolio_symbols_last_update", "scanner_symbols_last_update", "scanner_exchange")


class NewerSchemaError(ValueError):
    """The document is of a later form than this program knows."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"a newer Livermore wrote this document (schema_version {version}); this one reads up to {SCHEMA_VERSION}"
        )

    @property
    def problem(self) -> FieldProblem:
        """The error as a problem of the field that tells the version."""
        return FieldProblem("schema_version", str(self))


def migrated(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document in the present form; whether it is valid is not judged. Raises NewerSchemaError.

    A version that is no whole number is left for the validation to refuse.
    """
    version = data.get("schema_version", 0)
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        return data
    if version > SCHEMA_VERSION:
        raise NewerSchemaError(version)
    for number in range(version, SCHEMA_VERSION):
        data = {**STEPS[number](data), "schema_version": number + 1}
    return data


def _from_the_typescript_file(data: Mapping[str, Any]) -> dict[str, Any]:
    """Its fields are ours. It wrote null where nothing was set, which leaves the field to its default here."""
    found = {key: value for key, value in data.items() if value is not None or key not in _NULL_MEANT_NOTHING}
    exchanges = found.get("exchanges")
    if isinstance(exchanges, Mapping):
        found["exchanges"] = {name: _without_null_password(exchange) for name, exchange in exchanges.items()}
    return found


def _without_null_password(exchange: Any) -> Any:
    if not isinstance(exchange, Mapping):
        return exchange
    name = "PasswordEnvironmentVariableName"
    return {key: value for key, value in exchange.items() if key != name or value is not None}


STEPS: Final[tuple[Step, ...]] = (_from_the_typescript_file,)
"""STEPS[n] makes a document of version n + 1 from one of version n."""
