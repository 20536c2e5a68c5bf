"""What is answered where an edit of the watchlist is refused, or can't be undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from settingsapp.api.exchanged import refused
from settingsapp.http_errors import ApiError
from settingsapp.schema.problems import FieldProblem
from settingsapp.versions import LostVersionError, UnknownVersionError


@contextmanager
def edit_refused() -> Iterator[None]:
    """Turn what an edit or its undo raises into the API's errors."""
    try:
        with refused("The watchlist can't be changed like this."):
            yield
    except UnknownVersionError as error:
        problem = FieldProblem("version", str(error))
        raise ApiError(404, "unknown_version", "There is no such version of the settings.", [problem]) from None
    except LostVersionError as error:
        problem = FieldProblem("version", str(error))
        raise ApiError(409, "lost_version", "How it was before is not known any more.", [problem]) from None
