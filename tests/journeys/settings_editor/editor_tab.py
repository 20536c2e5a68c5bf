"""The settings editor in one tab of a browser, by what its owner does and sees there."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

EDITOR = "/admin/settingsapp/usersettings/"
PROFILE = "rjf§perseus_profile§"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

COLLECT_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => window.violations.push(
  `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


class EditorTab:
    """One tab of a login's browser, with all that went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda m: self.troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.add_init_script(COLLECT_VIOLATIONS)

    def open(self) -> "EditorTab":
        self.page.goto(EDITOR)
        expect(self.page.locator(".editor.ready")).to_be_attached(timeout=15_000)
        return self

    def field(self, name: str) -> Locator:
        return self.page.locator(f"[name='{name}']")

    @property
    def text(self) -> str:
        return str(self.page.evaluate("ace.edit('json-text').getValue()"))

    def until_text(self, condition: str, expected: Any = None) -> None:
        """Wait until the JSON's text, as `text`, fulfils a JavaScript condition."""
        self.page.wait_for_function(
            f"(expected) => {{ const text = ace.edit('json-text').getValue(); return {condition}; }}", arg=expected
        )

    def write(self, before: str, after: str) -> None:
        """Replace a piece of the JSON as somebody would who types."""
        self.page.evaluate(
            """([before, after]) => {
              const editor = ace.edit("json-text");
              editor.focus();
              editor.find(before, { caseSensitive: true, wrap: true, start: { row: 0, column: 0 } });
              editor.insert(after);
            }""",
            [before, after],
        )

    def row_of(self, name: str) -> Locator:
        return self.page.locator(".rjf-form-row", has=self.field(name)).last

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()

    def confirm(self) -> None:
        self.page.locator("dialog[open]").get_by_role("button", name="Save", exact=True).click()

    def told(self, text: str) -> None:
        expect(self.page.locator("#toast-successes")).to_contain_text(text)

    def refused(self, text: str) -> None:
        expect(self.page.locator("#toast-failures")).to_contain_text(text)

    def banner(self, kind: str) -> Locator:
        return self.page.locator(f".banner[data-kind={kind}]")

    def unsaved(self, yes: bool) -> None:
        expect(self.page.locator("#unsaved")).to_be_visible(visible=yes)

    def saved(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.page.request.get("/api/v1/settings").json()
        return answer

    def patch(self, changes: dict[str, Any]) -> int:
        """Save something elsewhere; returns the new version."""
        return self._sent("PATCH", "/api/v1/settings", "application/merge-patch+json", changes)

    def restore(self, version: int) -> int:
        """Restore a version elsewhere, so that the other tests find what they know; returns the new one."""
        return self._sent("POST", f"/api/v1/settings/versions/{version}/restore", "application/json", {})

    def _sent(self, method: str, path: str, media_type: str, body: dict[str, Any]) -> int:
        cookie = next(c for c in self.page.context.cookies() if c["name"] == "csrftoken")
        answer = self.page.request.fetch(
            path,
            method=method,
            data=json.dumps(body),
            headers={"X-CSRFToken": cookie["value"], "Content-Type": media_type},
        )
        assert answer.status == 200, answer.text()
        return int(answer.json()["version"])

    def untroubled(self) -> None:
        assert self.troubles == []
        assert self.page.evaluate("window.violations") == []
