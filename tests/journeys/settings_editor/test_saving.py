"""Saving: what would change, drafts, and others who save meanwhile."""

import pytest
from playwright.sync_api import expect

from tests.journeys.settings_editor.editor_tab import PROFILE, EditorTab

pytestmark = pytest.mark.browser


def test_saving_shows_the_difference_and_its_impact_asks_and_says_that_it_is_done(desk: EditorTab) -> None:
    version = desk.open().saved()["version"]
    desk.field("rjf§symbols").fill("BTC-USD\nETH-USD\nUNI-USD")
    desk.save()
    asked = desk.page.locator("dialog[open]")
    expect(asked).to_contain_text("Also watched: simulated:UNI-USD")
    expect(asked).to_contain_text("No longer watched:")
    expect(asked.locator(".impact").first).to_have_text("The engine resubscribes")
    asked.get_by_role("button", name="Go on editing").click()
    expect(asked).to_have_count(0)
    assert desk.saved()["version"] == version
    desk.save()
    desk.confirm()
    desk.told(f"Saved version {version + 1}.")
    desk.unsaved(yes=False)
    expect(desk.page.locator(".field-version .readonly")).to_have_text(str(version + 1))
    assert desk.saved()["settings"]["symbols"] == ["BTC-USD", "ETH-USD", "UNI-USD"]
    expect(desk.banner("newer")).to_have_count(0)
    desk.save()
    desk.told("Nothing has changed")
    assert desk.saved()["version"] == version + 1
    desk.untroubled()


def test_the_keyboard_saves_and_discards(desk: EditorTab) -> None:
    version = desk.open().saved()["version"]
    name = desk.field(f"{PROFILE}public_name")
    before = name.input_value()
    name.fill("by keyboard")
    name.press("Escape")
    expect(desk.dialog("Discard your unsaved changes?")).to_contain_text(f"{before} → by keyboard")
    desk.page.keyboard.press("Escape")
    expect(name).to_have_value("by keyboard")
    name.press("Escape")
    desk.dialog("Discard your unsaved changes?").get_by_role("button", name="Discard").click()
    expect(name).to_have_value(before)
    desk.unsaved(yes=False)
    name.fill("saved by keyboard")
    name.press("Control+s")
    expect(desk.dialog("Save 1 change?").get_by_role("button", name="Save")).to_be_focused()
    desk.page.keyboard.press("Enter")
    desk.told(f"Saved version {version + 1}.")
    assert desk.saved()["settings"]["perseus_profile"]["public_name"] == "saved by keyboard"
    desk.untroubled()


def test_after_a_crash_the_draft_is_offered_and_comes_back(desk: EditorTab) -> None:
    desk.open().field(f"{PROFILE}description").fill("not saved yet")
    desk.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => localStorage[key].includes('not saved yet'))"
    )
    desk.page.close(run_before_unload=False)
    again = EditorTab(desk.page.context.new_page()).open()
    expect(again.banner("draft")).to_contain_text("You have unsaved changes from less than a minute ago.")
    again.banner("draft").get_by_role("button", name="Show the difference").click()
    expect(again.dialog("The unsaved changes")).to_contain_text("→ not saved yet")
    again.page.keyboard.press("Escape")
    again.banner("draft").get_by_role("button", name="Restore").click()
    expect(again.field(f"{PROFILE}description")).to_have_value("not saved yet")
    again.unsaved(yes=True)
    again.page.close(run_before_unload=False)
    third = EditorTab(desk.page.context.new_page()).open()
    third.banner("draft").get_by_role("button", name="Discard").click()
    expect(third.banner("draft")).to_have_count(0)
    assert third.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
    third.untroubled()


def test_a_draft_of_an_older_version_says_so(desk: EditorTab) -> None:
    version = desk.open().saved()["version"]
    desk.field(f"{PROFILE}description").fill("begun before")
    desk.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => localStorage[key].includes('begun before'))"
    )
    desk.page.close(run_before_unload=False)
    again = EditorTab(desk.page.context.new_page())
    newer = again.patch({"perseus_profile": {"public_name": f"at {version + 1}"}})
    again.open()
    expect(again.banner("draft")).to_contain_text(f"begun on version {version}; version {newer} has been saved since")
    again.banner("draft").get_by_role("button", name="Show the difference").click()
    expect(again.dialog("The unsaved changes")).to_contain_text(f"at {newer} → ")
    again.page.keyboard.press("Escape")
    again.banner("draft").get_by_role("button", name="Discard").click()
    expect(again.banner("draft")).to_have_count(0)


def test_of_two_tabs_neither_loses_what_the_other_saved(desk: EditorTab) -> None:
    version = desk.open().saved()["version"]
    other = EditorTab(desk.page.context.new_page()).open()
    other.field(f"{PROFILE}description").fill("of the other tab")
    desk.field(f"{PROFILE}public_name").fill(f"first at {version}")
    desk.save()
    desk.confirm()
    desk.told(f"Saved version {version + 1}.")
    expect(other.banner("newer")).to_contain_text(f"Version {version + 1} has been saved elsewhere by admin")
    other.banner("newer").get_by_role("button", name="Show the difference").click()
    expect(other.page.locator("dialog[open]")).to_contain_text(f"→ first at {version}")
    other.page.keyboard.press("Escape")
    other.save()
    other.refused("another version has been saved meanwhile")
    assert other.saved()["version"] == version + 1
    expect(other.field(f"{PROFILE}description")).to_have_value("of the other tab")
    other.banner("newer").get_by_role("button", name="Drop mine").click()
    expect(other.field(f"{PROFILE}public_name")).to_have_value(f"first at {version}")
    other.unsaved(yes=False)
    other.field(f"{PROFILE}description").fill("again")
    other.save()
    other.confirm()
    other.told(f"Saved version {version + 2}.")
    profile = desk.saved()["settings"]["perseus_profile"]
    assert (profile["public_name"], profile["description"]) == (f"first at {version}", "again")


def test_a_save_that_comes_too_late_is_refused_by_the_server_and_explained(desk: EditorTab) -> None:
    version = desk.open().saved()["version"]
    desk.field(f"{PROFILE}description").fill(f"mine at {version}")
    desk.save()
    expect(desk.page.locator("dialog[open]")).to_contain_text(f"mine at {version}")
    desk.patch({"perseus_profile": {"public_name": f"theirs at {version}"}})
    desk.confirm()
    desk.refused("another version has been saved meanwhile")
    assert desk.saved()["settings"]["perseus_profile"]["public_name"] == f"theirs at {version}"
    desk.banner("newer").get_by_role("button", name="Keep mine").click()
    desk.save()
    expect(desk.page.locator("dialog[open]")).to_contain_text(f"theirs at {version} → ")
    desk.page.keyboard.press("Escape")
