"""A signed-in browser, as far as HTTP and the websocket go."""

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

PASSWORD = "correct horse"


class Browser:
    """Keeps its cookies, and sends the CSRF token as the pages do."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        self.request("GET", "/login/")
        form = {"username": username, "password": password, "csrfmiddlewaretoken": self._cookie("csrftoken")}
        self.request("POST", "/login/", urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")
        assert self._cookie("sessionid"), "not signed in"

    def command(self, command: str, query: str = "?wait=20") -> tuple[int, dict[str, Any]]:
        """Post a command as the page's buttons do; returns status and body."""
        raw = json.dumps({"command": command}).encode()
        status, body = self.request("POST", f"/api/v1/runtime/commands{query}", raw, "application/json")
        return status, json.loads(body)

    def request(self, method: str, path: str, data: bytes | None = None, kind: str = "") -> tuple[int, bytes]:
        headers = {"X-CSRFToken": self._cookie("csrftoken"), "Origin": self._base_url}
        if kind:
            headers["Content-Type"] = kind
        asked = urllib.request.Request(self._base_url + path, data, headers, method=method)
        try:
            with self._opener.open(asked, timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def live(self) -> ClientConnection:
        """Open the page's websocket."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
        return connect(
            f"{self._base_url.replace('http', 'ws', 1)}/ws/runtime/",
            additional_headers={"Cookie": cookies},
            origin=Origin(self._base_url),
            open_timeout=30,
            # Not read for a while, it stays connected.
            max_queue=None,
            ping_interval=None,
        )

    def _cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self._cookies if cookie.name == name), "")
