"""Writes CloudTrail records at the call site: what boto3 is asked and what the simulator answers.

EC2 logs its calls in two shapes; which one depends on the age of the operation. `WRAPPED` holds the
operations of the newer shape; operations of which nobody knows the shape alternate.
"""

import datetime
import itertools
import json

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
        key, inner = LEGACY.get(name, (lower(name), None))
        if operation.endswith("NetworkAclEntry") and name == "Protocol":
            key = "aclProtocol"
        if member.type_name == "list":
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


class Recorder:
    """Calls a client and hands a record of every call to `sink`."""

    def __init__(self, client, region, sink):
        self.client, self.region, self.sink = client, region, sink
        self.number = itertools.count(1)
        self.clock = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)

    def call(self, name, **params):
        """Returns the answer, or nothing when the call failed; there is a record either way."""
        model = self.client.meta.service_model.operation_model(name)
        method = next(key for key, value in self.client.meta.method_to_api_mapping.items() if value == name)
        number = next(self.number)
        self.clock += datetime.timedelta(seconds=1)
        record = {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT, "userName": "someone"},
            "eventTime": self.clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "ec2.amazonaws.com",
            "eventName": name,
            "awsRegion": self.region,
            "eventID": f"e{number}",
            "readOnly": False,
            "recipientAccountId": ACCOUNT,
        }
        try:
            answer = getattr(self.client, method)(**params)
        except botocore.exceptions.ClientError as error:
            answer = None
            record["errorCode"] = "Client." + error.response["Error"]["Code"]
            record["errorMessage"] = error.response["Error"]["Message"]
        is_wrapped = name in WRAPPED or (name in UNKNOWN and number % 2 == 0)
        if is_wrapped:
            wrapper = ABBREVIATED.get(name, f"{name}Request")
            record["requestParameters"] = {wrapper: wrapped_request(model.input_shape, params)}
        else:
            record["requestParameters"] = legacy_request(model.input_shape, params, name)
        record["responseElements"] = None
        if answer is not None:
            answer.pop("ResponseMetadata", None)
            if is_wrapped:
                body = {"xmlns": "http://ec2.amazonaws.com/doc/2016-11-15/", "requestId": f"r{number}"}
                body.update(wrapped_answer(model.output_shape, answer))
                record["responseElements"] = {f"{name}Response": body}
            else:
                body = legacy_answer(model.output_shape, answer)
                record["responseElements"] = {"requestId": f"r{number}", "_return": True, **body}
        self.sink(json.dumps(record))
        return answer
