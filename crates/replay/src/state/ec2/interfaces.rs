//! Network interfaces: addresses, groups, attachments.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::fold::Fold;
use super::super::rule::{Rule, code};
use super::super::{Resource, Source};
use super::{ADDRESS, GROUP, INSTANCE, INTERFACE, described, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateNetworkInterface", create),
    code("ec2:DeleteNetworkInterface", delete),
    code("ec2:AttachNetworkInterface", attach),
    code("ec2:DetachNetworkInterface", detach),
    code("ec2:ModifyNetworkInterfaceAttribute", modify),
    code("ec2:ResetNetworkInterfaceAttribute", reset),
    code("ec2:AssignPrivateIpAddresses", assign),
    code("ec2:UnassignPrivateIpAddresses", unassign),
    code("ec2:AssignIpv6Addresses", assign_ipv6),
    code("ec2:UnassignIpv6Addresses", unassign_ipv6),
];

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "NetworkInterface");
    let Some(id) = text(&body, "NetworkInterfaceId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    if let Some(members) = body.as_object_mut() {
        if let Some(tags) = members.shift_remove("Tags") {
            members.entry("TagSet").or_insert(tags);
        }
        for name in ["SubnetId", "Description", "PrivateIpAddress"] {
            if let Some(value) = input.get(name) {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        members.entry("SourceDestCheck").or_insert(json!(true));
        members.insert("Status".to_owned(), json!("available"));
        let private = members.get("PrivateIpAddress").cloned();
        if let (Some(private), false) = (private, members.contains_key("PrivateIpAddresses")) {
            let list = json!([{"Primary": true, "PrivateIpAddress": private}]);
            members.insert("PrivateIpAddresses".to_owned(), list);
        }
    }
    let lacks_groups = body.get("Groups").is_none();
    let asked: Vec<Value> =
        fold.call.texts("Groups").iter().map(|group| json!({"GroupId": group})).collect();
    if lacks_groups && let Some(members) = body.as_object_mut() {
        members.insert("Groups".to_owned(), Value::Array(asked.clone()));
    }
    bind_default(fold, &body);
    let known = fold.is_whole(INTERFACE, &id);
    fold.create(INTERFACE, &id, body);
    if !known {
        fold.edit(INTERFACE, &id, forget_names);
    }
    if !known && lacks_groups && asked.is_empty() {
        fold.edit(INTERFACE, &id, |draft| draft.forget("Groups"));
    }
}

/// Names of addresses come with the VPC's attributes, and no event tells them.
pub(super) fn forget_names(draft: &mut Draft) {
    if draft.get("PrivateDnsName").is_none() {
        draft.forget("PrivateDnsName");
    }
    for address in draft.list("PrivateIpAddresses").to_vec() {
        if let (Some(ip), None) =
            (text(&address, "PrivateIpAddress"), address.get("PrivateDnsName"))
        {
            draft.forget_in("PrivateIpAddresses", ip, "PrivateDnsName");
        }
    }
}

/// A group called `default` in an answer is the one that came with the VPC.
pub(super) fn bind_default(fold: &mut Fold<'_>, body: &Value) {
    let Some(vpc) = text(body, "VpcId") else { return };
    let placeholder = format!("{vpc}/default-group");
    let lists = ["Groups", "SecurityGroups"].map(|name| body.get(name).and_then(Value::as_array));
    let groups = lists.into_iter().flatten().flatten();
    let found = groups.filter(|group| text(group, "GroupName") == Some("default"));
    let ids: Vec<String> =
        found.filter_map(|group| text(group, "GroupId").map(str::to_owned)).collect();
    for id in ids {
        fold.bind(GROUP, &placeholder, &id);
    }
}

fn delete(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    remove(fold, &id);
}

/// An interface goes, and with it the bindings of its addresses.
pub(super) fn remove(fold: &mut Fold<'_>, id: &str) {
    let is_bound = |it: &Resource| text(&it.body, "NetworkInterfaceId") == Some(id);
    let inferred = fold.inferred();
    for address in fold.ids(ADDRESS, is_bound) {
        fold.edit(ADDRESS, &address, |draft| {
            draft.known_from(&inferred, super::addresses::unbind);
        });
    }
    fold.delete(INTERFACE, id);
}

fn attach(fold: &mut Fold<'_>) {
    let call = fold.call;
    let Some(id) = call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    let instance = call.text("InstanceId").map(str::to_owned);
    let attachment = json!({"AttachmentId": call.answer("AttachmentId"), "DeviceIndex": call.input.get("DeviceIndex"),
        "InstanceId": instance, "InstanceOwnerId": call.scope.account, "Status": "attached",
        "DeleteOnTermination": false, "NetworkCardIndex": call.input.get("NetworkCardIndex").unwrap_or(&json!(0))});
    let inferred = fold.inferred();
    fold.edit(INTERFACE, &id, |draft| {
        draft.set("Attachment", attachment.clone());
        draft.mark("Attachment.AttachTime", Source::Unknown);
        draft.known_from(&inferred, |draft| draft.set("Status", "in-use"));
    });
    let Some(instance) = instance else { return };
    let Some(interface) = fold.get(INTERFACE, &id).cloned() else { return };
    fold.edit_known(INSTANCE, &instance, |draft| {
        draft.known_from(&inferred, |draft| {
            draft.put("NetworkInterfaces", of_instance(&interface.body, &attachment));
        });
        let path = format!("NetworkInterfaces[{id}]");
        draft.mirror(&path, &interface);
        draft.mark(&format!("{path}.Attachment.AttachTime"), Source::Unknown);
    });
    for address in fold.ids(ADDRESS, |it| text(&it.body, "NetworkInterfaceId") == Some(&id)) {
        let instance = instance.clone();
        fold.edit(ADDRESS, &address, |draft| {
            draft.known_from(&inferred, |draft| draft.set("InstanceId", instance));
        });
    }
}

/// An interface as the description of its instance shows it.
fn of_instance(interface: &Value, attachment: &Value) -> Value {
    let mut out = serde_json::Map::new();
    for name in [
        "NetworkInterfaceId",
        "SubnetId",
        "VpcId",
        "PrivateIpAddress",
        "PrivateIpAddresses",
        "Ipv6Addresses",
        "Groups",
        "SourceDestCheck",
        "InterfaceType",
        "MacAddress",
        "OwnerId",
        "Description",
        "Association",
    ] {
        if let Some(value) = interface.get(name) {
            out.insert(name.to_owned(), value.clone());
        }
    }
    let mut attachment = attachment.clone();
    if let Some(members) = attachment.as_object_mut() {
        members.shift_remove("InstanceId");
        members.shift_remove("InstanceOwnerId");
    }
    out.insert("Attachment".to_owned(), attachment);
    out.insert("Status".to_owned(), json!("in-use"));
    Value::Object(out)
}

fn detach(fold: &mut Fold<'_>) {
    let Some(attachment) = fold.call.text("AttachmentId").map(str::to_owned) else { return };
    let Some(id) = fold.owner_id(INTERFACE, &attachment) else { return };
    let holder = fold
        .get(INTERFACE, &id)
        .and_then(|it| text(it.body.get("Attachment")?, "InstanceId").map(str::to_owned));
    let inferred = fold.inferred();
    fold.edit(INTERFACE, &id, |draft| {
        draft.unset("Attachment");
        draft.known_from(&inferred, |draft| draft.set("Status", "available"));
    });
    if let Some(instance) = holder {
        fold.edit_known(INSTANCE, &instance, |draft| {
            draft.known_from(&inferred, |draft| {
                draft.remove("NetworkInterfaces", &id);
            });
        });
    }
    for address in fold.ids(ADDRESS, |it| text(&it.body, "NetworkInterfaceId") == Some(&id)) {
        fold.edit(ADDRESS, &address, |draft| {
            draft.known_from(&inferred, |draft| draft.unset("InstanceId"));
        });
    }
}

/// What a setter is given: `{"Value": x}`, or `x` itself.
pub(super) fn setting(input: &Value, name: &str) -> Option<Value> {
    input.get(name).map(|it| it.get("Value").unwrap_or(it).clone())
}

fn modify(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    let groups = fold.call.texts("Groups");
    edit(fold, &id, |draft| {
        if !groups.is_empty() {
            set_groups(draft, "Groups", &groups);
        }
        draft.set_some("SourceDestCheck", setting(&input, "SourceDestCheck").as_ref());
        draft.set_some("Description", setting(&input, "Description").as_ref());
    });
    let deletes = input.get("Attachment").and_then(|it| it.get("DeleteOnTermination"));
    if let Some(deletes) = deletes.cloned() {
        fold.edit(INTERFACE, &id, |draft| {
            let mut attachment = draft.get("Attachment").cloned().unwrap_or_else(|| json!({}));
            if let Some(members) = attachment.as_object_mut() {
                members.insert("DeleteOnTermination".to_owned(), deletes);
            }
            draft.replace_part("Attachment", attachment, "Attachment.DeleteOnTermination");
        });
    }
}

/// Sets the groups; their names stay as far as they are known.
pub(super) fn set_groups(draft: &mut Draft, member: &str, groups: &[String]) {
    let known = draft.list(member).to_vec();
    let named = |id: &String| {
        let old = known.iter().find(|group| text(group, "GroupId") == Some(id)).cloned();
        old.unwrap_or_else(|| json!({"GroupId": id}))
    };
    let list: Vec<Value> = groups.iter().map(named).collect();
    draft.set(member, list.clone());
    for group in list.iter().filter(|group| group.get("GroupName").is_none()) {
        if let Some(id) = text(group, "GroupId") {
            draft.mark(&format!("{member}[{id}].GroupName"), Source::Unknown);
        }
    }
}

/// Changes an interface, and what the description of its instance shows of it.
pub(super) fn edit(fold: &mut Fold<'_>, id: &str, write: impl FnOnce(&mut Draft)) {
    fold.edit(INTERFACE, id, write);
    show(fold, id);
}

/// Changes an interface that is known, and what its instance shows of it.
pub(super) fn edit_known(fold: &mut Fold<'_>, id: &str, write: impl FnOnce(&mut Draft)) {
    fold.edit_known(INTERFACE, id, write);
    show(fold, id);
}

/// What the description of an instance repeats of its interfaces.
const SHOWN: [&str; 6] = [
    "Groups",
    "SourceDestCheck",
    "PrivateIpAddresses",
    "Ipv6Addresses",
    "Description",
    "Association",
];

fn show(fold: &mut Fold<'_>, id: &str) {
    let Some(interface) = fold.get(INTERFACE, id).cloned() else { return };
    let body = &interface.body;
    let Some(attachment) = body.get("Attachment") else { return };
    let Some(instance) = text(attachment, "InstanceId").map(str::to_owned) else { return };
    let inferred = fold.inferred();
    let is_first = attachment.get("DeviceIndex").and_then(Value::as_i64) == Some(0);
    fold.edit_known(INSTANCE, &instance, |draft| {
        if draft.element("NetworkInterfaces", id).is_some() {
            draft.known_from(&inferred, |draft| {
                for name in SHOWN {
                    let path = format!("NetworkInterfaces[{id}].{name}");
                    match body.get(name) {
                        Some(value) => draft.put_in("NetworkInterfaces", id, name, value.clone()),
                        None if *interface.source(name) == Source::Unknown => {
                            draft.forget_in("NetworkInterfaces", id, name);
                        }
                        None => draft.take_in("NetworkInterfaces", id, name, &path),
                    }
                }
            });
            let doubts = interface.sources.iter().filter(|(_, it)| **it == Source::Unknown);
            for (path, _) in doubts.filter(|(path, _)| SHOWN.iter().any(|it| path.starts_with(it)))
            {
                draft.mark(&format!("NetworkInterfaces[{id}].{path}"), Source::Unknown);
            }
        }
        if is_first {
            draft.known_from(&inferred, |draft| {
                draft.set_some("SecurityGroups", body.get("Groups"));
                draft.set_some("SourceDestCheck", body.get("SourceDestCheck"));
            });
            let public = body.get("Association").map(|it| text(it, "PublicIp").map(str::to_owned));
            draft.forget("PublicDnsName");
            match (public, interface.member("Association")) {
                (Some(Some(public)), _) => {
                    draft.known_from(&inferred, |draft| draft.set("PublicIpAddress", public));
                }
                (None, super::super::Known::Absent(_)) => {
                    draft.known_from(&inferred, |draft| draft.unset("PublicIpAddress"));
                }
                _ => draft.forget("PublicIpAddress"),
            }
        }
    });
}

fn reset(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    edit(fold, &id, |draft| draft.set("SourceDestCheck", true));
}

fn assign(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    let asked = fold.call.texts("PrivateIpAddresses");
    let told = fold.call.answer("AssignedPrivateIpAddresses").and_then(Value::as_array);
    let told = told.into_iter().flatten().filter_map(|it| text(it, "PrivateIpAddress"));
    let mut addresses: Vec<String> = told.map(str::to_owned).collect();
    if addresses.is_empty() {
        addresses = asked;
    }
    let may_move = fold.call.input.get("AllowReassignment").and_then(Value::as_bool) == Some(true);
    for address in addresses.iter().filter(|_| may_move) {
        take_from_others(fold, &id, address);
    }
    edit(fold, &id, |draft| {
        if addresses.is_empty() {
            // Some addresses were added; which, the record does not say.
            draft.open("PrivateIpAddresses");
        }
        for address in &addresses {
            if draft.element("PrivateIpAddresses", address).is_some() {
                continue;
            }
            draft.put("PrivateIpAddresses", json!({"Primary": false, "PrivateIpAddress": address}));
            let path = format!("PrivateIpAddresses[{address}].PrivateDnsName");
            draft.mark(&path, Source::Unknown);
        }
    });
}

fn take_from_others(fold: &mut Fold<'_>, id: &str, address: &str) {
    let subnet = fold.text_of(INTERFACE, id, "SubnetId");
    let has_it = |it: &Resource| {
        let list = it.body.get("PrivateIpAddresses").and_then(Value::as_array);
        text(&it.body, "SubnetId").map(str::to_owned) == subnet
            && list.into_iter().flatten().any(|it| text(it, "PrivateIpAddress") == Some(address))
    };
    for other in fold.ids(INTERFACE, has_it).into_iter().filter(|other| other != id) {
        edit(fold, &other, |draft| {
            draft.remove("PrivateIpAddresses", address);
        });
    }
}

fn unassign(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    let addresses = fold.call.texts("PrivateIpAddresses");
    let is_bound = |it: &Resource| {
        text(&it.body, "NetworkInterfaceId") == Some(&id)
            && text(&it.body, "PrivateIpAddress")
                .is_some_and(|ip| addresses.iter().any(|it| it == ip))
    };
    for address in fold.ids(ADDRESS, is_bound) {
        super::addresses::part(fold, &address);
    }
    edit(fold, &id, |draft| {
        for address in &addresses {
            draft.remove("PrivateIpAddresses", address);
        }
    });
}

fn assign_ipv6(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    let mut addresses = super::super::call::texts(fold.call.answer("AssignedIpv6Addresses"));
    if addresses.is_empty() {
        addresses = fold.call.texts("Ipv6Addresses");
    }
    edit(fold, &id, |draft| {
        if addresses.is_empty() {
            draft.open("Ipv6Addresses");
        }
        for address in addresses {
            draft.put("Ipv6Addresses", json!({"Ipv6Address": address}));
        }
    });
}

fn unassign_ipv6(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("NetworkInterfaceId").map(str::to_owned) else { return };
    let addresses = fold.call.texts("Ipv6Addresses");
    edit(fold, &id, |draft| {
        for address in &addresses {
            draft.remove("Ipv6Addresses", address);
        }
    });
}
