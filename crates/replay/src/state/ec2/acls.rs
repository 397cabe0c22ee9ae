//! Network ACLs: their entries, and the subnets that they guard.

use serde_json::{Map, Value, json};

use super::super::fold::Fold;
use super::super::kinds::element_key;
use super::super::rule::{Do, Rule, code, rule};
use super::super::{Resource, Source};
use super::{ACL, SUBNET, VPC, canonical, described, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateNetworkAcl", create),
    rule("ec2:DeleteNetworkAcl", ACL, "in.NetworkAclId", Do::Delete),
    code("ec2:CreateNetworkAclEntry", put_entry),
    code("ec2:ReplaceNetworkAclEntry", put_entry),
    code("ec2:DeleteNetworkAclEntry", remove_entry),
    code("ec2:ReplaceNetworkAclAssociation", replace_association),
];

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "NetworkAcl");
    let Some(id) = text(&body, "NetworkAclId").map(str::to_owned) else { return };
    let asked = fold.call.input.get("VpcId").cloned();
    let vpc = asked.as_ref().and_then(Value::as_str).unwrap_or_default();
    let has_ipv6 = super::vpc::has_ipv6(fold, vpc);
    if let Some(members) = body.as_object_mut() {
        if let Some(asked) = asked {
            members.entry("VpcId").or_insert(asked);
        }
        members.entry("IsDefault").or_insert(json!(false));
        members.entry("Associations").or_insert_with(|| json!([]));
        members.entry("Entries").or_insert_with(|| deny_all(has_ipv6));
    }
    fold.create(ACL, &id, body);
}

/// The entries of a new ACL.
fn deny_all(has_ipv6: bool) -> Value {
    let mut entries = Vec::new();
    for egress in [true, false] {
        entries.push(json!({"RuleNumber": 32767, "Egress": egress, "Protocol": "-1",
            "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}));
        if has_ipv6 {
            entries.push(json!({"RuleNumber": 32768, "Egress": egress, "Protocol": "-1",
                "RuleAction": "deny", "Ipv6CidrBlock": "::/0"}));
        }
    }
    Value::Array(entries)
}

fn entry(input: &Value) -> Value {
    let mut entry = Map::new();
    for name in ["RuleNumber", "Egress", "Protocol", "RuleAction", "IcmpTypeCode", "PortRange"] {
        if let Some(value) = input.get(name) {
            entry.insert(name.to_owned(), value.clone());
        }
    }
    for name in ["CidrBlock", "Ipv6CidrBlock"] {
        if let Some(network) = text(input, name) {
            entry.insert(name.to_owned(), json!(canonical(network)));
        }
    }
    entry.entry("Egress").or_insert(json!(false));
    Value::Object(entry)
}

fn put_entry(fold: &mut Fold<'_>) {
    let Some(acl) = fold.call.text("NetworkAclId").map(str::to_owned) else { return };
    let entry = entry(&fold.call.input);
    sight(fold, &acl, &entry);
    fold.edit(ACL, &acl, |draft| draft.put("Entries", entry));
}

fn remove_entry(fold: &mut Fold<'_>) {
    let Some(acl) = fold.call.text("NetworkAclId").map(str::to_owned) else { return };
    let entry = entry(&fold.call.input);
    sight(fold, &acl, &entry);
    let Some(key) = element_key("Entries", &entry) else { return };
    fold.edit(ACL, &acl, |draft| {
        draft.remove("Entries", &key);
    });
}

/// See [`super::sight`]: an entry is about to be written.
fn sight(fold: &mut Fold<'_>, acl: &str, entry: &Value) {
    let Some(key) = element_key("Entries", entry) else { return };
    super::sight(fold, ACL, acl, |draft| draft.doubt("Entries", &key));
}

fn replace_association(fold: &mut Fold<'_>) {
    let Some(old) = fold.call.text("AssociationId").map(str::to_owned) else { return };
    let Some(acl) = fold.call.text("NetworkAclId").map(str::to_owned) else { return };
    let new = fold.call.answer_text("NewAssociationId").map(str::to_owned);
    let is_old = |one: &Value| text(one, "NetworkAclAssociationId") == Some(&old);
    let subnet = match fold.owner_id(ACL, &old) {
        Some(holder) => {
            let mut gone = Vec::new();
            fold.edit(ACL, &holder, |draft| gone = draft.remove_if("Associations", is_old));
            gone.first().and_then(|it| text(it, "SubnetId").map(str::to_owned))
        }
        None => only_open(fold, &acl),
    };
    let mut element = json!({"NetworkAclId": acl});
    if let Some(members) = element.as_object_mut() {
        for (name, value) in [("NetworkAclAssociationId", &new), ("SubnetId", &subnet)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), json!(value));
            }
        }
    }
    fold.edit(ACL, &acl, |draft| match subnet {
        Some(_) => draft.put("Associations", element),
        None => draft.forget("Associations"),
    });
}

/// The subnet behind an association that no event told: the only one of the VPC that it can be. When
/// there are several, none of them is sure from now on.
fn only_open(fold: &mut Fold<'_>, acl: &str) -> Option<String> {
    let vpc = fold.text_of(ACL, acl, "VpcId");
    let lacks_id = |one: &Value| one.get("NetworkAclAssociationId").is_none();
    let is_of = |it: &Resource| {
        let list = it.body.get("Associations").and_then(Value::as_array);
        let is_near = vpc.is_none() || text(&it.body, "VpcId").map(str::to_owned) == vpc;
        is_near && list.into_iter().flatten().any(lacks_id)
    };
    let holders = fold.ids(ACL, is_of);
    let open = unassociated(fold, vpc.as_deref());
    let is_vpc_known = vpc.as_deref().is_some_and(|vpc| fold.is_whole(VPC, vpc));
    let mut open = if is_vpc_known { open } else { Vec::new() };
    let is_sure = open.len() == 1;
    for holder in holders {
        fold.edit(ACL, &holder, |draft| {
            let gone = draft.remove_if("Associations", lacks_id);
            for one in gone.iter().filter(|_| !is_sure) {
                if let Some(key) = element_key("Associations", one) {
                    draft.mark(&format!("Associations[{key}]"), Source::Unknown);
                }
            }
        });
    }
    open.pop().filter(|_| is_sure)
}

/// The subnets of a VPC whose association no event told, those of which some other ACL may have it included.
fn unassociated(fold: &Fold<'_>, vpc: Option<&str>) -> Vec<String> {
    let is_of = |it: &Resource| text(&it.body, "VpcId") == vpc;
    let mut known: Vec<String> = Vec::new();
    for acl in fold.ids(ACL, is_of) {
        let list = fold.get(ACL, &acl).and_then(|it| it.body.get("Associations")?.as_array());
        let told =
            list.into_iter().flatten().filter(|it| it.get("NetworkAclAssociationId").is_some());
        known.extend(told.filter_map(|it| text(it, "SubnetId").map(str::to_owned)));
    }
    fold.ids(SUBNET, |it| is_of(it)).into_iter().filter(|id| !known.contains(id)).collect()
}
