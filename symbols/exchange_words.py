"""What an exchange's library raises, in our own words: nothing of the request, which might hold a signature."""

from typing import Final

_BUSY: Final = frozenset({"DDoSProtection", "RateLimitExceeded"})
_AWAY: Final = frozenset({"OnMaintenance", "ExchangeNotAvailable"})


def in_words(error: Exception, patience: float, shut_for: float = 0.0) -> str:
    """Say what failed. `patience`: how long an answer was waited for; `shut_for`: how long it asks to wait, seconds.

    The kinds are known by name: importing the library costs a second, which not everybody has who asks.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    match error:
        case _ if "RequestTimeout" in kinds:
            what = f"it did not answer within {patience:g} s"
        case _ if kinds & _BUSY:
            what = "it has had too many requests" + (f" and asks us to wait for {shut_for:.0f} s" if shut_for else "")
        case _ if isinstance(error.__cause__, OSError):
            what = "it can't be reached"
        case _ if kinds & _AWAY:
            what = "it is not available now, or answers with an error of its own"
        case _ if "NetworkError" in kinds:
            what = "the connection broke"
        case _ if "AuthenticationError" in kinds:
            what = "it refused the keys"
        case _:
            what = f"it answered with an error ({type(error).__name__})"
    return what
