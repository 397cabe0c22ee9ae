"""The undo plan of every event: its commands are read by the real AWS CLI, its calls by botocore's models.

Nothing is called: every command goes to an address that refuses connections. A command that the CLI
understands fails there, and nowhere before.
"""

import copy
import json
import os
import pathlib
import subprocess
import sys

import botocore.session
import pytest
from awscli.clidriver import create_clidriver
from botocore.validate import ParamValidator

ROOT = pathlib.Path(__file__).parent / "../.."
REFUSING = "http://127.0.0.1:9"
ANSWER = "answer-of-an-earlier-step-of-the-plan"


def plans():
    """Each event, its plan and its commands, from the example that prints them."""
    binary = os.environ.get("UNDO_PLANS_BIN")
    command = [binary] if binary else [
        "cargo", "run", "--quiet", "--locked", "-p", "trailhound-replay", "--example", "undo_plans",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session", autouse=True)
def binary():
    """In place of the server's binary, which plans do not need."""


@pytest.fixture(scope="module")
def all_plans():
    found = plans()
    assert len(found) == 284
    return found


@pytest.fixture
def cli(monkeypatch, tmp_path, capfd):
    """Runs the CLI in this process, without any configuration; returns its code and what it said."""
    for name in list(os.environ):
        # awscli itself sets where its data lies.
        if name.startswith("AWS_") and name != "AWS_DATA_PATH":
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_PAGER", "")

    # The models are read once; all else is made for each command, as handlers keep what one left in them.
    loader = create_clidriver().session.get_component("data_loader")

    def run(words):
        assert words[0] == "aws"
        driver = create_clidriver()
        driver.session.register_component("data_loader", loader)
        try:
            code = driver.main([*words[1:], "--endpoint-url", REFUSING])
        except SystemExit as exit:  # argparse leaves so
            code = exit.code
        out, err = capfd.readouterr()
        return code, out + err

    return run


def test_the_cli_reads_every_command(all_plans, cli):
    wrong = []
    count = 0
    for event in all_plans:
        for words in [*event["commands"], *event["checks"]]:
            count += 1
            code, said = cli(words)
            if code == 0 or "Could not connect to the endpoint URL" not in said:
                wrong.append(f"{event['event']}: {' '.join(words)}\n  {code} {said.strip()[-600:]}")
    assert count > 600
    assert not wrong, "\n".join(wrong)


def answered(value, refs):
    """The request with something in the places of earlier answers."""
    value = copy.deepcopy(value)
    for ref in refs:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in ref["at"].split("/")[1:]]
        place = value
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        place[int(last) if isinstance(place, list) else last] = ANSWER
    return value


def test_every_call_is_one_of_botocore(all_plans):
    session = botocore.session.get_session()
    models = {}
    wrong = []
    for event in all_plans:
        steps = event["plan"]["steps"]
        for call in [*steps, *(step["check"] for step in steps if step["check"])]:
            service = call["service"]
            if service not in models:
                models[service] = session.get_service_model(service)
            shape = models[service].operation_model(call["operation"]).input_shape
            given = answered(call["input"], call["refs"])
            if shape is None:
                assert given == {}
                continue
            report = ParamValidator().validate(given, shape)
            if report.has_errors():
                wrong.append(f"{event['event']}: {call['operation']}: {report.generate_report()}")
    assert not wrong, "\n".join(wrong)


def test_a_shell_reads_every_script(all_plans):
    for event in all_plans:
        done = subprocess.run(["bash", "-n"], input=event["script"], capture_output=True, text=True)
        assert done.returncode == 0, f"{event['event']}: {done.stderr}"


def test_every_python_script_makes_the_calls_of_its_plan(all_plans, monkeypatch):
    import boto3

    made = []

    class Client:
        def __init__(self, service, region_name):
            self.service = service

        def get_waiter(self, name):
            return self

        def wait(self, **_):
            pass

        def __getattr__(self, method):
            def call(**given):
                made.append((self.service, method, given))
                return Anything()

            return call

    class Anything(dict):
        pass

    monkeypatch.setattr(boto3, "client", Client)
    jmespath = type(sys)("jmespath")
    jmespath.search = lambda path, answer: ANSWER
    monkeypatch.setitem(sys.modules, "jmespath", jmespath)
    for event in all_plans:
        made.clear()
        exec(compile(event["python"], event["event"], "exec"), {})
        steps = [step for step in event["plan"]["steps"] if not step["held"]]
        expected = [
            (step["service"], botocore.xform_name(step["operation"]), answered(step["input"], step["refs"]))
            for step in steps
        ]
        assert made == expected, event["event"]
