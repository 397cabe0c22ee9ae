//! Security groups: rules by id where there are ids, else by what they allow.

use serde_json::{Map, Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::{Changed, Told};
use super::{answer, elements, text, used};
use crate::state::permission_key;
use crate::state::{Key, Resource, Source};

/// The lists of peers of a permission, and the member that names a peer.
const PEERS: &[(&str, &str)] = &[
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
];

/// One rule: a protocol with ports, and one peer.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Rule {
    protocol: Value,
    from: Option<Value>,
    to: Option<Value>,
    list: &'static str,
    peer: Value,
}

impl Rule {
    /// The member that names the peer.
    fn peer_member(&self) -> &'static str {
        PEERS.iter().find(|(list, _)| *list == self.list).map_or("", |(_, member)| member)
    }

    fn peer_id(&self) -> &str {
        self.peer.get(self.peer_member()).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether both allow the same, whatever they are described as.
    fn allows_same(&self, other: &Self) -> bool {
        let is_all = |rule: &Self| rule.protocol.as_str() == Some("-1");
        self.protocol == other.protocol
            && (is_all(self) || (self.from == other.from && self.to == other.to))
            && self.list == other.list
            && self.peer_id() == other.peer_id()
    }

    /// The rule as a permission.
    fn permission(&self) -> Value {
        let mut members = Map::new();
        members.insert("IpProtocol".to_owned(), self.protocol.clone());
        if let Some(from) = &self.from {
            members.insert("FromPort".to_owned(), from.clone());
        }
        if let Some(to) = &self.to {
            members.insert("ToPort".to_owned(), to.clone());
        }
        members.insert(self.list.to_owned(), json!([self.peer]));
        Value::Object(members)
    }

    /// Where the rule is in a described group: `IpPermissions[tcp 22].IpRanges[10.0.0.0/8]`.
    fn path(&self, is_egress: bool) -> String {
        let key = permission_key(&self.permission());
        format!("{}[{key}].{}[{}]", list_of(is_egress), self.list, self.peer_id())
    }
}

/// The rules in a list of permissions.
fn of_permissions(list: Option<&Value>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for permission in elements(list) {
        for (list, _) in PEERS {
            for peer in elements(permission.get(*list)) {
                rules.push(Rule {
                    protocol: permission.get("IpProtocol").cloned().unwrap_or_default(),
                    from: permission.get("FromPort").cloned(),
                    to: permission.get("ToPort").cloned(),
                    list,
                    peer: peer.clone(),
                });
            }
        }
    }
    rules
}

/// The rule that a described `SecurityGroupRule` is.
fn of_described(rule: &Value) -> Option<Rule> {
    let (list, from, name) = [
        ("IpRanges", "CidrIpv4", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
        ("PrefixListIds", "PrefixListId", "PrefixListId"),
        ("UserIdGroupPairs", "ReferencedGroupInfo", "GroupId"),
    ]
    .into_iter()
    .find(|(_, from, _)| rule.get(from).is_some_and(|it| !it.is_null()))?;
    let value = rule.get(from)?;
    let mut peer = match value {
        Value::Object(info) => {
            let kept = ["GroupId", "UserId", "VpcId", "VpcPeeringConnectionId"];
            info.iter()
                .filter(|(name, _)| kept.contains(&name.as_str()))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        }
        one => Map::from_iter([(name.to_owned(), one.clone())]),
    };
    if let Some(description) = rule.get("Description").filter(|it| it.is_string()) {
        peer.insert("Description".to_owned(), description.clone());
    }
    Some(Rule {
        protocol: rule.get("IpProtocol").cloned().unwrap_or_default(),
        from: rule.get("FromPort").cloned(),
        to: rule.get("ToPort").cloned(),
        list,
        peer: Value::Object(peer),
    })
}

/// The list of permissions of one direction.
fn list_of(is_egress: bool) -> &'static str {
    if is_egress { "IpPermissionsEgress" } else { "IpPermissions" }
}

/// The rules of a described group, and whether all are known.
fn of_group(group: &Resource, is_egress: bool) -> (Vec<Rule>, bool) {
    let list = list_of(is_egress);
    // The rules of old records have no ids: where permissions are known as a whole, they are told.
    let is_told = group.body.get(list).is_some() && group.source(list) != &Source::Unknown;
    if !is_told && let Some(described) = group.body.get("SecurityGroupRules") {
        let direction =
            |it: &&Value| it.get("IsEgress").and_then(Value::as_bool) == Some(is_egress);
        let rules = elements(Some(described)).filter(direction).filter_map(of_described).collect();
        return (rules, group.source("SecurityGroupRules") != &Source::Unknown);
    }
    (of_permissions(group.body.get(list)), group.source(list) != &Source::Unknown)
}

/// Whether a group has a rule in a state.
fn told_rule(group: Option<&Resource>, rule: &Rule, is_egress: bool) -> Told {
    let Some(group) = group else { return Told::Unknown };
    let (rules, is_whole) = of_group(group, is_egress);
    match rules.iter().find(|it| it.allows_same(rule)) {
        Some(found) => Told::Value {
            value: found.permission(),
            source: group.source(&rule.path(is_egress)).clone(),
        },
        None if is_whole => Told::Absent,
        None => Told::Unknown,
    }
}

fn is_egress(case: &Case<'_>) -> bool {
    case.call.operation.ends_with("Egress")
}

/// The rules that the call names by what they allow; also in its flat form.
fn requested(case: &Case<'_>) -> Vec<Rule> {
    let request = &case.call.request;
    let listed = of_permissions(request.get("IpPermissions"));
    let Some(cidr) = request.get("CidrIp").filter(|_| listed.is_empty()) else { return listed };
    vec![Rule {
        protocol: request.get("IpProtocol").cloned().unwrap_or_default(),
        from: request.get("FromPort").cloned(),
        to: request.get("ToPort").cloned(),
        list: "IpRanges",
        peer: json!({"CidrIp": cidr}),
    }]
}

/// Takes down what a rule was, became and is.
fn watch_rule(case: &mut Case<'_>, group: &Key, rule: &Rule, is_egress: bool) -> Changed {
    let before = told_rule(case.before.resource(group), rule, is_egress);
    let after = told_rule(case.after.resource(group), rule, is_egress);
    let path = rule.path(is_egress);
    let now = match case.overlay.get(&(group.clone(), path.clone())) {
        Some(told) => told.clone(),
        None => told_rule(case.now.resource(group), rule, is_egress),
    };
    let changed = Changed { key: group.clone(), path, before, after, now };
    case.changes.push(changed.clone());
    changed
}

/// Revokes the rules that an event authorized and that are there.
pub(in super::super) fn revoke(case: &mut Case<'_>) {
    let Some(group) = case.about.clone() else {
        return case.ask_for("which security group it was", "", true);
    };
    let is_egress = is_egress(case);
    let operation = case.row.undo.first().copied().unwrap_or_default();
    let answered: Vec<Rule> =
        elements(case.call.response.get("SecurityGroupRules")).filter_map(of_described).collect();
    let rules = if answered.is_empty() { requested(case) } else { answered };
    let mut gone = 0;
    for rule in &rules {
        let changed = watch_rule(case, &group, rule, is_egress);
        gone += usize::from(matches!(changed.now, Told::Absent));
    }
    if !rules.is_empty() && gone == rules.len() {
        return case.nothing("the rules are gone already");
    }
    let ids = case.worth("res.SecurityGroupRules[].SecurityGroupRuleId", None);
    if matches!(&ids, Worth::Is { value: Value::Array(ids), .. } if !ids.is_empty()) && gone == 0 {
        let operation = operation.split(' ').next().unwrap_or_default();
        case.add(operation, vec![("GroupId", text(&group.id)), ("SecurityGroupRuleIds", ids)]);
        return;
    }
    // Old records have no ids of rules: what they allow names them.
    let kept = rules.iter().zip(case.changes.clone());
    let here: Vec<Value> = kept
        .filter(|(_, changed)| !matches!(changed.now, Told::Absent))
        .map(|(rule, _)| rule.permission())
        .collect();
    if here.is_empty() {
        return case.ask_for("which rules it authorized", list_of(is_egress), true);
    }
    let operation = operation.split(' ').next().unwrap_or_default();
    let members = vec![("GroupId", text(&group.id)), ("IpPermissions", Worth::plain(json!(here)))];
    case.add(operation, members);
}

/// Authorizes the rules that an event revoked and that were there.
pub(in super::super) fn authorize(case: &mut Case<'_>) {
    let Some(group) = case.about.clone() else {
        return case.ask_for("which security group it was", "", true);
    };
    let is_egress = is_egress(case);
    let Some(rules) = revoked(case, &group) else { return };
    let mut permissions = Vec::new();
    let mut uses = Vec::new();
    for (rule, is_sure) in rules {
        let changed = watch_rule(case, &group, &rule, is_egress);
        if changed.now.value().is_some() {
            continue;
        }
        match &changed.before {
            // A revoke that finds nothing succeeds, with a warning.
            Told::Absent if !is_sure => {}
            Told::Unknown if !is_sure => {
                let asks = format!("whether `{}` was there before the event", changed.path);
                case.ask_for(asks, list_of(is_egress), true);
            }
            Told::Value { value, source } => {
                if let Worth::Is { uses: one, .. } =
                    used(&group, changed.path.clone(), value.clone(), source.clone())
                {
                    uses.extend(one);
                }
                permissions.push(value.clone());
            }
            Told::Absent | Told::Unknown => permissions.push(rule.permission()),
        }
    }
    if permissions.is_empty() {
        if case.questions.iter().any(|it| it.is_blocking) {
            return;
        }
        return case.nothing("the rules are there, or were not there before");
    }
    let operation =
        case.row.undo.first().and_then(|call| call.split(' ').next()).unwrap_or_default();
    let value = Worth::Is { value: json!(permissions), refs: Vec::new(), uses };
    case.add(operation, vec![("GroupId", text(&group.id)), ("IpPermissions", value)]);
}

/// The rules that an event revoked, and whether it is sure that they were there.
fn revoked(case: &mut Case<'_>, group: &Key) -> Option<Vec<(Rule, bool)>> {
    let answered = elements(case.call.response.get("RevokedSecurityGroupRules"));
    let answered: Vec<_> = answered.filter_map(of_described).map(|rule| (rule, true)).collect();
    if !answered.is_empty() {
        return Some(answered);
    }
    let ids: Vec<&str> =
        elements(case.call.request.get("SecurityGroupRuleIds")).filter_map(Value::as_str).collect();
    if ids.is_empty() {
        let rules: Vec<_> = requested(case).into_iter().map(|rule| (rule, false)).collect();
        if rules.is_empty() {
            case.ask_for("which rules it revoked", "SecurityGroupRules", true);
            return None;
        }
        return Some(rules);
    }
    let mut rules = Vec::new();
    for id in ids {
        let path = Path::parse("SecurityGroupRules[{id}]", |_| Some(id.to_owned()))?;
        match told(case.before, group, &path).value().and_then(of_described) {
            Some(rule) => rules.push((rule, true)),
            None => case.ask_for(format!("what rule {id} allowed"), &path.to_string(), true),
        }
    }
    (!rules.is_empty()).then_some(rules)
}

/// Sets rules back to what they allowed before.
pub(in super::super) fn rules_back(case: &mut Case<'_>) {
    let Some(group) = case.about.clone() else {
        return case.ask_for("which security group it was", "", true);
    };
    let ids: Vec<String> = elements(case.call.request.get("SecurityGroupRules"))
        .filter_map(|it| it.get("SecurityGroupRuleId")?.as_str().map(str::to_owned))
        .collect();
    if ids.is_empty() {
        return case.ask_for("which rules it changed", "SecurityGroupRules", true);
    }
    let mut updates = Vec::new();
    let mut uses = Vec::new();
    for id in ids {
        let Some(path) = Path::parse("SecurityGroupRules[{id}]", |_| Some(id.clone())) else {
            continue;
        };
        case.watch(&group, &path);
        match told(case.before, &group, &path) {
            Told::Value { value, source } if !matches!(source, Source::Inferred { .. }) => {
                updates.push(
                    json!({"SecurityGroupRuleId": id, "SecurityGroupRule": request_of(&value)}),
                );
                if let Worth::Is { uses: one, .. } = used(&group, path.to_string(), value, source) {
                    uses.extend(one);
                }
            }
            _ => case.ask_for(format!("what rule {id} allowed before"), &path.to_string(), true),
        }
    }
    case.judge_changed();
    let value = Worth::Is { value: json!(updates), refs: Vec::new(), uses };
    case.add(
        "ModifySecurityGroupRules",
        vec![("GroupId", text(&group.id)), ("SecurityGroupRules", value)],
    );
}

/// A described rule as `ModifySecurityGroupRules` takes it.
fn request_of(rule: &Value) -> Value {
    let kept =
        ["IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId", "Description"];
    let mut members: Map<String, Value> = kept
        .iter()
        .filter_map(|name| {
            Some(((*name).to_owned(), rule.get(*name).filter(|it| !it.is_null())?.clone()))
        })
        .collect();
    if let Some(id) = rule.get("ReferencedGroupInfo").and_then(|info| info.get("GroupId")) {
        members.insert("ReferencedGroupId".to_owned(), id.clone());
    }
    Value::Object(members)
}

/// Sets the descriptions of rules back.
pub(in super::super) fn descriptions_back(case: &mut Case<'_>) {
    let Some(group) = case.about.clone() else {
        return case.ask_for("which security group it was", "", true);
    };
    let is_egress = case.call.operation.ends_with("Egress");
    let mut by_id = Vec::new();
    let mut uses = Vec::new();
    for changed in elements(case.call.request.get("SecurityGroupRuleDescriptions")) {
        let Some(id) = changed.get("SecurityGroupRuleId").and_then(Value::as_str) else { continue };
        let Some(path) =
            Path::parse("SecurityGroupRules[{id}].Description", |_| Some(id.to_owned()))
        else {
            continue;
        };
        case.watch(&group, &path);
        match told(case.before, &group, &path) {
            Told::Value { value, source } => {
                by_id.push(json!({"SecurityGroupRuleId": id, "Description": value}));
                if let Worth::Is { uses: one, .. } = used(&group, path.to_string(), value, source) {
                    uses.extend(one);
                }
            }
            // Without a text the description goes.
            Told::Absent => by_id.push(json!({"SecurityGroupRuleId": id})),
            Told::Unknown => {
                case.ask_for(format!("how rule {id} was described"), &path.to_string(), true)
            }
        }
    }
    let mut permissions = Vec::new();
    for rule in requested(case) {
        match told_rule(case.before.resource(&group), &rule, is_egress) {
            Told::Value { value, .. } => permissions.push(value),
            Told::Absent | Told::Unknown => {
                let asks = format!("how `{}` was described", rule.path(is_egress));
                case.ask_for(asks, list_of(is_egress), true);
            }
        }
    }
    let (member, value) = match (by_id.is_empty(), permissions.is_empty()) {
        (false, _) => ("SecurityGroupRuleDescriptions", json!(by_id)),
        (true, false) => ("IpPermissions", json!(permissions)),
        (true, true) => return case.ask_for("which rules it described", list_of(is_egress), true),
    };
    case.judge_changed();
    let operation =
        case.row.undo.first().and_then(|call| call.split(' ').next()).unwrap_or_default();
    let value = Worth::Is { value, refs: Vec::new(), uses };
    case.add(operation, vec![("GroupId", text(&group.id)), (member, value)]);
}

/// Makes a group again, with its rules.
pub(in super::super) fn group_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let (Some(new), Some(group)) = (case.new_identity(), case.about.clone()) else { return };
    let Some(described) = case.before.resource(&group) else { return };
    let is_default =
        |rule: &Rule| rule.protocol.as_str() == Some("-1") && rule.peer_id() == "0.0.0.0/0";
    for (is_egress, operation) in
        [(false, "AuthorizeSecurityGroupIngress"), (true, "AuthorizeSecurityGroupEgress")]
    {
        let (rules, is_whole) = of_group(described, is_egress);
        if !is_whole {
            case.ask_for(
                format!("whether there were more `{}`", list_of(is_egress)),
                list_of(is_egress),
                false,
            );
        }
        let had_default = rules.iter().any(&is_default);
        let wanted: Vec<Value> = rules
            .iter()
            .filter(|rule| !(is_egress && is_default(rule)))
            .map(Rule::permission)
            .collect();
        if !wanted.is_empty() {
            let value = Worth::plain(json!(wanted));
            case.add(operation, vec![("GroupId", answer(&new)), ("IpPermissions", value)]);
        }
        if is_egress && is_whole && !had_default {
            // AWS gives every new group a rule that lets all out.
            let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
            let members = vec![("GroupId", answer(&new)), ("IpPermissions", Worth::plain(all))];
            case.add("RevokeSecurityGroupEgress", members);
        }
    }
}
