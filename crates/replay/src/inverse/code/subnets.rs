//! VPCs and subnets.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::types::{Class, Place};
use super::routes::ROUTE_TABLE;
use super::{answer, elements, text, used};

/// Ends a default VPC: what AWS made in it goes first.
pub(in super::super) fn end_default_vpc(case: &mut Case<'_>) {
    let Some(vpc) = case.about.clone() else {
        return case.ask_for("which VPC it was", "", true);
    };
    let now = case.now;
    let mut gateways: Vec<_> = now
        .resources(&case.scope, "AWS::EC2::InternetGateway")
        .filter(|(_, it)| {
            elements(it.body.get("Attachments"))
                .any(|at| at.get("VpcId").and_then(Value::as_str) == Some(&vpc.id))
        })
        .map(|(key, _)| key.id.clone())
        .collect();
    let mut subnets: Vec<_> = now
        .resources(&case.scope, "AWS::EC2::Subnet")
        .filter(|(_, it)| it.body.get("VpcId").and_then(Value::as_str) == Some(&vpc.id))
        .map(|(key, _)| key.id.clone())
        .collect();
    if subnets.is_empty() || gateways.is_empty() {
        case.ask_for("which default subnets and internet gateway AWS made in it", "", true);
    }
    gateways.sort();
    subnets.sort();
    for id in gateways {
        let members = vec![("InternetGatewayId", text(&id)), ("VpcId", text(&vpc.id))];
        case.add("DetachInternetGateway", members);
        case.add("DeleteInternetGateway", vec![("InternetGatewayId", text(&id))]);
    }
    for id in subnets {
        case.add("DeleteSubnet", vec![("SubnetId", text(&id))]);
    }
    case.run_calls(case.row.undo);
}

/// Associates a block with a VPC again; Amazon's own IPv6 blocks come back as others.
pub(in super::super) fn cidr_back(case: &mut Case<'_>) {
    let is_six = case.call.response.get("Ipv6CidrBlockAssociation").is_some_and(|it| !it.is_null())
        || matches!(
            case.worth("old.Ipv6CidrBlockAssociationSet[{req.AssociationId}]", None),
            Worth::Is { .. }
        );
    if !is_six {
        return case.run_calls(case.row.undo);
    }
    case.class = case.class.max(Class::Compensating);
    case.not_restored.push("the IPv6 block: Amazon gives another one".to_owned());
    case.run_call("AssociateVpcCidrBlock VpcId=id AmazonProvidedIpv6CidrBlock=:true");
}

/// Makes a subnet again, in its route table; its network ACL is the VPC's default until it is changed.
pub(in super::super) fn subnet_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let (Some(new), Some(subnet)) = (case.new_identity(), case.about.clone()) else { return };
    let before = case.before;
    let mut tables: Vec<_> = before.resources(&case.scope, ROUTE_TABLE).collect();
    tables.sort_by_key(|(key, _)| *key);
    let names_it = |it: &&Value| it.get("SubnetId").and_then(Value::as_str) == Some(&subnet.id);
    for (key, table) in tables {
        if elements(table.body.get("Associations")).any(|it| names_it(&it)) {
            let source = table.source("Associations").clone();
            let id = used(key, "RouteTableId".to_owned(), json!(key.id), source);
            case.add("AssociateRouteTable", vec![("RouteTableId", id), ("SubnetId", answer(&new))]);
        }
    }
    for (key, acl) in before.resources(&case.scope, "AWS::EC2::NetworkAcl") {
        let is_default = acl.body.get("IsDefault").and_then(Value::as_bool) == Some(true);
        if !is_default && elements(acl.body.get("Associations")).any(|it| names_it(&it)) {
            // The association id of the new subnet is in no answer: only a description tells it.
            let path = "Associations".to_owned();
            case.rewire.push(Place { key: key.clone(), path, names: subnet.id.clone() });
        }
    }
}
