"""Below `/api/` every answer is JSON, also those that Django gives before or instead of the API."""

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from settingsapp.http_errors import ApiError

API_PREFIX: Final = "/api/"
_TOLD: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "The request can't be read; check the host name and the headers."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request is too large."),
    500: ("internal", "Something went wrong here; the server's log says what."),
}
_KEPT_HEADERS: Final = ("Allow", "Retry-After")


class JsonErrorsMiddleware:
    """Replaces error pages by the API's error shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if not request.path.startswith(API_PREFIX) or response.status_code < 400 or is_json:
            return response
        code, message = _TOLD.get(response.status_code, ("error", response.reason_phrase))
        if "Allow" in response.headers:
            message = f"{message.rstrip('.')}; it takes {response.headers['Allow']}."
        told = JsonResponse(ApiError(response.status_code, code, message).body(), status=response.status_code)
        for name in _KEPT_HEADERS:
            if name in response.headers:
                told.headers[name] = response.headers[name]
        return told
