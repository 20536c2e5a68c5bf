"""What is answered when nothing else can be: a page for people, JSON for programs."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

API_PREFIX = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "bad_request", "The request can't be read; check the host name and the headers.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "forbidden", "Your login lacks the permission for this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "server_error", "Something broke on the server; its log has the details.")


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    # Not the whole request: a page about an error must not need what the error may have broken.
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"error": code, "message": message, "fields": []}, status=status)
    return render(None, f"{status}.html", status=status)  # type: ignore[arg-type]
