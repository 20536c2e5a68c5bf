"""Errors as the API tells them, and the checks that every one of its paths makes."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.models import ApiToken
from settingsapp.schema.problems import FieldProblem
from settingsapp.seats import Seat
from settingsapp.tokens import role_of_token


class ApiError(Exception):
    """An answer that is an error: its HTTP status, a code for programs, a sentence for people, problems by field."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = tuple(fields)

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON."""
        return {
            "error": self.code,
            "message": self.message,
            "fields": [{"path": problem.path, "message": problem.message} for problem in self.fields],
        }


def token_of(request: HttpRequest) -> ApiToken | None:
    """Return the API token that the request came with; None where it came with a session."""
    auth = getattr(request, "auth", None)
    return auth if isinstance(auth, ApiToken) else None


def login_of(request: HttpRequest) -> str:
    """Return the name of the login, or of the token's maker, that the request came with."""
    seat = _seat_of(request)
    return seat.username if seat else request.user.get_username()


def sub_of(request: HttpRequest) -> str:
    """Return the identity that the login, or the token, belongs to. Raises ApiError 403 where it belongs to none."""
    seat, token = _seat_of(request), token_of(request)
    if seat:
        sub = seat.sub
    else:
        identity = token.identity if token else identity_of(request.user)
        sub = identity.sub if identity else None
    if sub is None:
        raise ApiError(403, "no_identity", "This login belongs to no identity; an admin can give it one.")
    return sub


def read_sub_of(request: HttpRequest) -> str:
    """Return the identity whose state the login may look at. Raises ApiError 403 where it has none, or no role."""
    sub = sub_of(request)
    require_role(request, Role.VIEWER)
    return sub


def require_role(request: HttpRequest, needed: Role) -> None:
    """Raise ApiError 403 unless the role of the login, or of the token, includes the one needed."""
    seat, token = _seat_of(request), token_of(request)
    role = seat.role if seat else role_of_token(token) if token else role_of(request.user)
    if role is None or not role.permits(needed):
        whose = "token" if token else "login"
        has = role.value if role else "none"
        raise ApiError(403, "forbidden", f"This needs the role {needed.value}; this {whose}'s is {has}.")


def _seat_of(request: HttpRequest) -> Seat | None:
    auth = getattr(request, "auth", None)
    return auth if isinstance(auth, Seat) else None
