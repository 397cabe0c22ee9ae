//! Security groups: rules in the shape of `describe-security-groups`, and their ids beside them.
//!
//! `IpPermissions` and `IpPermissionsEgress` are as AWS describes a group; `SecurityGroupRules` holds the
//! same rules one by one, as `describe-security-group-rules` does, as far as their ids are known.

use serde_json::{Map, Value, json};

use super::super::Resource;
use super::super::draft::Draft;
use super::super::fold::Fold;
use super::super::kinds::{element_key, permission_key};
use super::super::rule::{Do, Rule, code, rule};
use super::{GROUP, canonical, complete, text};

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateSecurityGroup", create),
    code("ec2:DeleteSecurityGroup", |fold| {
        if let Some(id) = named(fold) {
            fold.delete(GROUP, &id);
        }
    }),
    code("ec2:AuthorizeSecurityGroupIngress", |fold| authorize(fold, INGRESS)),
    code("ec2:AuthorizeSecurityGroupEgress", |fold| authorize(fold, EGRESS)),
    code("ec2:RevokeSecurityGroupIngress", |fold| revoke(fold, INGRESS)),
    code("ec2:RevokeSecurityGroupEgress", |fold| revoke(fold, EGRESS)),
    code("ec2:ModifySecurityGroupRules", modify),
    code("ec2:UpdateSecurityGroupRuleDescriptionsIngress", |fold| describe(fold, INGRESS)),
    code("ec2:UpdateSecurityGroupRuleDescriptionsEgress", |fold| describe(fold, EGRESS)),
    rule(
        "ec2:AssociateSecurityGroupVpc",
        GROUP,
        "in.GroupId",
        Do::Put("VpcAssociations", &[("VpcId", "in.VpcId"), ("State", "=associated")]),
    ),
    rule(
        "ec2:DisassociateSecurityGroupVpc",
        GROUP,
        "in.GroupId",
        Do::Remove("VpcAssociations", "in.VpcId"),
    ),
];

const INGRESS: &str = "IpPermissions";
const EGRESS: &str = "IpPermissionsEgress";
const RULE_LIST: &str = "SecurityGroupRules";

/// The lists of peers in a permission.
const PEERS: [&str; 4] = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];

/// One rule: a permission with one peer.
#[derive(Debug, Clone)]
struct One {
    /// `IpProtocol`, `FromPort`, `ToPort`.
    ports: Map<String, Value>,
    list: &'static str,
    peer: Value,
}

/// What a new group lets out.
pub(super) fn all_out(has_ipv6: bool) -> Value {
    let ipv6 = if has_ipv6 { json!([{"CidrIpv6": "::/0"}]) } else { json!([]) };
    json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": ipv6,
        "PrefixListIds": [], "UserIdGroupPairs": []}])
}

fn create(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.answer_text("GroupId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    let vpc = text(&input, "VpcId").map(str::to_owned);
    let has_ipv6 = vpc.as_deref().is_some_and(|vpc| super::vpc::has_ipv6(fold, vpc));
    let mut body = json!({"GroupId": id, "GroupName": input.get("GroupName"),
        "Description": input.get("Description"), "IpPermissions": [],
        "IpPermissionsEgress": all_out(has_ipv6)});
    complete(fold, &mut body);
    if let (Some(vpc), Some(members)) = (&vpc, body.as_object_mut()) {
        members.insert("VpcId".to_owned(), json!(vpc));
    }
    if fold.is_whole(GROUP, &id) {
        return;
    }
    let inferred = fold.inferred();
    let arn = fold.call.answer_text("SecurityGroupArn").map(str::to_owned);
    fold.create(GROUP, &id, body);
    fold.edit(GROUP, &id, |draft| {
        draft.mark(EGRESS, inferred);
        draft.open(RULE_LIST);
        match &arn {
            Some(arn) => draft.set("SecurityGroupArn", arn.as_str()),
            None => draft.forget("SecurityGroupArn"),
        }
        if vpc.is_none() {
            // In the default VPC, whose id nobody said.
            draft.forget("VpcId");
        }
    });
}

/// The group that the request names by its id, or by its name.
fn named(fold: &Fold<'_>) -> Option<String> {
    if let Some(id) = fold.call.text("GroupId") {
        return Some(id.to_owned());
    }
    let name = fold.call.text("GroupName")?;
    let mut ids = fold.ids(GROUP, |it: &Resource| text(&it.body, "GroupName") == Some(name));
    if ids.len() == 1 { ids.pop() } else { None }
}

/// The protocol and ports of a permission or rule as AWS describes them.
fn ports(given: &Value) -> Map<String, Value> {
    let mut ports = Map::new();
    let protocol = match text(given, "IpProtocol") {
        Some("6") => "tcp",
        Some("17") => "udp",
        Some("1") => "icmp",
        Some("58") => "icmpv6",
        Some(other) => other,
        None => "-1",
    };
    ports.insert("IpProtocol".to_owned(), json!(protocol.to_ascii_lowercase()));
    if ["tcp", "udp", "icmp", "icmpv6"].contains(&protocol.to_ascii_lowercase().as_str()) {
        for name in ["FromPort", "ToPort"] {
            if let Some(port) = given.get(name) {
                ports.insert(name.to_owned(), port.clone());
            }
        }
    }
    ports
}

/// The rules in a request's permissions, or in its flat form.
fn asked(fold: &Fold<'_>) -> Vec<One> {
    let input = &fold.call.input;
    let permissions = input.get("IpPermissions").and_then(Value::as_array);
    let mut rules: Vec<One> =
        permissions.into_iter().flatten().flat_map(|it| of_permission(fold, it)).collect();
    let flat = |member: &str| text(input, member).map(str::to_owned);
    let mut add = |list, peer| rules.push(One { ports: ports(input), list, peer });
    if let Some(cidr) = flat("CidrIp") {
        add("IpRanges", json!({"CidrIp": canonical(&cidr)}));
    }
    if let Some(name) = flat("SourceSecurityGroupName") {
        let owner = flat("SourceSecurityGroupOwnerId");
        let owner = owner.unwrap_or_else(|| fold.call.scope.account.clone());
        let is_it = |it: &Resource| text(&it.body, "GroupName") == Some(&name);
        let peer = match fold.ids(GROUP, is_it).as_slice() {
            [only] => json!({"GroupId": only, "UserId": owner}),
            _ => json!({"GroupName": name, "UserId": owner}),
        };
        add("UserIdGroupPairs", peer);
    }
    rules
}

fn of_permission(fold: &Fold<'_>, permission: &Value) -> Vec<One> {
    let mut rules = Vec::new();
    for list in PEERS {
        for peer in permission.get(list).and_then(Value::as_array).into_iter().flatten() {
            let mut peer = peer.clone();
            if let Some(members) = peer.as_object_mut() {
                for name in ["CidrIp", "CidrIpv6"] {
                    if let Some(Value::String(network)) = members.get_mut(name) {
                        *network = canonical(network);
                    }
                }
                if list == "UserIdGroupPairs" {
                    let account = fold.call.scope.account.clone();
                    members.entry("UserId").or_insert(json!(account));
                    members.shift_remove("VpcId");
                    if members.contains_key("GroupId") {
                        members.shift_remove("GroupName");
                    }
                }
            }
            rules.push(One { ports: ports(permission), list, peer });
        }
    }
    rules
}

/// The rule that an element of `SecurityGroupRules`, or of a request to modify it, is.
fn of_rule(fold: &Fold<'_>, rule: &Value) -> Option<One> {
    let flat = |name: &str| text(rule, name);
    let info = rule.get("ReferencedGroupInfo");
    let referenced = info.and_then(|it| text(it, "GroupId")).or_else(|| flat("ReferencedGroupId"));
    let (list, mut peer) = if let Some(cidr) = flat("CidrIpv4") {
        ("IpRanges", json!({"CidrIp": canonical(cidr)}))
    } else if let Some(cidr) = flat("CidrIpv6") {
        ("Ipv6Ranges", json!({"CidrIpv6": canonical(cidr)}))
    } else if let Some(id) = flat("PrefixListId") {
        ("PrefixListIds", json!({"PrefixListId": id}))
    } else {
        let user = info.and_then(|it| text(it, "UserId")).unwrap_or(&fold.call.scope.account);
        ("UserIdGroupPairs", json!({"GroupId": referenced?, "UserId": user}))
    };
    if let (Some(description), Some(members)) = (rule.get("Description"), peer.as_object_mut()) {
        members.insert("Description".to_owned(), description.clone());
    }
    Some(One { ports: ports(rule), list, peer })
}

impl One {
    fn permission(&self) -> String {
        permission_key(&Value::Object(self.ports.clone()))
    }

    fn peer_key(&self) -> String {
        element_key(self.list, &self.peer).unwrap_or_default()
    }

    fn path(&self, direction: &str) -> String {
        format!("{direction}[{}].{}[{}]", self.permission(), self.list, self.peer_key())
    }

    fn is_same(&self, other: &Self) -> bool {
        self.path("") == other.path("")
    }
}

fn add(draft: &mut Draft, direction: &str, one: &One) {
    let permission = draft.element(direction, &one.permission()).cloned();
    let mut permission = permission.unwrap_or_else(|| {
        let mut fresh = one.ports.clone();
        for list in PEERS {
            fresh.insert(list.to_owned(), json!([]));
        }
        Value::Object(fresh)
    });
    let Some(members) = permission.as_object_mut() else { return };
    let Some(peers) = members.entry(one.list).or_insert_with(|| json!([])).as_array_mut() else {
        return;
    };
    let key = one.peer_key();
    match peers.iter_mut().find(|it| element_key(one.list, it).as_deref() == Some(&key)) {
        Some(old) => *old = one.peer.clone(),
        None => peers.push(one.peer.clone()),
    }
    draft.put_part(direction, permission, &one.path(direction));
}

fn take(draft: &mut Draft, direction: &str, one: &One) {
    let key = one.peer_key();
    let permission = draft.element(direction, &one.permission()).cloned();
    let Some(mut permission) = permission else {
        draft.mark_absent(&one.path(direction));
        return;
    };
    let is_it = |it: &Value| element_key(one.list, it).as_deref() == Some(&key);
    if let Some(peers) = permission.get_mut(one.list).and_then(Value::as_array_mut) {
        peers.retain(|it| !is_it(it));
    }
    let has_peers = |list: &str| {
        permission.get(list).and_then(Value::as_array).is_some_and(|it| !it.is_empty())
    };
    if PEERS.iter().any(|list| has_peers(list)) {
        draft.put_part(direction, permission, &one.path(direction));
    } else {
        draft.remove_part(direction, &one.permission(), &one.path(direction));
    }
}

fn authorize(fold: &mut Fold<'_>, direction: &'static str) {
    let Some(id) = named(fold) else { return };
    let rules = asked(fold);
    let told = fold.call.answer(RULE_LIST).and_then(Value::as_array).cloned();
    sight(fold, &id, direction, &rules);
    fold.edit(GROUP, &id, |draft| {
        for one in &rules {
            add(draft, direction, one);
        }
        match told {
            Some(told) => told.into_iter().for_each(|rule| draft.put(RULE_LIST, rule)),
            None => draft.open(RULE_LIST),
        }
    });
}

/// See [`super::sight`]: rules are about to be written.
fn sight(fold: &mut Fold<'_>, id: &str, direction: &str, rules: &[One]) {
    super::sight(fold, GROUP, id, |draft| {
        for one in rules {
            take(draft, direction, one);
            draft.mark(&one.path(direction), super::super::Source::Unknown);
        }
    });
}

/// The rule of a group with an id.
fn known_rule(fold: &Fold<'_>, group: &str, id: &str) -> Option<Value> {
    let is_it = |rule: &&Value| text(rule, "SecurityGroupRuleId") == Some(id);
    let told = fold.call.answer("RevokedSecurityGroupRules").and_then(Value::as_array);
    let own = fold.get(GROUP, group).and_then(|it| it.body.get(RULE_LIST)?.as_array());
    let found = own.into_iter().flatten().find(is_it);
    found.or_else(|| told.into_iter().flatten().find(is_it)).cloned()
}

fn revoke(fold: &mut Fold<'_>, direction: &'static str) {
    let by_id = fold.call.texts("SecurityGroupRuleIds");
    let holder = by_id.first().and_then(|rule| fold.owner_id(GROUP, rule));
    let Some(id) = named(fold).or(holder) else { return };
    let mut rules = asked(fold);
    let mut is_lost = false;
    for rule in &by_id {
        match known_rule(fold, &id, rule).and_then(|rule| of_rule(fold, &rule)) {
            Some(one) => rules.push(one),
            None => is_lost = true,
        }
    }
    sight(fold, &id, direction, &rules);
    if is_lost {
        super::sight(fold, GROUP, &id, |draft| draft.forget(direction));
    }
    let listed = fold.get(GROUP, &id).and_then(|it| it.body.get(RULE_LIST)?.as_array()).cloned();
    let is_egress = direction == EGRESS;
    let gone = |rule: &Value| {
        let is_near =
            rule.get("IsEgress").and_then(Value::as_bool).unwrap_or(is_egress) == is_egress;
        let one = of_rule(fold, rule);
        is_near && one.is_some_and(|one| rules.iter().any(|rule| rule.is_same(&one)))
    };
    let gone: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter(gone)
        .filter_map(|rule| text(&rule, "SecurityGroupRuleId").map(str::to_owned))
        .chain(by_id.iter().cloned())
        .collect();
    fold.edit(GROUP, &id, |draft| {
        for one in &rules {
            take(draft, direction, one);
        }
        for rule in gone {
            draft.remove(RULE_LIST, &rule);
        }
        if is_lost {
            // Some rule went: which, nobody said.
            draft.forget(direction);
        }
    });
}

fn modify(fold: &mut Fold<'_>) {
    let Some(id) = named(fold) else { return };
    let changes = fold.call.input.get("SecurityGroupRules").and_then(Value::as_array).cloned();
    for change in changes.into_iter().flatten() {
        let Some(rule_id) = text(&change, "SecurityGroupRuleId").map(str::to_owned) else {
            continue;
        };
        let Some(to) = change.get("SecurityGroupRule").cloned() else { continue };
        let Some(new) = of_rule(fold, &to) else { continue };
        let old = known_rule(fold, &id, &rule_id);
        let old_one = old.as_ref().and_then(|rule| of_rule(fold, rule));
        let is_egress = old.as_ref().and_then(|rule| rule.get("IsEgress")?.as_bool());
        let rule = listed(&rule_id, &id, is_egress, &new, old.as_ref());
        if old.is_none() {
            super::sight(fold, GROUP, &id, |draft| {
                [INGRESS, EGRESS].iter().for_each(|direction| draft.forget(direction));
            });
        }
        fold.edit(GROUP, &id, |draft| {
            match (is_egress, old_one) {
                (Some(is_egress), Some(old)) => {
                    let direction = if is_egress { EGRESS } else { INGRESS };
                    take(draft, direction, &old);
                    add(draft, direction, &new);
                }
                // A rule of which nobody knows the direction became another.
                _ => [INGRESS, EGRESS].iter().for_each(|direction| draft.forget(direction)),
            }
            draft.put(RULE_LIST, rule);
        });
    }
}

/// A rule as `describe-security-group-rules` shows it.
fn listed(
    rule: &str,
    group: &str,
    is_egress: Option<bool>,
    one: &One,
    old: Option<&Value>,
) -> Value {
    let mut out = one.ports.clone();
    for name in ["FromPort", "ToPort"] {
        out.entry(name).or_insert(json!(-1));
    }
    out.insert("SecurityGroupRuleId".to_owned(), json!(rule));
    out.insert("GroupId".to_owned(), json!(group));
    if let Some(is_egress) = is_egress {
        out.insert("IsEgress".to_owned(), json!(is_egress));
    }
    for name in ["GroupOwnerId", "Tags"] {
        if let Some(value) = old.and_then(|old| old.get(name)) {
            out.insert(name.to_owned(), value.clone());
        }
    }
    for (from, to) in
        [("CidrIp", "CidrIpv4"), ("CidrIpv6", "CidrIpv6"), ("PrefixListId", "PrefixListId")]
    {
        if let Some(value) = one.peer.get(from) {
            out.insert(to.to_owned(), value.clone());
        }
    }
    if let Some(group) = one.peer.get("GroupId") {
        let info = json!({"GroupId": group, "UserId": one.peer.get("UserId")});
        out.insert("ReferencedGroupInfo".to_owned(), info);
    }
    if let Some(description) = one.peer.get("Description") {
        out.insert("Description".to_owned(), description.clone());
    }
    Value::Object(out)
}

fn describe(fold: &mut Fold<'_>, direction: &'static str) {
    let Some(id) = named(fold) else { return };
    let mut rules = asked(fold);
    let by_id = fold.call.input.get("SecurityGroupRuleDescriptions").and_then(Value::as_array);
    for change in by_id.cloned().into_iter().flatten() {
        let rule =
            text(&change, "SecurityGroupRuleId").and_then(|rule| known_rule(fold, &id, rule));
        let Some(mut rule) = rule else { continue };
        if let Some(members) = rule.as_object_mut() {
            members.insert(
                "Description".to_owned(),
                change.get("Description").cloned().unwrap_or_default(),
            );
        }
        rules.extend(of_rule(fold, &rule));
    }
    let listed = fold.get(GROUP, &id).and_then(|it| it.body.get(RULE_LIST)?.as_array()).cloned();
    let mut texts = Vec::new();
    for rule in listed.into_iter().flatten() {
        let found = of_rule(fold, &rule);
        let found = found.and_then(|one| rules.iter().find(|rule| rule.is_same(&one)));
        let rule_id = text(&rule, "SecurityGroupRuleId").map(str::to_owned);
        if let (Some(found), Some(rule_id)) = (found, rule_id) {
            texts.push((rule_id, found.peer.get("Description").cloned()));
        }
    }
    fold.edit(GROUP, &id, |draft| {
        for one in &rules {
            add(draft, direction, one);
        }
        for (rule, description) in texts {
            draft.put_in(RULE_LIST, &rule, "Description", description.unwrap_or_default());
        }
    });
}
