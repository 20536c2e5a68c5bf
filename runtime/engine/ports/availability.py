"""Why something outside can't be had right now, or not by this engine any more."""


class LeaseLostError(Exception):
    """Another engine leads now: whoever gets this stops at once and sends nothing more."""


class SourceUnavailableError(Exception):
    """A store or an exchange can't be reached right now; trying again later makes sense."""
