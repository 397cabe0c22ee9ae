//! Whether what a route leads to can be used: a route to what cannot is a black hole.
//!
//! AWS tells no event for it, so it is computed again whenever a target changed.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::draft::Draft;
use super::super::fold::Fold;
use super::super::{Changed, Resource, Source, State};
use super::vpc::is_attached;
use super::{
    ATTACHMENT, EGRESS_GATEWAY, ENDPOINT, GATEWAY, INSTANCE, INTERFACE, NAT, PEERING, TABLE,
    TRANSIT, VPN_GATEWAY, text,
};

/// Members of a route that name its target.
const TARGETS: [&str; 7] = [
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
];

/// Types whose resources routes lead to, or that say whether those can be used.
const KINDS: [&str; 10] = [
    GATEWAY,
    VPN_GATEWAY,
    NAT,
    INTERFACE,
    INSTANCE,
    PEERING,
    TRANSIT,
    ATTACHMENT,
    EGRESS_GATEWAY,
    ENDPOINT,
];

/// Takes out of routes to what changed whether they lead anywhere: before the change they may have, or not.
pub(crate) fn doubt(state: &mut State, changed: &Changed) {
    if !KINDS.contains(&changed.key.resource_type) {
        return;
    }
    let bodies = [&changed.before, &changed.after];
    let bodies = bodies.into_iter().flatten().map(|resource| &resource.body);
    let mut ids: Vec<&str> = bodies.filter_map(|body| text(body, "TransitGatewayId")).collect();
    ids.push(&changed.key.id);
    let leads_there = |route: &&Value| {
        TARGETS.iter().any(|name| text(route, name).is_some_and(|id| ids.contains(&id)))
    };
    let mut doubted = Vec::new();
    for (key, table) in state.of_type(&changed.key.scope, TABLE) {
        let routes = table.body.get("Routes").and_then(Value::as_array);
        let routes: Vec<String> = routes
            .into_iter()
            .flatten()
            .filter(leads_there)
            .filter_map(|route| super::super::kinds::element_key("Routes", route))
            .collect();
        if !routes.is_empty() {
            let mut draft = Draft::new(table, Source::Unknown);
            routes.iter().for_each(|route| draft.forget_in("Routes", route, "State"));
            doubted.push((key.clone(), draft.finish(false)));
        }
    }
    for (key, table) in doubted {
        state.put(key, Some(Arc::new(table)));
    }
}

/// Whether packets may leave through the target of `route` in a table of `vpc`; nothing when not known.
pub(super) fn is_usable(
    fold: &Fold<'_>,
    vpc: Option<&str>,
    route: &Map<String, Value>,
) -> Option<bool> {
    let of = |name: &str| route.get(name).and_then(Value::as_str);
    let id = TARGETS.iter().find_map(|name| of(name))?;
    let prefix = id.split('-').next().unwrap_or_default();
    let is_gone = |kind: &'static str| fold.is_gone(kind, id).then_some(false);
    match prefix {
        "local" => Some(true),
        "igw" => is_gone(GATEWAY).or_else(|| attached(fold, GATEWAY, "Attachments", id, vpc?)),
        "vgw" => {
            is_gone(VPN_GATEWAY).or_else(|| attached(fold, VPN_GATEWAY, "VpcAttachments", id, vpc?))
        }
        "nat" => {
            let state = fold.text_of(NAT, id, "State");
            is_gone(NAT).or(match state?.as_str() {
                "pending" | "available" => Some(true),
                _ => Some(false),
            })
        }
        "eni" => is_gone(INTERFACE).or_else(|| {
            let interface = fold.get(INTERFACE, id)?;
            match interface.member("Attachment") {
                super::super::Known::Is(..) => Some(true),
                super::super::Known::Absent(_) => Some(false),
                super::super::Known::Unknown => None,
            }
        }),
        "i" => is_gone(INSTANCE),
        "pcx" => {
            let status = fold.get(PEERING, id)?.body.get("Status")?;
            is_gone(PEERING).or(Some(text(status, "Code")? == "active"))
        }
        "tgw" => is_gone(TRANSIT).or_else(|| attachment(fold, id, vpc?)),
        "eigw" => is_gone(EGRESS_GATEWAY),
        "vpce" => is_gone(ENDPOINT),
        _ => None,
    }
}

fn attached(fold: &Fold<'_>, kind: &'static str, list: &str, id: &str, vpc: &str) -> Option<bool> {
    let gateway = fold.get(kind, id)?;
    if is_attached(&gateway.body, list, vpc) {
        return Some(true);
    }
    // Known to be attached to no VPC, or to another.
    let is_known = *gateway.source(&format!("{list}[{vpc}]")) != super::super::Source::Unknown;
    is_known.then_some(false)
}

fn attachment(fold: &Fold<'_>, transit: &str, vpc: &str) -> Option<bool> {
    let of = |it: &Resource| {
        text(&it.body, "TransitGatewayId") == Some(transit) && text(&it.body, "VpcId") == Some(vpc)
    };
    let ids = fold.ids(ATTACHMENT, of);
    let states = ids.iter().filter_map(|id| fold.text_of(ATTACHMENT, id, "State"));
    let usable: Vec<bool> = states
        .map(|state| matches!(state.as_str(), "available" | "modifying" | "pending"))
        .collect();
    if usable.is_empty() { None } else { Some(usable.contains(&true)) }
}

/// Computes the state of routes again, when the event changed something that routes lead to.
pub(super) fn refresh(fold: &mut Fold<'_>) {
    let moved = fold.touched(&KINDS);
    if moved.is_empty() {
        return;
    }
    let leads_there = |route: &Value| {
        let transit = |id: &str| id.starts_with("tgw-");
        TARGETS
            .iter()
            .any(|name| text(route, name).is_some_and(|id| moved.contains(id) || transit(id)))
    };
    let tables = fold.ids(TABLE, |table| {
        let routes = table.body.get("Routes").and_then(Value::as_array);
        routes.into_iter().flatten().any(leads_there)
    });
    let inferred = fold.inferred();
    for table in tables {
        let Some(known) = fold.get(TABLE, &table) else { continue };
        let vpc = text(&known.body, "VpcId").map(str::to_owned);
        let routes =
            known.body.get("Routes").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut states = Vec::new();
        for route in routes.iter().filter(|route| leads_there(route)) {
            let Some(members) = route.as_object() else { continue };
            let usable = is_usable(fold, vpc.as_deref(), members);
            let key = super::super::kinds::element_key("Routes", route);
            if let (Some(usable), Some(key)) = (usable, key) {
                states.push((key, if usable { "active" } else { "blackhole" }));
            }
        }
        let is_same = |(key, state): &(String, &str)| {
            routes.iter().any(|route| {
                super::super::kinds::element_key("Routes", route).as_ref() == Some(key)
                    && text(route, "State") == Some(state)
            })
        };
        if states.iter().all(is_same) {
            continue;
        }
        fold.edit(TABLE, &table, |draft| {
            draft.known_from(&inferred, |draft| {
                for (key, state) in states {
                    draft.put_in("Routes", &key, "State", state);
                }
            });
        });
    }
}
