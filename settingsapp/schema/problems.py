"""What is wrong with a document or a message, and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """One problem. `path` is dotted (`exchanges.coinbase.enabled`); `message` says what would be right."""

    path: str
    message: str
