"""EC2's Network Insights by boto3 and the `aws` command, over the bundled example."""

import datetime
import json
import pathlib
import subprocess
import sys
import time

import pytest
import urllib.request
from botocore.exceptions import ClientError

from conftest import HERE, Trailhound

EXAMPLE = HERE / "../../example/week.tar.gz"
INSTANCE = "i-06b03129ac85513bd"
GATEWAY = "igw-00a225eae009ea54d"
BEFORE = "2026-09-13T02:47:10Z"
SECONDS_MAX = 60


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    trailhound = Trailhound(tmp_path_factory.mktemp("insights"))
    trailhound.run("import", EXAMPLE)
    trailhound.start()
    yield trailhound
    trailhound.kill()


@pytest.fixture
def ec2(example):
    return example.client(service="ec2")


def code_of(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["Error"]["Code"]


def make(ec2, **arguments):
    arguments = {"Source": INSTANCE, "Protocol": "tcp", "Destination": "203.0.113.10", **arguments}
    return ec2.create_network_insights_path(**arguments)["NetworkInsightsPath"]


def tagged(kind, **tags):
    tags = [{"Key": key.replace("_", ":"), "Value": value} for key, value in tags.items()]
    return [{"ResourceType": kind, "Tags": tags}]


def wait(describe, ids, name):
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        [found] = describe(**ids)[name]
        if found["Status"] != "running":
            return found
        time.sleep(0.1)
    raise AssertionError(f"{ids} runs for longer than {SECONDS_MAX} s")


def analyse(ec2, path, at=None):
    arguments = {}
    if at:
        arguments["TagSpecifications"] = tagged("network-insights-analysis", trailhound_at=at)
    started = ec2.start_network_insights_analysis(
        NetworkInsightsPathId=path["NetworkInsightsPathId"], **arguments
    )["NetworkInsightsAnalysis"]
    ids = {"NetworkInsightsAnalysisIds": [started["NetworkInsightsAnalysisId"]]}
    return wait(ec2.describe_network_insights_analyses, ids, "NetworkInsightsAnalyses")


def test_a_path_comes_back_as_it_was_made(ec2):
    path = make(
        ec2,
        Destination=GATEWAY,
        FilterAtSource={
            "DestinationAddress": "203.0.113.10",
            "DestinationPortRange": {"FromPort": 443, "ToPort": 443},
        },
        TagSpecifications=tagged("network-insights-path", Name="out"),
    )
    assert path["NetworkInsightsPathId"].startswith("nip-") and len(path["NetworkInsightsPathId"]) == 21
    assert path["NetworkInsightsPathArn"] == (
        f"arn:aws:ec2:us-east-1:000000000000:network-insights-path/{path['NetworkInsightsPathId']}"
    )
    age = datetime.datetime.now(datetime.timezone.utc) - path["CreatedDate"]
    assert abs(age.total_seconds()) < 60
    assert path["Source"] == INSTANCE and path["Destination"] == GATEWAY
    assert path["FilterAtSource"]["DestinationPortRange"] == {"FromPort": 443, "ToPort": 443}
    assert path["Tags"] == [{"Key": "Name", "Value": "out"}]
    found = ec2.describe_network_insights_paths(
        NetworkInsightsPathIds=[path["NetworkInsightsPathId"]]
    )["NetworkInsightsPaths"]
    assert found == [path]


@pytest.mark.parametrize(
    "ends",
    [
        {"Destination": "203.0.113.10", "DestinationPort": 443},
        {"Destination": GATEWAY, "DestinationIp": "203.0.113.10", "DestinationPort": 443},
        {
            "Destination": f"arn:aws:ec2:us-east-1:123456789012:internet-gateway/{GATEWAY}",
            "FilterAtSource": {
                "DestinationAddress": "203.0.113.10",
                "DestinationPortRange": {"FromPort": 443, "ToPort": 443},
            },
        },
    ],
)
def test_the_story_now_and_before(ec2, ends):
    path = make(ec2, **ends)
    broken = analyse(ec2, path)
    assert (broken["Status"], broken["NetworkPathFound"]) == ("succeeded", False), broken
    first = broken["Explanations"][0]
    assert first["ExplanationCode"] == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    assert first["InternetGateway"] == {"Id": GATEWAY}
    assert "ForwardPathComponents" not in broken or broken["ForwardPathComponents"] == []
    assert "Block Public Access is off" in broken["WarningMessage"]

    worked = analyse(ec2, path, at=BEFORE)
    assert (worked["Status"], worked["NetworkPathFound"]) == ("succeeded", True), worked
    hops = worked["ForwardPathComponents"]
    assert [hop["SequenceNumber"] for hop in hops] == list(range(1, len(hops) + 1))
    assert hops[0]["Component"]["Id"] == INSTANCE and hops[-1]["Component"]["Id"] == GATEWAY
    routes = [hop["RouteTableRoute"] for hop in hops if "RouteTableRoute" in hop]
    assert routes[0]["NatGatewayId"] == "nat-0eb85e96a1c08d456"
    assert routes[1] | {"Origin": ""} == {
        "DestinationCidr": "0.0.0.0/0", "GatewayId": GATEWAY, "Origin": "", "State": "active",
    }
    assert hops[0]["OutboundHeader"]["DestinationAddresses"] if "OutboundHeader" in hops[0] else True
    assert worked["ReturnPathComponents"][-1]["Component"]["Id"] == INSTANCE
    assert {"Key": "trailhound:at", "Value": BEFORE} in worked["Tags"]


def test_what_is_not_known_is_no_verdict(ec2):
    path = make(ec2, Source="i-0123456789abcdef0")
    analysis = analyse(ec2, path)
    assert analysis["Status"] == "failed" and "NetworkPathFound" not in analysis
    assert "i-0123456789abcdef0" in analysis["StatusMessage"]
    early = analyse(ec2, make(ec2), at="2026-09-01T00:00:00Z")
    assert early["Status"] == "failed" and "NetworkPathFound" not in early


def test_a_path_with_analyses_stays(ec2):
    path = make(ec2)
    analysis = analyse(ec2, path)
    ids = {"NetworkInsightsPathId": path["NetworkInsightsPathId"]}
    assert code_of(ec2.delete_network_insights_path, **ids) == "AnalysisExistsForNetworkInsightsPath"
    own = {"NetworkInsightsAnalysisId": analysis["NetworkInsightsAnalysisId"]}
    assert ec2.delete_network_insights_analysis(**own)["NetworkInsightsAnalysisId"] == own["NetworkInsightsAnalysisId"]
    assert code_of(ec2.delete_network_insights_analysis, **own) == "InvalidNetworkInsightsAnalysisId.NotFound"
    assert ec2.delete_network_insights_path(**ids)["NetworkInsightsPathId"] == ids["NetworkInsightsPathId"]
    assert code_of(ec2.delete_network_insights_path, **ids) == "InvalidNetworkInsightsPathId.NotFound"


def test_a_client_token_makes_one(ec2):
    one = make(ec2, ClientToken="once")
    assert make(ec2, ClientToken="once") == one
    again = {"Source": INSTANCE, "Protocol": "udp", "Destination": "203.0.113.10", "ClientToken": "once"}
    assert code_of(ec2.create_network_insights_path, **again) == "IdempotentParameterMismatch"


def test_errors_have_awss_codes(ec2):
    create, base = ec2.create_network_insights_path, {"Source": INSTANCE, "Protocol": "tcp"}
    assert code_of(create, **base, Destination="203.0.113.10", DryRun=True) == "DryRunOperation"
    assert code_of(create, **base) == "MissingParameter"
    assert code_of(create, **base, Destination="what") == "InvalidParameterValue"
    assert code_of(create, **base, Destination="../../etc/passwd") == "InvalidParameterValue"
    assert code_of(create, Source=INSTANCE, Destination=GATEWAY, Protocol="icmp") == "InvalidParameterValue"
    assert code_of(create, **base, Destination=GATEWAY, DestinationPort=70000) == "InvalidParameterValue"
    both = {"SourceIp": "10.0.0.1", "FilterAtSource": {"SourceAddress": "10.0.0.1"}}
    assert code_of(create, **base, Destination=GATEWAY, **both) == "InvalidParameterCombination"
    wrong = tagged("instance", a="b")
    assert code_of(create, **base, Destination=GATEWAY, TagSpecifications=wrong) == "InvalidParameterValue"
    describe = ec2.describe_network_insights_paths
    assert code_of(describe, NetworkInsightsPathIds=["nip-00000000000000000"]) == "InvalidNetworkInsightsPathId.NotFound"
    assert code_of(describe, NetworkInsightsPathIds=["../x"]) == "InvalidNetworkInsightsPathId.NotFound"
    assert code_of(describe, Filters=[{"Name": "nonsense", "Values": ["x"]}]) == "InvalidParameterValue"
    assert code_of(describe, NextToken="nonsense") == "InvalidParameterValue"
    assert code_of(ec2.describe_instances) == "InvalidAction"
    path = make(ec2)
    start = {"NetworkInsightsPathId": path["NetworkInsightsPathId"]}
    arn = f"arn:aws:ec2:us-east-1:123456789012:internet-gateway/{GATEWAY}"
    assert code_of(ec2.start_network_insights_analysis, **start, FilterInArns=[arn]) == "UnsupportedOperation"
    assert code_of(ec2.start_network_insights_analysis, **start, FilterOutArns=[arn]) == "UnsupportedOperation"
    never = tagged("network-insights-analysis", trailhound_at="never")
    assert code_of(ec2.start_network_insights_analysis, **start, TagSpecifications=never) == "InvalidParameterValue"
    none = {"NetworkInsightsPathId": "nip-00000000000000000"}
    assert code_of(ec2.start_network_insights_analysis, **none) == "InvalidNetworkInsightsPathId.NotFound"


def test_pages_and_filters(example, ec2):
    other = example.client(service="ec2", region="eu-west-1")
    made = [
        make(other, DestinationPort=port, Protocol="udp" if port % 2 else "tcp",
             TagSpecifications=tagged("network-insights-path", n=str(port)))["NetworkInsightsPathId"]
        for port in range(100, 107)
    ]
    pages = list(other.get_paginator("describe_network_insights_paths").paginate(
        PaginationConfig={"PageSize": 3}))
    assert [len(page["NetworkInsightsPaths"]) for page in pages] == [3, 3, 1]
    ids = [path["NetworkInsightsPathId"] for page in pages for path in page["NetworkInsightsPaths"]]
    assert sorted(ids) == sorted(made)
    # A Region of its own.
    assert made[0] not in json.dumps(ec2.describe_network_insights_paths(), default=str)
    assert code_of(ec2.delete_network_insights_path, NetworkInsightsPathId=made[0]) == "InvalidNetworkInsightsPathId.NotFound"

    def found(*filters):
        filters = [{"Name": name, "Values": values} for name, values in filters]
        answer = other.describe_network_insights_paths(Filters=filters)["NetworkInsightsPaths"]
        return [path["DestinationPort"] for path in answer]

    assert found(("protocol", ["udp"])) == [101, 103, 105]
    assert found(("protocol", ["udp"]), ("tag:n", ["103", "104"])) == [103]
    assert found(("source", ["i-06*"]), ("tag:n", ["10?"])) == list(range(100, 107))
    assert found(("destination", ["203.0.113.11"])) == []
    token = other.describe_network_insights_paths(MaxResults=2)["NextToken"]
    assert code_of(other.describe_network_insights_paths, NextToken=token,
                   Filters=[{"Name": "protocol", "Values": ["udp"]}]) == "InvalidParameterValue"
    with_ports = make(other, Destination=GATEWAY, FilterAtSource={
        "SourceAddress": "10.0.11.34", "DestinationPortRange": {"FromPort": 80, "ToPort": 81}})
    for name, value in [("source-address", "10.0.11.34"), ("destination-port-range", "80-81")]:
        [path] = other.describe_network_insights_paths(
            Filters=[{"Name": f"filter-at-source.{name}", "Values": [value]}])["NetworkInsightsPaths"]
        assert path == with_ports


def test_analyses_are_filtered(ec2):
    path = make(ec2)
    analyse(ec2, path)
    analyse(ec2, path, at=BEFORE)
    of = {"NetworkInsightsPathId": path["NetworkInsightsPathId"]}

    def found(**more):
        answer = ec2.describe_network_insights_analyses(**of, **more)["NetworkInsightsAnalyses"]
        return [analysis["NetworkPathFound"] for analysis in answer]

    assert found() == [False, True]
    assert found(Filters=[{"Name": "path-found", "Values": ["true"]}]) == [True]
    assert found(Filters=[{"Name": "status", "Values": ["failed"]}]) == []
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    assert found(AnalysisStartTime=now + hour) == [] and found(AnalysisEndTime=now - hour) == []
    assert found(AnalysisStartTime=now - hour, AnalysisEndTime=now + hour) == [False, True]
    pages = ec2.get_paginator("describe_network_insights_analyses").paginate(
        **of, PaginationConfig={"PageSize": 1})
    assert [len(page["NetworkInsightsAnalyses"]) for page in pages] == [1, 1]


def test_hostile_tags_come_back_as_they_are(ec2):
    hostile = {"a": "</item></tagSet><x>&amp;]]>", "b": "<!--\r\n\t\"'", "c": "ünï \u202e 𝄞", "d": ""}
    path = make(ec2, TagSpecifications=tagged("network-insights-path", **hostile))
    [found] = ec2.describe_network_insights_paths(
        NetworkInsightsPathIds=[path["NetworkInsightsPathId"]])["NetworkInsightsPaths"]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == hostile
    odd = tagged("network-insights-path", a="\x01")
    assert code_of(ec2.create_network_insights_path, Source=INSTANCE, Protocol="tcp",
                   Destination=GATEWAY, TagSpecifications=odd) == "InvalidParameterValue"


def end_of(**statement):
    return {"ResourceStatement": statement}


def scope_analysis(ec2, scope, at=None):
    arguments = {}
    if at:
        kind = "network-insights-access-scope-analysis"
        arguments["TagSpecifications"] = tagged(kind, trailhound_at=at)
    started = ec2.start_network_insights_access_scope_analysis(
        NetworkInsightsAccessScopeId=scope, **arguments)["NetworkInsightsAccessScopeAnalysis"]
    assert started["Status"] == "running"
    ids = {"NetworkInsightsAccessScopeAnalysisIds": [started["NetworkInsightsAccessScopeAnalysisId"]]}
    describe = ec2.describe_network_insights_access_scope_analyses
    return wait(describe, ids, "NetworkInsightsAccessScopeAnalyses")


def findings_of(ec2, analysis):
    pages = ec2.get_paginator("get_network_insights_access_scope_analysis_findings").paginate(
        NetworkInsightsAccessScopeAnalysisId=analysis["NetworkInsightsAccessScopeAnalysisId"],
        PaginationConfig={"PageSize": 2})
    return [finding for page in pages for finding in page["AnalysisFindings"]]


def test_an_access_scope_tells_what_reaches_the_internet(ec2):
    asked = {
        "Source": {**end_of(ResourceTypes=["AWS::EC2::NetworkInterface"]),
                   "PacketHeaderStatement": {"Protocols": ["tcp"], "DestinationPorts": ["443"],
                                             "DestinationAddresses": ["203.0.113.10/32"]}},
        "Destination": end_of(ResourceTypes=["AWS::EC2::InternetGateway"]),
    }
    made = ec2.create_network_insights_access_scope(
        MatchPaths=[asked],
        TagSpecifications=tagged("network-insights-access-scope", Name="out"))
    scope = made["NetworkInsightsAccessScope"]
    assert scope["NetworkInsightsAccessScopeId"].startswith("nis-")
    assert made["NetworkInsightsAccessScopeContent"]["MatchPaths"] == [asked]
    own = {"NetworkInsightsAccessScopeId": scope["NetworkInsightsAccessScopeId"]}
    assert ec2.get_network_insights_access_scope_content(**own)[
        "NetworkInsightsAccessScopeContent"]["MatchPaths"] == [asked]
    [described] = ec2.describe_network_insights_access_scopes(
        NetworkInsightsAccessScopeIds=[scope["NetworkInsightsAccessScopeId"]]
    )["NetworkInsightsAccessScopes"]
    assert described == scope

    sources = {}
    for name, at in [("now", None), ("before", BEFORE)]:
        analysis = scope_analysis(ec2, scope["NetworkInsightsAccessScopeId"], at)
        assert analysis["Status"] == "succeeded", analysis
        assert analysis["FindingsFound"] == {"now": "false", "before": "true"}[name], analysis
        assert analysis["AnalyzedEniCount"] > 0
        found = findings_of(ec2, analysis)
        assert all(finding["FindingComponents"] for finding in found)
        assert len({finding["FindingId"] for finding in found}) == len(found)
        sources[name] = {
            component["Component"]["Id"]
            for finding in found for component in finding["FindingComponents"]
        }
    # The fatal change took the instance off the internet.
    assert "eni-0e2043346392a3abd" in sources["before"] - sources["now"]
    assert code_of(ec2.delete_network_insights_access_scope, **own) == "DependencyViolation"
    for analysis in ec2.describe_network_insights_access_scope_analyses(**own)[
            "NetworkInsightsAccessScopeAnalyses"]:
        ec2.delete_network_insights_access_scope_analysis(
            NetworkInsightsAccessScopeAnalysisId=analysis["NetworkInsightsAccessScopeAnalysisId"])
    ec2.delete_network_insights_access_scope(**own)
    assert code_of(ec2.get_network_insights_access_scope_content, **own) == (
        "InvalidNetworkInsightsAccessScopeId.NotFound")


def test_exclusions_leave_what_is_not_excluded(ec2):
    def found(excluded):
        match = {
            "Source": {**end_of(Resources=[INSTANCE]),
                       "PacketHeaderStatement": {"Protocols": ["tcp"], "DestinationPorts": ["443-444"]}},
            "Destination": end_of(Resources=[GATEWAY]),
        }
        scope = ec2.create_network_insights_access_scope(MatchPaths=[match], ExcludePaths=excluded)
        scope = scope["NetworkInsightsAccessScope"]["NetworkInsightsAccessScopeId"]
        return scope_analysis(ec2, scope, BEFORE)["FindingsFound"]

    def exclusion(**headers):
        return [{"Source": {**end_of(ResourceTypes=["AWS::EC2::Instance"]), "PacketHeaderStatement": headers},
                 "Destination": end_of(ResourceTypes=["AWS::EC2::InternetGateway"])}]

    assert found([]) == "true"
    assert found(exclusion(Protocols=["tcp"], DestinationPorts=["443"])) == "true"
    assert found(exclusion(Protocols=["tcp"], DestinationPorts=["443", "444"])) == "false"
    assert found(exclusion()) == "false"


def test_what_a_scope_cannot_ask_is_refused(ec2):
    create = ec2.create_network_insights_access_scope
    igw = end_of(ResourceTypes=["AWS::EC2::InternetGateway"])
    eni = end_of(ResourceTypes=["AWS::EC2::NetworkInterface"])
    through = [{"ResourceStatement": {"ResourceTypes": ["AWS::EC2::NatGateway"]}}]
    for path in [
        {"Source": igw, "Destination": eni, "ThroughResources": through},
        {"Source": igw},
        {"Source": end_of(ResourceTypes=["AWS::ElasticLoadBalancing::LoadBalancer"]), "Destination": eni},
        {"Source": {**igw, "PacketHeaderStatement": {"SourcePrefixLists": ["pl-1"]}}, "Destination": eni},
    ]:
        assert code_of(create, MatchPaths=[path]) == "UnsupportedOperation"
    assert code_of(create, MatchPaths=[{"Source": end_of(Resources=["x"]), "Destination": eni}]) == "InvalidParameterValue"
    assert code_of(create) == "MissingParameter"
    unknown = create(MatchPaths=[{"Source": end_of(Resources=["i-0123456789abcdef0"]), "Destination": igw}])
    scope = unknown["NetworkInsightsAccessScope"]["NetworkInsightsAccessScopeId"]
    analysis = scope_analysis(ec2, scope)
    assert (analysis["Status"], analysis["FindingsFound"]) == ("succeeded", "unknown")


def aws(server, *arguments):
    done = subprocess.run(
        [pathlib.Path(sys.executable).parent / "aws", "--endpoint-url", server.endpoint, "--region",
         "us-east-1", "--output", "json", "ec2", *arguments],
        env=server.environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_the_aws_command(example):
    def call(*arguments):
        code, out, err = aws(example, *arguments)
        assert code == 0, err
        return json.loads(out) if out else None

    path = call("create-network-insights-path", "--source", INSTANCE, "--destination", GATEWAY,
                "--protocol", "tcp", "--filter-at-source",
                "DestinationAddress=203.0.113.10,DestinationPortRange={FromPort=443,ToPort=443}",
                "--tag-specifications",
                "ResourceType=network-insights-path,Tags=[{Key=Name,Value=cli}]")["NetworkInsightsPath"]
    path_id = path["NetworkInsightsPathId"]
    started = call("start-network-insights-analysis", "--network-insights-path-id", path_id)
    analysis_id = started["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"]
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        [analysis] = call("describe-network-insights-analyses", "--network-insights-analysis-ids",
                          analysis_id)["NetworkInsightsAnalyses"]
        if analysis["Status"] != "running":
            break
    assert analysis["NetworkPathFound"] is False
    assert analysis["Explanations"][0]["ExplanationCode"] == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    code, _, err = aws(example, "delete-network-insights-path", "--network-insights-path-id", path_id)
    assert code != 0 and "AnalysisExistsForNetworkInsightsPath" in err
    call("delete-network-insights-analysis", "--network-insights-analysis-id", analysis_id)
    call("delete-network-insights-path", "--network-insights-path-id", path_id)
    listed = call("describe-network-insights-paths", "--filters", "Name=tag:Name,Values=cli")
    assert listed["NetworkInsightsPaths"] == []


def test_a_page_of_another_site_cannot_call(example):
    """A form needs no leave of the browser; without AWS's signature it does nothing."""
    body = b"Action=DescribeNetworkInsightsPaths&Version=2016-11-15"
    request = urllib.request.Request(example.endpoint + "/", data=body, headers={
        "Content-Type": "application/x-www-form-urlencoded", "Origin": "http://evil.example.com"})
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    assert raised.value.code == 403 and b"MissingAuthenticationToken" in raised.value.read()


def test_a_restart_keeps_everything(own):
    own.run("import", EXAMPLE)
    own.start()
    ec2 = own.client(service="ec2")
    path = make(ec2, ClientToken="kept")
    analysis = analyse(ec2, path, at=BEFORE)
    # One more is cut off by a power cut, or done.
    cut = ec2.start_network_insights_analysis(NetworkInsightsPathId=path["NetworkInsightsPathId"])
    cut = cut["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"]
    own.kill()
    own.start()
    ec2 = own.client(service="ec2")
    assert make(ec2, ClientToken="kept") == path
    [kept] = ec2.describe_network_insights_analyses(
        NetworkInsightsAnalysisIds=[analysis["NetworkInsightsAnalysisId"]])["NetworkInsightsAnalyses"]
    assert kept == analysis
    done = wait(ec2.describe_network_insights_analyses, {"NetworkInsightsAnalysisIds": [cut]},
                "NetworkInsightsAnalyses")
    assert (done["Status"], done["NetworkPathFound"]) == ("succeeded", False)
