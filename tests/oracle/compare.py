"""Compares a replayed state with what the simulator describes.

What replay knows must be what the simulator says; what it calls unknown is counted, and is never wrong.
"""

import datetime
import re

from deviations import DEVIATIONS

# Calls that describe, the list in the answer, the type, and the member with the id.
DESCRIBED = [
    ("describe_vpcs", "Vpcs", "AWS::EC2::VPC", "VpcId"),
    ("describe_subnets", "Subnets", "AWS::EC2::Subnet", "SubnetId"),
    ("describe_route_tables", "RouteTables", "AWS::EC2::RouteTable", "RouteTableId"),
    ("describe_internet_gateways", "InternetGateways", "AWS::EC2::InternetGateway", "InternetGatewayId"),
    ("describe_egress_only_internet_gateways", "EgressOnlyInternetGateways",
     "AWS::EC2::EgressOnlyInternetGateway", "EgressOnlyInternetGatewayId"),
    ("describe_nat_gateways", "NatGateways", "AWS::EC2::NatGateway", "NatGatewayId"),
    ("describe_addresses", "Addresses", "AWS::EC2::EIP", "AllocationId"),
    ("describe_network_acls", "NetworkAcls", "AWS::EC2::NetworkAcl", "NetworkAclId"),
    ("describe_security_groups", "SecurityGroups", "AWS::EC2::SecurityGroup", "GroupId"),
    ("describe_network_interfaces", "NetworkInterfaces", "AWS::EC2::NetworkInterface", "NetworkInterfaceId"),
    ("describe_vpc_peering_connections", "VpcPeeringConnections", "AWS::EC2::VPCPeeringConnection",
     "VpcPeeringConnectionId"),
    ("describe_transit_gateways", "TransitGateways", "AWS::EC2::TransitGateway", "TransitGatewayId"),
    ("describe_transit_gateway_attachments", "TransitGatewayAttachments",
     "AWS::EC2::TransitGatewayAttachment", "TransitGatewayAttachmentId"),
    ("describe_transit_gateway_route_tables", "TransitGatewayRouteTables",
     "AWS::EC2::TransitGatewayRouteTable", "TransitGatewayRouteTableId"),
    ("describe_vpc_endpoints", "VpcEndpoints", "AWS::EC2::VPCEndpoint", "VpcEndpointId"),
    ("describe_vpn_gateways", "VpnGateways", "AWS::EC2::VPNGateway", "VpnGatewayId"),
    ("describe_customer_gateways", "CustomerGateways", "AWS::EC2::CustomerGateway", "CustomerGatewayId"),
    ("describe_dhcp_options", "DhcpOptions", "AWS::EC2::DHCPOptions", "DhcpOptionsId"),
    ("describe_flow_logs", "FlowLogs", "AWS::EC2::FlowLog", "FlowLogId"),
]

KEYS = {
    "Routes": ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "GatewayId"),
    "Associations": ("SubnetId", "GatewayId", "TransitGatewayAttachmentId"),
    "Tags": ("Key",), "TagSet": ("Key",), "Groups": ("GroupId",), "SecurityGroups": ("GroupId",),
    "IpRanges": ("CidrIp",), "Ipv6Ranges": ("CidrIpv6",), "PrefixListIds": ("PrefixListId",),
    "UserIdGroupPairs": ("GroupId",), "Attachments": ("VpcId",), "VpcAttachments": ("VpcId",),
    "PrivateIpAddresses": ("PrivateIpAddress",), "Ipv6Addresses": ("Ipv6Address",),
    "CidrBlockAssociationSet": ("CidrBlock",), "Ipv6CidrBlockAssociationSet": ("Ipv6CidrBlock",),
    "NatGatewayAddresses": ("AllocationId", "PrivateIp"), "NetworkInterfaces": ("NetworkInterfaceId",),
    "PropagatingVgws": ("GatewayId",), "SecurityGroupRules": ("SecurityGroupRuleId",),
    "DhcpConfigurations": ("Key",), "Propagations": ("TransitGatewayAttachmentId",),
}


def key_of(name, element):
    if isinstance(element, str):
        return element
    if name == "Entries" and "RuleNumber" in element:
        return f"{'egress' if element.get('Egress') else 'ingress'} {element['RuleNumber']}"
    if name == "Entries":
        return element.get("Cidr")
    if name in ("IpPermissions", "IpPermissionsEgress"):
        protocol = element.get("IpProtocol", "-1")
        if protocol == "-1":
            return "all"
        start, end = element.get("FromPort"), element.get("ToPort")
        if start is None or end is None:
            return protocol
        return f"{protocol} {start}" if start == end else f"{protocol} {start}-{end}"
    if name == "Associations" and element.get("Main"):
        return "main"
    if name == "Routes" and element.get("GatewayId", "").startswith("vpce-"):
        return element["GatewayId"]
    for key in KEYS.get(name, ()):
        if key in element:
            return element[key]
    return None


def plain(value):
    """Times as replay writes them."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def is_placeholder(value):
    return isinstance(value, str) and value.endswith(("/main-table", "/default-acl", "/default-group"))


def is_parted(association):
    states = [association.get(name, {}).get("State") for name in ("CidrBlockState", "Ipv6CidrBlockState")]
    return "disassociated" in states or association.get("State") == "detached"


# Members that other calls describe.
ELSEWHERE = {
    "AWS::EC2::VPC": ("EnableDnsSupport", "EnableDnsHostnames"),
    "AWS::EC2::SecurityGroup": ("SecurityGroupRules",),
    "AWS::EC2::TransitGatewayRouteTable": ("Routes", "Associations", "Propagations", "PrefixListReferences"),
    "AWS::EC2::NetworkInterface": ("AssociatePublicIpAddress",),
    "AWS::EC2::TransitGatewayAttachment": ("VpcId", "VpcOwnerId", "SubnetIds", "Options"),
}


class Comparison:
    """The differences of one state and one account's descriptions."""

    def __init__(self, state):
        self.state, self.errors, self.known, self.unknown = state, [], 0, 0
        self.deleted_subnets = set()

    def source(self, sources, path):
        while True:
            if path in sources:
                return sources[path]["from"]
            cut = max(path.rfind("."), path.rfind("["))
            path = path[:cut] if cut > 0 else ""
            if not path:
                return sources.get("", {"from": "unknown"})["from"]

    def is_deviation(self, kind, path):
        return any(kind == of and re.fullmatch(pattern, path) for of, pattern, _ in DEVIATIONS)

    def resource(self, kind, ident, theirs):
        found = self.state.get((kind, ident))
        if found is None:
            found = self.placeholder(kind, theirs)
        if found is None:
            return
        body, sources = found
        if kind == "AWS::EC2::NetworkInterface" and "Attachment" in theirs:
            # When it is attached the simulator adds the instance's groups to its own.
            theirs = {**theirs, "Groups": body.get("Groups")}
        if kind == "AWS::EC2::Instance":
            groups = {it["NetworkInterfaceId"]: it.get("Groups") for it in body.get("NetworkInterfaces", [])}
            theirs = {**theirs, "NetworkInterfaces": [
                {**it, "Groups": groups.get(it["NetworkInterfaceId"], it.get("Groups"))}
                for it in theirs.get("NetworkInterfaces", [])]}
        if "Associations" in theirs:
            # The associations of subnets that were deleted stay.
            theirs = {**theirs, "Associations": [
                it for it in theirs["Associations"] if it.get("SubnetId", "") not in self.deleted_subnets]}
        body = {name: value for name, value in body.items() if name not in ELSEWHERE.get(kind, ())}
        self.members(kind, ident, body, theirs, sources, "")

    def placeholder(self, kind, theirs):
        vpc = theirs.get("VpcId")
        if kind == "AWS::EC2::RouteTable" and any(it.get("Main") for it in theirs.get("Associations", [])):
            return self.state.get((kind, f"{vpc}/main-table"))
        if kind == "AWS::EC2::NetworkAcl" and theirs.get("IsDefault"):
            return self.state.get((kind, f"{vpc}/default-acl"))
        if kind == "AWS::EC2::SecurityGroup" and theirs.get("GroupName") == "default":
            return self.state.get((kind, f"{vpc}/default-group"))
        return None

    def members(self, kind, ident, ours, theirs, sources, path):
        for name in {**ours, **theirs}:
            at = f"{path}.{name}" if path else name
            if not self.is_deviation(kind, at):
                self.value(kind, ident, name, ours.get(name), theirs.get(name), sources, at)

    def value(self, kind, ident, name, ours, theirs, sources, path):
        if ours is None and self.source(sources, path) == "unknown":
            self.unknown += 1
            return
        if is_placeholder(ours):
            self.unknown += 1
            return
        if isinstance(ours, list) or isinstance(theirs, list):
            self.lists(kind, ident, name, ours or [], theirs or [], sources, path)
        elif isinstance(ours or {}, dict) and isinstance(theirs or {}, dict) and (ours or theirs):
            self.members(kind, ident, ours or {}, theirs or {}, sources, path)
        elif (ours or None) != (plain(theirs) or None):
            said = self.source(sources, path)
            self.errors.append(f"{kind} {ident} {path}: replayed {ours!r} ({said}), described {theirs!r}")
        else:
            self.known += 1

    def lists(self, kind, ident, name, ours, theirs, sources, path):
        # What was taken from a VPC is shown for a while.
        theirs = [one for one in theirs if not (isinstance(one, dict) and is_parted(one))]
        our, their = ({key_of(name, one): one for one in many} for many in (ours, theirs))
        if None in our or None in their:
            if str(ours) != str(plain(theirs)):
                self.errors.append(f"{kind} {ident} {path}: replayed {ours!r}, described {theirs!r}")
            return
        for key in {**our, **their}:
            at = f"{path}[{key}]"
            if self.is_deviation(kind, at):
                continue
            if is_placeholder(key):
                self.unknown += 1
            elif key not in our:
                if any(is_placeholder(one) for one in our):
                    self.unknown += 1
                elif self.source(sources, at) == "unknown" or self.is_open_below(sources, at):
                    self.unknown += 1
                else:
                    self.errors.append(f"{kind} {ident} {at}: not replayed, described {their[key]!r}")
            elif key not in their:
                self.errors.append(f"{kind} {ident} {at}: replayed {our[key]!r}, not described")
            elif isinstance(our[key], dict):
                self.members(kind, ident, our[key], their[key], sources, at)
            else:
                self.known += 1

    def is_open_below(self, sources, path):
        below = [one for one in sources if one.startswith(path)]
        return any(sources[one]["from"] == "unknown" for one in below)

    def gone(self, kind, ids, state_of):
        """What is replayed and not described, though it was not ended."""
        for (of, ident), (body, sources) in self.state.items():
            # What came with a VPC, and whose VPC nobody told, went with it: nobody told that either.
            is_open = sources.get("", {}).get("from") == "unknown" and "VpcId" not in body
            if of == kind and ident not in ids and not is_placeholder(ident) and not state_of(body) and not is_open:
                self.errors.append(f"{kind} {ident}: replayed, not described")


def is_ended(body):
    state = body.get("State")
    code = body.get("Status", {}).get("Code") if isinstance(body.get("Status"), dict) else None
    return state in ("deleted", "rejected") or code in ("deleted", "rejected")


def compare(client, state, known_before):
    """Compares everything that was made after the recorder began."""
    comparison = Comparison(state)
    for method, listed, kind, member in DESCRIBED:
        paginated = client.can_paginate(method)
        answer = getattr(client, method)() if not paginated else client.get_paginator(method).paginate().build_full_result()
        ids = set()
        left_out = simulator_forgets(client, kind)
        if kind == "AWS::EC2::RouteTable":
            subnets = {it["SubnetId"] for it in client.describe_subnets()["Subnets"]}
            acls = client.describe_network_acls()["NetworkAcls"]
            named = {one.get("SubnetId", "") for it in answer[listed] + acls for one in it["Associations"]}
            comparison.deleted_subnets = named - subnets - {""}
        for theirs in answer.get(listed, []):
            ids.add(theirs[member])
            if (kind, theirs[member]) not in known_before and theirs[member] not in left_out:
                comparison.resource(kind, theirs[member], theirs)
        comparison.gone(kind, ids, is_ended)
    instances = {}
    for reservation in client.describe_instances()["Reservations"]:
        for theirs in reservation["Instances"]:
            instances[theirs["InstanceId"]] = theirs
            if theirs["State"]["Name"] != "terminated":
                comparison.resource("AWS::EC2::Instance", theirs["InstanceId"], theirs)
            elif ("AWS::EC2::Instance", theirs["InstanceId"]) in state:
                comparison.errors.append(f"{theirs['InstanceId']}: replayed, terminated")
    elsewhere(client, state, known_before, comparison)
    return comparison


def elsewhere(client, state, known_before, comparison):
    """What takes a call for each resource."""
    for (kind, ident), (body, sources) in state.items():
        def only(theirs):
            ours = {name: body[name] for name in theirs if name in body}
            comparison.members(kind, ident, ours, theirs, sources, "")

        if is_placeholder(ident) or (kind, ident) in known_before:
            continue
        if kind == "AWS::EC2::PrefixList":
            entries = client.get_managed_prefix_list_entries(PrefixListId=ident)["Entries"]
            described = client.describe_managed_prefix_lists(PrefixListIds=[ident])["PrefixLists"]
            only({**described[0], "Entries": entries})
        if kind == "AWS::EC2::SecurityGroup":
            mine = [{"Name": "group-id", "Values": [ident]}]
            only({"SecurityGroupRules": client.describe_security_group_rules(Filters=mine)["SecurityGroupRules"]})
        if kind == "AWS::EC2::VPC":
            for name in ("EnableDnsSupport", "EnableDnsHostnames"):
                attribute = name[:1].lower() + name[1:]
                only({name: client.describe_vpc_attribute(VpcId=ident, Attribute=attribute)[name]})
        if kind == "AWS::EC2::TransitGatewayRouteTable":
            search = [{"Name": "type", "Values": ["static"]}]
            routes = client.search_transit_gateway_routes(TransitGatewayRouteTableId=ident, Filters=search)["Routes"]
            only({"Routes": routes})
        if kind == "AWS::EC2::TransitGatewayAttachment" and body.get("ResourceType") == "vpc":
            found = client.describe_transit_gateway_vpc_attachments(TransitGatewayAttachmentIds=[ident])
            for theirs in found["TransitGatewayVpcAttachments"]:
                only(theirs)


def simulator_forgets(client, kind):
    """Resources that the simulator does not change when what holds them ends."""
    if kind == "AWS::EC2::EIP":
        bound = {it["NetworkInterfaceId"] for it in client.describe_network_interfaces()["NetworkInterfaces"]}
        free = {it["AllocationId"] for it in client.describe_addresses()["Addresses"]
                if it.get("NetworkInterfaceId") not in bound or it["NetworkInterfaceId"] in simulator_forgets(
                    client, "AWS::EC2::NetworkInterface")}
        ended = [it for it in client.describe_nat_gateways()["NatGateways"] if it["State"] == "deleted"]
        free = {it for it in free if client.describe_addresses(AllocationIds=[it])["Addresses"][0].get("AssociationId")}
        return free | {one.get("AllocationId") for it in ended for one in it["NatGatewayAddresses"]}
    if kind == "AWS::EC2::NetworkInterface":
        reservations = client.describe_instances()["Reservations"]
        ended = {one["InstanceId"] for it in reservations for one in it["Instances"]
                 if one["State"]["Name"] == "terminated"}
        return {it["NetworkInterfaceId"] for it in client.describe_network_interfaces()["NetworkInterfaces"]
                if it.get("Attachment", {}).get("InstanceId") in ended}
    return set()
