//! Elastic addresses and what they are bound to.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::fold::Fold;
use super::super::rule::{Rule, code};
use super::{ADDRESS, INSTANCE, INTERFACE, complete, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:AllocateAddress", allocate),
    code("ec2:ReleaseAddress", release),
    code("ec2:AssociateAddress", associate),
    code("ec2:DisassociateAddress", disassociate),
];

fn allocate(fold: &mut Fold<'_>) {
    let mut body = fold.call.output.clone();
    let Some(id) = text(&body, "AllocationId").or_else(|| text(&body, "PublicIp")) else { return };
    let id = id.to_owned();
    complete(fold, &mut body);
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("OwnerId");
        members.entry("Domain").or_insert(json!("vpc"));
    }
    fold.create(ADDRESS, &id, body);
}

/// The address that the request names by its allocation or by itself.
fn named(fold: &Fold<'_>) -> Option<String> {
    let by_id = fold.call.text("AllocationId").map(str::to_owned);
    let by_ip = || {
        let ip = fold.call.text("PublicIp")?;
        Some(fold.owner_id(ADDRESS, ip).unwrap_or_else(|| ip.to_owned()))
    };
    by_id.or_else(by_ip)
}

fn release(fold: &mut Fold<'_>) {
    let Some(id) = named(fold) else { return };
    fold.delete(ADDRESS, &id);
}

fn associate(fold: &mut Fold<'_>) {
    let Some(id) = named(fold) else { return };
    let association = fold.call.answer_text("AssociationId").map(str::to_owned);
    let instance = fold.call.text("InstanceId").map(str::to_owned);
    let asked = fold.call.text("NetworkInterfaceId").map(str::to_owned);
    let named: Vec<&str> = ["NetworkInterfaceId", "PrivateIpAddress"]
        .into_iter()
        .filter(|member| fold.call.text(member).is_some())
        .collect();
    let interface = asked.or_else(|| instance.as_deref().and_then(|id| first_interface(fold, id)));
    let private = fold.call.text("PrivateIpAddress").map(str::to_owned).or_else(|| {
        interface.as_deref().and_then(|id| fold.text_of(INTERFACE, id, "PrivateIpAddress"))
    });
    let holder = instance.clone().or_else(|| {
        let attachment = fold.get(INTERFACE, interface.as_deref()?)?.body.get("Attachment")?;
        text(attachment, "InstanceId").map(str::to_owned)
    });
    displace(fold, &id, interface.as_deref(), private.as_deref());
    let owner = fold.call.scope.account.clone();
    let inferred = fold.inferred();
    let is_interface_known = interface.is_some();
    fold.edit(ADDRESS, &id, |draft| {
        match &association {
            Some(association) => draft.set("AssociationId", association.as_str()),
            None => draft.forget("AssociationId"),
        }
        draft.known_from(&inferred, |draft| {
            for (member, value) in
                [("NetworkInterfaceId", &interface), ("PrivateIpAddress", &private)]
            {
                match value {
                    Some(value) => draft.set(member, value.as_str()),
                    None => draft.forget(member),
                }
            }
            match &holder {
                Some(holder) => draft.set("InstanceId", holder.as_str()),
                None if is_interface_known => draft.unset("InstanceId"),
                None => draft.forget("InstanceId"),
            }
            draft.set("NetworkInterfaceOwnerId", owner);
        });
        // What the request names is told, not inferred.
        for (member, value) in [("NetworkInterfaceId", &interface), ("PrivateIpAddress", &private)]
        {
            if let Some(value) = value.as_deref().filter(|_| named.contains(&member)) {
                draft.set(member, value);
            }
        }
    });
    bind_interface(fold, &id, interface.as_deref(), private.as_deref());
}

fn first_interface(fold: &Fold<'_>, instance: &str) -> Option<String> {
    let body = &fold.get(INSTANCE, instance)?.body;
    let interfaces = body.get("NetworkInterfaces")?.as_array()?;
    let is_first = |it: &&Value| {
        it.get("Attachment").and_then(|it| it.get("DeviceIndex")).and_then(Value::as_i64) == Some(0)
    };
    let found = interfaces.iter().find(is_first);
    let found = found.or_else(|| interfaces.first().filter(|_| interfaces.len() == 1))?;
    text(found, "NetworkInterfaceId").map(str::to_owned)
}

/// What the address was bound to, and what the interface had, are parted.
fn displace(fold: &mut Fold<'_>, id: &str, interface: Option<&str>, private: Option<&str>) {
    part(fold, id);
    let holds = |it: &super::super::Resource| {
        interface.is_some()
            && text(&it.body, "NetworkInterfaceId") == interface
            && text(&it.body, "PrivateIpAddress") == private
    };
    for other in fold.ids(ADDRESS, holds).into_iter().filter(|other| other != id) {
        part(fold, &other);
    }
}

/// Parts an address from its interface.
pub(super) fn part(fold: &mut Fold<'_>, id: &str) {
    let interface = fold.text_of(ADDRESS, id, "NetworkInterfaceId");
    let public = fold.text_of(ADDRESS, id, "PublicIp");
    let inferred = fold.inferred();
    fold.edit_known(ADDRESS, id, unbind);
    let (Some(interface), Some(public)) = (interface, public) else { return };
    super::interfaces::edit_known(fold, &interface, |draft| {
        draft.known_from(&inferred, |draft| unbind_interface(draft, &public));
    });
}

/// Takes the binding out of an address.
pub(super) fn unbind(draft: &mut Draft) {
    for member in [
        "AssociationId",
        "InstanceId",
        "NetworkInterfaceId",
        "NetworkInterfaceOwnerId",
        "PrivateIpAddress",
    ] {
        draft.unset(member);
    }
}

fn unbind_interface(draft: &mut Draft, public: &str) {
    let has_it =
        |it: &Value| it.get("Association").is_some_and(|it| text(it, "PublicIp") == Some(public));
    if draft.get("Association").is_some_and(|it| text(it, "PublicIp") == Some(public)) {
        draft.unset("Association");
    }
    for address in draft.list("PrivateIpAddresses").to_vec().iter().filter(|it| has_it(it)) {
        if let Some(ip) = text(address, "PrivateIpAddress") {
            let path = format!("PrivateIpAddresses[{ip}].Association");
            draft.take_in("PrivateIpAddresses", ip, "Association", &path);
        }
    }
}

fn bind_interface(fold: &mut Fold<'_>, id: &str, interface: Option<&str>, private: Option<&str>) {
    let (Some(interface), Some(private)) = (interface, private) else { return };
    let get = |member: &str| fold.text_of(ADDRESS, id, member);
    let (public, association) = (get("PublicIp"), get("AssociationId"));
    let owner = fold.call.scope.account.clone();
    let mut bound = json!({"AllocationId": id, "IpOwnerId": owner});
    if let Some(members) = bound.as_object_mut() {
        for (member, value) in [("PublicIp", public), ("AssociationId", association)] {
            if let Some(value) = value {
                members.insert(member.to_owned(), json!(value));
            }
        }
    }
    let inferred = fold.inferred();
    super::interfaces::edit_known(fold, interface, |draft| {
        draft.known_from(&inferred, |draft| {
            if draft.text("PrivateIpAddress") == Some(private) {
                draft.set("Association", bound.clone());
            }
            if draft.element("PrivateIpAddresses", private).is_some() {
                draft.put_in("PrivateIpAddresses", private, "Association", bound);
            }
        });
        let path = format!("PrivateIpAddresses[{private}].Association.PublicDnsName");
        draft.mark(&path, super::super::Source::Unknown);
        draft.mark("Association.PublicDnsName", super::super::Source::Unknown);
    });
}

fn disassociate(fold: &mut Fold<'_>) {
    let by_association = || fold.owner_id(ADDRESS, fold.call.text("AssociationId")?);
    match by_association().or_else(|| named(fold)) {
        Some(id) => part(fold, &id),
        None => {
            // Some address of which nobody knows the association: none of those is sure.
            let is_open = |it: &super::super::Resource| {
                *it.source("AssociationId") == super::super::Source::Unknown
            };
            for id in fold.ids(ADDRESS, is_open) {
                fold.edit(ADDRESS, &id, |draft| {
                    for member in ["NetworkInterfaceId", "PrivateIpAddress", "InstanceId"] {
                        draft.forget(member);
                    }
                });
            }
        }
    }
}
