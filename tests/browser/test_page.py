"""Event history, as a person uses it."""

import json
import urllib.error
import urllib.request

import pytest
from records import BUCKET_CALLS, DAYS, HOSTILE_ID, RECORDS, event_id, record
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PAGE_EVENTS = 50


def wait(browser, until, what):
    return WebDriverWait(browser, 10).until(lambda _: until(), what)


def all_of(browser, css):
    return browser.find_elements(By.CSS_SELECTOR, css)


def one(browser, css):
    return browser.find_element(By.CSS_SELECTOR, css)


def rows(browser):
    return len(all_of(browser, "#rows > tr"))


def texts(browser, css):
    """The text of every element at one moment, so that a page that is swapped cannot hurt."""
    return browser.execute_script(
        "return Array.from(document.querySelectorAll(arguments[0]), e => e.textContent.trim())", css
    )


def query(browser):
    return browser.execute_script("return location.pathname + location.search")


def press(browser, key):
    browser.switch_to.active_element.send_keys(key)


def mark(browser):
    """Leaves a mark that a full page load would wipe out."""
    browser.execute_script("window.marked = true")


def is_marked(browser):
    return browser.execute_script("return window.marked === true")


def go(browser, act):
    """Does `act`, which makes htmx swap something, and waits until that is done."""
    browser.execute_script(
        "window.settled = false;"
        "document.addEventListener('htmx:afterSettle', (event) => {"
        "  if (['main', 'rows'].includes(event.detail.target?.id)) window.settled = true; });"
    )
    act()
    wait(browser, lambda: browser.execute_script("return window.settled"), "the swap")


def click(browser, css):
    go(browser, one(browser, css).click)


def shown(browser):
    return texts(browser, "main")[0]


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.headers, answer.read().decode()


def test_newest_events_come_first(browser, server):
    browser.get(server.url)
    assert browser.title == "Event history – Trailhound"
    assert rows(browser) == PAGE_EVENTS
    times = texts(browser, "#rows .time")
    assert times == sorted(times, reverse=True)
    assert times[1] == "2026-01-10 13:59:00"
    assert f"{len(RECORDS)} events" in one(browser, ".store").text


def test_the_form_filters_and_the_address_says_so(browser, server):
    browser.get(server.url)
    mark(browser)
    one(browser, ".more summary").click()
    go(browser, lambda: one(browser, "#f-username").send_keys("bob" + Keys.ENTER))
    assert rows(browser) == BUCKET_CALLS // 10
    assert query(browser) == "/?q=user%3Abob"
    assert set(texts(browser, "#rows .user > .v")) == {"bob"}
    assert is_marked(browser), "htmx swaps the content; the page is not loaded again"
    # The address alone gives the same page.
    browser.get(server.url + query(browser))
    assert rows(browser) == BUCKET_CALLS // 10
    assert one(browser, "#f-q").get_attribute("value") == "user:bob"


def test_terms_are_added_and_dropped(browser, server):
    browser.get(server.url + "/?q=user:bob")
    click(browser, ".flags a[title^='Only is:write']")
    click(browser, ".flags a[title^='Only is:error']")
    assert query(browser) == "/?q=user%3Abob+is%3Awrite+is%3Aerror"
    assert rows(browser) == BUCKET_CALLS // 20
    assert set(texts(browser, "#rows .tag.error")) == {"AccessDenied"}
    # A chip drops its condition.
    click(browser, ".chip[href='/?q=is%3Awrite+is%3Aerror']")
    assert query(browser) == "/?q=is%3Awrite+is%3Aerror"


def alt_click(browser, element):
    ActionChains(browser).key_down(Keys.ALT).click(element).key_up(Keys.ALT).perform()


def test_alt_click_filters_out(browser, server):
    browser.get(server.url)
    go(browser, lambda: alt_click(browser, one(browser, "#rows a.v[title^='Only user:alice']")))
    assert query(browser) == "/?q=-user%3Aalice"
    assert "alice" not in texts(browser, "#rows .user > .v")


def options(browser):
    return texts(browser, "#complete:not([hidden]) [role=option] .t")


def test_the_query_bar_completes_names_and_values_with_counts(browser, server):
    browser.get(server.url)
    press(browser, "/")
    press(browser, "us")
    wait(browser, lambda: "user:" in options(browser), "names")
    press(browser, Keys.ARROW_DOWN)
    bar = one(browser, "#f-q")
    assert bar.get_attribute("aria-expanded") == "true"
    active = bar.get_attribute("aria-activedescendant")
    assert one(browser, "#" + active).get_attribute("aria-selected") == "true"
    press(browser, Keys.TAB)
    assert bar.get_attribute("value") == "user:"
    wait(browser, lambda: "user:bob" in options(browser), "values")
    details = dict(zip(options(browser), texts(browser, "#complete [role=option] .d")))
    assert details["user:bob"] == f"{BUCKET_CALLS // 10} events"
    press(browser, "b")
    wait(browser, lambda: options(browser) == ["user:bob"], "one value")
    press(browser, Keys.ARROW_DOWN)
    press(browser, Keys.ENTER)
    assert bar.get_attribute("value") == "user:bob "
    assert options(browser) == []
    press(browser, "us")
    wait(browser, lambda: options(browser) != [], "names again")
    press(browser, Keys.ESCAPE)
    assert options(browser) == []
    go(browser, lambda: press(browser, Keys.BACKSPACE * 2 + Keys.ENTER))
    assert rows(browser) == BUCKET_CALLS // 10


def test_an_error_of_the_search_is_shown_with_a_way_out(browser, server):
    browser.expected_errors += ["400 (Bad Request)", "Response Status Error Code 400"]
    browser.get(server.url + "/?q=usr:bob")
    assert texts(browser, "#q-problem pre")[0].split("\n")[:2] == ["usr:bob", "^^^"]
    click(browser, "#q-problem a")
    assert query(browser) == "/?q=user%3Abob"
    assert rows(browser) == BUCKET_CALLS // 10


def test_facets_filter_in_and_out(browser, server):
    browser.get(server.url)
    wait(browser, lambda: len(all_of(browser, ".facet")) >= 5, "the facets")
    bob = ".facet a.v[title^='Only user:bob']"
    count = browser.execute_script(
        "return document.querySelector(arguments[0]).closest('li').querySelector('.n').textContent", bob
    )
    assert count == str(BUCKET_CALLS // 10)
    click(browser, bob)
    assert query(browser) == "/?q=user%3Abob"
    wait(browser, lambda: all_of(browser, ".facet a.v[title^='Only error:']"), "the facets of the answer")
    go(browser, lambda: alt_click(browser, one(browser, ".facet a.v[title^='Only error:']")))
    assert query(browser) == "/?q=user%3Abob+-error%3AAccessDenied"
    assert rows(browser) == BUCKET_CALLS // 20
    wait(browser, lambda: all_of(browser, ".facet a.not"), "the facets again")
    go(browser, lambda: one(browser, ".facet a.not[aria-label='Filter out us-east-1']").send_keys(Keys.ENTER))
    assert rows(browser) == 0


def test_a_leaf_of_the_record_filters_for_and_out(browser, server):
    browser.get(f"{server.url}/events/{event_id(110)}")
    go(browser, lambda: one(browser, ".tree a.v[title*='requestParameters.nested.list.deep']").click())
    assert query(browser) == "/?q=requestParameters.nested.list.deep%3Avalue"
    assert rows(browser) == PAGE_EVENTS
    browser.get(f"{server.url}/events/{event_id(110)}")
    click(browser, ".tree a.not[aria-label='Filter out value']")
    assert query(browser) == "/?q=-requestParameters.nested.list.deep%3Avalue"
    assert rows(browser) == len(RECORDS) - BUCKET_CALLS


def test_an_event_leads_to_its_neighbours_in_the_answer(browser, server):
    browser.get(f"{server.url}/?q=user:bob")
    click(browser, "#rows a.open")
    assert query(browser) == f"/events/{event_id(110)}?q=user%3Abob"
    go(browser, lambda: press(browser, "j"))
    assert query(browser) == f"/events/{event_id(100)}?q=user%3Abob"
    click(browser, "#newer")
    assert query(browser) == f"/events/{event_id(110)}?q=user%3Abob"


def test_two_events_are_compared_without_what_is_equal(browser, server):
    browser.get(f"{server.url}/events/{event_id(110)}")
    click(browser, f"a[href='/?compare={event_id(110)}']")
    click(browser, f"#rows a.compare[href$='{event_id(109)}']")
    assert query(browser) == f"/compare?a={event_id(110)}&b={event_id(109)}"
    places = texts(browser, "table.compare tbody th")
    assert "eventName" in places and "awsRegion" not in places
    click(browser, ".head a")
    assert "awsRegion" in texts(browser, "table.compare tbody th")


def test_columns_are_in_the_address(browser, server):
    browser.get(server.url)
    one(browser, ".more summary").click()
    go(browser, lambda: one(browser, "#f-columns").send_keys("user,requestParameters.bucketName" + Keys.ENTER))
    assert query(browser) == "/?columns=user%2CrequestParameters.bucketName"
    assert texts(browser, ".events thead th")[1:] == ["user", "requestParameters.bucketName"]
    assert "example-3" in texts(browser, "#rows .cell .v")


def test_the_answer_is_exported_whole(server):
    headers, lines = fetch(f"{server.url}/export/ndjson?q=user:bob")
    assert [json.loads(line)["eventID"] for line in lines.splitlines()][0] == event_id(110)
    assert len(lines.splitlines()) == BUCKET_CALLS // 10
    assert "trailhound-partial" not in headers
    headers, text = fetch(f"{server.url}/export/csv?q=user:bob&columns=user,error")
    assert headers["Content-Disposition"] == 'attachment; filename="cloudtrail-events.csv"'
    assert text.splitlines()[0] == "eventTime,user,error,eventID"
    assert len(text.splitlines()) == 1 + BUCKET_CALLS // 10


def test_times_are_shown_in_utc_or_local(browser, server):
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    browser.get(server.url)
    assert texts(browser, "#rows .time")[1] == "2026-01-10 13:59:00"
    one(browser, "#zone").click()
    assert texts(browser, "#rows .time")[1] == "2026-01-10 22:59:00"
    assert one(browser, "#rows time").get_attribute("title").endswith(" UTC")
    browser.get(server.url)
    wait(browser, lambda: texts(browser, "#rows .time")[1] == "2026-01-10 22:59:00", "remembered")


def test_a_search_is_saved_in_the_browser(browser, server):
    browser.get(f"{server.url}/?q=user:bob")
    one(browser, "#saved summary").click()
    wait(browser, lambda: all_of(browser, "#saved input"), "the menu")
    one(browser, "#saved input").send_keys("what <b>bob</b> did" + Keys.ENTER)
    browser.get(server.url)
    one(browser, "#saved summary").click()
    wait(browser, lambda: texts(browser, "#saved a") == ["what <b>bob</b> did"], "the saved search")
    click(browser, "#saved a")
    assert rows(browser) == BUCKET_CALLS // 10
    one(browser, "#saved li button").click()
    assert texts(browser, "#saved a") == []


def test_new_events_arrive_while_the_page_is_live(browser, live_server):
    browser.get(live_server.url + "/?q=user:alice")
    click(browser, "#live")
    before = rows(browser)
    live_server.add(record(9, "PutObject", "alice", "s3.amazonaws.com", {}, eventID="live-1"))
    wait(browser, lambda: rows(browser) == before + 1, "the new event")
    assert "live-1" in one(browser, "#rows a.open").get_attribute("href")
    click(browser, "#live")
    assert not all_of(browser, "#tail")


def test_a_value_narrows_and_back_goes_back(browser, server):
    browser.get(server.url)
    click(browser, "#rows .resources a[href='/?q=resource%3Aexample-3']")
    assert query(browser) == "/?q=resource%3Aexample-3"
    assert rows(browser) == len(range(3, BUCKET_CALLS, 7))
    browser.back()
    wait(browser, lambda: query(browser) == "/", "back")
    wait(browser, lambda: rows(browser) == PAGE_EVENTS, "every event again")
    assert one(browser, "#f-q").get_attribute("value") == ""
    browser.forward()
    wait(browser, lambda: rows(browser) == len(range(3, BUCKET_CALLS, 7)), "forward")


def test_load_more_appends_and_older_pages(browser, server):
    browser.get(server.url)
    click(browser, "#load-more")
    assert rows(browser) == 2 * PAGE_EVENTS
    assert query(browser) == "/"
    click(browser, "#load-more")
    assert rows(browser) == len(RECORDS)
    assert not all_of(browser, "#load-more")
    times = texts(browser, "#rows .time")
    assert times == sorted(times, reverse=True)
    opened = {a.get_attribute("href") for a in all_of(browser, "#rows a.open")}
    assert len(opened) == len(RECORDS)

    browser.get(server.url)
    first = texts(browser, "#rows .time")
    click(browser, "#older")
    assert "before=" in query(browser)
    assert texts(browser, "#rows .time")[0] < first[-1]
    assert rows(browser) == PAGE_EVENTS


def test_an_event_opens_with_its_record(browser, server):
    browser.get(server.url + "/?username=bob")
    click(browser, "#rows a.open")
    assert query(browser) == f"/events/{event_id(110)}?q=user%3Abob"
    assert browser.title == "PutBucketPolicy – Trailhound"
    for expected in ["AKIABOBEXAMPLE", "198.51.100.7", "Request parameters", "deep", "example-5"]:
        assert expected in shown(browser), expected
    assert '"eventName": "PutBucketPolicy"' in texts(browser, ".record pre")[0]
    click(browser, ".related a[href^='/?from=']")
    assert rows(browser) == 11, "five minutes before and after"


def test_the_record_downloads_byte_for_byte(server):
    headers, record = fetch(f"{server.url}/events/{event_id(110)}/raw")
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Disposition"].startswith("attachment")
    assert record == json.dumps(RECORDS[110])


def test_keys_are_enough(browser, server):
    browser.get(server.url)
    press(browser, "/")
    assert browser.switch_to.active_element.get_attribute("id") == "f-q"
    go(browser, lambda: press(browser, "PutBucketPolicy" + Keys.ENTER))
    assert rows(browser) == BUCKET_CALLS // 10
    press(browser, Keys.ESCAPE)
    for key in ["j", "j", "j", "k"]:
        press(browser, key)
    focused = browser.switch_to.active_element
    assert focused.get_attribute("href") == f"{server.url}/events/{event_id(100)}?q=PutBucketPolicy"
    go(browser, lambda: press(browser, Keys.ENTER))
    assert all_of(browser, "article.event")
    press(browser, Keys.ESCAPE)
    wait(browser, lambda: query(browser) == "/?q=PutBucketPolicy", "back in the list")
    wait(browser, lambda: rows(browser) == BUCKET_CALLS // 10, "with its events")


@pytest.mark.parametrize("path", ["/", f"/events/{HOSTILE_ID}", "/?username=mallory"])
def test_a_hostile_record_is_only_text(browser, server, path):
    browser.get(server.url + path)
    assert "<script>window.hurt = 1</script>" in shown(browser)
    assert browser.execute_script("return window.hurt") is None
    assert browser.execute_script("return document.querySelectorAll('main img, main svg').length") == 0
    # Going there by htmx is another way in.
    browser.get(server.url)
    click(browser, "#rows a.open")
    assert query(browser) == f"/events/{HOSTILE_ID}"
    assert browser.execute_script("return window.hurt") is None
    assert "\u202e" not in shown(browser)
    browser.console_seen += [entry["message"] for entry in browser.get_log("browser")]
    assert browser.console_seen == []


def test_every_value_of_the_hostile_record_narrows_to_it(browser, server):
    browser.get(server.url + "/?username=mallory")
    links = [a.get_attribute("href") for a in all_of(browser, "#rows a.v")]
    assert len(links) >= 4
    for link in links:
        browser.get(link)
        opened = [a.get_attribute("href") for a in all_of(browser, "#rows a.open")]
        assert f"{server.url}/events/{HOSTILE_ID}" in [href.split("?")[0] for href in opened], link


def background(browser):
    color = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))


def test_the_page_is_dark_when_the_system_is(browser, server):
    scheme = lambda value: browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": value}]},
    )
    scheme("dark")
    browser.get(server.url)
    assert background(browser) < 150
    scheme("light")
    assert background(browser) > 600


@pytest.mark.parametrize("path", ["/", "/?username=mallory&failed=true", f"/events/{HOSTILE_ID}"])
@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(browser, server, path, width):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(server.url + path)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_every_input_has_a_label_and_every_row_a_link(browser, server):
    browser.get(server.url)
    unlabelled = browser.execute_script(
        "return Array.from(document.querySelectorAll('input, select'))"
        ".filter(e => e.labels.length === 0 && e.type !== 'hidden' && !e.ariaLabel).map(e => e.name)"
    )
    assert unlabelled == []
    assert len(all_of(browser, "#rows a.open")) == rows(browser)


def test_an_empty_store_says_what_to_do(browser, empty_server):
    browser.get(empty_server.url)
    command = one(browser, "#import-command").text
    assert command.startswith("trailhound --db '/") and command.endswith("/empty db' import PATH")


def test_no_match_says_what_to_drop(browser, server):
    browser.get(server.url + "/?username=bob&event_name=Nothing")
    click(browser, ".empty a[href='/?q=user%3Abob']")
    assert rows(browser) == BUCKET_CALLS // 10


def test_a_filter_that_cannot_be_followed_is_said_also_by_htmx(browser, server):
    browser.get(server.url)
    browser.expected_errors += ["400 (Bad Request)", "Response Status Error Code 400"]
    go(browser, lambda: one(browser, "#f-from").send_keys("yesterday" + Keys.ENTER))
    assert "From is no time" in shown(browser)
    assert rows(browser) == 0


def test_it_works_without_javascript(browser, server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(server.url)
    one(browser, ".more summary").click()
    one(browser, "#f-username").send_keys("bob" + Keys.ENTER)
    wait(browser, lambda: browser.current_url == server.url + "/?q=user%3Abob", "a clean address")
    assert rows(browser) == BUCKET_CALLS // 10
    one(browser, "#rows a.open").click()
    wait(browser, lambda: f"/events/{event_id(110)}" in browser.current_url, "the event")
    browser.get(server.url)
    one(browser, "#older").click()
    wait(browser, lambda: "before=" in browser.current_url, "an older page")


def charts(browser):
    return len(all_of(browser, "#days-plot .uplot"))


def drawn(browser):
    wait(browser, lambda: charts(browser) == 1, "the histogram")
    # At one moment: the page may be swapped between two questions.
    data = browser.execute_script("return Object.assign({}, document.querySelector('#days-plot').dataset)")
    starts = [int(step.split(":")[0]) for step in data["buckets"].split()]
    return starts[0], starts[-1], int(data["seconds"])


def pointer(browser, seconds):
    """A pointer over the histogram, at an instant."""
    first, last, step = drawn(browser)
    over = one(browser, "#days-plot .u-over")
    share = (seconds - first) / (last + step - first)
    return ActionChains(browser).move_to_element_with_offset(over, int(over.size["width"] * (share - 0.5)), 0)


NOON = 1768132800  # 2026-01-11T12:00:00Z
HOUR = 3600


def test_the_histogram_counts_the_answer_and_zooms(browser, days_server):
    browser.get(days_server.url + "/?q=user:alice")
    mark(browser)
    first, last, step = drawn(browser)
    assert step == HOUR // 2
    assert texts(browser, "#days figcaption")[0].startswith("Events per 30 minutes 61 events match")
    pointer(browser, NOON + step // 2).perform()
    assert one(browser, "#days-at").text == "2026-01-11 12:00:00: 29 events"
    go(browser, pointer(browser, NOON + step // 2).click().perform)
    assert query(browser) == "/?q=user%3Aalice&from=2026-01-11T12%3A00%3A00Z&until=2026-01-11T12%3A29%3A59Z"
    assert rows(browser) == 29
    assert is_marked(browser)
    wait(browser, lambda: drawn(browser)[2] < step, "finer steps")
    # Dragging chooses several steps; All time goes back.
    go(browser, lambda: one(browser, "#days figcaption a").click())
    assert query(browser) == "/?q=user%3Aalice"
    drawn(browser)
    width = one(browser, "#days-plot .u-over").size["width"]
    go(browser, pointer(browser, NOON - 9.75 * HOUR).click_and_hold().move_by_offset(width // 4, 0).release().perform)
    assert "from=2026-01-11T02%3A00%3A00Z&until=2026-01-1" in query(browser)
    assert rows(browser) == PAGE_EVENTS
    browser.back()
    wait(browser, lambda: query(browser) == "/?q=user%3Aalice", "back")
    drawn(browser)
    click(browser, "#load-more")
    assert charts(browser) == 1
    go(browser, lambda: one(browser, "#rows a.open").send_keys(Keys.ENTER))
    assert charts(browser) == 0
    browser.console_seen += [entry["message"] for entry in browser.get_log("browser")]
    assert browser.console_seen == []


def test_the_list_of_steps_is_enough_without_a_pointer(browser, days_server):
    browser.get(days_server.url)
    drawn(browser)
    one(browser, ".days summary").send_keys(Keys.ENTER)
    listed = ["2026-01-13 12:001", "2026-01-11 12:3030", "2026-01-11 12:0030", "2026-01-10 12:003"]
    assert texts(browser, ".days tbody tr") == listed
    go(browser, lambda: one(browser, ".days tbody a").send_keys(Keys.ENTER))
    assert rows(browser) == DAYS["2026-01-13"]


def test_the_chart_follows_the_width(browser, days_server):
    width = lambda value: browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": value, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    fits = lambda: browser.execute_script(
        "return document.querySelector('#days-plot .uplot').offsetWidth"
        " === document.getElementById('days-plot').clientWidth"
    )
    width(1280)
    browser.get(days_server.url)
    drawn(browser)
    assert fits()
    width(400)
    wait(browser, fits, "the narrow chart")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 400


def test_without_javascript_the_days_are_a_list(browser, days_server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(days_server.url)
    assert not one(browser, "#days-plot").is_displayed()
    one(browser, ".days summary").click()
    one(browser, ".days tbody a").click()
    wait(browser, lambda: browser.current_url.endswith("/?from=2026-01-13&until=2026-01-13"), "the day")


def test_headers_are_strict(server):
    headers, html = fetch(server.url)
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    asset = html.split('rel="stylesheet" href="')[1].split('"')[0]
    headers, _ = fetch(server.url + asset)
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/nothing", "/events/nothing", "/assets/nothing.css"])
def test_what_is_not_there_is_404(server, path):
    with pytest.raises(urllib.error.HTTPError) as failure:
        fetch(server.url + path)
    assert failure.value.code == 404
