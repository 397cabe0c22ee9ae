//! VPN gateways, customer gateways, VPN connections.

use serde_json::{Value, json};

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::{ATTACHMENT, CUSTOMER, TABLE, VPN, VPN_GATEWAY, described, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateVpnGateway", |fold| {
        let mut body = described(fold, "VpnGateway");
        let Some(id) = text(&body, "VpnGatewayId").map(str::to_owned) else { return };
        if let Some(members) = body.as_object_mut() {
            members.shift_remove("OwnerId");
            members.insert("State".to_owned(), json!("available"));
            members.entry("VpcAttachments").or_insert_with(|| json!([]));
        }
        fold.create(VPN_GATEWAY, &id, body);
    }),
    rule("ec2:DeleteVpnGateway", VPN_GATEWAY, "in.VpnGatewayId", Do::Delete),
    rule(
        "ec2:AttachVpnGateway",
        VPN_GATEWAY,
        "in.VpnGatewayId",
        Do::Put("VpcAttachments", &[("VpcId", "in.VpcId"), ("State", "=attached")]),
    ),
    code("ec2:DetachVpnGateway", detach),
    rule(
        "ec2:CreateCustomerGateway",
        CUSTOMER,
        "out.CustomerGateway.CustomerGatewayId",
        Do::Create("out.CustomerGateway", &[("State", "=available")]),
    ),
    rule("ec2:DeleteCustomerGateway", CUSTOMER, "in.CustomerGatewayId", Do::Delete),
    code("ec2:CreateVpnConnection", create),
    rule("ec2:DeleteVpnConnection", VPN, "in.VpnConnectionId", Do::Delete),
    code("ec2:DeleteVpnConnection", |fold| {
        let Some(id) = fold.call.text("VpnConnectionId").map(str::to_owned) else { return };
        for attachment in fold.ids(ATTACHMENT, |it| text(&it.body, "ResourceId") == Some(&id)) {
            fold.edit(ATTACHMENT, &attachment, |draft| draft.set("State", "deleted"));
        }
    }),
    rule(
        "ec2:ModifyVpnConnection",
        VPN,
        "in.VpnConnectionId",
        Do::Set(&[
            ("TransitGatewayId", "in.TransitGatewayId"),
            ("VpnGatewayId", "in.VpnGatewayId"),
            ("CustomerGatewayId", "in.CustomerGatewayId"),
        ]),
    ),
    code("ec2:ModifyVpnConnection", |fold| {
        let Some(id) = fold.call.text("VpnConnectionId").map(str::to_owned) else { return };
        // A connection ends at one gateway.
        for (given, gone) in
            [("TransitGatewayId", "VpnGatewayId"), ("VpnGatewayId", "TransitGatewayId")]
        {
            if fold.call.text(given).is_some() {
                fold.edit(VPN, &id, |draft| draft.unset(gone));
            }
        }
    }),
    rule(
        "ec2:CreateVpnConnectionRoute",
        VPN,
        "in.VpnConnectionId",
        Do::Put(
            "Routes",
            &[("DestinationCidrBlock", "in.DestinationCidrBlock"), ("State", "=available")],
        ),
    ),
    rule(
        "ec2:DeleteVpnConnectionRoute",
        VPN,
        "in.VpnConnectionId",
        Do::Remove("Routes", "in.DestinationCidrBlock"),
    ),
    // What a tunnel is set to stands in a document that the answer repeats.
    rule("ec2:ModifyVpnTunnelOptions", VPN, "in.VpnConnectionId", Do::Forget(&["Options"])),
    rule(
        "ec2:ModifyVpnTunnelOptions",
        VPN,
        "in.VpnConnectionId",
        Do::Set(&[("Options", "out.VpnConnection.Options")]),
    ),
];

fn detach(fold: &mut Fold<'_>) {
    let call = fold.call;
    let (Some(id), Some(vpc)) = (call.text("VpnGatewayId"), call.text("VpcId")) else { return };
    fold.edit(VPN_GATEWAY, id, |draft| {
        draft.remove("VpcAttachments", vpc);
    });
    let inferred = fold.inferred();
    let is_learned = |route: &Value| {
        text(route, "Origin") == Some("EnableVgwRoutePropagation")
            && text(route, "GatewayId") == Some(id)
    };
    let is_of = |it: &super::super::Resource| {
        let routes = it.body.get("Routes").and_then(Value::as_array);
        text(&it.body, "VpcId") == Some(vpc) && routes.into_iter().flatten().any(is_learned)
    };
    for table in fold.ids(TABLE, is_of) {
        fold.edit(TABLE, &table, |draft| {
            draft.known_from(&inferred, |draft| {
                draft.remove_if("Routes", is_learned);
            });
        });
    }
}

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "VpnConnection");
    let Some(id) = text(&body, "VpnConnectionId").map(str::to_owned) else { return };
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("OwnerId");
        for name in ["CustomerGatewayId", "VpnGatewayId", "TransitGatewayId", "Type"] {
            if let Some(value) = fold.call.input.get(name) {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        members.insert("State".to_owned(), json!("available"));
        members.entry("Routes").or_insert_with(|| json!([]));
    }
    let known = fold.is_whole(VPN, &id);
    fold.create(VPN, &id, body);
    if !known {
        let inferred = fold.inferred();
        fold.edit(VPN, &id, |draft| {
            draft.mark("State", inferred);
            for name in ["CustomerGatewayConfiguration", "VgwTelemetry"] {
                draft.forget(name);
            }
        });
    }
}
