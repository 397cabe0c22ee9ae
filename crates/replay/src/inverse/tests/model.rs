//! A small model of four kinds of EC2 calls, to run plans on: routes, ACL entries, rules, associations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Call, Step, element_key};
use super::support::{Literal, key};

const TARGETS: &[&str] = &["NatGatewayId", "GatewayId", "TransitGatewayId", "NetworkInterfaceId"];

fn list<'a>(state: &'a mut Literal, kind: &str, id: &Value, name: &str) -> &'a mut Vec<Value> {
    let key = key(super::support::REGION, kind, id.as_str().unwrap());
    let body = &mut state.resources.get_mut(&key).unwrap().body;
    body[name].as_array_mut().unwrap()
}

fn at(elements: &[Value], wanted: &Value) -> Option<usize> {
    let wanted = element_key(wanted);
    elements.iter().position(|it| element_key(it) == wanted)
}

/// The route that a request makes.
fn route(request: &Value) -> Value {
    let mut route = json!({"State": "active", "Origin": "CreateRoute"});
    for name in TARGETS.iter().chain(&["DestinationCidrBlock"]) {
        if let Some(value) = request.get(*name) {
            route[*name] = value.clone();
        }
    }
    route
}

/// The entry that a request makes.
fn entry(request: &Value) -> Value {
    let mut entry = request.clone();
    entry.as_object_mut().unwrap().shift_remove("NetworkAclId");
    entry
}

/// A list in the order of its keys: AWS gives none.
pub(crate) fn sorted(mut state: Literal) -> Literal {
    for resource in state.resources.values_mut() {
        for name in ["Routes", "Entries", "SecurityGroupRules", "Associations"] {
            if let Some(elements) = resource.body.get_mut(name).and_then(Value::as_array_mut) {
                elements.sort_by_key(|it| in_order(&without_ids(it)));
            }
        }
    }
    state
}

/// An element as text, its members in the order of their names.
fn in_order(element: &Value) -> String {
    let members: BTreeMap<_, _> = element.as_object().into_iter().flatten().collect();
    format!("{members:?}")
}

/// An element without the ids that a change gives anew.
fn without_ids(element: &Value) -> Value {
    let mut element = element.clone();
    if let Some(members) = element.as_object_mut() {
        members.shift_remove("SecurityGroupRuleId");
        members.shift_remove("RouteTableAssociationId");
    }
    element
}

/// What of a state must come back: all but the ids of rules and associations.
pub(crate) fn comparable(state: &Literal) -> Vec<(String, Value)> {
    let state = sorted(state.clone());
    let plain = |body: &Value| {
        let mut body = body.clone();
        for (_, member) in body.as_object_mut().unwrap() {
            if let Some(elements) = member.as_array_mut() {
                elements.iter_mut().for_each(|it| *it = without_ids(it));
            }
        }
        body
    };
    state.resources.iter().map(|(key, it)| (key.id.clone(), plain(&it.body))).collect()
}

/// Runs a call on the model; its answer. A call that AWS would refuse is a failure of the test.
pub(crate) fn run(state: &mut Literal, operation: &str, request: &Value, serial: u32) -> Value {
    let table = &request["RouteTableId"];
    match operation {
        "CreateRoute" | "ReplaceRoute" | "DeleteRoute" => {
            let routes = list(state, "AWS::EC2::RouteTable", table, "Routes");
            change(routes, operation, route(request));
            json!({"Return": true})
        }
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" | "DeleteNetworkAclEntry" => {
            let acl = &request["NetworkAclId"];
            let entries = list(state, "AWS::EC2::NetworkAcl", acl, "Entries");
            change(entries, operation, entry(request));
            Value::Null
        }
        "AuthorizeSecurityGroupIngress" | "RevokeSecurityGroupIngress" => {
            rules(state, operation, request, serial)
        }
        "AssociateRouteTable" => {
            let id = format!("rtbassoc-{serial}");
            let associations = list(state, "AWS::EC2::RouteTable", table, "Associations");
            associations
                .push(json!({"RouteTableAssociationId": id, "SubnetId": request["SubnetId"]}));
            json!({"AssociationId": id})
        }
        "DisassociateRouteTable" => {
            take_association(state, &request["AssociationId"]);
            Value::Null
        }
        "ReplaceRouteTableAssociation" => {
            let subnet = take_association(state, &request["AssociationId"]);
            let id = format!("rtbassoc-{serial}");
            let associations = list(state, "AWS::EC2::RouteTable", table, "Associations");
            associations.push(json!({"RouteTableAssociationId": id, "SubnetId": subnet}));
            json!({"NewAssociationId": id})
        }
        other => panic!("the model has no {other}"),
    }
}

fn change(elements: &mut Vec<Value>, operation: &str, element: Value) {
    let found = at(elements, &element);
    match (operation.starts_with("Create"), operation.starts_with("Delete")) {
        (true, _) => {
            assert!(found.is_none(), "{operation}: {element} is there already");
            elements.push(element);
        }
        (_, true) => {
            elements.remove(found.unwrap());
        }
        _ => elements[found.unwrap()] = element,
    }
}

fn take_association(state: &mut Literal, id: &Value) -> Value {
    for resource in state.resources.values_mut() {
        let Some(elements) = resource.body.get_mut("Associations").and_then(Value::as_array_mut)
        else {
            continue;
        };
        if let Some(at) = elements.iter().position(|it| it["RouteTableAssociationId"] == *id) {
            return elements.remove(at)["SubnetId"].clone();
        }
    }
    panic!("no association {id}");
}

fn rules(state: &mut Literal, operation: &str, request: &Value, serial: u32) -> Value {
    let group = request["GroupId"].clone();
    let rules = list(state, "AWS::EC2::SecurityGroup", &group, "SecurityGroupRules");
    if let Some(ids) = request.get("SecurityGroupRuleIds") {
        let count = rules.len();
        rules.retain(|rule| !ids.as_array().unwrap().contains(&rule["SecurityGroupRuleId"]));
        assert_eq!(rules.len() + ids.as_array().unwrap().len(), count, "a rule is not there");
        return json!({"Return": true});
    }
    let mut made = Vec::new();
    for permission in request["IpPermissions"].as_array().unwrap() {
        for range in permission["IpRanges"].as_array().unwrap() {
            let rule = json!({
                "SecurityGroupRuleId": format!("sgr-{serial}-{}", made.len()),
                "IsEgress": false,
                "IpProtocol": permission["IpProtocol"],
                "FromPort": permission["FromPort"],
                "ToPort": permission["ToPort"],
                "CidrIpv4": range["CidrIp"],
                "Description": range.get("Description").cloned().unwrap_or_default(),
            });
            let same = |it: &Value| {
                ["IpProtocol", "FromPort", "ToPort", "CidrIpv4"]
                    .iter()
                    .all(|name| it[*name] == rule[*name])
            };
            match operation.starts_with("Authorize") {
                true => {
                    assert!(!rules.iter().any(same), "{rule} is there already");
                    rules.push(rule.clone());
                }
                // A revoke that finds nothing succeeds.
                false => rules.retain(|it| !same(it)),
            }
            made.push(rule);
        }
    }
    match operation.starts_with("Authorize") {
        true => json!({"Return": true, "SecurityGroupRules": made}),
        false => json!({"Return": true}),
    }
}

/// Runs the steps of a plan; the calls that they were.
pub(crate) fn run_steps(state: &mut Literal, steps: &[Step], serial: u32) -> Vec<Call> {
    let mut calls = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        assert!(step.refs.is_empty() && step.held.is_none(), "{step:?}");
        let number = serial + u32::try_from(at).unwrap();
        let answer = run(state, &step.operation, &step.input, number);
        calls.push(super::support::call(number, &step.operation, step.input.clone(), answer));
    }
    calls
}
