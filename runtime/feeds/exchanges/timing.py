"""How long an exchange is waited for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds of the real clock. Tests shorten them."""

    sweep: float = 0.25
    """How often what has come in is looked through."""
    grace: float = 3.0
    """So long after a bar's end what belongs to it may still be on its way."""
    confirm: float = 8.0
    """So long after its end a bar of which the stream tells no end is asked for."""
    silence: float = 12.0
    """After so long without news it is asked whether there is none."""
    probe: float = 5.0
    """Between two such questions."""
    answer: float = 10.0
    """So long an answer may take."""
    first_backoff: float = 0.5
    """Before it is tried again for the first time; then twice as long each time."""
    longest_backoff: float = 20.0
    unnamed_wait: float = 30.0
    """Where an exchange has had too many requests and does not say when to come again."""
