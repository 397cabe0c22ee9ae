"""A simulated account whose every change is recorded, and what it looks like."""

import datetime
import json
import pathlib
import re
import sys
import urllib.request

import boto3
from botocore.config import Config

sys.path.append(str(pathlib.Path(__file__).parent / "../oracle"))

from recorder import ACCOUNT, RENAMED, Clock, Recorder  # noqa: E402

REGION = "us-east-1"

# A service's calls that show all of it: the method, its list, and what it is called with.
SHOWN = {
    "ec2": [
        ("describe_vpcs", "Vpcs"), ("describe_subnets", "Subnets"), ("describe_route_tables", "RouteTables"),
        ("describe_internet_gateways", "InternetGateways"), ("describe_addresses", "Addresses"),
        ("describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"),
        ("describe_nat_gateways", "NatGateways"), ("describe_network_acls", "NetworkAcls"),
        ("describe_security_groups", "SecurityGroups"), ("describe_security_group_rules", "SecurityGroupRules"),
        ("describe_network_interfaces", "NetworkInterfaces"), ("describe_instances", "Reservations"),
        ("describe_vpc_peering_connections", "VpcPeeringConnections"),
        ("describe_transit_gateways", "TransitGateways"),
        ("describe_transit_gateway_attachments", "TransitGatewayAttachments"),
        ("describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments"),
        ("describe_transit_gateway_peering_attachments", "TransitGatewayPeeringAttachments"),
        ("describe_transit_gateway_route_tables", "TransitGatewayRouteTables"),
        ("describe_vpc_endpoints", "VpcEndpoints"), ("describe_managed_prefix_lists", "PrefixLists"),
        ("describe_vpc_endpoint_service_configurations", "ServiceConfigurations"),
        ("describe_vpn_gateways", "VpnGateways"), ("describe_customer_gateways", "CustomerGateways"),
        ("describe_vpn_connections", "VpnConnections"), ("describe_dhcp_options", "DhcpOptions"),
        ("describe_flow_logs", "FlowLogs"), ("describe_launch_templates", "LaunchTemplates"),
    ],
    "iam": [("get_account_authorization_details", None), ("list_instance_profiles", "InstanceProfiles")],
    "elbv2": [("describe_load_balancers", "LoadBalancers"), ("describe_target_groups", "TargetGroups")],
    "kms": [("list_aliases", "Aliases")],
    "autoscaling": [("describe_auto_scaling_groups", "AutoScalingGroups")],
    "rds": [("describe_db_instances", "DBInstances"), ("describe_db_clusters", "DBClusters"),
            ("describe_db_subnet_groups", "DBSubnetGroups")],
    "lambda": [("list_functions", "Functions"), ("list_event_source_mappings", "EventSourceMappings")],
    "secretsmanager": [("list_secrets", "SecretList")],
    "ssm": [("describe_parameters", "Parameters")],
    "events": [("list_rules", "Rules")],
    "cloudwatch": [("describe_alarms", "MetricAlarms")],
    "cloudtrail": [("describe_trails", "trailList")],
    "config": [("describe_configuration_recorder_status", "ConfigurationRecordersStatus")],
    "elasticache": [("describe_replication_groups", "ReplicationGroups")],
    "acm": [("list_certificates", "CertificateSummaryList")],
    "route53resolver": [("list_resolver_rule_associations", "ResolverRuleAssociations")],
    "cloudfront": [("list_distributions", None)],
    "sns": [("list_topics", "Topics"), ("list_subscriptions", "Subscriptions")],
    "sqs": [("list_queues", "QueueUrls")],
    "efs": [("describe_file_systems", "FileSystems")],
    "organizations": [("list_roots", "Roots")],
}
# What has ended is shown for a while.
ENDED = {"deleted", "deleting", "terminated", "rejected", "detached", "disassociated"}
# Members that tell when, or how often something was changed.
MOVING = {
    "ResponseMetadata", "RevisionId", "ETag", "Version", "VersionId", "LastModified", "LastModifiedDate", "CallerReference",
    "LaunchTime", "CreateTime", "AttachTime", "Date", "StateTransitionReason", "StateReason", "UsageOperationUpdateTime",
    "UniqueId", "RoleId", "PolicyId", "UserId", "GroupPolicyId", "LastUpdatedDate", "LockToken", "AmiLaunchIndex",
    # New with each interface; counted up by moto; shorter than other ids.
    "MacAddress", "LoadBalancerArns", "GrantId", "NumberOfDecreasesToday", "LastDecreaseDateTime",
    "SecretVersionsToStages", "ResponseTime", "requestId", "NextToken", "ChangeInfo", "LastAccessedDate", "LastChangedDate", "LastRotatedDate",
}
ID = re.compile(r"\b[a-z][a-z0-9-]*-(?:[0-9a-f]{17}|[0-9a-f]{8})\b")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|\b[0-9a-f]{16}\b")


CLOUDFRONT = re.compile(r"\b[A-Z0-9]{13,14}\b|\b[a-z0-9]{12,14}(?=\.cloudfront\.net)")


class World:
    """An account of the simulator, from nothing."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).read()
        self.records, self.clock, self.clients, self.recorders = [], Clock(), {}, {}
        # What a kind wants to be looked at besides the lists: functions without arguments.
        self.looks = []

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = boto3.session.Session().client(
                service, region_name=REGION, endpoint_url=self.endpoint, aws_access_key_id="a",
                aws_secret_access_key="b", config=Config(retries={"max_attempts": 0}),
            )
        return self.clients[service]

    def call(self, service, name, /, **params):
        """Calls and records; a call that fails is a mistake of the test."""
        if service not in self.recorders:
            client = self.client(service)
            self.recorders[service] = Recorder(client, REGION, self.records.append, self.clock)
        answer = self.recorders[service].call(name, **params)
        record = json.loads(self.records[-1])
        assert "errorCode" not in record, f"{name}: {record['errorCode']}: {record['errorMessage']}"
        return answer

    def ec2(self, name, /, **params):
        return self.call("ec2", name, **params)

    def iam(self, name, /, **params):
        return self.call("iam", name, **params)

    def s3(self, name, **params):
        return self.call("s3", name, **params)

    def last_event_id(self):
        return json.loads(self.records[-1])["eventID"]

    def look(self, service, method, /, **params):
        """Has one more answer in the snapshots; a refusal is an answer, too."""

        def ask():
            client = self.client(service)
            try:
                return getattr(client, method)(**params)
            except client.exceptions.ClientError as error:
                return error.response["Error"]["Code"]

        self.looks.append((f"{service}.{method} {params}", ask))

    def snapshot(self):
        """All that the used services describe, without times."""
        shown = {}
        for service in sorted(self.clients):
            for method, listed in SHOWN.get(service, []):
                client = self.client(service)
                pages = client.get_paginator(method).paginate() if client.can_paginate(method) else [getattr(client, method)()]
                found = []
                for page in pages:
                    page.pop("ResponseMetadata", None)
                    found += page.get(listed, []) if listed else [page]
                shown[f"{service}.{method}"] = found
        for name, ask in self.looks:
            shown[name] = ask()
        return plain(shown)


def plain(value):
    """A value without times, counters and what has ended."""
    if isinstance(value, dict):
        return {
            name: plain(one) for name, one in value.items()
            if name not in MOVING and not isinstance(one, datetime.datetime)
        }
    if isinstance(value, list):
        kept = [plain(one) for one in value if not has_ended(one)]
        return [one for one in kept if not isinstance(one, dict) or not is_hollow(one)]
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return plain(json.loads(value))
        except ValueError:
            return value
    if hasattr(value, "read"):
        return value.read().decode()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def has_ended(one):
    if not isinstance(one, dict):
        return False
    states = [one.get("State"), one.get("Status"), one.get("status"), one.get("CidrBlockState"), one.get("Ipv6CidrBlockState"),
              one.get("Instances") and one["Instances"][0].get("State")]
    codes = [state.get("Code") or state.get("Name") if isinstance(state, dict) else state for state in states]
    codes += [state.get("State") or state.get("Name") for state in states if isinstance(state, dict)]
    return any(isinstance(code, str) and code.lower() in ENDED | {"inactive"} for code in codes)


def is_hollow(one):
    return bool(one) and all(inner == [] for inner in one.values())


def names(value):
    """The ids in a value."""
    text = json.dumps(value)
    return set(ID.findall(text)) | set(UUID.findall(text)) | set(CLOUDFRONT.findall(text))


def canonical(value, new):
    """A value with its lists in order and without the ids that are new."""
    if isinstance(value, dict):
        return {without(name, new): canonical(one, new) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return sorted((canonical(one, new) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, str):
        return without(value, new)
    return value


def without(text, new):
    for known in new:
        if known in text:
            text = text.replace(known, re.sub(r"[0-9a-f]{8,}.*$", "*", known) if "-" in known else "*")
    return text


def differences(before, after, path=""):
    """Where two canonical values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from differences(before.get(name), after.get(name), f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after)):
            yield from differences(one, other, f"{path}[{place}]")
    elif before != after:
        yield f"{path}: {json.dumps(before)[:300]} became {json.dumps(after)[:300]}"


def compare(before, after):
    """How two snapshots are alike: `equal`, `equal up to new ids`, or what differs."""
    if canonical(before, ()) == canonical(after, ()):
        return "equal", []
    new = sorted(names(before) ^ names(after), key=len, reverse=True)
    one, other = canonical(before, new), canonical(after, new)
    if one == other:
        return "equal up to new ids", []
    return "differs", list(differences(one, other))
