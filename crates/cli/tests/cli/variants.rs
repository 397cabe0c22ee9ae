//! The outage in other guises: each is one call more in the example's week, and that call alone is blamed.

use crate::env::TestEnv;
use serde_json::{Value, json};

const INSTANCE: &str = "i-06b03129ac85513bd";
const PRIVATE_TABLE: &str = "rtb-0736172c24218f73a";
const PUBLIC_TABLE: &str = "rtb-00ebea53b987e2d35";
const ASSOCIATION: &str = "rtbassoc-008bf272a765d09df";
const GATEWAY: &str = "igw-00a225eae009ea54d";
const NAT: &str = "nat-0eb85e96a1c08d456";
const VPC: &str = "vpc-0bed99fe3aedb9d3b";
const GROUP: &str = "sg-048c16aed62ed4202";

/// A record of somebody's call, in the morning of the day before the outage.
fn record(place: usize, name: &str, request: &Value, answer: &Value) -> Value {
    json!({"eventVersion": "1.11", "eventTime": format!("2026-09-12T01:00:{place:02}Z"),
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/erin",
            "accountId": "123456789012", "userName": "erin", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
        "eventSource": "ec2.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.70", "userAgent": "test", "eventID": format!("variant-{place}"),
        "readOnly": false, "requestParameters": request, "responseElements": answer,
        "eventType": "AwsApiCall", "recipientAccountId": "123456789012"})
}

/// Says what `blame-path` finds in the example with these calls, before its own outage: the event that is
/// blamed, and the code of the answer.
fn blamed(records: Vec<Value>) -> (String, String) {
    let env = TestEnv::with("../../../example/week.tar.gz");
    let file = env.path("calls.json");
    std::fs::write(&file, json!({"Records": records}).to_string()).unwrap();
    env.run(&["import", "-q", file.to_str().unwrap()]);
    let until = ["--bad", "2026-09-12T12:00Z", "--output", "json"];
    let ends = ["blame-path", "-q", INSTANCE, "203.0.113.10", "--port", "443"];
    let json = env.run(&[&ends[..], &until].concat());
    let json = json.trim_end().trim_end_matches("--- exit 3").trim_end();
    let found: Value = serde_json::from_str(json).unwrap();
    let code = found.pointer("/flips/0/after/explanations/0/ExplanationCode");
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("none").to_owned();
    (text(found.get("culprit")), text(code))
}

/// Calls that change nothing of the path, before and after the one that breaks it.
fn decoys() -> Vec<(&'static str, Value, Value)> {
    let tag = json!({"resourcesSet": {"items": [{"resourceId": PRIVATE_TABLE}]},
        "tagSet": {"items": [{"key": "owner", "value": "erin"}]}});
    let same = json!({"routeTableId": PRIVATE_TABLE, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": NAT});
    vec![
        ("CreateTags", tag, json!({"_return": true})),
        ("ReplaceRoute", same, json!({"_return": true})),
        (
            "CreateVpc",
            json!({"cidrBlock": "10.99.0.0/16"}),
            json!({"vpc": {"vpcId": "vpc-99", "cidrBlock": "10.99.0.0/16"}}),
        ),
    ]
}

#[track_caller]
fn check(name: &'static str, request: Value, answer: Value, code: &str) {
    let mut calls = decoys();
    let culprit = format!("variant-{}", calls.len());
    calls.push((name, request, answer));
    calls.extend(decoys().into_iter().filter(|(decoy, ..)| *decoy == "CreateTags"));
    let records = calls.iter().enumerate();
    let records =
        records.map(|(place, (name, request, answer))| record(place, name, request, answer));
    assert_eq!(blamed(records.collect()), (culprit, code.to_owned()), "{name}");
}

fn done() -> Value {
    json!({"_return": true})
}

#[test]
fn a_route_that_is_changed_or_deleted() {
    let route = json!({"routeTableId": PRIVATE_TABLE, "destinationCidrBlock": "0.0.0.0/0"});
    check("DeleteRoute", route.clone(), done(), "NO_ROUTE_TO_DESTINATION");
    let mut replaced = route;
    replaced["gatewayId"] = json!(GATEWAY);
    check("ReplaceRoute", replaced, done(), "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
}

#[test]
fn a_subnet_that_gets_another_table() {
    let request = json!({"associationId": ASSOCIATION, "routeTableId": PUBLIC_TABLE});
    let answer = json!({"newAssociationId": "rtbassoc-new"});
    check("ReplaceRouteTableAssociation", request, answer, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
    let request = json!({"associationId": ASSOCIATION});
    check("DisassociateRouteTable", request, done(), "NO_ROUTE_TO_DESTINATION");
}

#[test]
fn a_gateway_that_goes() {
    let request = json!({"DeleteNatGatewayRequest": {"NatGatewayId": NAT}});
    let answer = json!({"DeleteNatGatewayResponse": {"natGatewayId": NAT}});
    check("DeleteNatGateway", request, answer, "BAD_STATE_ROUTE");
    let request = json!({"internetGatewayId": GATEWAY, "vpcId": VPC});
    check("DetachInternetGateway", request, done(), "BAD_STATE_ROUTE");
}

#[test]
fn rules_and_options_that_stop_it() {
    let all = json!({"items": [{"ipProtocol": "-1", "groups": {}, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
        "ipv6Ranges": {}, "prefixListIds": {}}]});
    let request = json!({"groupId": GROUP, "ipPermissions": all});
    check("RevokeSecurityGroupEgress", request, done(), "SG_HAS_NO_RULES");
    let request = json!({"ModifyVpcBlockPublicAccessOptionsRequest": {"InternetGatewayBlockMode": "block-bidirectional"}});
    let answer = json!({"ModifyVpcBlockPublicAccessOptionsResponse": {"vpcBlockPublicAccessOptions":
        {"internetGatewayBlockMode": "block-bidirectional", "awsRegion": "us-east-1", "awsAccountId": "123456789012"}}});
    check("ModifyVpcBlockPublicAccessOptions", request, answer, "VPC_BLOCK_PUBLIC_ACCESS_ENABLED");
}

/// Mended by one and then unknown by another: the first is not to blame for how it is now.
#[test]
fn nobody_is_blamed_for_what_is_not_known() {
    let route = json!({"routeTableId": PRIVATE_TABLE, "destinationCidrBlock": "0.0.0.0/0"});
    let to = |member: &str, target: &str| {
        let mut request = route.clone();
        request[member] = json!(target);
        request
    };
    let acl_entry = json!({"networkAclId": "acl-0123456789abcdef0", "ruleNumber": 90, "egress": true,
        "ruleAction": "deny", "aclProtocol": "-1", "cidrBlock": "0.0.0.0/0"});
    let calls = [
        ("ReplaceRoute", to("gatewayId", GATEWAY)),
        ("ReplaceRoute", to("natGatewayId", NAT)),
        // It may be the default ACL of the VPC, whose id nobody told.
        ("CreateNetworkAclEntry", acl_entry),
    ];
    let records = calls.iter().enumerate();
    let records = records.map(|(place, (name, request))| record(place, name, request, &done()));
    assert_eq!(blamed(records.collect()).0, "none");
}

#[test]
fn calls_that_failed_or_ran_dry_break_nothing() {
    let route = json!({"routeTableId": PRIVATE_TABLE, "destinationCidrBlock": "0.0.0.0/0"});
    let failed = ["Client.DryRunOperation", "Client.UnauthorizedOperation"];
    let records = failed.iter().enumerate().map(|(place, code)| {
        let mut record = record(place, "DeleteRoute", &route, &Value::Null);
        record["errorCode"] = json!(code);
        record
    });
    assert_eq!(blamed(records.collect()).0, "none");
}
