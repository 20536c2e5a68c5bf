"""A browser's session, for what has to work while the database is away."""

from django.http import HttpRequest
from ninja.security import SessionAuth

from settingsapp import seats
from settingsapp.seats import Seat


class SessionSeat(SessionAuth):
    """Takes a request for that of the seat that was confirmed lately; without one the database is asked."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Seat | None:
        return seats.remembered(request.session) or seats.taken(request.user, request.session)
