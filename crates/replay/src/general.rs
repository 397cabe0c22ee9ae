//! What calls do by their names, where nothing more is known of them.

use serde_json::Value;

use crate::effects::{Call, Effects, Kind, Write, set};
use crate::normalize::{list, scalar};

/// So many properties one call may write.
const WRITES_MAX: usize = 200;
/// Texts longer than this are cut in a history; the event has all of it.
const VALUE_CHARS_MAX: usize = 2_000;

const CREATE: &[&str] = &["Create", "Run", "Allocate", "Register", "Import", "Copy", "Generate"];
const DELETE: &[&str] = &["Delete", "Terminate", "Release", "Deregister"];
/// Pairs of verbs that put something in a list of the resource and take it out.
const PAIRS: &[(&str, &str)] =
    &[("Attach", "Detach"), ("Add", "Remove"), ("Associate", "Disassociate"), ("Tag", "Untag")];
/// Verbs whose parameters are what the resource is from then on.
const SETTERS: &[&str] = &["Update", "Modify", "Change", "Enable", "Disable", "Reset", "Restore"];
/// Calls that put a resource into a state.
const STATES: &[(&str, &str)] = &[
    ("StartDBInstance", "started"),
    ("StopDBInstance", "stopped"),
    ("RebootDBInstance", "rebooted"),
    ("StartDBCluster", "started"),
    ("StopDBCluster", "stopped"),
    ("StartLogging", "logging"),
    ("StopLogging", "not logging"),
    ("EnableKey", "enabled"),
    ("DisableKey", "disabled"),
    ("ScheduleKeyDeletion", "pending deletion"),
    ("CancelKeyDeletion", "disabled"),
];
/// Deletions whose request names what they delete by another noun.
const DELETE_OF: &[(&str, &[&str])] = &[
    ("ReleaseAddress", &["allocationId", "publicIp"]),
    ("DeleteKeyPair", &["keyName", "keyPairId"]),
    ("DeleteSecurityGroup", &["groupId", "groupName"]),
    ("DeleteFunction", &["functionName"]),
    ("DeleteTrail", &["name"]),
    ("DeleteStack", &["stackName"]),
];

pub(crate) fn effects(call: &Call<'_>) -> Effects {
    let name = versionless(call.name);
    if let Some((_, state)) = STATES.iter().find(|(of, _)| *of == name) {
        return Effects::new(Kind::Change, vec![set("state", Some((*state).to_owned()))]);
    }
    if let Some(noun) = DELETE.iter().find_map(|verb| name.strip_prefix(verb)) {
        return deleted(call, name, noun);
    }
    if let Some(noun) = CREATE.iter().find_map(|verb| name.strip_prefix(verb)) {
        return match makes_resource(call, noun) {
            true => Effects::new(Kind::Create, all_members(call)),
            false => Effects::touch(),
        };
    }
    for (put, take) in PAIRS {
        if let Some(noun) = name.strip_prefix(put) {
            return Effects::new(Kind::Change, listed(call, noun, true));
        }
        if let Some(noun) = name.strip_prefix(take) {
            return Effects::new(Kind::Change, listed(call, noun, false));
        }
    }
    if let Some(noun) = ["Put", "Set"].iter().find_map(|verb| name.strip_prefix(verb)) {
        return Effects::new(Kind::Change, document(call, noun));
    }
    match SETTERS.iter().any(|verb| name.starts_with(verb)) {
        true => Effects::new(Kind::Change, all_members(call)),
        false => Effects::touch(),
    }
}

/// The name without the date that Lambda and CloudFront put behind it.
fn versionless(name: &str) -> &str {
    let end = name.find("20").filter(|&at| {
        let digits = name.get(at..at + 8).unwrap_or_default();
        digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// The noun in the name of a member: `dBInstanceIdentifier` and `dBInstanceArn` are of `dbinstance`.
fn stem(member: &str) -> String {
    let lower = member.to_ascii_lowercase();
    let ends = ["identifier", "name", "arn", "id"];
    let end = ends.iter().find_map(|end| lower.strip_suffix(end));
    end.map_or_else(|| lower.clone(), str::to_owned)
}

/// Whether a member is called after `noun`, in singular or plural, or only `name`, `id` or `arn`.
fn is_of(member: &str, noun: &str) -> bool {
    let (stem, noun) = (stem(member), noun.to_ascii_lowercase());
    stem.is_empty() || stem == noun || noun.strip_suffix('s') == Some(&stem)
}

/// Whether the call made the resource asked about, and not something that belongs to it: a member of the
/// response or the request that is called after the noun of the call is the resource.
fn makes_resource(call: &Call<'_>, noun: &str) -> bool {
    names_by_noun(&call.request, noun, call) || names_by_noun(&call.response, noun, call)
}

fn names_by_noun(json: &Value, noun: &str, call: &Call<'_>) -> bool {
    match json {
        Value::Object(members) => members.iter().any(|(key, value)| {
            let is_it = scalar(value).is_some_and(|value| call.is_resource(&value));
            is_it && is_of(key, noun) || names_by_noun(value, noun, call)
        }),
        Value::Array(values) => values.iter().any(|value| names_by_noun(value, noun, call)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether the resource's own name stands anywhere in `json`.
fn holds(json: &Value, call: &Call<'_>) -> bool {
    match json {
        Value::String(text) => call.is_resource(text),
        Value::Array(values) => values.iter().any(|value| holds(value, call)),
        Value::Object(members) => members.values().any(|value| holds(value, call)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// `DeleteBucket` ends a bucket; `DeleteBucketPolicy` takes its policy away.
fn deleted(call: &Call<'_>, name: &str, noun: &str) -> Effects {
    if call.response.get("unsuccessful").is_some_and(|failed| holds(failed, call)) {
        return Effects::touch();
    }
    let Some(members) = call.request.as_object() else { return Effects::touch() };
    let own = members.iter().find(|(_, value)| match value {
        Value::Array(_) => holds(value, call),
        value => scalar(value).is_some_and(|value| call.is_resource(&value)),
    });
    let Some((own, _)) = own else { return Effects::touch() };
    let by_table = DELETE_OF.iter().find(|(of, _)| *of == name);
    let ends = by_table.map_or_else(
        || is_of(own, noun) || noun.to_ascii_lowercase().ends_with(&stem(own)),
        |(_, ids)| ids.contains(&own.as_str()),
    );
    if ends {
        return Effects::new(Kind::Delete, Vec::new());
    }
    let path = lower_first(noun);
    // Only a name of the thing itself tells which of several it was.
    let item = members.iter().find(|(key, _)| {
        *key != own && noun.to_ascii_lowercase().ends_with(&stem(key)) && !stem(key).is_empty()
    });
    let write = match item.and_then(|(_, value)| scalar(value)) {
        Some(value) => set(format!("{path}[{value}]"), None),
        None => set(path, None),
    };
    Effects::new(Kind::Change, vec![write])
}

/// `UserToGroup` and `UserFromGroup` are one list: `user`.
fn list_noun(noun: &str) -> String {
    let cut = ["To", "From"].iter().find_map(|word| {
        let at = noun.find(word)?;
        let next = noun.get(at + word.len()..)?.chars().next()?;
        (at > 0 && next.is_ascii_uppercase()).then_some(at)
    });
    lower_first(cut.and_then(|at| noun.get(..at)).unwrap_or(noun))
}

/// `AttachRolePolicy` puts the other names of the request into the list `rolePolicy`.
fn listed(call: &Call<'_>, noun: &str, is_in: bool) -> Vec<Write> {
    let noun = list_noun(versionless(noun));
    let mut writes = Vec::new();
    let mut add = |value: &str| {
        writes.push(set(format!("{noun}[{value}]"), is_in.then(|| "present".to_owned())));
    };
    let Some(members) = call.request.as_object() else { return writes };
    for member in members.values() {
        for value in list(Some(member)).into_iter().filter_map(scalar) {
            if !call.is_resource(&value) {
                add(&value);
            }
        }
    }
    writes.truncate(WRITES_MAX);
    writes
}

/// `PutBucketPolicy` sets `bucketPolicy`; `PutRolePolicy` one of several, by its name.
fn document(call: &Call<'_>, noun: &str) -> Vec<Write> {
    let path = lower_first(noun);
    let Some(members) = call.request.as_object() else { return Vec::new() };
    let is_own = |value: &Value| scalar(value).is_some_and(|value| call.is_resource(&value));
    let is_item = |key: &str, value: &Value| {
        let of_noun = key.ends_with("Name") && noun.to_ascii_lowercase().ends_with(&stem(key));
        of_noun && !stem(key).is_empty() && scalar(value).is_some() && !is_own(value)
    };
    let item = members.iter().find(|(key, value)| is_item(key, value));
    let path = match item.and_then(|(_, value)| scalar(value)) {
        Some(name) => format!("{path}[{name}]"),
        None => path,
    };
    let rest: Vec<(&String, &Value)> = members
        .iter()
        .filter(|(key, value)| item.is_none_or(|(name, _)| name != *key) && !is_own(value))
        .collect();
    if let [(key, only)] = rest.as_slice() {
        let recorded = call.recorded.get(key.as_str()).unwrap_or(only);
        return vec![set(path, Some(cut(&text_of(recorded))))];
    }
    let mut writes = Vec::new();
    for (key, member) in rest {
        flatten(member, format!("{path}.{key}"), call, &mut writes);
    }
    writes.truncate(WRITES_MAX);
    writes
}

fn all_members(call: &Call<'_>) -> Vec<Write> {
    let mut writes = Vec::new();
    flatten(&call.request, String::new(), call, &mut writes);
    writes.truncate(WRITES_MAX);
    writes
}

/// Writes every value below `json` but the resource's own name. A list is one value: a call that sets one
/// sets it whole. Members called `add…` and `remove…` put something in a list and take it out.
fn flatten(json: &Value, path: String, call: &Call<'_>, writes: &mut Vec<Write>) {
    match json {
        Value::Object(members) => {
            for (key, member) in members {
                if let Some((noun, is_in)) = list_member(key) {
                    let after = || is_in.then(|| "present".to_owned());
                    let values = list(Some(member)).into_iter().filter_map(scalar);
                    writes.extend(values.map(|value| set(format!("{noun}[{value}]"), after())));
                    continue;
                }
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(member, path, call, writes);
            }
        }
        Value::Null => {}
        value => {
            let text = text_of(value);
            if !call.is_resource(&text) {
                writes.push(set(path, Some(cut(&text))));
            }
        }
    }
}

/// `addRouteTableId` adds to `routeTableId`.
fn list_member(key: &str) -> Option<(String, bool)> {
    let (rest, is_in) = match (key.strip_prefix("add"), key.strip_prefix("remove")) {
        (Some(rest), _) => (rest, true),
        (_, Some(rest)) => (rest, false),
        _ => return None,
    };
    rest.starts_with(|c: char| c.is_ascii_uppercase()).then(|| (lower_first(rest), is_in))
}

/// A scalar as it is, a list of scalars with commas, anything else as JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.iter().map(scalar).collect();
            texts.map_or_else(|| value.to_string(), |texts| texts.join(", "))
        }
        value => scalar(value).unwrap_or_else(|| value.to_string()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(VALUE_CHARS_MAX).collect()
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
