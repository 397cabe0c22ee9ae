//! VPC endpoints, the routes that gateway endpoints put into tables, and endpoint services.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::super::{Resource, Source};
use super::{ENDPOINT, ENDPOINT_SERVICE, PREFIX_LIST, TABLE, described, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateVpcEndpoint", create),
    code("ec2:ModifyVpcEndpoint", modify),
    code("ec2:DeleteVpcEndpoints", delete),
    rule(
        "ec2:CreateVpcEndpointServiceConfiguration",
        ENDPOINT_SERVICE,
        "out.ServiceConfiguration.ServiceId",
        Do::Create("out.ServiceConfiguration", &[]),
    ),
    code("ec2:DeleteVpcEndpointServiceConfigurations", |fold| {
        let failed = unsuccessful(fold);
        for id in fold.call.texts("ServiceIds").into_iter().filter(|id| !failed.contains(id)) {
            fold.delete(ENDPOINT_SERVICE, &id);
        }
    }),
    code("ec2:AcceptVpcEndpointConnections", |fold| connections(fold, "available")),
    code("ec2:RejectVpcEndpointConnections", |fold| connections(fold, "rejected")),
    code("ec2:ModifyVpcEndpointServicePermissions", permissions),
];

/// What the call could not do, though it succeeded as a whole.
fn unsuccessful(fold: &Fold<'_>) -> Vec<String> {
    let list = fold.call.answer("Unsuccessful").and_then(Value::as_array);
    let ids = list.into_iter().flatten().filter_map(|it| text(it, "ResourceId"));
    ids.map(str::to_owned).collect()
}

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "VpcEndpoint");
    let Some(id) = text(&body, "VpcEndpointId").map(str::to_owned) else { return };
    if fold.is_whole(ENDPOINT, &id) {
        return;
    }
    let input = fold.call.input.clone();
    let kind = text(&body, "VpcEndpointType").or_else(|| text(&input, "VpcEndpointType"));
    let is_gateway = kind.unwrap_or("Gateway") == "Gateway";
    let waits = text(&body, "State") == Some("pendingAcceptance");
    if let Some(members) = body.as_object_mut() {
        for name in ["VpcId", "ServiceName", "RouteTableIds", "SubnetIds", "PrivateDnsEnabled"] {
            if let Some(value) = input.get(name) {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        members.entry("VpcEndpointType").or_insert(json!("Gateway"));
        for name in ["RouteTableIds", "SubnetIds", "Groups"] {
            members.entry(name).or_insert_with(|| json!([]));
        }
    }
    let tables = super::super::call::texts(body.get("RouteTableIds"));
    let service = text(&body, "ServiceName").unwrap_or_default().to_owned();
    let lacks_interfaces = body.get("NetworkInterfaceIds").is_none();
    fold.create(ENDPOINT, &id, body);
    let inferred = fold.inferred();
    fold.edit(ENDPOINT, &id, |draft| {
        if !waits {
            draft.known_from(&inferred, |draft| draft.set("State", "available"));
        }
        if lacks_interfaces && !is_gateway {
            draft.forget("NetworkInterfaceIds");
        }
        for name in ["PolicyDocument", "DnsEntries"] {
            if draft.get(name).is_none() {
                draft.forget(name);
            }
        }
    });
    if is_gateway {
        tables.iter().for_each(|table| add_route(fold, table, &id, &service));
    }
}

/// A gateway endpoint's route: its destination is the prefix list of the service.
fn add_route(fold: &mut Fold<'_>, table: &str, endpoint: &str, service: &str) {
    let is_it = |it: &Resource| text(&it.body, "PrefixListName") == Some(service);
    let list = fold.ids(PREFIX_LIST, is_it).pop();
    let mut route = json!({"GatewayId": endpoint, "Origin": "CreateRoute", "State": "active"});
    if let (Some(list), Some(members)) = (&list, route.as_object_mut()) {
        members.insert("DestinationPrefixListId".to_owned(), json!(list));
    }
    let inferred = fold.inferred();
    fold.edit(TABLE, table, |draft| {
        draft.known_from(&inferred, |draft| draft.put("Routes", route));
        if list.is_none() {
            draft.mark(&format!("Routes[{endpoint}].DestinationPrefixListId"), Source::Unknown);
        }
    });
}

fn remove_route(fold: &mut Fold<'_>, table: &str, endpoint: &str) {
    let inferred = fold.inferred();
    fold.edit_known(TABLE, table, |draft| {
        draft.known_from(&inferred, |draft| {
            draft.remove_if("Routes", |route| {
                text(route, "GatewayId") == Some(endpoint)
                    && text(route, "DestinationCidrBlock").is_none()
                    && text(route, "DestinationIpv6CidrBlock").is_none()
            });
        });
    });
}

fn modify(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("VpcEndpointId").map(str::to_owned) else { return };
    let call = fold.call;
    let texts = |name: &str| call.texts(name);
    let (added, removed) = (texts("AddRouteTableIds"), texts("RemoveRouteTableIds"));
    let input = call.input.clone();
    fold.edit(ENDPOINT, &id, |draft| {
        for (add, remove, list) in [
            ("AddRouteTableIds", "RemoveRouteTableIds", "RouteTableIds"),
            ("AddSubnetIds", "RemoveSubnetIds", "SubnetIds"),
        ] {
            for gone in texts(remove) {
                draft.remove(list, &gone);
            }
            texts(add).iter().for_each(|new| draft.put(list, json!(new)));
        }
        if !texts("AddSubnetIds").is_empty() || !texts("RemoveSubnetIds").is_empty() {
            draft.forget("NetworkInterfaceIds");
        }
        for gone in texts("RemoveSecurityGroupIds") {
            draft.remove("Groups", &gone);
        }
        for new in texts("AddSecurityGroupIds") {
            draft.put("Groups", json!({"GroupId": new}));
            draft.mark(&format!("Groups[{new}].GroupName"), Source::Unknown);
        }
        settings(draft, &input);
    });
    let service = fold.text_of(ENDPOINT, &id, "ServiceName").unwrap_or_default();
    removed.iter().for_each(|table| remove_route(fold, table, &id));
    added.iter().for_each(|table| add_route(fold, table, &id, &service));
}

fn settings(draft: &mut Draft, input: &Value) {
    draft.set_some("PrivateDnsEnabled", input.get("PrivateDnsEnabled"));
    draft.set_some("IpAddressType", input.get("IpAddressType"));
    draft.set_some("PolicyDocument", input.get("PolicyDocument"));
    if input.get("ResetPolicy").and_then(Value::as_bool) == Some(true) {
        draft.forget("PolicyDocument");
    }
}

fn delete(fold: &mut Fold<'_>) {
    let failed = unsuccessful(fold);
    for id in fold.call.texts("VpcEndpointIds").into_iter().filter(|id| !failed.contains(id)) {
        let leads_there = |it: &Resource| {
            let routes = it.body.get("Routes").and_then(Value::as_array);
            routes.into_iter().flatten().any(|route| text(route, "GatewayId") == Some(&id))
        };
        for table in fold.ids(TABLE, leads_there) {
            remove_route(fold, &table, &id);
        }
        let known = fold.get(ENDPOINT, &id).and_then(|it| it.body.get("NetworkInterfaceIds"));
        for interface in super::super::call::texts(known) {
            fold.delete(super::INTERFACE, &interface);
        }
        fold.delete(ENDPOINT, &id);
    }
}

fn connections(fold: &mut Fold<'_>, state: &str) {
    let failed = unsuccessful(fold);
    for id in fold.call.texts("VpcEndpointIds").into_iter().filter(|id| !failed.contains(id)) {
        // The consumer's endpoint is in this account, or in one that nobody asked about.
        fold.edit_known(ENDPOINT, &id, |draft| draft.set("State", state));
        let service = fold.call.text("ServiceId").unwrap_or_default().to_owned();
        let connection = json!({"VpcEndpointId": id, "VpcEndpointState": state});
        fold.edit(ENDPOINT_SERVICE, &service, |draft| {
            draft.put("VpcEndpointConnections", connection);
        });
    }
}

fn permissions(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("ServiceId").map(str::to_owned) else { return };
    let (added, removed) =
        (fold.call.texts("AddAllowedPrincipals"), fold.call.texts("RemoveAllowedPrincipals"));
    fold.edit(ENDPOINT_SERVICE, &id, |draft| {
        for gone in &removed {
            draft.remove("AllowedPrincipals", gone);
        }
        for new in &added {
            draft.put("AllowedPrincipals", json!({"Principal": new}));
        }
    });
}
