"""Who is behind an event, what happened to a resource, and the questions, as a person asks them."""

import pytest
from selenium.webdriver.common.by import By

from test_page import all_of, click, fetch, go, one, query, shown, texts


def fatal(story):
    """The page of the call that took production down."""
    import json

    _, text = fetch(story.url + "/api/v1/events?event_name=ReplaceRoute&limit=1")
    [event] = json.loads(text)["events"]
    return event


def test_an_event_says_who_is_behind_it_and_leads_to_the_resource(browser, story):
    event = fatal(story)
    browser.get(f"{story.url}/events/{event['event_id']}")
    card = one(browser, ".actor")
    assert "IAM user arn:aws:iam::123456789012:user/dave" in card.text
    steps = [a.get_attribute("href") for a in card.find_elements(By.CSS_SELECTOR, "a")]
    assert steps and all(href.startswith(f"{story.url}/events/") for href in steps)
    go(browser, lambda: browser.find_element(By.LINK_TEXT, "History of the resource").click())
    assert query(browser).startswith("/resource?name=rtb-")
    newest = all_of(browser, "table.steps tbody tr")[0].text
    assert "ReplaceRoute" in newest and "dave" in newest
    before, after = texts(browser, ".change del")[0], texts(browser, ".change ins")[0]
    assert before.startswith("nat-") and after.startswith("igw-")
    assert any(text.startswith("nat-") for text in texts(browser, ".named a"))


def test_an_event_leads_to_what_changed_before_it(browser, story):
    event = fatal(story)
    browser.get(f"{story.url}/events/{event['event_id']}")
    go(browser, lambda: browser.find_element(By.LINK_TEXT, "What changed before").click())
    assert query(browser).startswith("/changes?at=2026-09-13T02%3A47%3A11Z&window=30m&near=rtb-")
    first = all_of(browser, "table.changes tbody tr")[0]
    assert "ReplaceRoute" in first.text and "dave" in first.text
    assert "+30 changes a route" in first.text
    hidden = all_of(browser, "#hidden a")
    assert [link.text.split()[-1].rstrip("s") for link in hidden] == ["read", "write", "write"]
    window = one(browser, "input[name=window]")
    window.clear()
    window.send_keys("1m")
    go(browser, one(browser, "form.question button").click)
    assert "window=1m" in query(browser)
    assert len(all_of(browser, "table.changes tbody tr")) == 1
    click(browser, "table.changes tbody a")
    assert "ReplaceRoute" in one(browser, "h1").text


def test_the_actor_is_a_column(browser, story):
    browser.get(story.url + "/?q=event:ReplaceRoute")
    click(browser, "#actors")
    assert "actor" in texts(browser, "thead th")
    rows = texts(browser, "#rows > tr")
    assert any("dave via role/" in row for row in rows), rows


def test_what_changed_nothing_here_is_folded(browser, story):
    gateway = next(name for name in fatal(story)["resource_ids"] if name.startswith("igw-"))
    browser.get(f"{story.url}/resource?name={gateway}")
    fold = one(browser, "#quiet")
    assert "changed nothing here" in fold.find_element(By.TAG_NAME, "summary").text
    if not fold.get_attribute("open"):
        fold.find_element(By.TAG_NAME, "summary").click()
    assert f"routes[0.0.0.0/0] = {gateway}" in fold.text


def test_a_question_is_asked_by_its_form_and_names_its_search(browser, story):
    browser.get(story.url + "/questions")
    assert len(all_of(browser, ".questions li")) > 20
    go(browser, lambda: browser.find_element(By.PARTIAL_LINK_TEXT, "deleted, terminated").click())
    table = fatal(story)["resources"][0]["resource_name"]
    one(browser, "input[name=resource]").send_keys(table)
    go(browser, one(browser, "form.question button").click)
    assert f"what ended {table}" in shown(browser)
    assert f"no event of the store ended {table}" in shown(browser)
    search = one(browser, ".card:last-of-type code").text
    assert search == f'resource:="{table}" -is:read'
    click(browser, ".card:last-of-type a")
    assert all_of(browser, "#rows > tr")


@pytest.mark.parametrize("name", ["logins", "root", "iam-changes", "tampering", "exposure", "coverage"])
def test_questions_without_a_subject_are_answered_at_once(browser, story, name):
    browser.get(f"{story.url}/questions/{name}")
    assert all_of(browser, ".answer")
    unlabelled = browser.execute_script(
        "return Array.from(document.querySelectorAll('input')).filter(e => e.labels.length === 0).length"
    )
    assert unlabelled == 0


@pytest.mark.parametrize("path", ["/questions/actor?name=mallory", "/questions/timeline?search=user:mallory"])
def test_a_hostile_record_is_only_text_in_answers(browser, server, path):
    browser.get(server.url + path)
    assert "<script>window.hurt = 1</script>" in shown(browser)
    assert browser.execute_script("return window.hurt") is None
    assert "\u202e" not in shown(browser)


@pytest.mark.parametrize("path", ["/questions", "/questions/errors", "/questions/persistence", "/resource", "/changes?at=2026-09-13T03:00Z"])
@pytest.mark.parametrize("width", [400, 1280])
def test_no_answer_is_wider_than_the_window(browser, story, path, width):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(story.url + path)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_wrong_time_and_an_unknown_question_are_said(browser, story):
    browser.expected_errors.append("400")
    browser.get(story.url + "/questions/root?since=never")
    assert "never is no time" in one(browser, "[role=alert]:not([hidden])").text
