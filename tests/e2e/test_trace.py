"""Who, history and the questions over HTTP, on the bundled example."""

import json
import pathlib

import pytest

from conftest import Trailhound
from test_http import request

EXAMPLE = pathlib.Path(__file__).parent / "../../example/week.tar.gz"


def get(server, path):
    status, _, text = request(server, "GET", path)
    return status, json.loads(text)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    trailhound = Trailhound(tmp_path_factory.mktemp("story"))
    trailhound.run("import", EXAMPLE)
    yield trailhound.start()
    trailhound.kill()


def test_the_person_behind_the_route_is_named_with_evidence(story):
    _, answer = get(story, "/api/v1/events?event_name=ReplaceRoute&limit=1")
    [event] = answer["events"]
    status, answer = get(story, f"/api/v1/who?subject={event['event_id']}")
    assert status == 200 and answer["unreadable"] == []
    [who] = answer["found"]
    assert who["actor"] == "person" and who["name"].endswith(":user/dave")
    assert who["links"] and all(link["evidence"] for link in who["links"])
    # The key of the session leads to the same person.
    _, by_key = get(story, f"/api/v1/who?subject={event['access_key_id']}")
    assert by_key["found"][0]["name"] == who["name"]

    table = event["resources"][0]["resource_name"]
    status, history = get(story, f"/api/v1/history?resource={table}&related=2")
    assert status == 200
    [change] = history["events"][-1]["changes"]
    assert change["path"] == "routes[0.0.0.0/0]"
    assert change["before"]["value"].startswith("nat-") and change["after"].startswith("igw-")
    assert history["events"][-1]["who"]["name"] == who["name"]


def test_the_actor_is_a_field_and_the_change_is_ranked_first(story):
    _, answer = get(story, "/api/v1/events?event_name=ReplaceRoute&fields=event_id,actor&limit=1")
    [event] = answer["events"]
    assert list(event) == ["event_id", "actor"]
    assert event["actor"]["text"].startswith("dave via role/")
    at = "at=2026-09-13T03:00:00Z&window=30m"
    status, found = get(story, f"/api/v1/changes?{at}&near=rtb-0736172c24218f73a")
    assert status == 200 and found["unreadable"] == []
    assert found["changes"][0]["event_id"] == event["event_id"]
    assert found["changes"][0]["reasons"][0]["points"] == 40
    # The searches that it names count the same.
    failed = found["searches"]["failed"].replace(" ", "%20")
    _, failures = get(story, f"/api/v1/events?q={failed}&limit=1000")
    assert len(failures["events"]) == found["failed_hidden"]
    assert get(story, "/api/v1/changes?window=soon")[0] == 400


def test_questions_are_answered_and_refused_by_name(story):
    status, answer = get(story, "/api/v1/questions/root")
    assert status == 200 and [table["title"] for table in answer["tables"]][-1] == "newest"
    assert answer["searches"] == ["is:root"]
    status, error = get(story, "/api/v1/questions/key")
    assert status == 400 and "key" in json.dumps(error)
    assert get(story, "/api/v1/questions/when")[0] == 404
    assert get(story, "/api/v1/questions/timeline?search=usr:x")[0] == 400
    assert get(story, "/api/v1/history?resource=x&related=9")[0] == 400
    assert get(story, "/api/v1/who")[0] == 400
