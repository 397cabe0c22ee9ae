"""Compares what was on the wire with botocore's model: its parser drops what it does not know."""

import json


def mismatches(value, shape, path="$"):
    """Yields each place where `value` is not what `shape` says."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no structure"
            return
        for name, member in value.items():
            if name in shape.members:
                yield from mismatches(member, shape.members[name], f"{path}.{name}")
            else:
                yield f"{path}: unknown member {name}"
        yield from (f"{path}: {name} is missing" for name in shape.required_members if name not in value)
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for at, member in enumerate(value):
            yield from mismatches(member, shape.member, f"{path}[{at}]")
    else:
        right = {
            "string": isinstance(value, str),
            "timestamp": isinstance(value, (int, float)) and not isinstance(value, bool),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "boolean": isinstance(value, bool),
        }
        if not right.get(kind, False):
            yield f"{path}: {value!r} is no {kind}"
        if shape.metadata.get("enum") and value not in shape.metadata["enum"]:
            yield f"{path}: {value!r} is none of {shape.metadata['enum']}"


def check_wire(client):
    """Makes `client` check every response before botocore parses it; returns the bodies it saw."""
    bodies = []

    def check(operation_model, response_dict, **_):
        headers = response_dict["headers"]
        assert headers["content-type"] == "application/x-amz-json-1.1", dict(headers)
        assert len(headers["x-amzn-requestid"]) == 36, dict(headers)
        body = json.loads(response_dict["body"])
        bodies.append(body)
        if response_dict["status_code"] == 200:
            found = list(mismatches(body, operation_model.output_shape))
            assert not found, found
        else:
            assert set(body) == {"__type", "message"} and all(body.values()), body
            assert headers["x-amzn-errortype"] == body["__type"], dict(headers)

    client.meta.events.register("before-parse.cloudtrail.*", check)
    return bodies
