"""Writes CloudTrail records at the call site: what boto3 is asked and what the simulator answers.

EC2 logs its calls in two shapes; which one depends on the age of the operation. `WRAPPED` holds the
operations of the newer shape; operations of which nobody knows the shape alternate.
"""

import datetime
import itertools
import json
import urllib.parse

import botocore.exceptions

ACCOUNT = "123456789012"

WRAPPED = """
CreateEgressOnlyInternetGateway DeleteEgressOnlyInternetGateway CreateNatGateway DeleteNatGateway
ModifySecurityGroupRules CreateTransitGateway ModifyTransitGateway DeleteTransitGateway
CreateTransitGatewayVpcAttachment ModifyTransitGatewayVpcAttachment DeleteTransitGatewayVpcAttachment
CreateTransitGatewayPeeringAttachment AcceptTransitGatewayPeeringAttachment
DeleteTransitGatewayPeeringAttachment CreateTransitGatewayRouteTable DeleteTransitGatewayRouteTable
AssociateTransitGatewayRouteTable DisassociateTransitGatewayRouteTable
EnableTransitGatewayRouteTablePropagation DisableTransitGatewayRouteTablePropagation
CreateTransitGatewayRoute DeleteTransitGatewayRoute CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints
CreateManagedPrefixList ModifyManagedPrefixList DeleteManagedPrefixList CreateFlowLogs DeleteFlowLogs
""".split()
UNKNOWN = """
AssociateVpcCidrBlock DisassociateVpcCidrBlock AssociateSubnetCidrBlock DisassociateSubnetCidrBlock
ModifyVpcPeeringConnectionOptions
""".split()
ABBREVIATED = {"DeleteTransitGatewayVpcAttachment": "DelTGwVpcAttachReq"}

# Members of legacy requests whose names no model tells.
LEGACY = {
    "InstanceIds": ("instancesSet", "instanceId"),
    "Resources": ("resourcesSet", "resourceId"),
    "Groups": ("groupSet", "groupId"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "SecurityGroupRuleIds": ("securityGroupRuleIds", "securityGroupRuleId"),
    "Tags": ("tagSet", None),
    "TagSpecifications": ("tagSpecificationSet", None),
    "PrivateIpAddresses": ("privateIpAddressesSet", "privateIpAddress"),
    "NetworkInterfaces": ("networkInterfaceSet", None),
    "DhcpConfigurations": ("dhcpConfigurationSet", None),
    "Values": ("valueSet", "value"),
    "UserIdGroupPairs": ("groups", None),
}


def lower(name):
    return name[:1].lower() + name[1:]


def plain(value):
    """Values as JSON has them: times in milliseconds."""
    if isinstance(value, datetime.datetime):
        return int(value.timestamp() * 1000)
    return value


def legacy_request(shape, params, operation=""):
    out = {}
    for name, value in params.items():
        member = shape.members[name]
        wire = name if member.type_name == "list" else member.serialization.get("name", name)
        key, inner = LEGACY.get(name, (lower(wire), None))
        if operation.endswith("NetworkAclEntry") and name == "Protocol":
            key = "aclProtocol"
        if shape.name == "TagSpecification" and name == "Tags":
            # As real records have it, unlike all other lists.
            out["tags"] = [legacy_request(member.member, one) for one in value]
        elif member.type_name == "list":
            element = member.member
            if element.type_name == "structure":
                items = [legacy_request(element, one) for one in value]
            else:
                items = [{inner or lower(name): one} for one in value]
            out[key] = {"items": items} if items else {}
        elif member.type_name == "structure":
            out[key] = legacy_request(member, value)
        else:
            out[key] = plain(value)
    if operation == "RunInstances":
        moved = {name: out.pop(name) for name in ("imageId", "minCount", "maxCount") if name in out}
        out["instancesSet"] = {"items": [moved]}
    if operation in ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"):
        out.setdefault("ipPermissions", {})
    if operation.endswith("NetworkAclEntry"):
        out.setdefault("portRange", {})
        out.setdefault("icmpTypeCode", {})
    return out


def legacy_answer(shape, answer):
    out = {}
    for name, member in (shape.members if shape else {}).items():
        if name not in answer:
            continue
        key = member.serialization.get("name", lower(name))
        value = answer[name]
        if member.type_name == "list":
            element = member.member
            deep = element.type_name == "structure"
            items = [legacy_answer(element, one) if deep else plain(one) for one in value]
            out[key] = {"items": items} if items else {}
        elif member.type_name == "structure":
            out[key] = legacy_answer(member, value)
        else:
            out[key] = plain(value)
    return out


def wrapped_request(shape, params):
    out = {}
    for name, value in params.items():
        member = shape.members[name]
        key = member.serialization.get("name", name)
        key = key[:1].upper() + key[1:]
        if member.type_name == "list":
            element = member.member
            items = []
            for place, one in enumerate(value, 1):
                if element.type_name == "structure":
                    items.append({**wrapped_request(element, one), "tag": place})
                else:
                    items.append({"tag": place, "content": retyped(one)})
            out[key] = items[0] if len(items) == 1 else items
        elif member.type_name == "structure":
            out[key] = wrapped_request(member, value)
        else:
            out[key] = retyped(plain(value))
    return out


def wrapped_answer(shape, answer):
    out = {}
    for name, member in (shape.members if shape else {}).items():
        if name not in answer:
            continue
        key = member.serialization.get("name", lower(name))
        value = answer[name]
        if member.type_name == "list":
            deep = member.member.type_name == "structure"
            items = [wrapped_answer(member.member, one) if deep else retyped(plain(one)) for one in value]
            out[key] = {"item": items[0] if len(items) == 1 else items} if items else ""
        elif member.type_name == "structure":
            out[key] = wrapped_answer(member, value)
        else:
            out[key] = retyped(plain(value))
    return out


def retyped(value):
    """The wrapped shape writes texts that look like other things as those."""
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value


# Names of events where they are not those of operations.
RENAMED = {
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "PutBucketLifecycleConfiguration"): "PutBucketLifecycle",
    ("s3", "PutBucketNotificationConfiguration"): "PutBucketNotification",
    ("lambda", "AddPermission"): "AddPermission20150331v2",
    ("lambda", "CreateEventSourceMapping"): "CreateEventSourceMapping20150331",
    ("lambda", "CreateFunction"): "CreateFunction20150331",
    ("lambda", "DeleteEventSourceMapping"): "DeleteEventSourceMapping20150331",
    ("lambda", "PutFunctionConcurrency"): "PutFunctionConcurrency20171031",
    ("lambda", "RemovePermission"): "RemovePermission20150331v2",
    ("lambda", "UpdateAlias"): "UpdateAlias20150331",
    ("lambda", "UpdateEventSourceMapping"): "UpdateEventSourceMapping20150331",
    ("lambda", "UpdateFunctionCode"): "UpdateFunctionCode20150331v2",
    ("lambda", "UpdateFunctionConfiguration"): "UpdateFunctionConfiguration20150331v2",
}
# What CloudTrail takes out of requests and answers.
HIDDEN = {
    "ssm": {"Value"},
    "lambda": {"Environment", "ZipFile"},
    "rds": {"MasterUserPassword"},
    "iam": {"SecretAccessKey"},
    "secretsmanager": {"SecretString", "SecretBinary"},
}


def recorded(service, shape, value):
    """Parameters of a service that is not EC2: members in lower case, S3's as its XML has them."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        out = {}
        for name, one in value.items():
            if name not in shape.members:
                continue
            key = lower(name)
            if service == "s3":
                key = {"Bucket": "bucketName", "Policy": "bucketPolicy"}.get(name, name)
            if name in HIDDEN.get(service, ()):
                out[key] = "HIDDEN_DUE_TO_SECURITY_REASONS"
            elif service == "s3" and name == "Policy":
                out[key] = json.loads(one)
            else:
                out[key] = recorded(service, shape.members[name], one)
        return out
    if shape.type_name == "list":
        return [recorded(service, shape.member, one) for one in value]
    if shape.type_name == "map":
        return {name: recorded(service, shape.value, one) for name, one in value.items()}
    if isinstance(value, datetime.datetime):
        return value.strftime("%b %-d, %Y, %-I:%M:%S %p")
    if isinstance(value, (dict, list)):  # botocore reads IAM's policies
        return urllib.parse.quote(json.dumps(value))
    if isinstance(value, bytes):
        return "HIDDEN_DUE_TO_SECURITY_REASONS"
    if hasattr(value, "read"):
        return None
    return value


class Clock:
    """Numbers and times of records; those of one account share it."""

    def __init__(self):
        self.number = itertools.count(1)
        self.time = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)

    def tick(self):
        self.time += datetime.timedelta(seconds=1)
        return next(self.number), self.time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Recorder:
    """Calls a client and hands a record of every call to `sink`."""

    def __init__(self, client, region, sink, clock=None):
        self.client, self.region, self.sink = client, region, sink
        self.clock = clock or Clock()
        self.model = client.meta.service_model
        self.service = self.model.service_name

    def call(self, name, /, **params):
        """Returns the answer, or nothing when the call failed; there is a record either way."""
        model = self.model.operation_model(name)
        method = next(key for key, value in self.client.meta.method_to_api_mapping.items() if value == name)
        number, time = self.clock.tick()
        prefix = self.model.endpoint_prefix.removeprefix("api.")
        record = {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT, "userName": "someone"},
            "eventTime": time,
            "eventSource": f"{prefix}.amazonaws.com",
            "eventName": RENAMED.get((self.service, name), name),
            "awsRegion": self.region,
            "eventID": f"e{number}",
            "readOnly": False,
            "recipientAccountId": ACCOUNT,
        }
        try:
            answer = getattr(self.client, method)(**params)
        except botocore.exceptions.ClientError as error:
            answer = None
            code = error.response["Error"]["Code"]
            record["errorCode"] = f"Client.{code}" if self.service == "ec2" else code
            record["errorMessage"] = error.response["Error"]["Message"]
        if answer is not None:
            answer.pop("ResponseMetadata", None)
        if self.service == "ec2":
            self.ec2(record, model, params, answer, number)
        else:
            record["requestParameters"] = recorded(self.service, model.input_shape, params)
            record["responseElements"] = recorded(self.service, model.output_shape, answer) or None
        self.sink(json.dumps(record))
        return answer

    def ec2(self, record, model, params, answer, number):
        """Adds parameters in one of EC2's two shapes."""
        name = record["eventName"]
        is_wrapped = name in WRAPPED or (name in UNKNOWN and number % 2 == 0)
        if is_wrapped:
            wrapper = ABBREVIATED.get(name, f"{name}Request")
            record["requestParameters"] = {wrapper: wrapped_request(model.input_shape, params)}
        else:
            record["requestParameters"] = legacy_request(model.input_shape, params, name)
        record["responseElements"] = None
        if answer is not None:
            if is_wrapped:
                body = {"xmlns": "http://ec2.amazonaws.com/doc/2016-11-15/", "requestId": f"r{number}"}
                body.update(wrapped_answer(model.output_shape, answer))
                record["responseElements"] = {f"{name}Response": body}
            else:
                body = legacy_answer(model.output_shape, answer)
                record["responseElements"] = {"requestId": f"r{number}", "_return": True, **body}
