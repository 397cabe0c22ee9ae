"""Makes the calls of the example's network against the simulator, and writes down what was asked and answered.

    python example_calls.py > ../../xtask/src/example/calls.json

Ids, addresses and times, which differ from run to run, stand as `${kind:name}`: `cargo xtask example` puts
those of its story there, with who called, from where and when. What the simulator tells and EC2 does not is
taken out (see `UNTOLD`).
"""

import json
import re
import sys
import urllib.request

import boto3

import recorder
from recorder import Recorder

REGION = "us-east-1"
# EC2 answers CreateNatGateway before the gateway has an interface or addresses.
UNTOLD = ("networkInterfaceId", "privateIp", "publicIp", "associationId")


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, {"Key": "env", "Value": "prod"}]}]


class Story:
    """The calls, scene by scene, with names of ours for what differs from run to run."""

    def __init__(self, client):
        self.records, self.names, self.scenes = [], {}, {}
        self.recorder = Recorder(client, REGION, lambda line: self.records.append(json.loads(line)))

    def call(self, scene, name, made=(), **params):
        """Makes a call; `made` says, for paths into the answer, what we call the id that is there."""
        answer = self.recorder.call(name, **params)
        assert answer is not None, self.records[-1]
        for path, own in made:
            value = answer
            for step in path.split("."):
                value = value[int(step)] if step.isdigit() else value[step]
            self.names[value] = "${" + own + "}"
        self.scenes.setdefault(scene, []).append(self.written(name, self.records.pop()))
        return answer

    def written(self, name, record):
        request, response = record["requestParameters"], record["responseElements"]
        is_wrapped = name in recorder.WRAPPED
        if is_wrapped:
            request, response = request[f"{name}Request"], response[f"{name}Response"]
            response.pop("xmlns")
        response.pop("requestId", None)
        if name == "CreateNatGateway":
            address = response["natGateway"]["natGatewayAddressSet"]["item"]
            for member in UNTOLD:
                address.pop(member, None)
            response["natGateway"]["state"] = "pending"
        if name == "RunInstances":
            for instance in response["instancesSet"]["items"]:
                # A started instance has no volumes yet, and its profile goes by the profile's own id.
                instance["blockDeviceMapping"] = {}
                instance["iamInstanceProfile"]["id"] = "${profile:shop-app}"
        return {"name": name, "is_wrapped": is_wrapped, "request": self.named(request), "response": self.named(response)}

    def named(self, value, member=""):
        if isinstance(value, dict):
            return {key: self.named(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self.named(one, member) for one in value]
        if member in ("launchTime", "attachTime", "createTime", "usageOperationUpdateTime"):
            return "${time:}"
        if member == "dhcpOptionsId":
            return "${dopt:default}"
        if member == "macAddress":
            return "${mac:}"
        if isinstance(value, str):
            for found, own in sorted(self.names.items(), key=lambda it: -len(it[0])):
                value = re.sub(rf"(?<![\w.-]){re.escape(found)}(?![\w-])", lambda _, own=own: own, value)
        return value


def network(story, name, prefix):
    scene = f"{name}-network"
    vpc = story.call(
        scene, "CreateVpc", [("Vpc.VpcId", f"vpc:{name}"), ("Vpc.CidrBlockAssociationSet.0.AssociationId", f"vpc-cidr-assoc:{name}")],
        CidrBlock=f"{prefix}.0.0/16", InstanceTenancy="default", AmazonProvidedIpv6CidrBlock=False,
        TagSpecifications=tags("vpc", name))["Vpc"]["VpcId"]
    story.call(scene, "ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = {}
    for tier, zone, octet in [("public", "a", 0), ("public", "b", 1), ("private", "a", 10), ("private", "b", 11)]:
        subnet = story.call(
            scene, "CreateSubnet", [("Subnet.SubnetId", f"subnet:{name}/{tier}-{zone}")], VpcId=vpc,
            CidrBlock=f"{prefix}.{octet}.0/24", AvailabilityZone=f"{REGION}{zone}",
            TagSpecifications=tags("subnet", f"{tier}-{zone}"))["Subnet"]["SubnetId"]
        subnets[tier, zone] = subnet
        if tier == "public":
            story.call(scene, "ModifySubnetAttribute", SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    gateway = story.call(scene, "CreateInternetGateway", [("InternetGateway.InternetGatewayId", f"igw:{name}")],
                         TagSpecifications=tags("internet-gateway", name))["InternetGateway"]["InternetGatewayId"]
    story.call(scene, "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    address = story.call(scene, "AllocateAddress", [("AllocationId", f"eipalloc:{name}"), ("PublicIp", f"address:{name}")],
                         Domain="vpc", TagSpecifications=tags("elastic-ip", name))["AllocationId"]
    story.names["the token"] = "${token:" + name + "}"
    nat = story.call(scene, "CreateNatGateway", [("NatGateway.NatGatewayId", f"nat:{name}")], ConnectivityType="public",
                     AllocationId=address, SubnetId=subnets["public", "a"], ClientToken="the token",
                     TagSpecifications=tags("natgateway", name))["NatGateway"]["NatGatewayId"]
    tables = {}
    for tier in ("public", "private"):
        table = story.call(scene, "CreateRouteTable", [("RouteTable.RouteTableId", f"rtb:{name}-{tier}")], VpcId=vpc,
                           TagSpecifications=tags("route-table", f"{name}-{tier}"))["RouteTable"]["RouteTableId"]
        tables[tier] = table
        for zone in ("a", "b"):
            story.call(scene, "AssociateRouteTable", [("AssociationId", f"rtbassoc:{name}/{tier}-{zone}")],
                       RouteTableId=table, SubnetId=subnets[tier, zone])
    return vpc, subnets, gateway, nat, tables


def route(story, scene, name, table, **target):
    story.call(scene, name, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)


def instance(story, scene, subnet, zone, group, own, address):
    story.names["the token"] = "${token:" + own + "}"
    return story.call(
        scene, "RunInstances",
        [("ReservationId", f"r:{own}"), ("Instances.0.InstanceId", f"i:{own}"),
         ("Instances.0.PrivateIpAddress", f"ip:{address}"), ("Instances.0.PrivateDnsName", f"dns:{address}"),
         ("Instances.0.NetworkInterfaces.0.NetworkInterfaceId", f"eni:{own}"),
         ("Instances.0.NetworkInterfaces.0.Attachment.AttachmentId", f"eni-attach:{own}")],
        ImageId=story.image, MinCount=1, MaxCount=1, InstanceType="m7g.large", Monitoring={"Enabled": False},
        ClientToken="the token", EbsOptimized=True, IamInstanceProfile={"Name": "shop-app"},
        NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": False, "Groups": [group]}],
        TagSpecifications=tags("instance", f"shop-app-{zone}"))["Instances"][0]["InstanceId"]


def tell(endpoint):
    """Makes every call of the story; returns the scenes."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).read()
    access = {"region_name": REGION, "endpoint_url": endpoint, "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    iam = boto3.client("iam", **access)
    iam.create_instance_profile(InstanceProfileName="shop-app")
    client = boto3.client("ec2", **access)
    story = Story(client)
    story.image = client.describe_images(Filters=[{"Name": "name", "Values": ["amzn2-ami-hvm-*"]}])["Images"][0]["ImageId"]
    story.names[story.image] = "${ami:shop-2026-09}"
    vpc, subnets, gateway, nat, tables = network(story, "shop", "10.0")
    route(story, "shop-routes", "CreateRoute", tables["public"], GatewayId=gateway)
    route(story, "shop-routes", "CreateRoute", tables["private"], NatGatewayId=nat)
    groups = {}
    for name, description in [("app", "Application"), ("database", "Database")]:
        groups[name] = story.call(
            "shop-groups", "CreateSecurityGroup", [("GroupId", f"sg:shop-{name}")], GroupName=f"shop-{name}",
            Description=description, VpcId=vpc, TagSpecifications=tags("security-group", f"shop-{name}"))["GroupId"]
    story.call("shop-groups", "AuthorizeSecurityGroupIngress",
               [("SecurityGroupRules.0.SecurityGroupRuleId", "sgr:database-from-app")], GroupId=groups["database"],
               IpPermissions=[{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [
                   {"UserId": recorder.ACCOUNT, "GroupId": groups["app"]}]}])
    first = instance(story, "shop-instances", subnets["private", "a"], "a", groups["app"], "shop-app-a", "10.0.10.21")
    instance(story, "shop-instances", subnets["private", "b"], "b", groups["app"], "shop-app-b", "10.0.11.34")
    _, _, lab_gateway, lab_nat, lab_tables = network(story, "lab", "10.20")
    route(story, "lab-create", "CreateRoute", lab_tables["private"], NatGatewayId=lab_nat)
    route(story, "same-target", "ReplaceRoute", tables["private"], NatGatewayId=nat)
    route(story, "lab-replace", "ReplaceRoute", lab_tables["private"], GatewayId=lab_gateway)
    route(story, "fatal", "ReplaceRoute", tables["private"], GatewayId=gateway)
    story.call("replacement-end", "TerminateInstances", InstanceIds=[first])
    instance(story, "replacement-start", subnets["private", "a"], "a", groups["app"], "shop-app-a2", "10.0.10.77")
    return story.scenes


def text(scenes):
    return json.dumps(scenes, indent=1, ensure_ascii=False) + "\n"


def main():
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    from moto.server import ThreadedMotoServer
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        sys.stdout.write(text(tell(f"http://{host}:{port}")))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
