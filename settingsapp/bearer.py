"""`Authorization: Bearer TOKEN`, for programs that have no session."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from settingsapp import tokens
from settingsapp.http_errors import ApiError
from settingsapp.models import ApiToken
from settingsapp.schema.wording import sentence


class BearerToken(HttpBearer):
    """Takes a request for that of the token's maker, with what the token may do. A session does not count then."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """Return the token. Raises ApiError 401: who sends a token means it, so no session stands in for it."""
        try:
            found = tokens.recognised(token.strip(), timezone.now())
        except tokens.TokenError as error:
            raise ApiError(401, "bad_token", sentence(error)) from None
        request.user = found.made_by
        return found
