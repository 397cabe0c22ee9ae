//! Endpoints that were ended several at once, and the targets of VPN connections.

use serde_json::{Map, Value};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::Told;
use super::{elements, text, used};

/// Makes every endpoint, or endpoint service, that the call ended again.
pub(in super::super) fn endpoints_back(case: &mut Case<'_>) {
    let call = case.call;
    let listed = ["VpcEndpointIds", "ServiceIds"].iter().find_map(|name| call.request.get(*name));
    let kept: Vec<&str> = elements(call.response.get("Unsuccessful"))
        .filter_map(|it| it.get("ResourceId")?.as_str())
        .collect();
    let ids: Vec<&str> =
        elements(listed).filter_map(Value::as_str).filter(|id| !kept.contains(id)).collect();
    if ids.is_empty() {
        return match kept.is_empty() {
            true => case.ask_for("which they were", "", true),
            false => case.nothing("the call ended none of them"),
        };
    }
    for id in ids {
        let key = case.key(case.about_type, id);
        case.watch(&key, &Path::default());
        case.about(&key, |case| case.run_calls(case.row.undo));
    }
}

/// Leads a VPN connection back to the gateway that it had, of whichever kind.
pub(in super::super) fn vpn_target_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which VPN connection it was", "", true);
    };
    let request = &case.call.request;
    let changes_target =
        request.get("VpnGatewayId").is_some() || request.get("TransitGatewayId").is_some();
    let mut members = vec![("VpnConnectionId", text(&key.id))];
    if request.get("CustomerGatewayId").is_some() {
        members.push(("CustomerGatewayId", case.worth("old.CustomerGatewayId", None)));
    }
    if changes_target {
        let found = ["VpnGatewayId", "TransitGatewayId"].into_iter().find_map(|name| {
            let worth = case.worth(&format!("old.{name}"), None);
            matches!(worth, Worth::Is { .. }).then_some((name, worth))
        });
        match found {
            Some(found) => members.push(found),
            None => case.ask_for("which gateway it led to before", "VpnGatewayId", true),
        }
    }
    case.add("ModifyVpnConnection", members);
}

/// Sets the options of a tunnel back, but for its key.
pub(in super::super) fn tunnel_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which VPN connection it was", "", true);
    };
    let call = case.call;
    let outside = call.request.get("VpnTunnelOutsideIpAddress").and_then(Value::as_str);
    let options = call.request.get("TunnelOptions").and_then(Value::as_object);
    let (Some(outside), Some(options)) = (outside, options) else {
        return case.ask_for("which options of which tunnel it changed", "Options", true);
    };
    let mut old = Map::new();
    let mut uses = Vec::new();
    for name in options.keys().filter(|name| *name != "PreSharedKey") {
        let path = Path::parse("Options.TunnelOptions[{outside}].[{name}]", |place| {
            Some(if place == "outside" { outside.to_owned() } else { name.clone() })
        });
        let Some(path) = path else { continue };
        case.watch(&key, &path);
        match told(case.before, &key, &path) {
            Told::Value { value, source } => {
                old.insert(name.clone(), value.clone());
                if let Worth::Is { uses: one, .. } = used(&key, path.to_string(), value, source) {
                    uses.extend(one);
                }
            }
            Told::Absent | Told::Unknown => {
                case.ask_for(
                    format!("`{name}` of tunnel {outside} before"),
                    &path.to_string(),
                    true,
                );
            }
        }
    }
    case.judge_changed();
    if old.is_empty() {
        return case.ask_for("what the tunnel's options were", "Options", true);
    }
    let value = Worth::Is { value: Value::Object(old), refs: Vec::new(), uses };
    case.add(
        "ModifyVpnTunnelOptions",
        vec![
            ("VpnConnectionId", text(&key.id)),
            ("VpnTunnelOutsideIpAddress", text(outside)),
            ("TunnelOptions", value),
        ],
    );
}
