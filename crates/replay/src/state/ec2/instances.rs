//! Instances, and the interfaces that come and go with them.

use serde_json::{Value, json};

use super::super::Source;
use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::interfaces::{self, bind_default, set_groups, setting};
use super::{INSTANCE, INTERFACE, SUBNET, TEMPLATE, complete, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:RunInstances", run),
    code("ec2:StartInstances", start),
    code("ec2:StopInstances", stop),
    code("ec2:TerminateInstances", terminate),
    code("ec2:ModifyInstanceAttribute", modify),
    rule(
        "ec2:CreateLaunchTemplate",
        TEMPLATE,
        "out.LaunchTemplate.LaunchTemplateId",
        Do::Create("out.LaunchTemplate", &[]),
    ),
    rule("ec2:DeleteLaunchTemplate", TEMPLATE, "in.LaunchTemplateId", Do::Delete),
    rule(
        "ec2:CreateLaunchTemplateVersion",
        TEMPLATE,
        "out.LaunchTemplateVersion.LaunchTemplateId|in.LaunchTemplateId",
        Do::Set(&[("LatestVersionNumber", "out.LaunchTemplateVersion.VersionNumber")]),
    ),
    rule(
        "ec2:ModifyLaunchTemplate",
        TEMPLATE,
        "in.LaunchTemplateId|out.LaunchTemplate.LaunchTemplateId",
        Do::Merge("out.LaunchTemplate"),
    ),
];

fn run(fold: &mut Fold<'_>) {
    let instances = fold.call.answer("Instances").and_then(Value::as_array).cloned();
    for mut body in instances.into_iter().flatten() {
        let Some(id) = text(&body, "InstanceId").map(str::to_owned) else { continue };
        if fold.is_whole(INSTANCE, &id) {
            continue;
        }
        complete(fold, &mut body);
        bind_default(fold, &body);
        let interfaces = body.get("NetworkInterfaces").and_then(Value::as_array).cloned();
        if let Some(members) = body.as_object_mut() {
            members.shift_remove("OwnerId");
            let attached = members.get_mut("NetworkInterfaces").and_then(Value::as_array_mut);
            for interface in attached.into_iter().flatten() {
                set_status(interface);
            }
        }
        let public = has_public(fold, &body);
        fold.create(INSTANCE, &id, body.clone());
        let inferred = fold.inferred();
        fold.edit(INSTANCE, &id, |draft| {
            draft.known_from(&inferred, |draft| {
                draft.set("State", json!({"Code": 16, "Name": "running"}));
            });
            for name in ["StateTransitionReason", "PublicDnsName", "PrivateDnsName", "LaunchTime"] {
                if draft.get(name).is_none() {
                    draft.forget(name);
                }
            }
            for interface in interfaces.iter().flatten() {
                let id = text(interface, "NetworkInterfaceId").unwrap_or_default();
                let ip = text(interface, "PrivateIpAddress").unwrap_or_default();
                let names = [
                    format!("NetworkInterfaces[{id}].PrivateDnsName"),
                    format!("NetworkInterfaces[{id}].PrivateIpAddresses[{ip}].PrivateDnsName"),
                ];
                if interface.get("PrivateDnsName").is_none() {
                    names.iter().for_each(|path| draft.mark(path, Source::Unknown));
                }
            }
            if draft.get("PublicIpAddress").is_none() && public != Some(false) {
                draft.forget("PublicIpAddress");
            }
        });
        for interface in interfaces.into_iter().flatten() {
            add_interface(fold, &id, &body, &interface, public);
        }
    }
}

fn set_status(interface: &mut Value) {
    if let Some(members) = interface.as_object_mut() {
        members.insert("Status".to_owned(), json!("in-use"));
        let attachment = members.get_mut("Attachment").and_then(Value::as_object_mut);
        attachment.map(|it| it.insert("Status".to_owned(), json!("attached")));
    }
}

/// Whether instances get a public address by themselves: as the request says, or the subnet.
fn has_public(fold: &Fold<'_>, instance: &Value) -> Option<bool> {
    let asked = fold.call.input.get("NetworkInterfaces").and_then(Value::as_array);
    let first = asked.and_then(|list| list.first());
    if let Some(asked) = first.and_then(|it| it.get("AssociatePublicIpAddress")?.as_bool()) {
        return Some(asked);
    }
    if first.is_some_and(|it| it.get("NetworkInterfaceId").is_some()) {
        return Some(false);
    }
    let subnet = fold.get(SUBNET, text(instance, "SubnetId")?)?;
    subnet.body.get("MapPublicIpOnLaunch").and_then(Value::as_bool)
}

fn add_interface(
    fold: &mut Fold<'_>,
    instance: &str,
    launched: &Value,
    shown: &Value,
    public: Option<bool>,
) {
    let Some(id) = text(shown, "NetworkInterfaceId").map(str::to_owned) else { return };
    let owner = fold.call.scope.account.clone();
    let mut body = shown.clone();
    set_status(&mut body);
    let index = body.get("Attachment").and_then(|it| it.get("DeviceIndex")).and_then(Value::as_i64);
    if let Some(members) = body.as_object_mut() {
        let attachment = members.entry("Attachment").or_insert_with(|| json!({}));
        if let Some(attachment) = attachment.as_object_mut() {
            attachment.insert("InstanceId".to_owned(), json!(instance));
            attachment.insert("InstanceOwnerId".to_owned(), json!(owner));
        }
        for name in ["SubnetId", "VpcId", "PrivateIpAddress", "SourceDestCheck"] {
            if let Some(value) = launched.get(name) {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        let zone = launched.get("Placement").and_then(|it| it.get("AvailabilityZone"));
        if let Some(zone) = zone {
            members.entry("AvailabilityZone").or_insert_with(|| zone.clone());
        }
        if let Some(groups) = launched.get("SecurityGroups") {
            members.entry("Groups").or_insert_with(|| groups.clone());
        }
        members.entry("InterfaceType").or_insert(json!("interface"));
        members.entry("OwnerId").or_insert(json!(owner));
    }
    if fold.is_whole(INTERFACE, &id) {
        // It was there before, and is attached now.
        let attachment = body.get("Attachment").cloned().unwrap_or_default();
        fold.edit(INTERFACE, &id, |draft| {
            draft.set("Attachment", attachment);
            draft.set("Status", "in-use");
        });
        return;
    }
    fold.create(INTERFACE, &id, body);
    let inferred = fold.inferred();
    let is_first = index.unwrap_or(0) == 0;
    fold.edit(INTERFACE, &id, |draft| {
        interfaces::forget_names(draft);
        for name in ["TagSet", "RequesterId", "RequesterManaged"] {
            if draft.get(name).is_none() {
                draft.forget(name);
            }
        }
        draft.known_from(&inferred, |draft| match public.filter(|_| is_first) {
            Some(is_public) => {
                draft.set("AssociatePublicIpAddress", is_public);
                if is_public {
                    // That there is an address is known; which, no event says.
                    draft.set("Association", json!({"IpOwnerId": "amazon"}));
                    draft.mark("Association.PublicIp", Source::Unknown);
                    draft.mark("Association.PublicDnsName", Source::Unknown);
                }
            }
            None if is_first && draft.get("Association").is_none() => draft.forget("Association"),
            None => {}
        });
    });
}

/// The instances that the request names.
fn named(fold: &Fold<'_>) -> Vec<String> {
    fold.call.texts("InstanceIds")
}

/// The interfaces of an instance.
fn interfaces_of(fold: &Fold<'_>, instance: &str) -> Vec<String> {
    fold.ids(INTERFACE, |it| {
        it.body.get("Attachment").and_then(|it| text(it, "InstanceId")) == Some(instance)
    })
}

fn set_state(fold: &mut Fold<'_>, id: &str, code: u32, name: &str) {
    let inferred = fold.inferred();
    fold.edit(INSTANCE, id, |draft| {
        draft
            .known_from(&inferred, |draft| draft.set("State", json!({"Code": code, "Name": name})));
        for name in ["StateTransitionReason", "StateReason", "PublicDnsName"] {
            draft.forget(name);
        }
    });
}

fn start(fold: &mut Fold<'_>) {
    for id in named(fold) {
        set_state(fold, &id, 16, "running");
        let inferred = fold.inferred();
        for interface in interfaces_of(fold, &id) {
            fold.edit(INTERFACE, &interface, |draft| {
                let automatic = draft.get("AssociatePublicIpAddress").and_then(Value::as_bool);
                if draft.get("Association").is_none() && automatic == Some(true) {
                    draft.known_from(&inferred, |draft| {
                        draft.set("Association", json!({"IpOwnerId": "amazon"}));
                    });
                    draft.mark("Association.PublicIp", Source::Unknown);
                    draft.mark("Association.PublicDnsName", Source::Unknown);
                }
            });
        }
        fold.edit(INSTANCE, &id, |draft| draft.forget("PublicIpAddress"));
    }
}

fn stop(fold: &mut Fold<'_>) {
    for id in named(fold) {
        set_state(fold, &id, 80, "stopped");
        let inferred = fold.inferred();
        let mut keeps_address = false;
        for interface in interfaces_of(fold, &id) {
            fold.edit(INTERFACE, &interface, |draft| {
                let owner = draft.get("Association").and_then(|it| text(it, "IpOwnerId"));
                if owner == Some("amazon") {
                    draft.known_from(&inferred, |draft| draft.unset("Association"));
                } else if owner.is_some() {
                    keeps_address = true;
                }
            });
        }
        fold.edit(INSTANCE, &id, |draft| {
            if keeps_address {
                draft.forget("PublicIpAddress");
            } else {
                draft.known_from(&inferred, |draft| draft.unset("PublicIpAddress"));
            }
        });
    }
}

fn terminate(fold: &mut Fold<'_>) {
    for id in named(fold) {
        for interface in interfaces_of(fold, &id) {
            let attachment =
                fold.get(INTERFACE, &interface).and_then(|it| it.body.get("Attachment"));
            let stays = attachment.and_then(|it| it.get("DeleteOnTermination")?.as_bool());
            match stays {
                Some(true) => interfaces::remove(fold, &interface),
                Some(false) => {
                    let inferred = fold.inferred();
                    fold.edit(INTERFACE, &interface, |draft| {
                        draft.known_from(&inferred, |draft| {
                            draft.unset("Attachment");
                            draft.set("Status", "available");
                        });
                    });
                }
                // Whether it went with the instance, nobody said.
                None => fold.forget(INTERFACE, &interface),
            }
        }
        let inferred = fold.inferred();
        for address in fold.ids(super::ADDRESS, |it| text(&it.body, "InstanceId") == Some(&id)) {
            fold.edit(super::ADDRESS, &address, |draft| {
                draft.known_from(&inferred, super::addresses::unbind);
            });
        }
        fold.delete(INSTANCE, &id);
    }
}

fn modify(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("InstanceId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    let groups = fold.call.texts("Groups");
    let check = setting(&input, "SourceDestCheck");
    fold.edit(INSTANCE, &id, |draft| {
        if !groups.is_empty() {
            set_groups(draft, "SecurityGroups", &groups);
        }
        draft.set_some("SourceDestCheck", check.as_ref());
        for name in ["InstanceType", "EbsOptimized", "EnaSupport", "KernelId", "RamdiskId"] {
            draft.set_some(name, setting(&input, name).as_ref());
        }
        if setting(&input, "UserData").is_some() {
            draft.forget("UserData");
        }
    });
    // They are those of the instance's first interface.
    let is_first = |fold: &Fold<'_>, interface: &str| {
        let attachment = fold.get(INTERFACE, interface)?.body.get("Attachment")?;
        attachment.get("DeviceIndex").and_then(Value::as_i64)
    };
    for interface in interfaces_of(fold, &id) {
        if is_first(fold, &interface) != Some(0) {
            continue;
        }
        interfaces::edit(fold, &interface, |draft| {
            if !groups.is_empty() {
                set_groups(draft, "Groups", &groups);
            }
            draft.set_some("SourceDestCheck", check.as_ref());
        });
    }
}
