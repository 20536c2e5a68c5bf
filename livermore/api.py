"""The HTTP API: `/api/v1/`, its documentation at `/api/v1/docs`."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import django_auth

from runtime.api import router as runtime_router
from runtime.api_positions import router as positions_router
from runtime.api_readings import router as readings_router
from runtime.api_schedules import router as schedules_router
from settingsapp.api import routers as settings_routers
from settingsapp.bearer import BearerToken
from settingsapp.http_errors import ApiError
from settingsapp.identities import UnknownIdentityError
from settingsapp.schema import strict_json
from settingsapp.schema.problems import FieldProblem
from symbols.api import routers as symbols_routers

log = logging.getLogger(__name__)

SIGN_IN = "Sign in first: a session of this site is needed, or an API token as Authorization: Bearer TOKEN."


class StrictParser(Parser):
    """Reads bodies as the rest of the product does: what one of its parties would misread is refused."""

    def parse_body(self, request: HttpRequest) -> Any:
        return strict_json.decode(request.body)


api = NinjaAPI(
    title="Livermore",
    version="1",
    description="What Livermore is to do, what it does, and the commands in between.",
    # A token first: who sends one means it, also from a browser that is signed in.
    auth=[BearerToken(), django_auth],
    parser=StrictParser(),
    urls_namespace="api",
)
for settings_router in settings_routers:
    api.add_router("settings", settings_router)
api.add_router("runtime", runtime_router)
api.add_router("runtime", readings_router)
api.add_router("runtime", positions_router)
api.add_router("runtime", schedules_router)
for symbols_router in symbols_routers:
    api.add_router("symbols", symbols_router)


def error_response(error: ApiError) -> HttpResponse:
    """Return an error as every path of the API tells it."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return JsonResponse(error.body(), status=error.status, headers=headers)


@api.exception_handler(ApiError)
def told_by_ourselves(request: HttpRequest, error: ApiError) -> HttpResponse:
    return error_response(error)


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return error_response(ApiError(401, "not_signed_in", SIGN_IN))


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return error_response(ApiError(404, "not_found", "There is nothing at this address."))


@api.exception_handler(UnknownIdentityError)
def without_settings(request: HttpRequest, error: UnknownIdentityError) -> HttpResponse:
    return error_response(ApiError(404, "no_settings", f"{str(error)[0].upper()}{str(error)[1:]}."))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [_problem(detail) for detail in error.errors]
    return error_response(ApiError(422, "invalid", "Parts of the request are not as they should be.", problems))


@api.exception_handler(HttpError)
def told_by_the_framework(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 400:
        return error_response(ApiError(400, "malformed", _reason(request)))
    if error.status_code == 403:
        text = "The CSRF token is missing or wrong: send the csrftoken cookie's value as the header X-CSRFToken."
        return error_response(ApiError(403, "csrf", text))
    return error_response(ApiError(error.status_code, "error", str(error)))


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return error_response(ApiError(413, "too_large", "The request is too large."))


@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def unreadable_form(request: HttpRequest, error: Exception) -> HttpResponse:
    # Also before anybody has asked for the form: the CSRF token is looked for in it.
    return error_response(ApiError(400, "malformed", f"The form can't be read: {error}"))


@api.exception_handler(OperationalError)
def database_away(request: HttpRequest, error: OperationalError) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return error_response(ApiError(503, "unavailable", "The database can't be reached; try again in a moment."))


@api.exception_handler(Exception)
def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return error_response(ApiError(500, "internal", "Something went wrong here; the server's log says what."))


def _reason(request: HttpRequest) -> str:
    try:
        strict_json.decode(request.body)
    except strict_json.MalformedJsonError as error:
        return f"The body is {error}" if str(error).startswith(("not ", "longer")) else f"The body: {error}"
    return "The request can't be read."


def _problem(detail: dict[str, Any]) -> FieldProblem:
    # The first part says where it was looked for (body, query), and a body's second part is our parameter's name.
    place, *path = map(str, detail["loc"])
    shown = path[1:] if place == "body" else path
    text = str(detail["msg"])
    return FieldProblem(".".join(shown) or place, text[0].lower() + text[1:])
