#!/usr/bin/env python3
"""Writes records of network changes: changes.py VPCS CHANGES_PER_VPC > records.json

One account and Region. Each VPC has a subnet, a route table, an internet gateway, a security group and an
instance; then its routes, rules and tags change, one change a second, VPC after VPC in turn.
"""

import json
import sys
from datetime import UTC, datetime, timedelta

ACCOUNT = "123456789012"
START = datetime(2026, 1, 1, tzinfo=UTC)


def record(number, name, request, answer):
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "accountId": ACCOUNT, "userName": f"user-{number % 50}",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/user-{number % 50}", "accessKeyId": f"AKIA{number % 50:016}",
        },
        "eventTime": (START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "ec2.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.10", "userAgent": "bench", "requestParameters": request,
        "responseElements": answer, "requestID": f"r-{number}", "eventID": f"{number:032x}",
        "readOnly": False, "eventType": "AwsApiCall", "managementEvent": True,
        "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    }


def build(vpc):
    """The calls that make VPC number `vpc`."""
    cidr = f"10.{vpc % 256}.0.0/16"
    v, s, t, g, sg = f"vpc-{vpc:05}", f"subnet-{vpc:05}", f"rtb-{vpc:05}", f"igw-{vpc:05}", f"sg-{vpc:05}"
    yield "CreateVpc", {"cidrBlock": cidr}, {"vpc": {"vpcId": v, "cidrBlock": cidr, "state": "available"}}
    yield "CreateSubnet", {"vpcId": v, "cidrBlock": f"10.{vpc % 256}.1.0/24"}, {
        "subnet": {"subnetId": s, "vpcId": v, "cidrBlock": f"10.{vpc % 256}.1.0/24", "availabilityZone": "us-east-1a"}}
    yield "CreateInternetGateway", {}, {"internetGateway": {"internetGatewayId": g}}
    yield "AttachInternetGateway", {"internetGatewayId": g, "vpcId": v}, {"_return": True}
    yield "CreateRouteTable", {"vpcId": v}, {"routeTable": {"routeTableId": t, "vpcId": v, "routeSet": {"items": [
        {"destinationCidrBlock": cidr, "gatewayId": "local", "state": "active", "origin": "CreateRouteTable"}]}}}
    yield "AssociateRouteTable", {"routeTableId": t, "subnetId": s}, {"associationId": f"rtbassoc-{vpc:05}"}
    yield "CreateRoute", {"routeTableId": t, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": g}, {"_return": True}
    yield "CreateSecurityGroup", {"groupName": "app", "groupDescription": "app", "vpcId": v}, {"groupId": sg, "_return": True}
    interface = {"networkInterfaceId": f"eni-{vpc:05}", "subnetId": s, "vpcId": v, "status": "in-use",
                 "privateIpAddress": f"10.{vpc % 256}.1.5", "sourceDestCheck": True, "groupSet": {"items": [{"groupId": sg}]},
                 "privateIpAddressesSet": {"item": [{"privateIpAddress": f"10.{vpc % 256}.1.5", "primary": True,
                                                     "association": {"publicIp": f"198.51.{vpc // 256}.{vpc % 256}", "ipOwnerId": "amazon"}}]},
                 "association": {"publicIp": f"198.51.{vpc // 256}.{vpc % 256}", "ipOwnerId": "amazon"}}
    yield "RunInstances", {"instancesSet": {"items": [{"imageId": "ami-1", "minCount": 1, "maxCount": 1}]},
                           "networkInterfaceSet": {"items": [{"deviceIndex": 0, "subnetId": s, "associatePublicIpAddress": True,
                                                              "groupSet": {"items": [{"groupId": sg}]}}]}}, {
        "instancesSet": {"items": [{"instanceId": f"i-{vpc:05}", "subnetId": s, "vpcId": v,
                                    "privateIpAddress": f"10.{vpc % 256}.1.5", "instanceState": {"code": 16, "name": "running"},
                                    "groupSet": {"items": [{"groupId": sg}]}, "networkInterfaceSet": {"items": [interface]}}]}}


def change(vpc, number):
    """Change `number` of VPC number `vpc`: a rule, a tag, a route elsewhere; seldom the default route."""
    t, sg = f"rtb-{vpc:05}", f"sg-{vpc:05}"
    port = 1000 + number // 4 % 500
    rule = {"groupId": sg, "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": port, "toPort": port,
                                                        "ipRanges": {"items": [{"cidrIp": "192.0.2.0/24"}]}}]}}
    if number % 400 == 200:
        return "DeleteRoute", {"routeTableId": t, "destinationCidrBlock": "0.0.0.0/0"}, {"_return": True}
    if number % 400 == 204:
        return "CreateRoute", {"routeTableId": t, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": f"igw-{vpc:05}"}, {"_return": True}
    match number % 4:
        case 0:
            return "AuthorizeSecurityGroupIngress", rule, {"_return": True}
        case 1:
            return "RevokeSecurityGroupIngress", rule, {"_return": True}
        case 2:
            return "CreateTags", {"resourcesSet": {"items": [{"resourceId": t}]},
                                  "tagSet": {"items": [{"key": "n", "value": str(number)}]}}, {"_return": True}
        case _:
            request = {"routeTableId": t, "destinationCidrBlock": f"172.16.{number // 4 % 40}.0/24", "gatewayId": f"igw-{vpc:05}"}
            return ("CreateRoute" if number // 160 % 2 == 0 else "ReplaceRoute"), request, {"_return": True}


def main():
    vpcs, per_vpc = int(sys.argv[1]), int(sys.argv[2])
    number = 0
    print('{"Records":[', end="")
    calls = [call for vpc in range(vpcs) for call in build(vpc)]
    calls += [change(vpc, place) for place in range(per_vpc) for vpc in range(vpcs)]
    for name, request, answer in calls:
        print(("," if number else "") + json.dumps(record(number, name, request, answer), separators=(",", ":")))
        number += 1
    print("]}")


main()
