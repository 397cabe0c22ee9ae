//! Whether what a read-only call shows is what a step was to leave behind.
//!
//! An answer is brought into the shape of a resource's body, and the property looked up there. What an
//! answer does not speak of is not told: never taken for absent, and never for right.
//!
//! # Source
//! Operations and members are those of AWS's API models (botocore).

mod bodies;

use serde_json::{Value, json};

use super::path::Path;
use super::types::{Check, Expectation};
use crate::state::{Key, get_at, is_elsewhere};
use bodies::body_of;

/// What a read-only call shows of an expectation.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// It is as it was to be.
    Met,
    /// It is otherwise; nothing when it is not there.
    Differs(Option<Value>),
    /// The call does not tell it.
    NotTold,
}

/// The call that tells a property, where the one that shows the resource does not.
pub fn look(expect: &Expectation) -> Option<Check> {
    let Key { resource_type, id, .. } = &expect.key;
    let member = expect.path.split(['.', '[']).next().unwrap_or_default();
    let list = || json!({"PrefixListIds": [id]});
    let filter = || json!([{"Name": "group-id", "Values": [id]}]);
    let table = || json!({"TransitGatewayRouteTableId": id});
    let (call, input) = match (*resource_type, member) {
        ("AWS::EC2::VPC", "EnableDnsSupport" | "EnableDnsHostnames") => {
            let attribute = member.replacen('E', "e", 1);
            ("ec2:DescribeVpcAttribute", json!({"VpcId": id, "Attribute": attribute}))
        }
        ("AWS::EC2::VPC", "EnableNetworkAddressUsageMetrics") => {
            let attribute = "enableNetworkAddressUsageMetrics";
            ("ec2:DescribeVpcAttribute", json!({"VpcId": id, "Attribute": attribute}))
        }
        ("AWS::EC2::SecurityGroup", "SecurityGroupRules") => {
            ("ec2:DescribeSecurityGroupRules", json!({"Filters": filter()}))
        }
        ("AWS::EC2::SecurityGroup", "SecurityGroupVpcAssociations") => {
            ("ec2:DescribeSecurityGroupVpcAssociations", json!({"Filters": filter()}))
        }
        // The calls that show their parts answer for what has ended, too.
        ("AWS::EC2::PrefixList", "") => ("ec2:DescribeManagedPrefixLists", list()),
        ("AWS::EC2::TransitGatewayRouteTable", "") => {
            ("ec2:DescribeTransitGatewayRouteTables", json!({"TransitGatewayRouteTableIds": [id]}))
        }
        ("AWS::EC2::TransitGatewayRouteTable", "Associations") => {
            ("ec2:GetTransitGatewayRouteTableAssociations", table())
        }
        ("AWS::EC2::TransitGatewayRouteTable", "Propagations") => {
            ("ec2:GetTransitGatewayRouteTablePropagations", table())
        }
        ("AWS::EC2::TransitGatewayRouteTable", "PrefixListReferences") => {
            ("ec2:GetTransitGatewayPrefixListReferences", table())
        }
        ("AWS::EC2::TransitGatewayAttachment", "SubnetIds" | "Options") => (
            "ec2:DescribeTransitGatewayVpcAttachments",
            json!({"TransitGatewayAttachmentIds": [id]}),
        ),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Attributes") => {
            ("elbv2:DescribeLoadBalancerAttributes", json!({"LoadBalancerArn": id}))
        }
        ("AWS::ElasticLoadBalancingV2::TargetGroup", "Attributes") => {
            ("elbv2:DescribeTargetGroupAttributes", json!({"TargetGroupArn": id}))
        }
        ("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets") => {
            ("elbv2:DescribeTargetHealth", json!({"TargetGroupArn": id}))
        }
        _ => return None,
    };
    let (service, operation) = call.split_once(':')?;
    let (service, operation) = (service.to_owned(), operation.to_owned());
    Some(Check { service, operation, input, refs: Vec::new() })
}

/// What the answer of `check` shows of `expect`; an error is the service's name of its refusal.
pub fn seen(check: &Check, answer: Result<&Value, &str>, expect: &Expectation) -> Seen {
    let body = match answer {
        Ok(answer) => match body_of(check, answer, &expect.key) {
            Some(body) => body,
            None => return Seen::NotTold,
        },
        Err(code) if is_not_there(code) => None,
        Err(_) => return Seen::NotTold,
    };
    let body = body.filter(|body| !is_gone(body));
    let wanted = expect.value.as_ref();
    if expect.path.is_empty() {
        return match (wanted, body) {
            (Some(_), Some(_)) | (None, None) => Seen::Met,
            (None, Some(body)) => Seen::Differs(Some(body)),
            (Some(_), None) => Seen::Differs(None),
        };
    }
    let Some(body) = body else {
        // Where the whole is gone, its parts are.
        return if wanted.is_none() { Seen::Met } else { Seen::Differs(None) };
    };
    let member = expect.path.split(['.', '[']).next().unwrap_or_default();
    if body.get(member).is_none() && is_elsewhere(expect.key.resource_type, member) {
        return Seen::NotTold;
    }
    if member.starts_with("IpPermissions") {
        return permission(&body, expect);
    }
    let found = find(&body, &expect.path);
    match (wanted, found) {
        (None, None) => Seen::Met,
        (Some(wanted), Some(found)) if is_same(wanted, &found) => Seen::Met,
        // Of an id that is new with each making it counts that there is one.
        (Some(_), Some(_)) if is_own_id(expect.path.rsplit('.').next().unwrap_or_default()) => {
            Seen::Met
        }
        (None, Some(found)) if is_empty(&found) || is_gone(&found) => Seen::Met,
        (Some(wanted), None) if is_empty(wanted) => Seen::Met,
        (Some(wanted), None) if is_renamed(&body, expect, wanted) => Seen::Met,
        (_, found) => Seen::Differs(found),
    }
}

/// The value at a path of a body, by the names of either kind of path.
fn find(body: &Value, path: &str) -> Option<Value> {
    let found = get_at(body, path).filter(|it| !it.is_null()).cloned();
    // A place in a list is shown as `[0]`, and read as `[#0]`.
    found.or_else(|| Path::of(path).find(body)).or_else(|| {
        let counted = path.replace("[0]", "[#0]");
        (counted != path).then(|| Path::of(&counted).find(body)).flatten()
    })
}

/// Whether a list has the element under a new id.
fn is_renamed(body: &Value, expect: &Expectation, wanted: &Value) -> bool {
    let Some((list, _)) = expect.path.strip_suffix(']').and_then(|path| path.rsplit_once('['))
    else {
        return false;
    };
    let elements = find(body, list);
    let elements = elements.as_ref().and_then(Value::as_array).into_iter().flatten();
    let is_told = wanted.as_object().is_some_and(|it| it.keys().any(|name| !is_own(name)));
    is_told && elements.into_iter().any(|found| is_same(wanted, found))
}

/// A rule of a security group: the peers of one permission, which are looked for one by one.
fn permission(body: &Value, expect: &Expectation) -> Seen {
    let found = find(body, &expect.path);
    let Some(wanted) = &expect.value else {
        return found.map_or(Seen::Met, |found| Seen::Differs(Some(found)));
    };
    if found.as_ref().is_some_and(|found| is_same(wanted, found)) {
        return Seen::Met;
    }
    // The value may be the whole permission, of which the path names one peer.
    let lists = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];
    let peers = lists.iter().filter_map(|list| wanted.get(*list)?.as_array()).flatten();
    let peers: Vec<&Value> = peers.collect();
    let is_there =
        found.as_ref().is_some_and(|found| peers.iter().any(|peer| is_same(peer, found)));
    if is_there { Seen::Met } else { Seen::Differs(found) }
}

/// Whether a refusal says that there is no such thing.
fn is_not_there(code: &str) -> bool {
    let parts = ["NotFound", "NoSuch", "NotExist", "DoesNotExist", "NonExistent", "HTTP 404"];
    parts.iter().any(|part| code.contains(part))
}

/// Whether a resource is only still described: what has ended is, for a while.
fn is_gone(body: &Value) -> bool {
    const ENDED: &[&str] = &[
        "deleted",
        "deleting",
        "delete-complete",
        "terminated",
        "shutting-down",
        "rejected",
        "expired",
        "inactive",
        "detached",
        "disassociated",
    ];
    let text = |path: &str| Path::of(path).find(body)?.as_str().map(str::to_ascii_lowercase);
    [
        "State",
        "State.Name",
        "CidrBlockState.State",
        "Ipv6CidrBlockState.State",
        "Status.Code",
        "status",
        "DBInstanceStatus",
    ]
    .iter()
    .filter_map(|path| text(path))
    .any(|state| ENDED.contains(&state.as_str()))
}

/// Members that are new with each making, or that AWS moves on by itself.
fn is_own(name: &str) -> bool {
    const OWN: &[&str] = &[
        "State",
        "Status",
        "AssociationState",
        "AttachTime",
        "CreateTime",
        "LastModified",
        "CreationDate",
        "CreateDate",
        "Origin",
        "GrantId",
        "IssuingAccount",
        "InstanceOwnerId",
        "SecurityGroupRuleArn",
        "SecurityGroupRuleId",
        "VersionId",
        "GrantToken",
        "Main",
    ];
    OWN.contains(&name) || is_own_id(name)
}

/// Whether a member holds an id that is new with each making.
fn is_own_id(name: &str) -> bool {
    name.ends_with("AssociationId") || name.ends_with("AssociationID") || name == "AttachmentId"
}

/// Whether what was found says what was wanted; it may say more.
fn is_same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted
            .iter()
            .filter(|(name, _)| !is_own(name))
            .all(|(name, value)| match found.get(name) {
                Some(found) => is_same(value, found),
                None => is_empty(value),
            }),
        (Value::Array(wanted), Value::Array(found)) => {
            let mut left: Vec<&Value> = found.iter().collect();
            wanted.len() == found.len()
                && wanted.iter().all(|value| {
                    let at = left.iter().position(|found| is_same(value, found));
                    at.map(|at| left.swap_remove(at)).is_some()
                })
        }
        (Value::String(wanted), Value::String(found)) if wanted != found => {
            let (wanted, found) = (json_of(wanted), json_of(found));
            wanted.is_some() && wanted == found
        }
        (Value::String(text), value @ (Value::Object(_) | Value::Array(_)))
        | (value @ (Value::Object(_) | Value::Array(_)), Value::String(text)) => {
            json_of(text).is_some_and(|json| json == *value)
        }
        (Value::String(text), value @ (Value::Number(_) | Value::Bool(_)))
        | (value @ (Value::Number(_) | Value::Bool(_)), Value::String(text)) => {
            super::path::scalar_text(value).as_ref() == Some(text)
        }
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        (wanted, found) => wanted == found,
    }
}

/// Whether a value says nothing, as answers leave such out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Number(_) => false,
    }
}

fn json_of(text: &str) -> Option<Value> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    is_json.then(|| serde_json::from_str(text).ok()).flatten()
}

/// A text that is JSON, as JSON.
fn parsed(value: &Value) -> Value {
    value.as_str().and_then(json_of).unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Scope;

    #[track_caller]
    fn check(
        call: &str,
        kind: &'static str,
        answer: Result<Value, &str>,
        (path, value): (&str, Value),
        expected: Seen,
    ) {
        let (service, operation) = call.split_once(':').unwrap();
        let check = Check {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input: json!({}),
            refs: Vec::new(),
        };
        let scope = Scope { account: String::new(), region: String::new() };
        let expect = Expectation {
            key: Key { scope, resource_type: kind, id: "id-1".to_owned() },
            path: path.to_owned(),
            value: Some(value).filter(|value| !value.is_null()),
        };
        let answer = answer.as_ref().map_err(|code| *code);
        assert_eq!(seen(&check, answer, &expect), expected);
    }

    #[test]
    fn a_route_is_as_it_was_to_be_whatever_its_state() {
        let tables = |gateway: &str| {
            json!({"RouteTables": [{"RouteTableId": "id-1", "Routes": [
                {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway, "State": "active"}]}]})
        };
        let wanted = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1",
            "State": "blackhole"});
        let (call, kind) = ("ec2:DescribeRouteTables", "AWS::EC2::RouteTable");
        let path = "Routes[0.0.0.0/0]";
        check(call, kind, Ok(tables("igw-1")), (path, wanted.clone()), Seen::Met);
        let found = tables("igw-2").pointer("/RouteTables/0/Routes/0").cloned();
        check(call, kind, Ok(tables("igw-2")), (path, wanted), Seen::Differs(found.clone()));
        check(call, kind, Ok(tables("igw-2")), (path, Value::Null), Seen::Differs(found));
        check(call, kind, Ok(tables("igw-2")), ("Routes[10.0.0.0/8]", Value::Null), Seen::Met);
    }

    #[test]
    fn what_a_call_does_not_tell_is_neither_right_nor_wrong() {
        let vpcs = json!({"Vpcs": [{"VpcId": "id-1"}]});
        let dns = ("EnableDnsSupport", json!({"Value": true}));
        check("ec2:DescribeVpcs", "AWS::EC2::VPC", Ok(vpcs.clone()), dns.clone(), Seen::NotTold);
        check("ec2:DescribeVpcs", "AWS::EC2::VPC", Err("AccessDenied"), dns, Seen::NotTold);
        check("ec2:DescribeVpcs", "AWS::EC2::VPC", Ok(vpcs), ("", json!(true)), Seen::Met);
    }

    #[test]
    fn a_thing_that_is_gone_is_not_there() {
        let (call, kind) = ("ec2:DescribeNatGateways", "AWS::EC2::NatGateway");
        let gone = json!({"NatGateways": [{"NatGatewayId": "id-1", "State": "deleting"}]});
        check(call, kind, Ok(gone.clone()), ("", Value::Null), Seen::Met);
        check(call, kind, Ok(gone), ("", json!(true)), Seen::Differs(None));
        check(call, kind, Err("NatGatewayNotFound"), ("", Value::Null), Seen::Met);
        check(call, kind, Ok(json!({"NatGateways": []})), ("", json!(true)), Seen::Differs(None));
    }

    #[test]
    fn an_association_may_have_a_new_id() {
        let tables = json!({"RouteTables": [{"RouteTableId": "id-1", "Associations": [
            {"RouteTableAssociationId": "rtbassoc-2", "SubnetId": "subnet-1", "Main": false}]}]});
        let wanted = json!({"RouteTableAssociationId": "rtbassoc-1", "SubnetId": "subnet-1"});
        let (call, kind) = ("ec2:DescribeRouteTables", "AWS::EC2::RouteTable");
        let path = "Associations[rtbassoc-1]";
        check(call, kind, Ok(tables.clone()), (path, wanted), Seen::Met);
        let other = json!({"RouteTableAssociationId": "rtbassoc-1", "SubnetId": "subnet-2"});
        check(call, kind, Ok(tables), (path, other), Seen::Differs(None));
    }

    #[test]
    fn of_an_association_it_counts_that_there_is_one() {
        let (call, kind) = ("ec2:DescribeAddresses", "AWS::EC2::EIP");
        let path = "AssociationId";
        let bound = json!({"Addresses": [{"AllocationId": "id-1", "AssociationId": "eipassoc-2"}]});
        check(call, kind, Ok(bound), (path, json!("eipassoc-1")), Seen::Met);
        let free = json!({"Addresses": [{"AllocationId": "id-1"}]});
        check(call, kind, Ok(free), (path, json!("eipassoc-1")), Seen::Differs(None));
    }

    #[test]
    fn policies_are_compared_as_what_they_say() {
        let answer = json!({"Policy": "{ \"Version\": \"2012-10-17\" }"});
        let (call, kind) = ("s3:GetBucketPolicy", "AWS::S3::Bucket");
        let same = ("Policy", json!({"Version": "2012-10-17"}));
        check(call, kind, Ok(answer.clone()), same, Seen::Met);
        let other = json!({"Version": "2008-10-17"});
        let found = Some(json!({"Version": "2012-10-17"}));
        check(call, kind, Ok(answer), ("Policy", other), Seen::Differs(found));
        check(call, kind, Err("NoSuchBucketPolicy"), ("Policy", Value::Null), Seen::Met);
    }

    #[test]
    fn a_rule_is_found_among_the_peers_of_its_permission() {
        let groups = json!({"SecurityGroups": [{"GroupId": "id-1", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges":
                [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "192.0.2.0/24"}]}]}]});
        let (call, kind) = ("ec2:DescribeSecurityGroups", "AWS::EC2::SecurityGroup");
        let wanted = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
            "IpRanges": [{"CidrIp": "10.0.0.0/8"}]});
        let path = "IpPermissions[tcp 443].IpRanges[10.0.0.0/8]";
        check(call, kind, Ok(groups.clone()), (path, wanted.clone()), Seen::Met);
        let path = "IpPermissions[tcp 443].IpRanges[10.1.0.0/16]";
        check(call, kind, Ok(groups.clone()), (path, wanted), Seen::Differs(None));
        check(call, kind, Ok(groups), (path, Value::Null), Seen::Met);
    }
}
