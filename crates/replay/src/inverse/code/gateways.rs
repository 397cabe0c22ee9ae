//! Gateways that were ended: they come back under a new id, and what led to them is led to the new one.

use serde_json::Value;

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::{Existence, told};
use super::super::types::{Ref, Told};
use super::routes::{ROUTE_TABLE, routes_to, transit_routes_to};
use super::{answer, elements, text};

/// A NAT gateway with a public address.
pub(in super::super) const NAT_PUBLIC: &[&str] =
    &["CreateNatGateway SubnetId=old.SubnetId ConnectivityType?=old.ConnectivityType \
     AllocationId=first:where:old.NatGatewayAddresses/IsPrimary/true/AllocationId\
     |first:old.NatGatewayAddresses[].AllocationId \
     SecondaryAllocationIds?=where:old.NatGatewayAddresses/IsPrimary/false/AllocationId \
     TagSpecifications?=tags:natgateway"];

/// A NAT gateway between private networks.
const NAT_PRIVATE: &[&str] =
    &["CreateNatGateway SubnetId=old.SubnetId ConnectivityType=old.ConnectivityType \
     TagSpecifications?=tags:natgateway"];

/// Makes a NAT gateway again, and waits for it; what the case is about is the old one.
pub(in super::super) fn make_nat_gateway(case: &mut Case<'_>) -> Option<Ref> {
    let key = case.about.clone()?;
    let kind = told(case.before, &key, &Path::of("ConnectivityType"));
    let is_private = kind.value().and_then(Value::as_str) == Some("private");
    let addresses = told(case.before, &key, &Path::of("NatGatewayAddresses[].AllocationId"));
    for address in elements(addresses.value()).filter_map(Value::as_str) {
        let held = case.now_exists(&case.key("AWS::EC2::EIP", address));
        match held {
            Existence::No => {
                case.ask_for(
                    format!("what takes the place of {address}: it was released"),
                    "",
                    true,
                );
            }
            Existence::Unknown => case.warnings.push(format!(
                "whether {address} is still held, and free, is not known: look first"
            )),
            Existence::Yes => {}
        }
    }
    case.run_calls(if is_private { NAT_PRIVATE } else { NAT_PUBLIC });
    let step = case.numbers.first().copied().flatten()?;
    if let Some(made) = case.steps.iter_mut().find(|it| it.number == step) {
        made.wait = Some(super::super::types::Wait {
            waiter: "nat-gateway-available".to_owned(),
            member: "NatGatewayIds".to_owned(),
            path: "NatGateway.NatGatewayId".to_owned(),
        });
    }
    Some(Ref { at: String::new(), step, path: "NatGateway.NatGatewayId".to_owned() })
}

/// Makes a NAT gateway again, and leads the routes to it.
pub(in super::super) fn nat_gateway_back(case: &mut Case<'_>) {
    let new = make_nat_gateway(case);
    with_routes(case, "NatGatewayId", new.as_ref());
}

fn with_routes(case: &mut Case<'_>, member: &'static str, new: Option<&Ref>) {
    if let (Some(new), Some(key)) = (new, case.about.clone()) {
        routes_to(case, member, &key.id, new);
    }
}

/// Makes an internet gateway again, attaches it, and leads the routes to it.
pub(in super::super) fn internet_gateway_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let (Some(new), Some(key)) = (case.new_identity(), case.about.clone()) else {
        if case.about.is_none() {
            case.ask_for("which internet gateway it was", "", true);
        }
        return;
    };
    // It is detached before it is deleted; the route tables that name it tell where it was.
    let attached = told(case.before, &key, &Path::of("Attachments[#0].VpcId"));
    let mut vpcs: Vec<String> =
        attached.value().and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    for (_, table) in case.before.resources(&case.scope, ROUTE_TABLE) {
        let names_it = elements(table.body.get("Routes"))
            .any(|route| route.get("GatewayId").and_then(Value::as_str) == Some(&key.id));
        let vpc = table.body.get("VpcId").and_then(Value::as_str).filter(|_| names_it);
        vpcs.extend(vpc.map(str::to_owned));
    }
    vpcs.sort();
    vpcs.dedup();
    match vpcs.as_slice() {
        [vpc] => {
            let members = vec![("InternetGatewayId", answer(&new)), ("VpcId", text(vpc))];
            case.add("AttachInternetGateway", members);
        }
        [] if matches!(attached, Told::Absent) => {}
        _ => case.ask_for("which VPC it was attached to", "Attachments", false),
    }
    with_routes(case, "GatewayId", Some(&new));
}

/// Makes an egress-only internet gateway again, and leads the routes to it.
pub(in super::super) fn egress_gateway_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let new = case.new_identity();
    with_routes(case, "EgressOnlyInternetGatewayId", new.as_ref());
}

/// Makes a virtual private gateway again, and leads the static routes to it.
pub(in super::super) fn vpn_gateway_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let new = case.new_identity();
    with_routes(case, "GatewayId", new.as_ref());
}

/// Asks for a peering connection again, and leads the routes to it.
pub(in super::super) fn peering_back(case: &mut Case<'_>) {
    let (request, accept) = case.row.undo.split_at(1);
    case.run_calls(request);
    let new = case.new_identity();
    let text = |case: &Case<'_>, path: &str| match case.worth(path, None) {
        Worth::Is { value: Value::String(text), .. } => Some(text),
        _ => None,
    };
    // Only the accepter can accept, in the Region of its VPC.
    let owner = text(case, "old.AccepterVpcInfo.OwnerId");
    if new.is_some() && owner.as_deref() == Some(case.call.account.as_str()) {
        let region = text(case, "old.AccepterVpcInfo.Region");
        let count = case.steps.len();
        case.run_calls(accept);
        for step in case.steps.iter_mut().skip(count) {
            step.region = region.clone().unwrap_or_else(|| step.region.clone());
        }
    }
    with_routes(case, "VpcPeeringConnectionId", new.as_ref());
}

/// Attaches a VPC to its transit gateway again, with what the tables held for it.
pub(in super::super) fn attachment_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let (Some(new), Some(key)) = (case.new_identity(), case.about.clone()) else { return };
    transit_routes_to(case, &key.id, &new);
}
