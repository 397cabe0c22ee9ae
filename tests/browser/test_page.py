"""Event history, as a person uses it."""

import json
import urllib.error
import urllib.request

import pytest
from records import BUCKET_CALLS, DAYS, HOSTILE_ID, RECORDS, event_id
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
        "document.addEventListener('htmx:afterSettle', () => { window.settled = true; }, {once: true});"
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
    go(browser, lambda: one(browser, "#f-username").send_keys("bob" + Keys.ENTER))
    assert rows(browser) == BUCKET_CALLS // 10
    assert query(browser) == "/?username=bob"
    assert set(texts(browser, "#rows .user > .v")) == {"bob"}
    assert is_marked(browser), "htmx swaps the content; the page is not loaded again"
    # The address alone gives the same page.
    browser.get(server.url + query(browser))
    assert rows(browser) == BUCKET_CALLS // 10
    assert one(browser, "#f-username").get_attribute("value") == "bob"


def test_choices_count_at_once_and_combine(browser, server):
    browser.get(server.url + "/?username=bob")
    click(browser, "label[for='f-read_only-2']")
    assert query(browser) == "/?username=bob&read_only=false"
    one(browser, ".more summary").click()
    click(browser, "#f-failed")
    assert query(browser) == "/?username=bob&failed=true&read_only=false"
    assert rows(browser) == BUCKET_CALLS // 20
    assert set(texts(browser, "#rows .tag.error")) == {"AccessDenied"}
    # A chip drops its condition.
    click(browser, ".chip[href='/?failed=true&read_only=false']")
    assert query(browser) == "/?failed=true&read_only=false"


def test_a_value_narrows_and_back_goes_back(browser, server):
    browser.get(server.url)
    click(browser, "#rows .resources a[href='/?resource_name=example-3']")
    assert query(browser) == "/?resource_name=example-3"
    assert rows(browser) == len(range(3, BUCKET_CALLS, 7))
    browser.back()
    wait(browser, lambda: query(browser) == "/", "back")
    wait(browser, lambda: rows(browser) == PAGE_EVENTS, "every event again")
    assert one(browser, "#f-resource_name").get_attribute("value") == ""
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
    assert query(browser) == f"/events/{event_id(110)}"
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
    assert focused.get_attribute("href") == f"{server.url}/events/{event_id(100)}"
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
        assert f"{server.url}/events/{HOSTILE_ID}" in opened, link


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
        ".filter(e => e.labels.length === 0).map(e => e.name)"
    )
    assert unlabelled == []
    assert len(all_of(browser, "#rows a.open")) == rows(browser)


def test_an_empty_store_says_what_to_do(browser, empty_server):
    browser.get(empty_server.url)
    command = one(browser, "#import-command").text
    assert command.startswith("trailhound --db '/") and command.endswith("/empty db' import PATH")


def test_no_match_says_what_to_drop(browser, server):
    browser.get(server.url + "/?username=bob&event_name=Nothing")
    click(browser, ".empty a[href='/?username=bob']")
    assert rows(browser) == BUCKET_CALLS // 10


def test_a_filter_that_cannot_be_followed_is_said_also_by_htmx(browser, server):
    browser.get(server.url)
    one(browser, ".more summary").click()
    browser.expected_errors += ["400 (Bad Request)", "Response Status Error Code 400"]
    go(browser, lambda: one(browser, "#f-from").send_keys("yesterday" + Keys.ENTER))
    assert "From is no time" in shown(browser)
    assert rows(browser) == 0


def test_it_works_without_javascript(browser, server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(server.url)
    one(browser, "#f-username").send_keys("bob" + Keys.ENTER)
    wait(browser, lambda: browser.current_url == server.url + "/?username=bob", "a clean address")
    assert rows(browser) == BUCKET_CALLS // 10
    one(browser, "#rows a.open").click()
    wait(browser, lambda: browser.current_url.endswith(event_id(110)), "the event")
    browser.get(server.url)
    one(browser, "#older").click()
    wait(browser, lambda: "before=" in browser.current_url, "an older page")


DRAWN_DAYS = 4  # From the first of DAYS to the last, the empty one included.


def on_day(browser, n):
    """The middle of the `n`th day of the chart, from its middle."""
    width = one(browser, "#days-plot .u-over").size["width"]
    return int(width * ((n + 0.5) / DRAWN_DAYS - 0.5))


def pointer(browser, day):
    over = one(browser, "#days-plot .u-over")
    return ActionChains(browser).move_to_element_with_offset(over, on_day(browser, day), 0)


def inked(browser):
    """Of every day of the chart, whether something is painted at the foot of its middle."""
    return browser.execute_script(
        """
        const canvas = document.querySelector("#days-plot canvas");
        const [over, all] = [document.querySelector("#days-plot .u-over"), canvas].map(
          (e) => e.getBoundingClientRect());
        const scale = canvas.width / all.width;
        const copy = new OffscreenCanvas(canvas.width, canvas.height)
          .getContext("2d", {willReadFrequently: true});
        copy.drawImage(canvas, 0, 0);
        return Array.from({length: arguments[0]}, (_, n) => {
          const x = over.left - all.left + over.width * (n + 0.5) / arguments[0];
          const y = over.bottom - all.top - 2;
          const [r, g, b, a] = copy.getImageData(x * scale, y * scale, 1, 1).data;
          return a > 100 && g > r + 40;
        });
        """,
        DRAWN_DAYS,
    )


def charts(browser):
    return len(all_of(browser, "#days-plot .uplot"))


def test_a_day_of_the_chart_shows_its_events(browser, days_server):
    browser.get(days_server.url + "/?username=alice")
    mark(browser)
    assert charts(browser) == 1
    bars = inked(browser)
    assert (bars[1], bars[2]) == (True, False), "a day without events is not bridged"
    pointer(browser, 1).perform()
    assert one(browser, "#days-at").text == "2026-01-11: 60 events"
    go(browser, pointer(browser, 1).click().perform)
    assert query(browser) == "/?from=2026-01-11&until=2026-01-11&username=alice"
    assert rows(browser) == PAGE_EVENTS
    assert all(time.startswith("2026-01-11") for time in texts(browser, "#rows .time"))
    assert charts(browser) == 1, "drawn again after the swap, once"
    assert is_marked(browser)
    marked = one(browser, "#days-plot .u-select").size["width"]
    whole = one(browser, "#days-plot .u-over").size["width"]
    assert abs(marked - whole / DRAWN_DAYS) <= 2, "the chosen day is marked"
    # Dragging chooses several days; the condition on the user stays.
    go(browser, pointer(browser, 2).click_and_hold().move_by_offset(whole // DRAWN_DAYS, 0).release().perform)
    assert query(browser) == "/?from=2026-01-12&until=2026-01-13&username=alice"
    browser.back()
    wait(browser, lambda: query(browser).startswith("/?from=2026-01-11"), "back")
    wait(browser, lambda: rows(browser) == PAGE_EVENTS and charts(browser) == 1, "the chart again")
    click(browser, "#load-more")
    assert charts(browser) == 1
    go(browser, lambda: one(browser, "#rows a.open").send_keys(Keys.ENTER))
    assert charts(browser) == 0
    browser.console_seen += [entry["message"] for entry in browser.get_log("browser")]
    assert browser.console_seen == []


def test_the_list_of_days_is_enough_without_a_pointer(browser, days_server):
    browser.get(days_server.url)
    one(browser, ".days summary").send_keys(Keys.ENTER)
    assert texts(browser, ".days tbody tr") == [f"{day}{DAYS[day]}" for day in sorted(DAYS, reverse=True)]
    go(browser, lambda: one(browser, ".days tbody a").send_keys(Keys.ENTER))
    assert query(browser) == "/?from=2026-01-13&until=2026-01-13"
    assert rows(browser) == DAYS["2026-01-13"]
    # A click on a day without events says so.
    go(browser, pointer(browser, 2).click().perform)
    assert query(browser) == "/?from=2026-01-12&until=2026-01-12"
    assert "No event matches" in shown(browser)


def test_the_chart_follows_the_width_and_the_colours(browser, days_server):
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
    assert fits()
    width(400)
    wait(browser, fits, "the narrow chart")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 400
    for value in ["dark", "light"]:
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": value}]},
        )
        wait(browser, lambda: charts(browser) == 1 and inked(browser)[1], f"the {value} chart")


def test_without_javascript_the_days_are_a_list(browser, days_server):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(days_server.url)
    assert not one(browser, "#days-plot").is_displayed()
    one(browser, ".days summary").click()
    one(browser, ".days tbody a").click()
    wait(browser, lambda: browser.current_url.endswith("/?from=2026-01-13&until=2026-01-13"), "the day")


def test_one_day_has_no_chart(browser, server):
    browser.get(server.url)
    assert not all_of(browser, "#days")


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
