"""trailscraper reads Event history through the API."""

import json
import os
import subprocess

from records import event_id


def test_select_pages_through_the_api(many):
    done = subprocess.run(
        [
            os.environ["TRAILSCRAPER_BIN"],
            "select",
            "--use-cloudtrail-api",
            "--from",
            "2026-01-01",
            "--to",
            "2026-02-01",
        ],
        env={**many.environment, "AWS_ENDPOINT_URL_CLOUDTRAIL": many.endpoint},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = [record["eventID"] for record in json.loads(done.stdout)["Records"]]
    assert len(found) == 500 and set(found) == {event_id(n) for n in range(500)}
