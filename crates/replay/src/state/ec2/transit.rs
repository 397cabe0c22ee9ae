//! Transit gateways: attachments, route tables, associations, propagations.
//!
//! An attachment's body is that of `describe-transit-gateway-attachments` with the members of its VPC or
//! peering description beside; a route table's body has its routes, associations, propagations and
//! prefix-list references in the shapes of the calls that list them.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::super::{Resource, Source};
use super::{ATTACHMENT, TRANSIT, TRANSIT_TABLE, canonical, described, text};

const ID: &str = "in.TransitGatewayAttachmentId";
const TABLE_ID: &str = "in.TransitGatewayRouteTableId";

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateTransitGateway", create),
    code("ec2:ModifyTransitGateway", modify),
    rule("ec2:DeleteTransitGateway", TRANSIT, "in.TransitGatewayId", Do::Delete),
    code("ec2:DeleteTransitGateway", delete),
    code("ec2:CreateTransitGatewayVpcAttachment", create_attachment),
    code("ec2:ModifyTransitGatewayVpcAttachment", modify_attachment),
    code("ec2:DeleteTransitGatewayVpcAttachment", |fold| end(fold, "deleted")),
    code("ec2:AcceptTransitGatewayVpcAttachment", accept),
    code("ec2:RejectTransitGatewayVpcAttachment", |fold| end(fold, "rejected")),
    code("ec2:CreateTransitGatewayPeeringAttachment", create_peering),
    rule(
        "ec2:AcceptTransitGatewayPeeringAttachment",
        ATTACHMENT,
        ID,
        Do::Set(&[("State", "=available")]),
    ),
    code("ec2:RejectTransitGatewayPeeringAttachment", |fold| end(fold, "rejected")),
    code("ec2:DeleteTransitGatewayPeeringAttachment", |fold| end(fold, "deleted")),
    code("ec2:CreateTransitGatewayRouteTable", |fold| {
        let mut body = described(fold, "TransitGatewayRouteTable");
        let id = text(&body, "TransitGatewayRouteTableId").map(str::to_owned);
        fill_table(&mut body, false);
        if let Some(id) = id {
            fold.create(TRANSIT_TABLE, &id, body);
        }
    }),
    rule("ec2:DeleteTransitGatewayRouteTable", TRANSIT_TABLE, TABLE_ID, Do::Delete),
    code("ec2:AssociateTransitGatewayRouteTable", |fold| {
        let source = fold.said();
        if let Some((table, attachment)) = both(fold) {
            associate(fold, &table, &attachment, &source);
        }
    }),
    code("ec2:DisassociateTransitGatewayRouteTable", |fold| {
        let Some((table, attachment)) = both(fold) else { return };
        fold.edit(ATTACHMENT, &attachment, |draft| draft.unset("Association"));
        fold.edit(TRANSIT_TABLE, &table, |draft| {
            draft.remove("Associations", &attachment);
        });
    }),
    code("ec2:EnableTransitGatewayRouteTablePropagation", |fold| {
        let source = fold.said();
        if let Some((table, attachment)) = both(fold) {
            propagate(fold, &table, &attachment, &source);
        }
    }),
    code("ec2:DisableTransitGatewayRouteTablePropagation", |fold| {
        let Some((table, attachment)) = both(fold) else { return };
        fold.edit(TRANSIT_TABLE, &table, |draft| {
            draft.remove("Propagations", &attachment);
        });
    }),
    code("ec2:CreateTransitGatewayRoute", put_route),
    code("ec2:ReplaceTransitGatewayRoute", put_route),
    code("ec2:DeleteTransitGatewayRoute", |fold| {
        let destination = fold.call.text("DestinationCidrBlock").map(canonical);
        let table = fold.call.text("TransitGatewayRouteTableId").map(str::to_owned);
        let (Some(destination), Some(table)) = (destination, table) else { return };
        fold.edit(TRANSIT_TABLE, &table, |draft| {
            draft.remove("Routes", &destination);
        });
    }),
    code("ec2:CreateTransitGatewayPrefixListReference", put_reference),
    code("ec2:ModifyTransitGatewayPrefixListReference", put_reference),
    rule(
        "ec2:DeleteTransitGatewayPrefixListReference",
        TRANSIT_TABLE,
        TABLE_ID,
        Do::Remove("PrefixListReferences", "in.PrefixListId"),
    ),
];

/// The route table and the attachment that the request names.
fn both(fold: &Fold<'_>) -> Option<(String, String)> {
    let table = fold.call.text("TransitGatewayRouteTableId")?;
    let attachment = fold.call.text("TransitGatewayAttachmentId")?;
    Some((table.to_owned(), attachment.to_owned()))
}

fn fill_table(body: &mut Value, is_default: bool) {
    let Some(members) = body.as_object_mut() else { return };
    members.shift_remove("OwnerId");
    members.insert("State".to_owned(), json!("available"));
    for name in ["DefaultAssociationRouteTable", "DefaultPropagationRouteTable"] {
        members.entry(name).or_insert(json!(is_default));
    }
    for name in ["Routes", "Associations", "Propagations", "PrefixListReferences"] {
        members.entry(name).or_insert_with(|| json!([]));
    }
}

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "TransitGateway");
    let Some(id) = text(&body, "TransitGatewayId").map(str::to_owned) else { return };
    if fold.is_whole(TRANSIT, &id) {
        return;
    }
    let asked = fold.call.input.get("Options").cloned();
    if let Some(members) = body.as_object_mut() {
        members.insert("State".to_owned(), json!("available"));
        if let Some(asked) = asked {
            members.entry("Options").or_insert(asked);
        }
    }
    let options = body.get("Options").cloned().unwrap_or_default();
    let inferred = fold.inferred();
    fold.create(TRANSIT, &id, body);
    fold.edit(TRANSIT, &id, |draft| draft.mark("State", inferred.clone()));
    let default = |name: &str, switch: &str| {
        let is_on = text(&options, switch) != Some("disable");
        text(&options, name).filter(|_| is_on).map(str::to_owned)
    };
    let association = default("AssociationDefaultRouteTableId", "DefaultRouteTableAssociation");
    let propagation = default("PropagationDefaultRouteTableId", "DefaultRouteTablePropagation");
    let mut tables = vec![];
    tables.extend(association.clone());
    tables.extend(propagation.clone().filter(|table| Some(table) != association.as_ref()));
    for table in tables {
        let mut body = json!({"TransitGatewayRouteTableId": table, "TransitGatewayId": id,
            "DefaultAssociationRouteTable": association.as_ref() == Some(&table),
            "DefaultPropagationRouteTable": propagation.as_ref() == Some(&table), "Tags": []});
        fill_table(&mut body, true);
        fold.create_from(TRANSIT_TABLE, &table, body, inferred.clone());
        fold.edit(TRANSIT_TABLE, &table, |draft| draft.forget("CreationTime"));
    }
}

fn modify(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("TransitGatewayId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    let told = fold.call.answer("TransitGateway.Options").cloned();
    fold.edit(TRANSIT, &id, |draft| {
        draft.set_some("Description", input.get("Description"));
        let asked = input.get("Options").and_then(Value::as_object);
        let mut options = draft.get("Options").cloned().unwrap_or_else(|| json!({}));
        for (name, value) in asked.into_iter().flatten() {
            if let Some(members) = options.as_object_mut() {
                members.insert(name.clone(), value.clone());
            }
            draft.replace_part("Options", options.clone(), &format!("Options.{name}"));
        }
        draft.set_some("Options", told.as_ref());
    });
}

fn delete(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("TransitGatewayId").map(str::to_owned) else { return };
    let is_of = |it: &Resource| text(&it.body, "TransitGatewayId") == Some(&id);
    for table in fold.ids(TRANSIT_TABLE, is_of) {
        fold.delete(TRANSIT_TABLE, &table);
    }
}

fn create_attachment(fold: &mut Fold<'_>) {
    let mut body = described(fold, "TransitGatewayVpcAttachment");
    let Some(id) = text(&body, "TransitGatewayAttachmentId").map(str::to_owned) else { return };
    if fold.is_whole(ATTACHMENT, &id) {
        return;
    }
    let (input, account) = (fold.call.input.clone(), fold.call.scope.account.clone());
    let waits = text(&body, "State") == Some("pendingAcceptance");
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("OwnerId");
        for name in ["TransitGatewayId", "VpcId", "SubnetIds", "Options"] {
            if let Some(value) = input.get(name) {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        let vpc = members.get("VpcId").cloned().unwrap_or_default();
        let owner = members.get("VpcOwnerId").cloned();
        members.insert("ResourceOwnerId".to_owned(), owner.unwrap_or_else(|| json!(account)));
        members.insert("ResourceType".to_owned(), json!("vpc"));
        members.insert("ResourceId".to_owned(), vpc);
    }
    let inferred = fold.inferred();
    fold.create(ATTACHMENT, &id, body);
    let transit = fold.text_of(ATTACHMENT, &id, "TransitGatewayId").unwrap_or_default();
    let owner = fold.text_of(TRANSIT, &transit, "OwnerId");
    fold.edit(ATTACHMENT, &id, |draft| match owner {
        Some(owner) => draft.known_from(&inferred, |it| it.set("TransitGatewayOwnerId", owner)),
        None => draft.forget("TransitGatewayOwnerId"),
    });
    if !waits {
        fold.edit(ATTACHMENT, &id, |draft| {
            draft.known_from(&inferred, |draft| draft.set("State", "available"));
        });
        defaults(fold, &id);
    }
}

/// A new attachment is associated with the default table, and its networks propagate there.
fn defaults(fold: &mut Fold<'_>, id: &str) {
    let Some(transit) = fold.text_of(ATTACHMENT, id, "TransitGatewayId") else { return };
    let options = fold.get(TRANSIT, &transit).and_then(|it| it.body.get("Options")).cloned();
    let inferred = fold.inferred();
    let Some(options) = options else {
        fold.edit(ATTACHMENT, id, |draft| draft.forget("Association"));
        return;
    };
    let table = |name: &str, switch: &str| {
        let is_on = text(&options, switch) != Some("disable");
        text(&options, name).filter(|_| is_on).map(str::to_owned)
    };
    if let Some(table) = table("AssociationDefaultRouteTableId", "DefaultRouteTableAssociation") {
        associate(fold, &table, id, &inferred);
    }
    if let Some(table) = table("PropagationDefaultRouteTableId", "DefaultRouteTablePropagation") {
        propagate(fold, &table, id, &inferred);
    }
}

/// An attachment as the lists of a route table show it.
fn listed(fold: &Fold<'_>, attachment: &str, state: Option<&str>) -> Value {
    let body = fold.get(ATTACHMENT, attachment).map(|it| &it.body);
    let mut out = json!({"TransitGatewayAttachmentId": attachment});
    if let Some(members) = out.as_object_mut() {
        for name in ["ResourceId", "ResourceType"] {
            if let Some(value) = body.and_then(|body| body.get(name)) {
                members.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(state) = state {
            members.insert("State".to_owned(), json!(state));
        }
    }
    out
}

fn associate(fold: &mut Fold<'_>, table: &str, attachment: &str, source: &Source) {
    let element = listed(fold, attachment, Some("associated"));
    let has_it = |it: &Resource| {
        let list = it.body.get("Associations").and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .any(|it| text(it, "TransitGatewayAttachmentId") == Some(attachment))
    };
    for other in fold.ids(TRANSIT_TABLE, has_it).into_iter().filter(|other| other != table) {
        fold.edit(TRANSIT_TABLE, &other, |draft| {
            draft.remove("Associations", attachment);
        });
    }
    fold.edit(ATTACHMENT, attachment, |draft| {
        let association = json!({"TransitGatewayRouteTableId": table, "State": "associated"});
        draft.known_from(source, |draft| draft.set("Association", association));
    });
    fold.edit(TRANSIT_TABLE, table, |draft| {
        draft.known_from(source, |draft| draft.put("Associations", element));
    });
}

fn propagate(fold: &mut Fold<'_>, table: &str, attachment: &str, source: &Source) {
    let element = listed(fold, attachment, Some("enabled"));
    fold.edit(TRANSIT_TABLE, table, |draft| {
        draft.known_from(source, |draft| draft.put("Propagations", element));
    });
}

fn modify_attachment(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("TransitGatewayAttachmentId").map(str::to_owned) else { return };
    let (added, removed) = (fold.call.texts("AddSubnetIds"), fold.call.texts("RemoveSubnetIds"));
    let options = fold.call.input.get("Options").cloned();
    fold.edit(ATTACHMENT, &id, |draft| {
        for gone in &removed {
            draft.remove("SubnetIds", gone);
        }
        added.iter().for_each(|new| draft.put("SubnetIds", json!(new)));
        let mut known = draft.get("Options").cloned().unwrap_or_else(|| json!({}));
        for (name, value) in options.as_ref().and_then(Value::as_object).into_iter().flatten() {
            if let Some(members) = known.as_object_mut() {
                members.insert(name.clone(), value.clone());
            }
            draft.replace_part("Options", known.clone(), &format!("Options.{name}"));
        }
    });
}

/// An attachment ends: with it its association and propagations; static routes to it lead nowhere.
fn end(fold: &mut Fold<'_>, state: &str) {
    let Some(id) = fold.call.text("TransitGatewayAttachmentId").map(str::to_owned) else { return };
    let inferred = fold.inferred();
    fold.edit(ATTACHMENT, &id, |draft| {
        draft.set("State", state);
        draft.known_from(&inferred, |draft| draft.unset("Association"));
    });
    let leads_there = |route: &Value| {
        let list = route.get("TransitGatewayAttachments").and_then(Value::as_array);
        list.into_iter().flatten().any(|it| text(it, "TransitGatewayAttachmentId") == Some(&id))
    };
    for table in fold.ids(TRANSIT_TABLE, |_| true) {
        let body = fold.get(TRANSIT_TABLE, &table).map(|it| it.body.clone()).unwrap_or_default();
        let list =
            |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let is_it = |it: &Value| text(it, "TransitGatewayAttachmentId") == Some(&id);
        let routes: Vec<String> = list("Routes")
            .iter()
            .filter(|route| leads_there(route))
            .filter_map(|route| text(route, "DestinationCidrBlock").map(str::to_owned))
            .collect();
        let is_named = list("Associations").iter().chain(&list("Propagations")).any(is_it);
        if routes.is_empty() && !is_named {
            continue;
        }
        let gone = |draft: &mut Draft| {
            draft.remove_if("Associations", is_it);
            draft.remove_if("Propagations", is_it);
            for route in &routes {
                draft.put_in("Routes", route, "State", "blackhole");
            }
        };
        fold.edit(TRANSIT_TABLE, &table, |draft| draft.known_from(&inferred, gone));
    }
}

fn accept(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("TransitGatewayAttachmentId").map(str::to_owned) else { return };
    let told = fold.call.answer("TransitGatewayVpcAttachment").cloned().unwrap_or_default();
    let inferred = fold.inferred();
    fold.edit(ATTACHMENT, &id, |draft| {
        for name in ["TransitGatewayId", "VpcId", "SubnetIds", "Options", "VpcOwnerId"] {
            draft.set_some(name, told.get(name));
        }
        draft.known_from(&inferred, |draft| draft.set("State", "available"));
    });
    defaults(fold, &id);
}

fn create_peering(fold: &mut Fold<'_>) {
    let mut body = described(fold, "TransitGatewayPeeringAttachment");
    let Some(id) = text(&body, "TransitGatewayAttachmentId").map(str::to_owned) else { return };
    let (input, scope) = (fold.call.input.clone(), fold.call.scope.clone());
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("OwnerId");
        let own = json!({"TransitGatewayId": input.get("TransitGatewayId"), "OwnerId": scope.account,
            "Region": scope.region});
        let peer = json!({"TransitGatewayId": input.get("PeerTransitGatewayId"),
            "OwnerId": input.get("PeerAccountId"), "Region": input.get("PeerRegion")});
        members.entry("RequesterTgwInfo").or_insert(own);
        members.entry("AccepterTgwInfo").or_insert(peer);
        for (name, from) in
            [("TransitGatewayId", "TransitGatewayId"), ("ResourceId", "PeerTransitGatewayId")]
        {
            members.insert(name.to_owned(), input.get(from).cloned().unwrap_or_default());
        }
        members.insert("ResourceType".to_owned(), json!("peering"));
        members.insert("State".to_owned(), json!("pendingAcceptance"));
    }
    fold.create(ATTACHMENT, &id, body);
}

/// What a route or reference leads to: an attachment, or nowhere.
fn target(fold: &Fold<'_>) -> (Option<Value>, bool) {
    let attachment = fold.call.text("TransitGatewayAttachmentId");
    let is_hole = fold.call.input.get("Blackhole").and_then(Value::as_bool) == Some(true);
    let is_ended = attachment.is_some_and(|id| {
        let state = fold.text_of(ATTACHMENT, id, "State");
        matches!(state.as_deref(), Some("deleted" | "rejected"))
    });
    (attachment.map(|id| listed(fold, id, None)), is_hole || is_ended)
}

fn put_route(fold: &mut Fold<'_>) {
    let Some(table) = fold.call.text("TransitGatewayRouteTableId").map(str::to_owned) else {
        return;
    };
    let Some(destination) = fold.call.text("DestinationCidrBlock").map(canonical) else { return };
    let (attachment, is_hole) = target(fold);
    let mut route = json!({"DestinationCidrBlock": destination, "Type": "static",
        "State": if is_hole { "blackhole" } else { "active" }});
    if let (Some(attachment), Some(members)) = (attachment, route.as_object_mut()) {
        members.insert("TransitGatewayAttachments".to_owned(), json!([attachment]));
    }
    fold.edit(TRANSIT_TABLE, &table, |draft| draft.put("Routes", route));
}

fn put_reference(fold: &mut Fold<'_>) {
    let Some(table) = fold.call.text("TransitGatewayRouteTableId").map(str::to_owned) else {
        return;
    };
    let Some(list) = fold.call.text("PrefixListId").map(str::to_owned) else { return };
    let (attachment, is_hole) = target(fold);
    let mut reference = json!({"TransitGatewayRouteTableId": table, "PrefixListId": list,
        "State": "available", "Blackhole": is_hole});
    if let (Some(attachment), Some(members)) = (attachment, reference.as_object_mut()) {
        members.insert("TransitGatewayAttachment".to_owned(), attachment);
    }
    fold.edit(TRANSIT_TABLE, &table, |draft| draft.put("PrefixListReferences", reference));
}
