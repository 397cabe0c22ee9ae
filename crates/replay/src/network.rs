//! What EC2's networking calls do, property by property.
//!
//! # Source
//! The request and response members of EC2's API model, in the forms that public CloudTrail logs have.

use serde_json::Value;

use crate::effects::{Call, Effects, Kind, Write, set};
use crate::normalize::{list, scalar};

/// The members of a route that name its target.
const TARGETS: &[&str] = &[
    "gatewayId",
    "natGatewayId",
    "networkInterfaceId",
    "instanceId",
    "vpcPeeringConnectionId",
    "transitGatewayId",
    "egressOnlyInternetGatewayId",
    "vpcEndpointId",
    "localGatewayId",
    "carrierGatewayId",
    "coreNetworkArn",
];
const DESTINATIONS: &[&str] =
    &["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"];

/// Says what `call` did, when it is one of those that have effects of their own.
pub(crate) fn effects(call: &Call<'_>) -> Option<Effects> {
    let changes = |writes: Vec<Write>| Some(Effects { kind: Kind::Change, writes });
    match call.name {
        "CreateRoute" | "ReplaceRoute" | "DeleteRoute" => Some(route(call)),
        "CreateTransitGatewayRoute"
        | "ReplaceTransitGatewayRoute"
        | "DeleteTransitGatewayRoute"
            if call.is_about("transitGatewayRouteTableId") =>
        {
            Some(route(call))
        }
        "AuthorizeSecurityGroupIngress" => changes(rules(call, "ingress", true)),
        "AuthorizeSecurityGroupEgress" => changes(rules(call, "egress", true)),
        "RevokeSecurityGroupIngress" => changes(rules(call, "ingress", false)),
        "RevokeSecurityGroupEgress" => changes(rules(call, "egress", false)),
        "ModifySecurityGroupRules" => changes(rules_by_id(call)),
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" | "DeleteNetworkAclEntry" => {
            changes(acl_entry(call))
        }
        "AssociateRouteTable" => changes(association(call, "routeTableId")),
        "ReplaceRouteTableAssociation" => changes(association(call, "routeTableId")),
        "ReplaceNetworkAclAssociation" => changes(association(call, "networkAclId")),
        "DisassociateRouteTable" => {
            let id = call.text("associationId")?;
            changes(match is_subnet(call) {
                true => vec![set("routeTableId", None)],
                false => vec![set(format!("associations[{id}]"), None)],
            })
        }
        "AttachInternetGateway" | "AttachVpnGateway" => changes(attachment(call, true)),
        "DetachInternetGateway" | "DetachVpnGateway" => changes(attachment(call, false)),
        "AssociateAddress" => changes(address(call, true)),
        "DisassociateAddress" => changes(address(call, false)),
        "CreateTags" | "DeleteTags" => changes(tags(call)),
        "RunInstances" => Some(run_instances(call)),
        "StartInstances" | "StopInstances" | "TerminateInstances" | "RebootInstances" => {
            Some(instance_state(call))
        }
        "ModifyVpcAttribute" => changes(attributes(call, "vpcId")),
        "ModifySubnetAttribute" => changes(attributes(call, "subnetId")),
        "ModifyInstanceAttribute" => changes(attributes(call, "instanceId")),
        "ModifyNetworkInterfaceAttribute" => changes(attributes(call, "networkInterfaceId")),
        "EnableVgwRoutePropagation" => changes(propagation(call, true)),
        "DisableVgwRoutePropagation" => changes(propagation(call, false)),
        "ModifyManagedPrefixList" => changes(prefix_list(call)),
        _ => created(call),
    }
}

/// The first of `names` that the request has, and its value.
fn first(call: &Call<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| call.text(name))
}

fn route(call: &Call<'_>) -> Effects {
    let destination = first(call, DESTINATIONS).unwrap_or_else(|| "?".to_owned());
    let target = first(call, TARGETS)
        .or_else(|| call.text("transitGatewayAttachmentId"))
        .or_else(|| call.text("localTarget").map(|_| "local".to_owned()))
        .or_else(|| call.text("blackhole").map(|_| "blackhole".to_owned()));
    let is_table = call.is_about("routeTableId") || call.is_about("transitGatewayRouteTableId");
    if !is_table {
        return Effects { kind: Kind::Touch, writes: Vec::new() };
    }
    let after = if call.name.starts_with("Delete") { None } else { target };
    let is_new = call.name == "CreateRoute";
    let write = set(format!("routes[{destination}]"), after).only_if_new(is_new);
    Effects { kind: Kind::Change, writes: vec![write] }
}

fn rules(call: &Call<'_>, direction: &str, is_in: bool) -> Vec<Write> {
    let after = || is_in.then(|| "allow".to_owned());
    let flat = std::slice::from_ref(&call.request);
    let listed = list(call.request.get("ipPermissions"));
    let permissions: Vec<&Value> = if listed.is_empty() { flat.iter().collect() } else { listed };
    let mut writes = Vec::new();
    for permission in permissions {
        let ports = ports(permission);
        for peer in peers(permission) {
            writes.push(set(format!("{direction}[{ports} {peer}]"), after()).only_if_new(is_in));
        }
    }
    let ids = list(call.request.get("securityGroupRuleIds"));
    for id in ids {
        let id = id.get("securityGroupRuleId").and_then(scalar).or_else(|| scalar(id));
        if let Some(id) = id {
            let known = revoked(call, &id).unwrap_or(id);
            writes.push(set(format!("{direction}[{known}]"), after()));
        }
    }
    writes
}

/// What the response says of a rule that was named by its id.
fn revoked(call: &Call<'_>, id: &str) -> Option<String> {
    let rules = list(call.response.get("revokedSecurityGroupRuleSet"));
    let rule = rules
        .into_iter()
        .find(|rule| rule.get("securityGroupRuleId").and_then(scalar).as_deref() == Some(id))?;
    Some(format!("{} {}", ports(rule), peers(rule).into_iter().next()?))
}

/// `tcp 22`, `tcp 1024-65535`, `all`.
fn ports(permission: &Value) -> String {
    let text = |name: &str| permission.get(name).and_then(scalar);
    let protocol = match text("ipProtocol").as_deref() {
        None | Some("-1") => return "all".to_owned(),
        Some("6") => "tcp".to_owned(),
        Some("17") => "udp".to_owned(),
        Some("1") => "icmp".to_owned(),
        Some(other) => other.to_owned(),
    };
    match (text("fromPort"), text("toPort")) {
        (Some(from), Some(to)) if from == to => format!("{protocol} {from}"),
        (Some(from), Some(to)) => format!("{protocol} {from}-{to}"),
        _ => protocol,
    }
}

/// Where a permission's traffic may come from or go to: networks, groups, prefix lists.
fn peers(permission: &Value) -> Vec<String> {
    const LISTS: &[(&str, &[&str])] = &[
        ("ipRanges", &["cidrIp"]),
        ("ipv6Ranges", &["cidrIpv6"]),
        ("groups", &["groupId", "groupName"]),
        ("userIdGroupPairs", &["groupId", "groupName"]),
        ("prefixListIds", &["prefixListId"]),
    ];
    const FLAT: &[&str] = &[
        "cidrIp",
        "cidrIpv6",
        "cidrIpv4",
        "prefixListId",
        "referencedGroupId",
        "sourceSecurityGroupName",
    ];
    let mut peers = Vec::new();
    for (name, members) in LISTS {
        for element in list(permission.get(*name)) {
            peers.extend(members.iter().find_map(|member| element.get(*member).and_then(scalar)));
        }
    }
    peers.extend(FLAT.iter().filter_map(|name| permission.get(*name).and_then(scalar)));
    let group = permission.pointer("/referencedGroupInfo/groupId").and_then(scalar);
    peers.extend(group);
    if peers.is_empty() { vec!["?".to_owned()] } else { peers }
}

fn rules_by_id(call: &Call<'_>) -> Vec<Write> {
    list(call.request.get("securityGroupRule"))
        .into_iter()
        .filter_map(|rule| {
            let id = rule.get("securityGroupRuleId").and_then(scalar)?;
            let to = rule.get("securityGroupRule")?;
            let value = format!("{} {}", ports(to), peers(to).join(", "));
            Some(set(format!("rules[{id}]"), Some(value)))
        })
        .collect()
}

fn acl_entry(call: &Call<'_>) -> Vec<Write> {
    let Some(number) = call.text("ruleNumber") else { return Vec::new() };
    let is_egress = call.text("egress").as_deref() == Some("true");
    let direction = if is_egress { "egress" } else { "ingress" };
    let path = format!("entries[{direction} {number}]");
    if call.name.starts_with("Delete") {
        return vec![set(path, None)];
    }
    let text = |name: &str| call.text(name).unwrap_or_default();
    let protocol = match text("aclProtocol").as_str() {
        "-1" => "all".to_owned(),
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        other => other.to_owned(),
    };
    let port = |name: &str| call.request.pointer(&format!("/portRange/{name}")).and_then(scalar);
    let ports = match (port("from"), port("to")) {
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
        _ => String::new(),
    };
    let network = first(call, &["cidrBlock", "ipv6CidrBlock"]).unwrap_or_default();
    let entry = format!("{} {protocol}{ports} {network}", text("ruleAction"));
    vec![set(path, Some(entry)).only_if_new(call.name.starts_with("Create"))]
}

/// Subnets and tables: the association's id is what a later call names.
fn association(call: &Call<'_>, container: &str) -> Vec<Write> {
    let of = |name: &str| call.response.get(name).and_then(scalar);
    let id = of("newAssociationId").or_else(|| of("associationId"));
    let id = id.unwrap_or_else(|| "?".to_owned());
    let old = call.text("associationId");
    if call.is_about(container) {
        let with = first(call, &["subnetId", "gatewayId"]);
        let with = with.or_else(|| old.map(|old| format!("what {old} was with")));
        return vec![set(format!("associations[{id}]"), with).only_if_new(true)];
    }
    match old {
        // Of the table or list that it leaves.
        Some(old) if !is_subnet(call) => vec![set(format!("associations[{old}]"), None)],
        _ => vec![set(container, call.text(container))],
    }
}

/// Whether the resource asked about is a subnet, or a gateway with a table of its own.
fn is_subnet(call: &Call<'_>) -> bool {
    const KINDS: &[&str] = &["subnet-", "igw-", "vgw-"];
    call.resource.iter().any(|name| KINDS.iter().any(|kind| name.starts_with(kind)))
}

fn attachment(call: &Call<'_>, is_in: bool) -> Vec<Write> {
    let (gateway, vpc) = (first(call, &["internetGatewayId", "vpnGatewayId"]), call.text("vpcId"));
    let is_vpc = call.is_about("vpcId");
    let (path, value) = if is_vpc { ("gateway", gateway) } else { ("attachedTo", vpc) };
    match value {
        Some(value) if is_vpc => {
            vec![set(format!("{path}[{value}]"), is_in.then(|| "attached".to_owned()))]
        }
        value => vec![set(path, value.filter(|_| is_in))],
    }
}

fn address(call: &Call<'_>, is_in: bool) -> Vec<Write> {
    let address = first(call, &["allocationId", "publicIp"]);
    let holder = first(call, &["networkInterfaceId", "instanceId"]);
    let is_address = call.is_about("allocationId") || call.is_about("publicIp");
    if is_address {
        return vec![set("associatedWith", holder.filter(|_| is_in))];
    }
    let by_id = call.text("associationId");
    match address {
        Some(address) => {
            vec![set(format!("addresses[{address}]"), is_in.then(|| "associated".to_owned()))]
        }
        None => by_id.map(|id| set(format!("associations[{id}]"), None)).into_iter().collect(),
    }
}

fn tags(call: &Call<'_>) -> Vec<Write> {
    let is_in = call.name == "CreateTags";
    list(call.request.get("tagSet"))
        .into_iter()
        .filter_map(|tag| {
            let key = tag.get("key").and_then(scalar)?;
            let value = tag.get("value").and_then(scalar).unwrap_or_default();
            Some(set(format!("tags[{key}]"), is_in.then_some(value)))
        })
        .collect()
}

fn run_instances(call: &Call<'_>) -> Effects {
    let instances = list(call.response.get("instancesSet"));
    let own = instances.into_iter().find(|instance| {
        instance.get("instanceId").and_then(scalar).is_some_and(|id| call.is_resource(&id))
    });
    let Some(own) = own else {
        return Effects { kind: Kind::Touch, writes: Vec::new() };
    };
    let mut writes = Vec::new();
    for name in ["imageId", "instanceType", "vpcId", "subnetId", "privateIpAddress", "keyName"] {
        if let Some(value) = own.get(name).and_then(scalar) {
            writes.push(set(name, Some(value)));
        }
    }
    for group in list(own.get("groupSet")) {
        if let Some(id) = group.get("groupId").and_then(scalar) {
            writes.push(set(format!("groups[{id}]"), Some("present".to_owned())));
        }
    }
    writes.push(set("state", Some("running".to_owned())));
    Effects { kind: Kind::Create, writes }
}

fn instance_state(call: &Call<'_>) -> Effects {
    let is_named = list(call.request.get("instancesSet")).into_iter().any(|instance| {
        instance.get("instanceId").and_then(scalar).is_some_and(|id| call.is_resource(&id))
    });
    if !is_named {
        return Effects { kind: Kind::Touch, writes: Vec::new() };
    }
    let (kind, state) = match call.name {
        "TerminateInstances" => (Kind::Delete, "terminated"),
        "StopInstances" => (Kind::Change, "stopped"),
        "StartInstances" => (Kind::Change, "running"),
        _ => return Effects { kind: Kind::Change, writes: Vec::new() },
    };
    Effects { kind, writes: vec![set("state", Some(state.to_owned()))] }
}

/// Every member of the request but the id is an attribute.
fn attributes(call: &Call<'_>, id: &str) -> Vec<Write> {
    let Some(members) = call.request.as_object() else { return Vec::new() };
    let mut writes = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| *name != id) {
        match name.as_str() {
            "groupSet" => {
                let groups: Vec<String> = list(Some(value))
                    .into_iter()
                    .filter_map(|group| {
                        group.get("groupId").and_then(scalar).or_else(|| scalar(group))
                    })
                    .collect();
                writes.push(set("groups", Some(groups.join(", "))));
            }
            "attribute" => {}
            _ => writes.push(set(name, scalar(value).or_else(|| Some(value.to_string())))),
        }
    }
    writes
}

fn propagation(call: &Call<'_>, is_in: bool) -> Vec<Write> {
    let Some(gateway) = call.text("gatewayId") else { return Vec::new() };
    vec![set(format!("propagatingGateways[{gateway}]"), is_in.then(|| "present".to_owned()))]
}

fn prefix_list(call: &Call<'_>) -> Vec<Write> {
    let entries = |name: &str| -> Vec<String> {
        let entries = list(call.request.get(name));
        entries.into_iter().filter_map(|entry| entry.get("cidr").and_then(scalar)).collect()
    };
    let removed =
        entries("removeEntry").into_iter().map(|cidr| set(format!("entries[{cidr}]"), None));
    let added = entries("addEntry")
        .into_iter()
        .map(|cidr| set(format!("entries[{cidr}]"), Some("present".to_owned())));
    removed.chain(added).collect()
}

/// `Create…` and `Allocate…`: the response describes what was made.
fn created(call: &Call<'_>) -> Option<Effects> {
    let noun = call.name.strip_prefix("Create").or_else(|| call.name.strip_prefix("Allocate"))?;
    let mut path = noun.chars();
    let member: String =
        path.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(path).collect();
    let made = call.response.get(&member).or_else(|| {
        let wrapped = call.response.get(format!("Create{noun}Response"));
        wrapped.and_then(|response| response.get(&member))
    });
    let made = made.unwrap_or(&call.response);
    let members = made.as_object()?;
    let is_own =
        members.values().any(|value| scalar(value).is_some_and(|value| call.is_resource(&value)));
    if !is_own {
        return Some(Effects { kind: Kind::Touch, writes: Vec::new() });
    }
    let mut writes: Vec<Write> = members
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "requestId" | "xmlns"))
        .filter_map(|(name, value)| {
            let value = scalar(value).filter(|value| !call.is_resource(value))?;
            Some(set(name, Some(value)))
        })
        .collect();
    if call.name == "CreateSecurityGroup" && call.text("vpcId").is_some() {
        // Every group of a VPC starts with this rule, which no event tells.
        writes.push(set("egress[all 0.0.0.0/0]", Some("allow".to_owned())));
    }
    Some(Effects { kind: Kind::Create, writes })
}
