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
    let changes = |writes: Vec<Write>| Some(Effects::new(Kind::Change, writes));
    let about = |members: &[&str], writes: &dyn Fn() -> Vec<Write>| {
        // A call that names the resource as a peer or a target changes something else.
        let is_about = members.iter().any(|member| call.is_about(member));
        Some(if is_about { Effects::new(Kind::Change, writes()) } else { Effects::touch() })
    };
    const GROUP: &[&str] = &["groupId", "groupName"];
    match call.name {
        "CreateRoute" | "ReplaceRoute" | "DeleteRoute" => Some(route(call)),
        "CreateTransitGatewayRoute"
        | "ReplaceTransitGatewayRoute"
        | "DeleteTransitGatewayRoute"
            if call.is_about("transitGatewayRouteTableId") =>
        {
            Some(route(call))
        }
        "AuthorizeSecurityGroupIngress" => about(GROUP, &|| rules(call, "ingress", true)),
        "AuthorizeSecurityGroupEgress" => about(GROUP, &|| rules(call, "egress", true)),
        "RevokeSecurityGroupIngress" => about(GROUP, &|| rules(call, "ingress", false)),
        "RevokeSecurityGroupEgress" => about(GROUP, &|| rules(call, "egress", false)),
        "ModifySecurityGroupRules" => about(GROUP, &|| rules_by_id(call)),
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" | "DeleteNetworkAclEntry" => {
            about(&["networkAclId"], &|| acl_entry(call))
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
        "CreateTags" | "DeleteTags" => Some(tags(call)),
        "RunInstances" => Some(run_instances(call)),
        "StartInstances" | "StopInstances" | "TerminateInstances" | "RebootInstances" => {
            Some(instance_state(call))
        }
        "ModifyVpcAttribute" => about(&["vpcId"], &|| attributes(call, "vpcId")),
        "ModifySubnetAttribute" => about(&["subnetId"], &|| attributes(call, "subnetId")),
        "ModifyInstanceAttribute" => about(&["instanceId"], &|| attributes(call, "instanceId")),
        "ModifyNetworkInterfaceAttribute" => {
            about(&["networkInterfaceId"], &|| attributes(call, "networkInterfaceId"))
        }
        "EnableVgwRoutePropagation" => about(&["routeTableId"], &|| propagation(call, true)),
        "DisableVgwRoutePropagation" => about(&["routeTableId"], &|| propagation(call, false)),
        "ModifyManagedPrefixList" => about(&["prefixListId"], &|| prefix_list(call)),
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
        return Effects::new(Kind::Touch, Vec::new());
    }
    let after = if call.name.starts_with("Delete") { None } else { target };
    let is_new = call.name == "CreateRoute";
    let write = set(format!("routes[{destination}]"), after).only_if_new(is_new);
    Effects::new(Kind::Change, vec![write])
}

fn rules(call: &Call<'_>, direction: &str, is_in: bool) -> Vec<Write> {
    let after = || is_in.then(|| "allow".to_owned());
    let mut writes = Vec::new();
    let ids = list(call.request.get("securityGroupRuleIds"));
    let listed = list(call.request.get("ipPermissions"));
    let permissions: Vec<&Value> = match (listed.is_empty(), ids.is_empty()) {
        (false, _) => listed,
        (true, true) => vec![&call.request],
        (true, false) => Vec::new(),
    };
    for permission in permissions {
        let ports = ports(permission);
        for peer in peers(permission) {
            let path = format!("{direction}[{ports} {peer}]");
            writes.push(set(path, after()).only_if_new(is_in));
        }
    }
    for id in ids {
        let id = id.get("securityGroupRuleId").and_then(scalar).or_else(|| scalar(id));
        let Some(id) = id else { continue };
        writes.push(match revoked(call, &id) {
            Some(rule) => set(format!("{direction}[{rule}]"), None),
            None => set(rule_id(&id), None),
        });
    }
    // The response says which id each rule has: later calls name it.
    for rule in list(call.response.get("securityGroupRuleSet")) {
        let id = rule.get("securityGroupRuleId").and_then(scalar);
        let peer = peers(rule).into_iter().next();
        if let (Some(id), Some(peer)) = (id, peer) {
            let path = format!("{direction}[{} {peer}]", ports(rule));
            writes.push(set(rule_id(&id), Some(path)));
        }
    }
    writes
}

/// What the response says of a rule that was named by its id.
fn revoked(call: &Call<'_>, id: &str) -> Option<String> {
    let is_it =
        |rule: &&Value| rule.get("securityGroupRuleId").and_then(scalar).as_deref() == Some(id);
    let rule = list(call.response.get("revokedSecurityGroupRuleSet")).into_iter().find(is_it)?;
    Some(format!("{} {}", ports(rule), peers(rule).into_iter().next()?))
}

/// The property that leads from a rule's id to the rule; a history keeps it to itself.
pub(crate) const RULE_IDS: &str = "ruleIds[";

fn rule_id(id: &str) -> String {
    format!("{RULE_IDS}{id}]")
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

/// The rule that an id leads to is taken away, and another put in its place.
fn rules_by_id(call: &Call<'_>) -> Vec<Write> {
    let mut writes = Vec::new();
    for rule in list(call.request.get("securityGroupRule")) {
        let id = rule.get("securityGroupRuleId").and_then(scalar);
        let (Some(id), Some(to)) = (id, rule.get("securityGroupRule")) else { continue };
        let value = format!("{} {}", ports(to), peers(to).join(", "));
        writes.push(set(rule_id(&id), None));
        writes.push(set(format!("rules[{id}]"), Some(value)));
    }
    writes
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

fn tags(call: &Call<'_>) -> Effects {
    let id = |one: &Value| one.get("resourceId").and_then(scalar).or_else(|| scalar(one));
    let targets = list(call.request.get("resourcesSet"));
    if !targets.into_iter().filter_map(id).any(|id| call.is_resource(&id)) {
        return Effects::touch();
    }
    let is_in = call.name == "CreateTags";
    let writes = tag_writes(call.request.get("tagSet"), is_in);
    Effects::new(Kind::Change, writes)
}

fn tag_writes(tags: Option<&Value>, is_in: bool) -> Vec<Write> {
    list(tags)
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
        return Effects::new(Kind::Touch, Vec::new());
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
    writes.extend(tag_writes(own.get("tagSet"), true));
    writes.push(set("state", Some("running".to_owned())));
    Effects::new(Kind::Create, writes)
}

fn instance_state(call: &Call<'_>) -> Effects {
    let is_named = list(call.request.get("instancesSet")).into_iter().any(|instance| {
        instance.get("instanceId").and_then(scalar).is_some_and(|id| call.is_resource(&id))
    });
    if !is_named {
        return Effects::new(Kind::Touch, Vec::new());
    }
    let (kind, state) = match call.name {
        "TerminateInstances" => (Kind::Delete, "terminated"),
        "StopInstances" => (Kind::Change, "stopped"),
        "StartInstances" => (Kind::Change, "running"),
        _ => return Effects::new(Kind::Change, Vec::new()),
    };
    Effects::new(kind, vec![set("state", Some(state.to_owned()))])
}

/// Every member of the request but the id is an attribute.
fn attributes(call: &Call<'_>, id: &str) -> Vec<Write> {
    let Some(members) = call.request.as_object() else { return Vec::new() };
    if let (Some(attribute), Some(value)) = (call.text("attribute"), members.get("value")) {
        return vec![set(attribute, scalar(value).or_else(|| Some(value.to_string())))];
    }
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

/// The member of a response that is the id of what was made, where it is not the noun with `Id`.
const MADE: &[(&str, &[&str])] = &[
    ("Address", &["allocationId", "publicIp"]),
    ("SecurityGroup", &["groupId"]),
    ("KeyPair", &["keyPairId", "keyName"]),
    ("TransitGatewayVpcAttachment", &["transitGatewayAttachmentId"]),
    ("TransitGatewayPeeringAttachment", &["transitGatewayAttachmentId"]),
    ("ManagedPrefixList", &["prefixListId"]),
    ("FlowLogs", &["flowLogId"]),
    ("DefaultVpc", &["vpcId"]),
    ("DefaultSubnet", &["subnetId"]),
];

/// `Create…` and `Allocate…`: the response describes what was made.
fn created(call: &Call<'_>) -> Option<Effects> {
    let noun = call.name.strip_prefix("Create").or_else(|| call.name.strip_prefix("Allocate"))?;
    let mut letters = noun.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    let member: String = first.into_iter().chain(letters).collect();
    let wrapped = call.response.get(format!("Create{noun}Response"));
    let response = wrapped.unwrap_or(&call.response);
    let made = response.get(&member).or_else(|| response.get("prefixList")).unwrap_or(response);
    let members = made.as_object()?;
    let own = format!("{member}Id");
    let ids: Vec<&str> = MADE
        .iter()
        .find(|(of, _)| *of == noun)
        .map_or_else(|| vec![own.as_str()], |(_, ids)| ids.to_vec());
    let is_own = ids
        .iter()
        .filter_map(|id| members.get(*id).and_then(scalar))
        .any(|id| call.is_resource(&id));
    if !is_own {
        return Some(Effects::touch());
    }
    let mut writes: Vec<Write> = members
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "requestId" | "xmlns"))
        .filter_map(|(name, value)| {
            let value = scalar(value).filter(|value| !call.is_resource(value))?;
            Some(set(name, Some(value)))
        })
        .collect();
    writes.extend(tag_writes(members.get("tagSet"), true));
    for route in list(members.get("routeSet")) {
        let to = DESTINATIONS.iter().find_map(|name| route.get(*name).and_then(scalar));
        let target = TARGETS.iter().find_map(|name| route.get(*name).and_then(scalar));
        writes.extend(to.map(|to| set(format!("routes[{to}]"), target)));
    }
    if call.name == "CreateSecurityGroup" && call.text("vpcId").is_some() {
        // Every group of a VPC starts with this rule, which no event tells.
        writes.push(set("egress[all 0.0.0.0/0]", Some("allow".to_owned())));
    }
    Some(Effects::new(Kind::Create, writes))
}
