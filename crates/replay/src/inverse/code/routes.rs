//! Routes: the target from before, and whether it can still be used.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::expr::{Missing, Worth};
use super::super::path::{Path, element_key};
use super::super::prior::{Existence, told};
use super::super::types::{Class, Place, Ref, Told};
use super::{answer, gateways, text, used};
use crate::state::{Key, Source};

pub(in super::super) const ROUTE_TABLE: &str = "AWS::EC2::RouteTable";
const NAT_GATEWAY: &str = "AWS::EC2::NatGateway";
const TRANSIT_TABLE: &str = "AWS::EC2::TransitGatewayRouteTable";

/// The members of a described route that name its target, and the type of what they name.
const TARGETS: &[(&str, &str)] = &[
    ("NatGatewayId", NAT_GATEWAY),
    ("TransitGatewayId", "AWS::EC2::TransitGateway"),
    ("VpcPeeringConnectionId", "AWS::EC2::VPCPeeringConnection"),
    ("EgressOnlyInternetGatewayId", "AWS::EC2::EgressOnlyInternetGateway"),
    // An instance's route has both: the interface is what it really leads to.
    ("NetworkInterfaceId", "AWS::EC2::NetworkInterface"),
    ("InstanceId", "AWS::EC2::Instance"),
    ("LocalGatewayId", ""),
    ("CarrierGatewayId", ""),
    ("CoreNetworkArn", ""),
    ("VpcEndpointId", "AWS::EC2::VPCEndpoint"),
    ("GatewayId", ""),
];

const DESTINATIONS: &[&str] =
    &["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

/// Where a route leads, as the calls take it.
struct Target {
    /// The member of the described route.
    from: &'static str,
    member: &'static str,
    value: Value,
    id: String,
    kind: &'static str,
}

fn target_of(route: &Value) -> Option<Target> {
    let (from, kind) =
        TARGETS.iter().find(|(name, _)| route.get(name).is_some_and(Value::is_string))?;
    let id = route.get(from)?.as_str()?.to_owned();
    let (member, kind) = match *from {
        "GatewayId" if id == "local" => {
            let value = json!(true);
            return Some(Target { from, member: "LocalTarget", value, id, kind: "" });
        }
        "GatewayId" if id.starts_with("vpce-") => ("VpcEndpointId", "AWS::EC2::VPCEndpoint"),
        "GatewayId" if id.starts_with("igw-") => ("GatewayId", "AWS::EC2::InternetGateway"),
        "GatewayId" if id.starts_with("vgw-") => ("GatewayId", "AWS::EC2::VPNGateway"),
        other => (other, *kind),
    };
    Some(Target { from, member, value: json!(id), id, kind })
}

/// Points a route where it led before, with `ReplaceRoute` or `CreateRoute`.
pub(in super::super) fn target_back(case: &mut Case<'_>) {
    let operation = case.row.undo.first().copied().unwrap_or_default();
    let (Some(table), Some(path)) = (case.about.clone(), case.path("Routes[{destination}]")) else {
        return case.ask_for("which route it was", "Routes", true);
    };
    let Some(target) = known_target(case, &table, &path) else { return };
    if target.member == "LocalTarget" && operation == "CreateRoute" {
        return case.ask_for("a local route cannot be made by a call", "", true);
    }
    let source = match told(case.before, &table, &path) {
        Told::Value { source, .. } => source,
        Told::Absent | Told::Unknown => Source::Unknown,
    };
    let Some(worth) = usable(case, &table, &path, &target, source) else { return };
    let mut members = vec![("RouteTableId", text(&table.id))];
    members.extend(DESTINATIONS.iter().filter_map(|name| {
        let value = case.call.request.get(*name)?;
        Some((*name, Worth::plain(value.clone())))
    }));
    members.push((target.member, worth));
    case.add(operation, members);
}

/// The target from before, when it is told.
fn known_target(case: &mut Case<'_>, table: &Key, path: &Path) -> Option<Target> {
    let asks = format!("where `{path}` of {} led before", table.id);
    let ask = |case: &mut Case<'_>, inferred| {
        let operation = case.row.undo.first().copied().unwrap_or_default();
        let missing = Missing { asks: asks.clone(), path: path.to_string(), inferred };
        case.ask(missing, operation, true);
    };
    match told(case.before, table, path) {
        Told::Value { value, source: Source::Inferred { .. } } => ask(case, Some(value)),
        Told::Value { value, .. } => {
            let target = target_of(&value).filter(|target| {
                let member = Path::of(target.from);
                let resource = case.before.resource(table);
                let at = format!("{path}.{member}");
                !matches!(
                    resource.map(|it| it.source(&at)),
                    None | Some(Source::Unknown | Source::Inferred { .. })
                )
            });
            if target.is_some() {
                return target;
            }
            ask(case, None);
        }
        Told::Absent | Told::Unknown => ask(case, None),
    }
    None
}

/// The target as a value: itself when it can still be used, else what takes its place.
fn usable(
    case: &mut Case<'_>,
    table: &Key,
    path: &Path,
    target: &Target,
    source: Source,
) -> Option<Worth> {
    let at = format!("{path}.{}", target.from);
    let itself = || Some(used(table, at.clone(), target.value.clone(), source.clone()));
    if target.kind.is_empty() || case.renamed.contains_key(&target.id) {
        return itself();
    }
    let key = case.key(target.kind, &target.id);
    match (case.now_exists(&key), case.is_in_use(&key)) {
        (Existence::Yes, true) => itself(),
        (Existence::Unknown, _) => {
            case.warnings.push(format!("whether {} still exists is not known: look first", key.id));
            itself()
        }
        _ if target.kind == NAT_GATEWAY && case.before.resource(&key).is_some() => {
            case.class = case.class.max(Class::Compensating);
            case.not_restored.push(format!("{}: it is gone, another takes its place", key.id));
            let new = case.about(&key, gateways::make_nat_gateway);
            new.map(|new| answer(&new))
        }
        _ => {
            let asks = format!("what takes the place of {}: it is gone or of no use now", key.id);
            case.ask_for(asks, &at, true);
            None
        }
    }
}

/// Makes a route table again, with its routes.
pub(in super::super) fn table_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let Some(table) = case.about.clone() else { return };
    let new = case.new_identity();
    for route in case.elements("Routes", "CreateRoute") {
        let origin = route.element.get("Origin").and_then(Value::as_str);
        if matches!(origin, Some("CreateRouteTable" | "EnableVgwRoutePropagation")) {
            continue;
        }
        let (Some(target), Some(new)) = (target_of(&route.element), &new) else { continue };
        if target.member == "LocalTarget" {
            continue;
        }
        if target.kind == "AWS::EC2::VPCEndpoint"
            && route.element.get("DestinationPrefixListId").is_some()
        {
            // A gateway endpoint makes its routes by itself when the table is added to it.
            let key = case.key(target.kind, &target.id);
            let names = table.id.clone();
            case.rewire.push(Place { key, path: "RouteTableIds".to_owned(), names });
            continue;
        }
        let path = Path::of(&route.path);
        let source = route.source.clone();
        let Some(worth) = usable(case, &table, &path, &target, source) else { continue };
        let mut members = vec![("RouteTableId", answer(new))];
        members.extend(
            DESTINATIONS
                .iter()
                .filter_map(|name| Some((*name, Worth::plain(route.element.get(*name)?.clone())))),
        );
        members.push((target.member, worth));
        case.add("CreateRoute", members);
    }
}

/// Points every route that leads to `old` now at what takes its place.
pub(in super::super) fn routes_to(case: &mut Case<'_>, member: &'static str, old: &str, new: &Ref) {
    let now = case.now;
    let mut tables: Vec<_> = now.resources(&case.scope, ROUTE_TABLE).collect();
    tables.sort_by_key(|(key, _)| *key);
    for (key, table) in tables {
        for route in super::elements(table.body.get("Routes")) {
            if route.get(member).and_then(Value::as_str) != Some(old) {
                continue;
            }
            let path = format!("Routes[{}]", element_key(route).unwrap_or_default());
            let mut members = vec![("RouteTableId", text(&key.id))];
            members.extend(
                DESTINATIONS
                    .iter()
                    .filter_map(|name| Some((*name, Worth::plain(route.get(*name)?.clone())))),
            );
            members.push((member, answer(new)));
            case.add("ReplaceRoute", members);
            case.blast_radius.push(format!("{} {path} led to {old}", key.id));
        }
    }
    let before = case.before;
    let mut left: Vec<_> = before.resources(&case.scope, ROUTE_TABLE).collect();
    left.sort_by_key(|(key, _)| *key);
    for (key, table) in left {
        for route in super::elements(table.body.get("Routes")) {
            let path = Path::of(&format!("Routes[{}]", element_key(route).unwrap_or_default()));
            let led_there = route.get(member).and_then(Value::as_str) == Some(old);
            let leads = told(now, key, &path);
            let leads_there = leads.value().and_then(|it| it.get(member)?.as_str()) == Some(old);
            if led_there && !leads_there {
                case.rewire.push(Place {
                    key: key.clone(),
                    path: path.to_string(),
                    names: old.to_owned(),
                });
            }
        }
    }
}

/// The target of a transit gateway's route or reference, as the calls take it.
fn transit_target(value: &Value) -> Option<(&'static str, Value)> {
    let first = value.get("TransitGatewayAttachments").and_then(|list| list.get(0));
    let attachment = [Some(value), first, value.get("TransitGatewayAttachment")];
    let id = attachment.into_iter().flatten().find_map(|it| it.get("TransitGatewayAttachmentId"));
    let is_blackhole = value.get("State").and_then(Value::as_str) == Some("blackhole")
        || value.get("Blackhole").and_then(Value::as_bool) == Some(true);
    match id {
        Some(id) => Some(("TransitGatewayAttachmentId", id.clone())),
        None => is_blackhole.then(|| ("Blackhole", json!(true))),
    }
}

/// Points a route of a transit gateway where it led before.
pub(in super::super) fn transit_target_back(case: &mut Case<'_>) {
    transit_back(case, "Routes[{req.DestinationCidrBlock}]", "DestinationCidrBlock");
}

/// Points a transit gateway's reference to a prefix list where it led before.
pub(in super::super) fn transit_reference_back(case: &mut Case<'_>) {
    transit_back(case, "PrefixListReferences[{req.PrefixListId}]", "PrefixListId");
}

fn transit_back(case: &mut Case<'_>, path: &str, member: &'static str) {
    let operation = case.row.undo.first().copied().unwrap_or_default();
    let (Some(table), Some(path)) = (case.about.clone(), case.path(path)) else {
        return case.ask_for("which route it was", "", true);
    };
    let found = match told(case.before, &table, &path) {
        Told::Value { source: Source::Inferred { .. }, .. } | Told::Absent | Told::Unknown => None,
        Told::Value { value, source } => transit_target(&value).map(|target| (target, source)),
    };
    let Some(((target, value), source)) = found else {
        return case.ask_for(
            format!("where `{path}` of {} led before", table.id),
            &path.to_string(),
            true,
        );
    };
    if target == "TransitGatewayAttachmentId"
        && let Some(id) = value.as_str()
    {
        let key = case.key("AWS::EC2::TransitGatewayAttachment", id);
        let is_gone = case.now_exists(&key) == Existence::No || !case.is_in_use(&key);
        if is_gone && !case.renamed.contains_key(id) {
            return case.ask_for(format!("what takes the place of {id}: it is gone"), "", true);
        }
    }
    let which = case.call.request.get(member).cloned().map_or(Worth::Absent, Worth::plain);
    let at = format!("{path}.{target}");
    case.add(
        operation,
        vec![
            ("TransitGatewayRouteTableId", text(&table.id)),
            (member, which),
            (target, used(&table, at, value, source)),
        ],
    );
}

/// Makes a transit gateway's route table again, with its static routes, associations and references.
pub(in super::super) fn transit_table_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let Some(new) = case.new_identity() else { return };
    for route in case.elements("Routes", "CreateTransitGatewayRoute") {
        let is_static = route.element.get("Type").and_then(Value::as_str) != Some("propagated");
        let Some((member, value)) = transit_target(&route.element).filter(|_| is_static) else {
            continue;
        };
        let destination = route.element.get("DestinationCidrBlock").cloned();
        case.add(
            "CreateTransitGatewayRoute",
            vec![
                ("TransitGatewayRouteTableId", answer(&new)),
                ("DestinationCidrBlock", destination.map_or(Worth::Absent, Worth::plain)),
                (member, Worth::plain(value)),
            ],
        );
    }
    let parts = [
        ("Associations", "AssociateTransitGatewayRouteTable"),
        ("Propagations", "EnableTransitGatewayRouteTablePropagation"),
    ];
    for (list, operation) in parts {
        for part in case.elements(list, operation) {
            let id = part.element.get("TransitGatewayAttachmentId").cloned();
            case.add(
                operation,
                vec![
                    ("TransitGatewayRouteTableId", answer(&new)),
                    ("TransitGatewayAttachmentId", id.map_or(Worth::Absent, Worth::plain)),
                ],
            );
        }
    }
    for part in case.elements("PrefixListReferences", "CreateTransitGatewayPrefixListReference") {
        let Some((member, value)) = transit_target(&part.element) else { continue };
        let id = part.element.get("PrefixListId").cloned().map_or(Worth::Absent, Worth::plain);
        case.add(
            "CreateTransitGatewayPrefixListReference",
            vec![
                ("TransitGatewayRouteTableId", answer(&new)),
                ("PrefixListId", id),
                (member, Worth::plain(value)),
            ],
        );
    }
}

/// Moves what led to a transit gateway's attachment over to the new one.
pub(in super::super) fn transit_routes_to(case: &mut Case<'_>, old: &str, new: &Ref) {
    let before = case.before;
    let mut tables: Vec<_> = before.resources(&case.scope, TRANSIT_TABLE).collect();
    tables.sort_by_key(|(key, _)| *key);
    for (key, table) in tables {
        let table_id = || text(&key.id);
        let has = |list: &str| {
            super::elements(table.body.get(list))
                .any(|it| it.get("TransitGatewayAttachmentId").and_then(Value::as_str) == Some(old))
        };
        let members = || {
            vec![
                ("TransitGatewayRouteTableId", table_id()),
                ("TransitGatewayAttachmentId", answer(new)),
            ]
        };
        if has("Associations") {
            case.add("AssociateTransitGatewayRouteTable", members());
        }
        if has("Propagations") {
            case.add("EnableTransitGatewayRouteTablePropagation", members());
        }
        for route in super::elements(table.body.get("Routes")) {
            let is_static = route.get("Type").and_then(Value::as_str) != Some("propagated");
            let leads =
                transit_target(route).filter(|(_, id)| is_static && id.as_str() == Some(old));
            if leads.is_some() {
                let destination = route.get("DestinationCidrBlock").cloned();
                let mut members = members();
                members.push((
                    "DestinationCidrBlock",
                    destination.map_or(Worth::Absent, Worth::plain),
                ));
                case.add("ReplaceTransitGatewayRoute", members);
            }
        }
    }
}
