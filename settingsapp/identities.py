"""Which identities there are, and which one a command without a name means."""

import threading
from queue import Empty, SimpleQueue

from django import db

from settingsapp.models import Identity


class UnknownIdentityError(Exception):
    """There is no such identity, or a choice has to be made; the text lists them."""


class DatabaseAwayError(Exception):
    """The database can't say which identities there are."""


def only_identity(sub: str | None = None) -> str:
    """Return `sub` where it exists, or the only identity there is. Raises UnknownIdentityError."""
    subs = list(Identity.objects.order_by("created_at").values_list("sub", flat=True))
    if sub is not None:
        if sub in subs:
            return sub
        raise UnknownIdentityError(f"there is no identity {sub}; {_listed(subs)}")
    if len(subs) == 1:
        return subs[0]
    if not subs:
        raise UnknownIdentityError("there is no identity yet: manage.py up makes the first one")
    raise UnknownIdentityError(f"there are several identities: choose one with --sub; {_listed(subs)}")


def identity_within(seconds: float, sub: str | None = None) -> str:
    """Return as `only_identity` does. Raises UnknownIdentityError, DatabaseAwayError also where it takes longer."""
    answers: SimpleQueue[str | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(only_identity(sub))
        except (UnknownIdentityError, db.Error) as error:
            answers.put(error)
        finally:
            db.connections.close_all()

    # Nobody waits for it longer, not even the end of the process.
    threading.Thread(target=ask, name="identities", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise DatabaseAwayError(f"the database does not answer within {seconds:g} s") from None
    if isinstance(answer, db.Error):
        raise DatabaseAwayError(f"the database can't be asked ({type(answer).__name__})") from answer
    if isinstance(answer, UnknownIdentityError):
        raise answer
    assert isinstance(answer, str)
    return answer


def _listed(subs: list[str]) -> str:
    return f"there are {', '.join(subs)}" if subs else "there is none yet: manage.py up makes the first one"
