//! Internet gateways, egress-only gateways, NAT gateways, peerings.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::{ADDRESS, EGRESS_GATEWAY, GATEWAY, NAT, PEERING, SUBNET, described, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateInternetGateway", |fold| {
        let mut body = described(fold, "InternetGateway");
        let Some(id) = text(&body, "InternetGatewayId").map(str::to_owned) else { return };
        body.as_object_mut().map(|it| it.entry("Attachments").or_insert_with(|| json!([])));
        fold.create(GATEWAY, &id, body);
    }),
    rule("ec2:DeleteInternetGateway", GATEWAY, "in.InternetGatewayId", Do::Delete),
    rule(
        "ec2:AttachInternetGateway",
        GATEWAY,
        "in.InternetGatewayId",
        Do::Put("Attachments", &[("VpcId", "in.VpcId"), ("State", "=available")]),
    ),
    rule(
        "ec2:DetachInternetGateway",
        GATEWAY,
        "in.InternetGatewayId",
        Do::Remove("Attachments", "in.VpcId"),
    ),
    rule(
        "ec2:CreateEgressOnlyInternetGateway",
        EGRESS_GATEWAY,
        "out.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
        Do::Create("out.EgressOnlyInternetGateway", &[]),
    ),
    rule(
        "ec2:CreateEgressOnlyInternetGateway",
        EGRESS_GATEWAY,
        "out.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
        Do::Put("Attachments", &[("VpcId", "in.VpcId"), ("State", "=attached")]),
    ),
    rule(
        "ec2:DeleteEgressOnlyInternetGateway",
        EGRESS_GATEWAY,
        "in.EgressOnlyInternetGatewayId",
        Do::Delete,
    ),
    code("ec2:CreateNatGateway", create_nat),
    code("ec2:DeleteNatGateway", delete_nat),
    code("ec2:AssociateNatGatewayAddress", nat_addresses),
    code("ec2:AssignPrivateNatGatewayAddress", nat_addresses),
    code("ec2:DisassociateNatGatewayAddress", remove_nat_addresses),
    code("ec2:UnassignPrivateNatGatewayAddress", remove_nat_addresses),
    code("ec2:CreateVpcPeeringConnection", create_peering),
    code("ec2:AcceptVpcPeeringConnection", accept_peering),
    code("ec2:RejectVpcPeeringConnection", |fold| peering_status(fold, "rejected")),
    code("ec2:DeleteVpcPeeringConnection", |fold| peering_status(fold, "deleted")),
    code("ec2:ModifyVpcPeeringConnectionOptions", peering_options),
];

fn create_nat(fold: &mut Fold<'_>) {
    let mut body = described(fold, "NatGateway");
    let Some(id) = text(&body, "NatGatewayId").map(str::to_owned) else { return };
    let subnet = fold.call.text("SubnetId").map(str::to_owned);
    let vpc = subnet.as_deref().and_then(|id| fold.text_of(SUBNET, id, "VpcId"));
    let asked = fold.call.input.clone();
    let mut allocations = vec![];
    allocations.extend(text(&asked, "AllocationId").map(str::to_owned));
    allocations.extend(fold.call.texts("SecondaryAllocationIds"));
    if let Some(members) = body.as_object_mut() {
        for (member, value) in [
            ("SubnetId", subnet.map(Value::from)),
            ("VpcId", vpc.map(Value::from)),
            ("ConnectivityType", asked.get("ConnectivityType").cloned()),
        ] {
            if let Some(value) = value {
                members.entry(member).or_insert(value);
            }
        }
        members.entry("ConnectivityType").or_insert(json!("public"));
        let list = members.entry("NatGatewayAddresses").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut().filter(|list| list.is_empty()) {
            list.extend(allocations.iter().map(|id| json!({"AllocationId": id})));
        }
        members.shift_remove("OwnerId");
    }
    let known = fold.is_whole(NAT, &id);
    fold.create(NAT, &id, body);
    if known {
        return;
    }
    let inferred = fold.inferred();
    fold.edit(NAT, &id, |draft| {
        draft.known_from(&inferred, |draft| draft.set("State", "available"));
        unknown_address_parts(draft);
    });
    for allocation in allocations {
        fold.edit_known(ADDRESS, &allocation, |draft| {
            // It is bound to the gateway's interface, whose id nobody told.
            for member in [
                "AssociationId",
                "NetworkInterfaceId",
                "PrivateIpAddress",
                "NetworkInterfaceOwnerId",
            ] {
                draft.forget(member);
            }
        });
    }
}

/// What a NAT gateway's addresses get later, and no event tells.
fn unknown_address_parts(draft: &mut Draft) {
    let list = draft.list("NatGatewayAddresses").to_vec();
    if list.is_empty() {
        draft.forget("NatGatewayAddresses");
    }
    for address in list {
        let Some(key) = super::super::kinds::element_key("NatGatewayAddresses", &address) else {
            continue;
        };
        for member in ["NetworkInterfaceId", "PrivateIp", "PublicIp", "AssociationId", "Status"] {
            if address.get(member).is_none() {
                draft.forget_in("NatGatewayAddresses", &key, member);
            }
        }
    }
}

fn delete_nat(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NatGatewayId").map(str::to_owned) else { return };
    let addresses = fold.get(NAT, &id).and_then(|it| it.body.get("NatGatewayAddresses")).cloned();
    fold.edit(NAT, &id, |draft| draft.set("State", "deleted"));
    let inferred = fold.inferred();
    for address in addresses.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let Some(allocation) = text(address, "AllocationId") else { continue };
        fold.edit_known(ADDRESS, allocation, |draft| {
            draft.known_from(&inferred, super::addresses::unbind);
        });
    }
}

fn nat_addresses(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NatGatewayId").map(str::to_owned) else { return };
    let told = fold.call.answer("NatGatewayAddresses").and_then(Value::as_array).cloned();
    let mut addresses = told.unwrap_or_default();
    if addresses.is_empty() {
        let allocations = fold.call.texts("AllocationIds").into_iter();
        addresses.extend(allocations.map(|id| json!({"AllocationId": id})));
        let private = fold.call.texts("PrivateIpAddresses").into_iter();
        addresses.extend(private.map(|ip| json!({"PrivateIp": ip})));
    }
    fold.edit(NAT, &id, |draft| {
        addresses.into_iter().for_each(|address| draft.put("NatGatewayAddresses", address));
        unknown_address_parts(draft);
    });
}

fn remove_nat_addresses(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NatGatewayId").map(str::to_owned) else { return };
    let mut gone = fold.call.texts("AssociationIds");
    gone.extend(fold.call.texts("PrivateIpAddresses"));
    let told = fold.call.answer("NatGatewayAddresses").and_then(Value::as_array).cloned();
    for address in told.into_iter().flatten() {
        gone.extend(text(&address, "AllocationId").map(str::to_owned));
    }
    let is_gone = |address: &Value| {
        ["AssociationId", "PrivateIp", "AllocationId"]
            .iter()
            .any(|name| text(address, name).is_some_and(|id| gone.iter().any(|it| it == id)))
    };
    fold.edit(NAT, &id, |draft| {
        if draft.remove_if("NatGatewayAddresses", is_gone).is_empty() {
            // One of them went: nobody knows which.
            draft.forget("NatGatewayAddresses");
        }
    });
}

fn create_peering(fold: &mut Fold<'_>) {
    let mut body = described(fold, "VpcPeeringConnection");
    let Some(id) = text(&body, "VpcPeeringConnectionId").map(str::to_owned) else { return };
    let (scope, input) = (fold.call.scope.clone(), fold.call.input.clone());
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("OwnerId");
        let requester =
            json!({"VpcId": input.get("VpcId"), "OwnerId": scope.account, "Region": scope.region});
        members.entry("RequesterVpcInfo").or_insert(requester);
        let owner = text(&input, "PeerOwnerId").unwrap_or(&scope.account);
        let region = text(&input, "PeerRegion").unwrap_or(&scope.region);
        let accepter = json!({"VpcId": input.get("PeerVpcId"), "OwnerId": owner, "Region": region});
        members.entry("AccepterVpcInfo").or_insert(accepter);
        members.insert("Status".to_owned(), json!({"Code": "pending-acceptance"}));
    }
    let known = fold.is_whole(PEERING, &id);
    fold.create(PEERING, &id, body);
    if !known {
        let inferred = fold.inferred();
        fold.edit(PEERING, &id, |draft| {
            draft.mark("Status", inferred.clone());
            draft.mark("Status.Message", super::super::Source::Unknown);
        });
    }
}

fn accept_peering(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("VpcPeeringConnectionId").map(str::to_owned) else { return };
    let told = fold.call.answer("VpcPeeringConnection").cloned().unwrap_or_default();
    let inferred = fold.inferred();
    fold.edit(PEERING, &id, |draft| {
        for side in ["RequesterVpcInfo", "AccepterVpcInfo"] {
            draft.set_some(side, told.get(side));
        }
        draft.unset("ExpirationTime");
        draft.known_from(&inferred, |draft| draft.set("Status", json!({"Code": "active"})));
        draft.mark("Status.Message", super::super::Source::Unknown);
    });
}

fn peering_status(fold: &mut Fold<'_>, code: &str) {
    let Some(id) = fold.call.text("VpcPeeringConnectionId").map(str::to_owned) else { return };
    fold.edit(PEERING, &id, |draft| {
        draft.set("Status", json!({"Code": code}));
        draft.mark("Status.Message", super::super::Source::Unknown);
    });
}

fn peering_options(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("VpcPeeringConnectionId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    fold.edit(PEERING, &id, |draft| {
        for (asked, side) in [
            ("RequesterPeeringConnectionOptions", "RequesterVpcInfo"),
            ("AccepterPeeringConnectionOptions", "AccepterVpcInfo"),
        ] {
            let Some(asked) = input.get(asked).and_then(Value::as_object) else { continue };
            let mut info = draft.get(side).cloned().unwrap_or_else(|| json!({}));
            let options = info
                .as_object_mut()
                .map(|info| info.entry("PeeringOptions").or_insert_with(|| json!({})));
            if let Some(options) = options.and_then(Value::as_object_mut) {
                for (name, value) in asked {
                    options.insert(name.clone(), value.clone());
                }
            }
            let path = format!("{side}.PeeringOptions");
            draft.replace_part(side, info, &path);
        }
    });
}
