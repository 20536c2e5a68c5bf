"""Below `/api/` every answer is JSON, also those that Django gives before or instead of the API."""

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from settingsapp.http_errors import ApiError

_TOLD: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "The request can't be read."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request is too large."),
    500: ("internal", "Something went wrong here; the server's log says what."),
}


class JsonErrorsMiddleware:
    """Replaces error pages by the API's error shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if not request.path.startswith("/api/") or response.status_code < 400 or is_json:
            return response
        code, message = _TOLD.get(response.status_code, ("error", response.reason_phrase))
        told = JsonResponse(ApiError(response.status_code, code, message).body(), status=response.status_code)
        if "Allow" in response.headers:
            told.headers["Allow"] = response.headers["Allow"]
        return told
