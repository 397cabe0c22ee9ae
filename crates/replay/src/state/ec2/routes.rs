//! Route tables, their routes, and what they are associated with.

use serde_json::{Map, Value, json};

use super::super::Resource;
use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::{INSTANCE, TABLE, VPC, canonical, described, targets, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateRouteTable", create),
    rule("ec2:DeleteRouteTable", TABLE, "in.RouteTableId", Do::Delete),
    code("ec2:CreateRoute", put),
    code("ec2:ReplaceRoute", put),
    code("ec2:DeleteRoute", remove),
    code("ec2:AssociateRouteTable", associate),
    code("ec2:DisassociateRouteTable", disassociate),
    code("ec2:ReplaceRouteTableAssociation", replace_association),
    code("ec2:EnableVgwRoutePropagation", enable_propagation),
    code("ec2:DisableVgwRoutePropagation", disable_propagation),
];

const DESTINATIONS: [&str; 3] =
    ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

/// Members of the request that name a target, and the members of a described route that show it.
const TARGETS: [(&str, &str); 11] = [
    ("GatewayId", "GatewayId"),
    ("NatGatewayId", "NatGatewayId"),
    ("NetworkInterfaceId", "NetworkInterfaceId"),
    ("InstanceId", "InstanceId"),
    ("VpcPeeringConnectionId", "VpcPeeringConnectionId"),
    ("TransitGatewayId", "TransitGatewayId"),
    ("EgressOnlyInternetGatewayId", "EgressOnlyInternetGatewayId"),
    ("VpcEndpointId", "GatewayId"),
    ("LocalGatewayId", "LocalGatewayId"),
    ("CarrierGatewayId", "CarrierGatewayId"),
    ("CoreNetworkArn", "CoreNetworkArn"),
];

/// The local routes of a VPC's tables: one for each of its networks.
pub(super) fn local(fold: &Fold<'_>, vpc: &str) -> Value {
    let lists = [
        ("CidrBlockAssociationSet", "CidrBlock"),
        ("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock"),
    ];
    let body = fold.get(VPC, vpc).map(|it| &it.body);
    let of = |(list, member): (&str, &str)| -> Vec<Value> {
        let list = body.and_then(|body| body.get(list)).and_then(Value::as_array);
        let cidrs = list.into_iter().flatten().filter_map(|it| text(it, member));
        cidrs.map(|cidr| local_route(member, cidr)).collect()
    };
    lists.into_iter().flat_map(of).collect()
}

fn local_route(member: &str, cidr: &str) -> Value {
    json!({format!("Destination{member}"): cidr, "GatewayId": "local", "Origin": "CreateRouteTable",
        "State": "active"})
}

fn tables_of(fold: &Fold<'_>, vpc: &str) -> Vec<String> {
    fold.ids(TABLE, |it| text(&it.body, "VpcId") == Some(vpc))
}

/// A new network of a VPC is in every table.
pub(super) fn add_local(fold: &mut Fold<'_>, vpc: &str, member: &str, cidr: &str) {
    let inferred = fold.inferred();
    for table in tables_of(fold, vpc) {
        let route = local_route(member, cidr);
        fold.edit(TABLE, &table, |draft| {
            draft.known_from(&inferred, |draft| draft.put("Routes", route));
        });
    }
}

/// A network that left a VPC is in no table.
pub(super) fn remove_local(fold: &mut Fold<'_>, vpc: &str, cidr: &str) {
    let inferred = fold.inferred();
    for table in tables_of(fold, vpc) {
        fold.edit(TABLE, &table, |draft| {
            draft.known_from(&inferred, |draft| {
                draft.remove("Routes", cidr);
            });
        });
    }
}

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "RouteTable");
    let Some(id) = text(&body, "RouteTableId").map(str::to_owned) else { return };
    let asked = fold.call.text("VpcId").map(str::to_owned);
    let vpc = text(&body, "VpcId").map(str::to_owned).or(asked).unwrap_or_default();
    let told = body.get("Routes").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
    let is_vpc_known = fold.is_whole(VPC, &vpc);
    let routes = local(fold, &vpc);
    if let Some(members) = body.as_object_mut() {
        members.entry("VpcId").or_insert(json!(vpc));
        if !told {
            members.insert("Routes".to_owned(), routes);
        }
        for list in ["Associations", "PropagatingVgws"] {
            members.entry(list).or_insert_with(|| json!([]));
        }
    }
    let known = fold.is_whole(TABLE, &id);
    fold.create(TABLE, &id, body);
    if !told && !is_vpc_known && !known {
        // It has local routes, and nobody said for which networks.
        fold.edit(TABLE, &id, |draft| {
            let routes = draft.list("Routes").to_vec();
            draft.forget("Routes");
            routes.into_iter().for_each(|route| draft.put("Routes", route));
        });
    }
}

/// The name of the destination in the request, and the destination.
fn destination(fold: &Fold<'_>) -> Option<(&'static str, String)> {
    DESTINATIONS.iter().find_map(|name| fold.call.text(name).map(|value| (*name, canonical(value))))
}

fn put(fold: &mut Fold<'_>) {
    let Some(table) = fold.call.text("RouteTableId").map(str::to_owned) else { return };
    let Some((member, destination)) = destination(fold) else { return };
    let mut route = Map::new();
    route.insert(member.to_owned(), json!(destination));
    let target = TARGETS.iter().find_map(|(asked, shown)| Some((*shown, fold.call.text(asked)?)));
    if let Some((shown, target)) = target {
        route.insert(shown.to_owned(), json!(target));
    }
    if fold.call.input.get("LocalTarget").and_then(Value::as_bool) == Some(true) {
        route.insert("GatewayId".to_owned(), json!("local"));
    }
    let instance = route.get("InstanceId").and_then(Value::as_str).map(str::to_owned);
    let through = instance.as_deref().map(|instance| primary_interface(fold, instance));
    if let Some(Some(interface)) = &through {
        route.insert("NetworkInterfaceId".to_owned(), json!(interface));
    }
    let vpc = fold.text_of(TABLE, &table, "VpcId");
    let origin = fold.get(TABLE, &table).and_then(|it| origin(it, &destination));
    let is_replaced = fold.call.name == "ReplaceRoute";
    let origin = origin.filter(|_| is_replaced).unwrap_or_else(|| "CreateRoute".to_owned());
    let is_usable = targets::is_usable(fold, vpc.as_deref(), &route);
    let state = if is_usable == Some(false) { "blackhole" } else { "active" };
    route.insert("Origin".to_owned(), json!(origin));
    route.insert("State".to_owned(), json!(state));
    let inferred = fold.inferred();
    sight(fold, &table, "Routes", &destination);
    fold.edit(TABLE, &table, |draft| {
        draft.put("Routes", Value::Object(route));
        if is_usable == Some(false) {
            let path = format!("Routes[{destination}].State");
            draft.mark(&path, inferred.clone());
        }
        if through == Some(None) {
            draft.forget_in("Routes", &destination, "NetworkInterfaceId");
        }
        if through.is_some() {
            draft.forget_in("Routes", &destination, "InstanceOwnerId");
        }
    });
}

fn origin(table: &Resource, destination: &str) -> Option<String> {
    let routes = table.body.get("Routes")?.as_array()?;
    let is_it = |route: &&Value| DESTINATIONS.iter().any(|it| text(route, it) == Some(destination));
    text(routes.iter().find(is_it)?, "Origin").map(str::to_owned)
}

fn primary_interface(fold: &Fold<'_>, instance: &str) -> Option<String> {
    let interfaces = fold.get(INSTANCE, instance)?.body.get("NetworkInterfaces")?.as_array()?;
    match interfaces.as_slice() {
        [only] => text(only, "NetworkInterfaceId").map(str::to_owned),
        _ => None,
    }
}

fn remove(fold: &mut Fold<'_>) {
    let Some(table) = fold.call.text("RouteTableId").map(str::to_owned) else { return };
    let Some((_, destination)) = destination(fold) else { return };
    sight(fold, &table, "Routes", &destination);
    fold.edit(TABLE, &table, |draft| {
        draft.remove("Routes", &destination);
    });
}

/// See [`super::sight`]: an element of a list is about to be written.
fn sight(fold: &mut Fold<'_>, table: &str, list: &str, key: &str) {
    super::sight(fold, TABLE, table, |draft| draft.doubt(list, key));
}

fn associate(fold: &mut Fold<'_>) {
    let Some(table) = fold.call.text("RouteTableId").map(str::to_owned) else { return };
    let id = fold.call.answer_text("AssociationId").map(str::to_owned);
    let with = ["SubnetId", "GatewayId"]
        .iter()
        .find_map(|name| Some((*name, fold.call.text(name)?.to_owned())));
    let Some((member, with)) = with else { return };
    put_association(fold, &table, id.as_deref(), member, &with);
}

fn put_association(fold: &mut Fold<'_>, table: &str, id: Option<&str>, member: &str, with: &str) {
    let inferred = fold.inferred();
    // What was associated with another table is not any more.
    let has_it = |it: &Resource| association(it, |one| text(one, member) == Some(with)).is_some();
    for other in fold.ids(TABLE, has_it).into_iter().filter(|other| other != table) {
        fold.edit(TABLE, &other, |draft| {
            draft.known_from(&inferred, |draft| {
                draft.remove("Associations", with);
            });
        });
    }
    let mut element = json!({"Main": false, "RouteTableId": table, member: with,
        "AssociationState": {"State": "associated"}});
    if let (Some(id), Some(members)) = (id, element.as_object_mut()) {
        members.insert("RouteTableAssociationId".to_owned(), json!(id));
    }
    let lacks_id = id.is_none();
    fold.edit(TABLE, table, |draft| {
        draft.put("Associations", element);
        if lacks_id {
            draft.forget_in("Associations", with, "RouteTableAssociationId");
        }
    });
}

fn association(table: &Resource, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
    let list = table.body.get("Associations")?.as_array()?;
    list.iter().find(|one| is_it(one)).cloned()
}

fn disassociate(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("AssociationId").map(str::to_owned) else { return };
    let is_it = |one: &Value| text(one, "RouteTableAssociationId") == Some(&id);
    match fold.owner_id(TABLE, &id) {
        Some(table) => fold.edit(TABLE, &table, |draft| {
            draft.remove_if("Associations", is_it);
        }),
        None => doubt_associations(fold, None),
    }
}

/// An association that nobody knew went or moved: of tables that are not known whole, none is sure.
fn doubt_associations(fold: &mut Fold<'_>, vpc: Option<&str>) {
    // The association of a main table cannot be taken away, only moved.
    let lacks_id = |one: &Value| {
        let is_main = one.get("Main").and_then(Value::as_bool) == Some(true);
        one.get("RouteTableAssociationId").is_none() && (vpc.is_some() || !is_main)
    };
    let is_open = |it: &Resource| {
        let is_of = vpc.is_none_or(|vpc| text(&it.body, "VpcId").is_none_or(|of| of == vpc));
        is_of && association(it, lacks_id).is_some()
    };
    for table in fold.ids(TABLE, is_open) {
        fold.edit(TABLE, &table, |draft| {
            let unsure = draft.remove_if("Associations", lacks_id);
            for one in unsure {
                if let Some(key) = super::super::kinds::element_key("Associations", &one) {
                    draft.mark(&format!("Associations[{key}]"), super::super::Source::Unknown);
                }
            }
        });
    }
}

fn replace_association(fold: &mut Fold<'_>) {
    let Some(old) = fold.call.text("AssociationId").map(str::to_owned) else { return };
    let Some(table) = fold.call.text("RouteTableId").map(str::to_owned) else { return };
    let new = fold.call.answer_text("NewAssociationId").map(str::to_owned);
    let is_old = |one: &Value| text(one, "RouteTableAssociationId") == Some(&old);
    let held = fold.owner_id(TABLE, &old);
    let was = held.as_deref().and_then(|id| association(fold.get(TABLE, id)?, is_old));
    let vpc = fold.text_of(TABLE, &table, "VpcId");
    match was {
        Some(was) if was.get("Main").and_then(Value::as_bool) != Some(true) => {
            if let Some(holder) = held.filter(|holder| *holder != table) {
                fold.edit(TABLE, &holder, |draft| {
                    draft.remove_if("Associations", is_old);
                });
            }
            let with = ["SubnetId", "GatewayId"]
                .iter()
                .find_map(|name| Some((*name, text(&was, name)?.to_owned())));
            if let Some((member, with)) = with {
                put_association(fold, &table, new.as_deref(), member, &with);
            }
        }
        Some(_) => move_main(fold, held.as_deref(), &table, new.as_deref()),
        None => {
            // All explicit associations of a VPC whose creation was seen have ids that are known: an
            // unknown one is that of the main table.
            let is_main_open = |it: &Resource| {
                text(&it.body, "VpcId") == vpc.as_deref()
                    && association(it, |one| {
                        one.get("Main") == Some(&json!(true))
                            && one.get("RouteTableAssociationId").is_none()
                    })
                    .is_some()
            };
            let open = fold.ids(TABLE, is_main_open);
            let is_vpc_known = vpc.as_deref().is_some_and(|vpc| fold.is_whole(VPC, vpc));
            match (open.as_slice(), is_vpc_known) {
                ([main], true) => {
                    let main = main.clone();
                    move_main(fold, Some(&main), &table, new.as_deref());
                }
                _ => {
                    doubt_associations(fold, vpc.as_deref());
                    fold.edit(TABLE, &table, |draft| draft.forget("Associations"));
                }
            }
        }
    }
}

/// Another table becomes the main one.
fn move_main(fold: &mut Fold<'_>, from: Option<&str>, to: &str, id: Option<&str>) {
    if let Some(from) = from.filter(|from| *from != to) {
        fold.edit(TABLE, from, |draft| {
            draft.remove("Associations", "main");
        });
    }
    let mut element =
        json!({"Main": true, "RouteTableId": to, "AssociationState": {"State": "associated"}});
    if let (Some(id), Some(members)) = (id, element.as_object_mut()) {
        members.insert("RouteTableAssociationId".to_owned(), json!(id));
    }
    fold.edit(TABLE, to, |draft| draft.put("Associations", element));
}

fn enable_propagation(fold: &mut Fold<'_>) {
    let Some(table) = fold.call.text("RouteTableId").map(str::to_owned) else { return };
    let Some(gateway) = fold.call.text("GatewayId").map(str::to_owned) else { return };
    sight(fold, &table, "PropagatingVgws", &gateway);
    fold.edit(TABLE, &table, |draft| draft.put("PropagatingVgws", json!({"GatewayId": gateway})));
}

fn disable_propagation(fold: &mut Fold<'_>) {
    let Some(table) = fold.call.text("RouteTableId").map(str::to_owned) else { return };
    let Some(gateway) = fold.call.text("GatewayId").map(str::to_owned) else { return };
    sight(fold, &table, "PropagatingVgws", &gateway);
    let is_learned = |route: &Value| {
        text(route, "Origin") == Some("EnableVgwRoutePropagation")
            && text(route, "GatewayId") == Some(&gateway)
    };
    fold.edit(TABLE, &table, |draft| {
        draft.remove("PropagatingVgws", &gateway);
        draft.remove_if("Routes", is_learned);
    });
}
