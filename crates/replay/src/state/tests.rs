mod properties;
mod snapshots;

use super::*;
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use trailhound_record::Timestamp;

/// A record of a call in the account and Region of all tests, at its own second.
fn event(number: usize, call: &str, request: Value, answer: Value) -> Event {
    let (service, name) = call.split_once(':').unwrap_or(("ec2", call));
    let time = Timestamp::from_seconds(1_780_000_000 + number as i64).canonical_text().unwrap();
    let record = json!({"eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "eventTime": time, "eventID": format!("e{number}"), "awsRegion": "us-east-1",
        "recipientAccountId": "123456789012", "readOnly": false, "requestParameters": request,
        "responseElements": answer});
    Event::parse(record.to_string().into_bytes(), 0).unwrap()
}

fn events(calls: &[(&str, Value, Value)]) -> Vec<Event> {
    let numbered = calls.iter().enumerate();
    numbered
        .map(|(n, (call, request, answer))| event(n + 1, call, request.clone(), answer.clone()))
        .collect()
}

fn replay(state: &State, events: &[Event]) -> State {
    events.iter().fold(state.clone(), |state, event| state.apply(event).0)
}

fn scope() -> Scope {
    Scope { account: "123456789012".to_owned(), region: "us-east-1".to_owned() }
}

fn key(kind: &str, id: &str) -> Key {
    Key { scope: scope(), resource_type: resource_type(kind).unwrap(), id: id.to_owned() }
}

fn source(source: &Source) -> String {
    match source {
        Source::Event { id } => id.clone(),
        Source::Inferred { id } => format!("{id}?"),
        Source::Snapshot { id } => id.clone(),
        Source::Unknown => "unknown".to_owned(),
    }
}

fn show(state: &State, kind: &str, id: &str, members: &[&str]) -> String {
    let key = key(kind, id);
    match state.lookup(&key) {
        Lookup::Absent(by) => format!("absent since {}", source(by)),
        Lookup::Unknown => "unknown".to_owned(),
        Lookup::Is(resource) => {
            let member = |name: &&str| match resource.body.get(*name) {
                Some(value) => format!("{name} = {value}"),
                None => format!("{name} has nothing"),
            };
            let mut lines: Vec<String> = members.iter().map(member).collect();
            let marks = resource.sources.iter().filter(|(path, _)| {
                path.is_empty() || members.iter().any(|name| path.starts_with(name))
            });
            lines.extend(marks.map(|(path, by)| format!("  [{path}] {}", source(by))));
            lines.join("\n")
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
#[track_caller]
fn check(calls: &[(&str, Value, Value)], kind: &str, id: &str, members: &[&str], expect: Expect) {
    let state = replay(&State::new(), &events(calls));
    expect.assert_eq(&show(&state, kind, id, members));
}

const TABLE: &str = "AWS::EC2::RouteTable";

fn vpc() -> (&'static str, Value, Value) {
    (
        "CreateVpc",
        json!({"cidrBlock": "10.0.0.0/16"}),
        json!({"vpc": {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/16",
        "cidrBlockAssociationSet": {"items": [{"cidrBlock": "10.0.0.0/16", "associationId": "vpc-cidr-assoc-1"}]}}}),
    )
}

fn subnet(id: &str) -> (&'static str, Value, Value) {
    (
        "CreateSubnet",
        json!({"vpcId": "vpc-1", "cidrBlock": "10.0.1.0/24"}),
        json!({"subnet": {"subnetId": id, "vpcId": "vpc-1", "cidrBlock": "10.0.1.0/24"}}),
    )
}

fn table() -> (&'static str, Value, Value) {
    (
        "CreateRouteTable",
        json!({"vpcId": "vpc-1"}),
        json!({"routeTable": {"routeTableId": "rtb-1", "vpcId": "vpc-1",
        "routeSet": {"items": []}}}),
    )
}

fn route(call: &'static str, target: Value) -> (&'static str, Value, Value) {
    let mut request = json!({"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"});
    request.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
    (call, request, json!({"_return": true}))
}

fn gateway(call: &'static str) -> (&'static str, Value, Value) {
    (
        call,
        json!({"internetGatewayId": "igw-1", "vpcId": "vpc-1"}),
        json!({"internetGateway": {"internetGatewayId": "igw-1"}}),
    )
}

#[test]
fn a_route_leads_where_the_last_call_said() {
    let nat =
        json!({"CreateNatGatewayRequest": {"SubnetId": "subnet-1", "AllocationId": "eipalloc-1"}});
    let made = json!({"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-1", "state": "pending"}}});
    let mut calls = vec![
        vpc(),
        subnet("subnet-1"),
        table(),
        ("CreateNatGateway", nat, made),
        route("CreateRoute", json!({"natGatewayId": "nat-1"})),
    ];
    check(
        &calls,
        TABLE,
        "rtb-1",
        &["Routes"],
        expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-1","Origin":"CreateRoute","State":"active"}]
          [] e3
          [Routes[0.0.0.0/0]] e5"#]],
    );
    calls.extend([
        gateway("CreateInternetGateway"),
        gateway("AttachInternetGateway"),
        route("ReplaceRoute", json!({"gatewayId": "igw-1"})),
    ]);
    check(
        &calls,
        TABLE,
        "rtb-1",
        &["Routes"],
        expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","Origin":"CreateRoute","State":"active"}]
          [] e3
          [Routes[0.0.0.0/0]] e8"#]],
    );
    calls.push(gateway("DetachInternetGateway"));
    check(
        &calls,
        TABLE,
        "rtb-1",
        &["Routes"],
        expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","Origin":"CreateRoute","State":"blackhole"}]
          [] e3
          [Routes[0.0.0.0/0]] e8
          [Routes[0.0.0.0/0].State] e9?"#]],
    );
    calls.push(route("DeleteRoute", json!({})));
    check(
        &calls,
        TABLE,
        "rtb-1",
        &["Routes"],
        expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"}]
          [] e3
          [Routes[0.0.0.0/0]] e10"#]],
    );
}

#[test]
fn what_was_not_seen_is_unknown_and_what_was_written_is_known() {
    check(
        &[route("ReplaceRoute", json!({"gatewayId": "igw-1"}))],
        TABLE,
        "rtb-1",
        &["Routes", "VpcId"],
        expect![[r#"
            Routes = [{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","Origin":"CreateRoute","State":"active"}]
            VpcId has nothing
              [] unknown
              [Routes[0.0.0.0/0]] e1"#]],
    );
    check(&[], TABLE, "rtb-1", &[], expect!["unknown"]);
    check(
        &[table(), ("DeleteRouteTable", json!({"routeTableId": "rtb-1"}), json!({}))],
        TABLE,
        "rtb-1",
        &[],
        expect!["absent since e2"],
    );
}

#[test]
fn failed_calls_dry_runs_and_reads_change_nothing() {
    let state = replay(&State::new(), &events(&[vpc(), table()]));
    let mut tried = route("CreateRoute", json!({"gatewayId": "igw-1"}));
    for (name, extra) in [
        ("CreateRoute", json!({"errorCode": "Client.DryRunOperation"})),
        ("CreateRoute", json!({"errorMessage": "no"})),
        ("CreateRoute", json!({"readOnly": true})),
        ("DescribeRouteTables", json!({})),
    ] {
        tried.0 = name;
        let mut record: Value =
            serde_json::from_slice(&event(9, tried.0, tried.1.clone(), Value::Null).raw).unwrap();
        record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let event = Event::parse(record.to_string().into_bytes(), 0).unwrap();
        let (after, changed) = state.apply(&event);
        assert_eq!(changed, []);
        assert_eq!(diff(&state, &after), []);
    }
}

#[test]
fn a_vpc_comes_with_a_table_an_acl_and_a_group() {
    let calls = [vpc(), subnet("subnet-1")];
    check(
        &calls,
        TABLE,
        "vpc-1/main-table",
        &["Routes", "Associations"],
        expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"}]
        Associations = [{"Main":true,"RouteTableId":"vpc-1/main-table","AssociationState":{"State":"associated"}}]
          [] e1?
          [Associations[main].RouteTableAssociationId] unknown"#]],
    );
    check(
        &calls,
        "AWS::EC2::NetworkAcl",
        "vpc-1/default-acl",
        &["Associations", "Entries"],
        expect![[r#"
            Associations = [{"NetworkAclId":"vpc-1/default-acl","SubnetId":"subnet-1"}]
            Entries = [{"RuleNumber":100,"Egress":true,"Protocol":"-1","RuleAction":"allow","CidrBlock":"0.0.0.0/0"},{"RuleNumber":32767,"Egress":true,"Protocol":"-1","RuleAction":"deny","CidrBlock":"0.0.0.0/0"},{"RuleNumber":100,"Egress":false,"Protocol":"-1","RuleAction":"allow","CidrBlock":"0.0.0.0/0"},{"RuleNumber":32767,"Egress":false,"Protocol":"-1","RuleAction":"deny","CidrBlock":"0.0.0.0/0"}]
              [] e1?
              [Associations[subnet-1]] e2?
              [Associations[subnet-1].NetworkAclAssociationId] unknown"#]],
    );
    check(
        &calls,
        "AWS::EC2::SecurityGroup",
        "vpc-1/default-group",
        &["IpPermissions"],
        expect![[r#"
        IpPermissions = [{"IpProtocol":"-1","IpRanges":[],"Ipv6Ranges":[],"PrefixListIds":[],"UserIdGroupPairs":[{"GroupId":"vpc-1/default-group","UserId":"123456789012"}]}]
          [] e1?"#]],
    );
}

#[test]
fn a_default_group_is_bound_when_an_answer_names_it() {
    let answer = json!({"networkInterface": {"networkInterfaceId": "eni-1", "vpcId": "vpc-1",
        "groupSet": {"items": [{"groupId": "sg-9", "groupName": "default"}]}}});
    let calls = [vpc(), ("CreateNetworkInterface", json!({"subnetId": "subnet-1"}), answer)];
    check(
        &calls,
        "AWS::EC2::SecurityGroup",
        "sg-9",
        &["GroupId", "IpPermissions"],
        expect![[r#"
        GroupId = "sg-9"
        IpPermissions = [{"IpProtocol":"-1","IpRanges":[],"Ipv6Ranges":[],"PrefixListIds":[],"UserIdGroupPairs":[{"GroupId":"sg-9","UserId":"123456789012"}]}]
          [] e1?"#]],
    );
    check(&calls, "AWS::EC2::SecurityGroup", "vpc-1/default-group", &[], expect!["unknown"]);
}

#[test]
fn what_may_have_been_written_to_a_main_table_is_in_doubt() {
    let mut other = route("CreateRoute", json!({"gatewayId": "igw-1"}));
    other.1["routeTableId"] = json!("rtb-unseen");
    check(
        &[vpc(), other],
        TABLE,
        "vpc-1/main-table",
        &["Routes"],
        expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"}]
          [] e1?
          [Routes[0.0.0.0/0]] unknown"#]],
    );
}

#[test]
fn an_acl_association_that_nobody_told_is_that_of_the_only_subnet() {
    let acl = (
        "CreateNetworkAcl",
        json!({"vpcId": "vpc-1"}),
        json!({"networkAcl": {"networkAclId": "acl-1", "vpcId": "vpc-1"}}),
    );
    let replace = (
        "ReplaceNetworkAclAssociation",
        json!({"associationId": "aclassoc-1", "networkAclId": "acl-1"}),
        json!({"newAssociationId": "aclassoc-2"}),
    );
    let one = [vpc(), subnet("subnet-1"), acl.clone(), replace.clone()];
    check(
        &one,
        "AWS::EC2::NetworkAcl",
        "acl-1",
        &["Associations"],
        expect![[r#"
        Associations = [{"NetworkAclId":"acl-1","NetworkAclAssociationId":"aclassoc-2","SubnetId":"subnet-1"}]
          [] e3
          [Associations[subnet-1]] e4"#]],
    );
    let two = [vpc(), subnet("subnet-1"), subnet("subnet-2"), acl, replace];
    check(
        &two,
        "AWS::EC2::NetworkAcl",
        "acl-1",
        &["Associations"],
        expect![[r#"
        Associations has nothing
          [] e4
          [Associations] unknown"#]],
    );
    check(
        &two,
        "AWS::EC2::NetworkAcl",
        "vpc-1/default-acl",
        &["Associations"],
        expect![[r#"
        Associations = []
          [] e1?
          [Associations[subnet-1]] unknown
          [Associations[subnet-2]] unknown"#]],
    );
}

#[test]
fn rules_of_groups_have_ids_and_are_revoked_by_them() {
    let permission = |port: u16| {
        json!({"groupId": "sg-1", "ipPermissions": {"items": [{"ipProtocol": "tcp",
        "fromPort": port, "toPort": port, "ipRanges": {"items": [{"cidrIp": "10.1.2.3/8"}]}}]}})
    };
    let told = |id: &str, port: u16| {
        json!({"securityGroupRuleSet": {"items": [{"securityGroupRuleId": id,
        "groupId": "sg-1", "isEgress": false, "ipProtocol": "tcp", "fromPort": port, "toPort": port,
        "cidrIpv4": "10.0.0.0/8"}]}})
    };
    let by_id = |id: &str| json!({"groupId": "sg-1", "securityGroupRuleIds": {"items": [{"securityGroupRuleId": id}]}});
    let mut calls = vec![
        (
            "CreateSecurityGroup",
            json!({"groupName": "g", "groupDescription": "d", "vpcId": "vpc-1"}),
            json!({"groupId": "sg-1"}),
        ),
        ("AuthorizeSecurityGroupIngress", permission(22), told("sgr-1", 22)),
        ("AuthorizeSecurityGroupIngress", permission(80), told("sgr-2", 80)),
        ("RevokeSecurityGroupIngress", by_id("sgr-1"), json!({"_return": true})),
    ];
    check(
        &calls,
        "AWS::EC2::SecurityGroup",
        "sg-1",
        &["IpPermissions", "SecurityGroupRules"],
        expect![[r#"
            IpPermissions = [{"IpProtocol":"tcp","FromPort":80,"ToPort":80,"IpRanges":[{"CidrIp":"10.0.0.0/8"}],"Ipv6Ranges":[],"PrefixListIds":[],"UserIdGroupPairs":[]}]
            SecurityGroupRules = [{"SecurityGroupRuleId":"sgr-2","GroupId":"sg-1","IsEgress":false,"IpProtocol":"tcp","FromPort":80,"ToPort":80,"CidrIpv4":"10.0.0.0/8"}]
              [] e1
              [IpPermissionsEgress] e1?
              [IpPermissions[tcp 22].IpRanges[10.0.0.0/8]] e4
              [IpPermissions[tcp 80].IpRanges[10.0.0.0/8]] e3
              [SecurityGroupRules] unknown
              [SecurityGroupRules[sgr-1]] e4
              [SecurityGroupRules[sgr-2]] e3"#]],
    );
    calls.push(("RevokeSecurityGroupIngress", by_id("sgr-unseen"), json!({"_return": true})));
    check(
        &calls,
        "AWS::EC2::SecurityGroup",
        "sg-1",
        &["IpPermissions"],
        expect![[r#"
        IpPermissions has nothing
          [] e1
          [IpPermissions] unknown
          [IpPermissionsEgress] e1?"#]],
    );
}

#[test]
fn instances_bring_interfaces_and_groups_follow_the_first() {
    let run = json!({"instancesSet": {"items": [{"imageId": "ami-1", "minCount": 1, "maxCount": 1}]},
        "networkInterfaceSet": {"items": [{"deviceIndex": 0, "associatePublicIpAddress": true}]}});
    let made = json!({"instancesSet": {"items": [{"instanceId": "i-1", "vpcId": "vpc-1", "subnetId": "subnet-1",
        "groupSet": {"items": [{"groupId": "sg-1", "groupName": "g"}]}, "networkInterfaceSet": {"items": [
        {"networkInterfaceId": "eni-1", "privateIpAddress": "10.0.1.4", "groupSet": {"items": [{"groupId": "sg-1",
        "groupName": "g"}]}, "attachment": {"attachmentId": "eni-attach-1", "deviceIndex": 0,
        "deleteOnTermination": true}}]}}]}});
    let groups = json!({"instanceId": "i-1", "groupSet": {"items": [{"groupId": "sg-2"}]}});
    let one = json!({"instancesSet": {"items": [{"instanceId": "i-1"}]}});
    let mut calls =
        vec![("RunInstances", run, made), ("ModifyInstanceAttribute", groups, json!({}))];
    check(
        &calls,
        "AWS::EC2::NetworkInterface",
        "eni-1",
        &["Groups", "Association", "Status"],
        expect![[r#"
            Groups = [{"GroupId":"sg-2"}]
            Association = {"IpOwnerId":"amazon"}
            Status = "in-use"
              [] e1
              [Association] e1?
              [Association.PublicDnsName] unknown
              [Association.PublicIp] unknown
              [Groups] e2
              [Groups[sg-2].GroupName] unknown"#]],
    );
    check(
        &calls,
        "AWS::EC2::Instance",
        "i-1",
        &["SecurityGroups", "State"],
        expect![[r#"
        SecurityGroups = [{"GroupId":"sg-2"}]
        State = {"Code":16,"Name":"running"}
          [] e1
          [SecurityGroups] e2?
          [State] e1?
          [StateTransitionReason] unknown"#]],
    );
    calls.push(("StopInstances", one.clone(), json!({})));
    check(
        &calls,
        "AWS::EC2::NetworkInterface",
        "eni-1",
        &["Association"],
        expect![[r#"
        Association has nothing
          [] e1
          [Association] e3?"#]],
    );
    calls.push(("TerminateInstances", one, json!({})));
    check(&calls, "AWS::EC2::NetworkInterface", "eni-1", &[], expect!["absent since e4"]);
}

#[test]
fn attachments_of_transit_gateways_join_the_default_table() {
    let transit = json!({"CreateTransitGatewayResponse": {"transitGateway": {"transitGatewayId": "tgw-1",
        "options": {"associationDefaultRouteTableId": "tgw-rtb-1", "defaultRouteTableAssociation": "enable",
        "propagationDefaultRouteTableId": "tgw-rtb-1", "defaultRouteTablePropagation": "enable"}}}});
    let attach = json!({"CreateTransitGatewayVpcAttachmentRequest": {"TransitGatewayId": "tgw-1", "VpcId": "vpc-1",
        "SubnetIds": {"tag": 1, "content": "subnet-1"}}});
    let attached = json!({"CreateTransitGatewayVpcAttachmentResponse": {"transitGatewayVpcAttachment":
        {"transitGatewayAttachmentId": "tgw-attach-1", "transitGatewayId": "tgw-1", "vpcId": "vpc-1",
        "state": "pending"}}});
    let way = json!({"CreateTransitGatewayRouteRequest": {"TransitGatewayRouteTableId": "tgw-rtb-1",
        "DestinationCidrBlock": "10.9.0.0/16", "TransitGatewayAttachmentId": "tgw-attach-1"}});
    let gone = json!({"DelTGwVpcAttachReq": {"TransitGatewayAttachmentId": "tgw-attach-1"}});
    let mut calls = vec![
        ("CreateTransitGateway", json!({}), transit),
        ("CreateTransitGatewayVpcAttachment", attach, attached),
        ("CreateTransitGatewayRoute", way, json!({})),
    ];
    let kind = "AWS::EC2::TransitGatewayRouteTable";
    check(
        &calls,
        kind,
        "tgw-rtb-1",
        &["Associations", "Propagations", "Routes"],
        expect![[r#"
        Associations = [{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceId":"vpc-1","ResourceType":"vpc","State":"associated"}]
        Propagations = [{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceId":"vpc-1","ResourceType":"vpc","State":"enabled"}]
        Routes = [{"DestinationCidrBlock":"10.9.0.0/16","Type":"static","State":"active","TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceId":"vpc-1","ResourceType":"vpc"}]}]
          [] e1?
          [Associations[tgw-attach-1]] e2?
          [Propagations[tgw-attach-1]] e2?
          [Routes[10.9.0.0/16]] e3"#]],
    );
    calls.push(("DeleteTransitGatewayVpcAttachment", gone, json!({})));
    check(
        &calls,
        kind,
        "tgw-rtb-1",
        &["Associations", "Routes"],
        expect![[r#"
        Associations = []
        Routes = [{"DestinationCidrBlock":"10.9.0.0/16","Type":"static","State":"blackhole","TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceId":"vpc-1","ResourceType":"vpc"}]}]
          [] e1?
          [Associations[tgw-attach-1]] e4?
          [Routes[10.9.0.0/16]] e3
          [Routes[10.9.0.0/16].State] e4?"#]],
    );
}

#[test]
fn other_services_are_told_by_tables() {
    let document = r#"{"Statement":[]}"#;
    let put = |policy: &str| {
        (
            "iam:PutRolePolicy",
            json!({"roleName": "r", "policyName": policy,
        "policyDocument": document}),
            Value::Null,
        )
    };
    check(
        &[
            put("a"),
            put("b"),
            ("iam:DeleteRolePolicy", json!({"roleName": "r", "policyName": "a"}), Value::Null),
        ],
        "AWS::IAM::Role",
        "r",
        &["RolePolicyList"],
        expect![[r#"
            RolePolicyList = [{"PolicyName":"b","PolicyDocument":{"Statement":[]}}]
              [] unknown
              [RolePolicyList[a]] e3
              [RolePolicyList[b]] e2"#]],
    );
    check(
        &[(
            "s3:PutBucketPublicAccessBlock",
            json!({"bucketName": "b", "publicAccessBlock": "",
        "PublicAccessBlockConfiguration": {"xmlns": "x", "BlockPublicAcls": false}}),
            Value::Null,
        )],
        "AWS::S3::Bucket",
        "b",
        &["PublicAccessBlockConfiguration", "Policy"],
        expect![[r#"
            PublicAccessBlockConfiguration = {"BlockPublicAcls":false}
            Policy has nothing
              [] unknown
              [PublicAccessBlockConfiguration] e1"#]],
    );
    check(
        &[(
            "lambda:UpdateFunctionConfiguration20150331v2",
            json!({"functionName":
        "arn:aws:lambda:us-east-1:123456789012:function:f", "timeout": 3, "environment":
        "HIDDEN_DUE_TO_SECURITY_REASONS"}),
            Value::Null,
        )],
        "AWS::Lambda::Function",
        "f",
        &["Timeout", "Environment"],
        expect![[r#"
            Timeout = 3
            Environment has nothing
              [] unknown
              [Environment] unknown
              [Timeout] e1"#]],
    );
}

#[test]
fn more_services_are_told_by_tables() {
    check(
        &[(
            "kms:ScheduleKeyDeletion",
            json!({"keyId": "arn:aws:kms:us-east-1:123456789012:key/k",
        "pendingWindowInDays": 7}),
            json!({}),
        )],
        "AWS::KMS::Key",
        "k",
        &["KeyState", "Enabled"],
        expect![[r#"
            KeyState = "PendingDeletion"
            Enabled = false
              [] unknown
              [Enabled] e1
              [KeyState] e1"#]],
    );
    check(
        &[(
            "route53:ChangeResourceRecordSets",
            json!({"hostedZoneId": "Z", "changeBatch": {"changes": [
        {"action": "UPSERT", "resourceRecordSet": {"name": "A.example.com", "type": "A", "tTL": 60}}]}}),
            json!({}),
        )],
        "AWS::Route53::RecordSet",
        "Z a.example.com. A",
        &["TTL"],
        expect![[r#"
            TTL = 60
              [] e1"#]],
    );
    check(
        &[("ecs:UpdateService", json!({"service": "s", "desiredCount": 0}), json!({}))],
        "AWS::ECS::Service",
        "default/s",
        &["desiredCount"],
        expect![[r#"
            desiredCount = 0
              [] unknown
              [desiredCount] e1"#]],
    );
    check(
        &[(
            "autoscaling:SuspendProcesses",
            json!({"autoScalingGroupName": "g", "scalingProcesses": ["Launch"]}),
            Value::Null,
        )],
        "AWS::AutoScaling::AutoScalingGroup",
        "g",
        &["SuspendedProcesses"],
        expect![[r#"
            SuspendedProcesses = [{"ProcessName":"Launch"}]
              [] unknown
              [SuspendedProcesses[Launch]] e1"#]],
    );
}

#[test]
fn a_record_without_its_parameters_makes_what_it_names_unknown() {
    let calls = [
        vpc(),
        table(),
        (
            "CreateRoute",
            json!({"omitted": true, "reason": "too long"}),
            json!({"routeTableId": "rtb-1"}),
        ),
    ];
    let mut made = events(&calls);
    made[2].resource_ids = vec!["rtb-1".to_owned()];
    let state = replay(&State::new(), &made);
    expect![[r#"
        Routes has nothing
          [] unknown"#]]
    .assert_eq(&show(&state, TABLE, "rtb-1", &["Routes"]));
}

#[test]
fn every_change_that_the_tables_hold_has_a_rule() {
    // They change nothing that is described.
    const NOTHING: &[&str] = &[
        "ec2:RebootInstances",
        "ec2:DeleteLaunchTemplateVersions",
        "rds:RebootDBInstance",
        "sqs:PurgeQueue",
    ];
    let with_rule: Vec<&str> = followed_events().collect();
    let names = [
        "acm",
        "apigateway",
        "autoscaling",
        "cloudfront",
        "cloudtrail",
        "cloudwatch",
        "config",
        "directconnect",
        "dynamodb",
        "ec2",
        "ecr",
        "ecs",
        "efs",
        "eks",
        "elasticache",
        "elbv2",
        "events",
        "iam",
        "kms",
        "lambda",
        "network-firewall",
        "organizations",
        "ram",
        "rds",
        "route53",
        "route53domains",
        "route53resolver",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "stepfunctions",
        "wafv2",
    ];
    let mut lacking = Vec::new();
    for operation in names.into_iter().flat_map(trailhound_model::operations) {
        let event = format!("{}:{}", operation.service.id, operation.name);
        let is_read =
            ["Describe", "Get", "List", "Search"].iter().any(|it| operation.name.starts_with(it));
        // Questions about paths: they change no network.
        let is_question = operation.name.contains("NetworkInsights");
        if !is_read
            && !is_question
            && !with_rule.contains(&event.as_str())
            && !NOTHING.contains(&event.as_str())
        {
            lacking.push(event);
        }
    }
    lacking.sort();
    assert_eq!(lacking, Vec::<String>::new());
    let unheard = with_rule.iter().filter(|event| {
        let (service, name) = event.split_once(':').unwrap();
        trailhound_model::operation(service, name).is_none()
    });
    assert_eq!(unheard.collect::<Vec<_>>(), Vec::<&&str>::new());
}
