"""Calls are written as botocore writes them: every operation of the tables, with made-up input."""

import json
import os
import pathlib
import subprocess
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.serialize
import botocore.session
import pytest

HERE = pathlib.Path(__file__).resolve().parent
TABLES = HERE.parent.parent / "crates/model/tables"
DEPTH = 4


def writer():
    named = os.environ.get("WRITE_REQUESTS_BIN")
    path = pathlib.Path(named) if named else HERE.parent.parent / "target/debug/examples/write_requests"
    if not path.is_file():
        pytest.fail(f"no {path}: cargo build -p trailhound-model --examples")
    return path


def sample(shape, depth=0):
    """A value of a shape: something in every member, to a depth."""
    kind = shape.type_name
    if kind == "structure":
        if depth > DEPTH or shape.is_document_type:
            return {}
        members = {}
        for name, member in shape.members.items():
            # A union has one member.
            if getattr(shape, "is_tagged_union", False) and members:
                break
            value = sample(member, depth + 1)
            if value is not None:
                members[name] = value
        return members
    if kind == "list":
        one = sample(shape.member, depth + 1)
        return [one, one] if one is not None and depth <= DEPTH else None
    if kind == "map":
        value = sample(shape.value, depth + 1)
        return {"key": value} if value is not None and depth <= DEPTH else None
    if kind in ("timestamp", "blob"):
        return None
    return {"boolean": True, "integer": 7, "long": 7, "float": 1.5, "double": 1.5}.get(kind, "a b/c&<é")


def botocore_request(service, name, params):
    model = botocore.session.get_session().get_service_model(service)
    protocol = json.loads((TABLES / f"{service}.json").read_text())["protocol"]
    if service == "route53":
        # botocore's client, not its serializer, takes the path off the ids that answers have.
        shape = model.operation_model(name).input_shape
        members = shape.members if shape else {}
        in_path = {key for key in members if members[key].serialization.get("location") == "uri" and key.endswith("Id")}
        params = {key: value.split("/")[-1] if key in in_path else value for key, value in params.items()}
    return botocore.serialize.create_serializer(protocol, False).serialize_to_request(
        params, model.operation_model(name))


def plain_xml(text):
    element = ElementTree.fromstring(text)
    return ElementTree.canonicalize(ElementTree.tostring(element))


def compare(ours, theirs, protocol):
    assert "error" not in ours, ours
    assert ours["method"] == theirs["method"]
    path, _, fixed = theirs["url_path"].partition("?")
    assert ours["path"] == path
    query = dict(urllib.parse.parse_qsl(fixed, keep_blank_values=True))
    query.update(theirs["query_string"])
    told = {}
    for name, value in ours["query"]:
        told.setdefault(name, []).append(value)
    wanted = {name: [str(it) for it in value] if isinstance(value, list) else [str(value)] for name, value in query.items()}
    assert told == wanted
    body = theirs["body"]
    if isinstance(body, dict):
        mine = dict(urllib.parse.parse_qsl(ours["body"], keep_blank_values=True))
        assert mine == {name: str(value) for name, value in body.items()}
        return
    body = body.decode() if isinstance(body, bytes) else body
    if not body:
        assert ours["body"] in ("", "{}")
    elif protocol == "rest-xml" and body.startswith("<"):
        assert plain_xml(ours["body"]) == plain_xml(body)
    elif body.startswith("{"):
        assert json.loads(ours["body"]) == json.loads(body)
    else:
        assert ours["body"] == body


@pytest.mark.parametrize("service", sorted(path.stem for path in TABLES.glob("*.json")))
def test_calls_are_written_as_botocore_writes_them(service):
    table = json.loads((TABLES / f"{service}.json").read_text())
    model = botocore.session.get_session().get_service_model(service)
    calls = []
    for name in table["operations"]:
        shape = model.operation_model(name).input_shape
        calls.append((name, sample(shape) if shape else {}))
    lines = [json.dumps({"service": service, "operation": name, "input": params}) for name, params in calls]
    done = subprocess.run([writer()], input="\n".join(lines), capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(calls)
    for (name, params), answer in zip(calls, answers):
        try:
            compare(json.loads(answer), botocore_request(service, name, params), table["protocol"])
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
