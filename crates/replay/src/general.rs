//! What calls do by their names, where nothing more is known of them.

use serde_json::Value;

use crate::effects::{Call, Effects, Kind, Write, set};
use crate::normalize::scalar;

/// So many properties one call may write.
const WRITES_MAX: usize = 200;
/// Texts longer than this are cut in a history; the event has all of it.
const VALUE_CHARS_MAX: usize = 2_000;

const CREATE: &[&str] = &["Create", "Run", "Allocate", "Register", "Import", "Copy", "Generate"];
const DELETE: &[&str] = &["Delete", "Terminate", "Release", "Deregister", "ScheduleKeyDeletion"];
/// Verbs whose parameters are what the resource is from then on.
const SETTERS: &[&str] = &["Update", "Modify", "Change", "Enable", "Disable", "Reset", "Restore"];
/// Pairs of verbs that put something in a list of the resource and take it out.
const PAIRS: &[(&str, &str)] =
    &[("Attach", "Detach"), ("Add", "Remove"), ("Associate", "Disassociate"), ("Tag", "Untag")];

pub(crate) fn effects(call: &Call<'_>) -> Effects {
    let name = versionless(call.name);
    if let Some(part) = DELETE.iter().find_map(|verb| name.strip_prefix(verb)) {
        return deleted(call, part);
    }
    if CREATE.iter().any(|verb| name.starts_with(verb)) {
        let kind = if makes_resource(call) { Kind::Create } else { Kind::Change };
        return Effects { kind, writes: all_members(call) };
    }
    for (put, take) in PAIRS {
        if let Some(noun) = name.strip_prefix(put) {
            return Effects { kind: Kind::Change, writes: listed(call, noun, true) };
        }
        if let Some(noun) = name.strip_prefix(take) {
            return Effects { kind: Kind::Change, writes: listed(call, noun, false) };
        }
    }
    let put = ["Put", "Set"].iter().find_map(|verb| name.strip_prefix(verb));
    let writes = match put {
        Some(noun) => document(call, noun),
        None => match state_of(name) {
            Some(state) => vec![set("state", Some(state.to_owned()))],
            None if SETTERS.iter().any(|verb| name.starts_with(verb)) => all_members(call),
            None => return Effects { kind: Kind::Touch, writes: Vec::new() },
        },
    };
    Effects { kind: Kind::Change, writes }
}

/// The name without the date that Lambda and CloudFront put behind it.
fn versionless(name: &str) -> &str {
    let end = name.find("20").filter(|&at| {
        let digits = name.get(at..at + 8).unwrap_or_default();
        digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

fn state_of(name: &str) -> Option<&'static str> {
    let starts = |verb: &str| name.starts_with(verb);
    match () {
        () if starts("Stop") => Some("stopped"),
        () if starts("Start") => Some("started"),
        () if starts("Reboot") => Some("rebooted"),
        () if name.starts_with("DisableKey") => Some("disabled"),
        () if name.starts_with("EnableKey") => Some("enabled"),
        () => None,
    }
}

/// Whether the call made the resource asked about, and not something within it: its id is new in the
/// response, or it is the only thing that the request names by this noun.
fn makes_resource(call: &Call<'_>) -> bool {
    let noun = CREATE.iter().find_map(|verb| versionless(call.name).strip_prefix(verb));
    let noun = noun.unwrap_or_default().to_ascii_lowercase();
    let in_response = holds(&call.response, call) && !holds(&call.request, call);
    let is_named = call.request.as_object().is_some_and(|members| {
        members.iter().any(|(key, value)| {
            let key = key.to_ascii_lowercase();
            let stem =
                key.trim_end_matches("identifier").trim_end_matches("name").trim_end_matches("id");
            let is_noun = stem.is_empty() || stem == noun;
            is_noun && scalar(value).is_some_and(|value| call.is_resource(&value))
        })
    });
    in_response || is_named
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
fn deleted(call: &Call<'_>, noun: &str) -> Effects {
    let noun = lower_first(versionless(noun));
    let stem = noun.to_ascii_lowercase();
    let Some(members) = call.request.as_object() else {
        return Effects { kind: Kind::Delete, writes: Vec::new() };
    };
    let others = members.iter().filter_map(|(key, value)| {
        let value = scalar(value)?;
        (!call.is_resource(&value)).then(|| (key.as_str(), value))
    });
    let own = members.iter().find(|(_, value)| {
        scalar(value).is_some_and(|value| call.is_resource(&value)) || holds(value, call)
    });
    let own_noun = own.map(|(key, _)| {
        let key = key.to_ascii_lowercase();
        let key = key.trim_end_matches("identifier").trim_end_matches("name");
        key.trim_end_matches("id").trim_end_matches("arn").to_owned()
    });
    match own_noun {
        // The request names the resource by the noun of the call, or by no noun at all.
        Some(own) if own.is_empty() || stem.contains(&own) && stem.len() <= own.len() + 1 => {
            Effects { kind: Kind::Delete, writes: Vec::new() }
        }
        Some(_) => {
            let mut paths: Vec<Write> =
                others.map(|(_, value)| set(format!("{noun}[{value}]"), None)).collect();
            if paths.is_empty() {
                paths.push(set(noun, None));
            }
            Effects { kind: Kind::Change, writes: paths }
        }
        None => Effects { kind: Kind::Touch, writes: Vec::new() },
    }
}

/// `AttachRolePolicy` puts the other names of the request into the list `rolePolicy`.
fn listed(call: &Call<'_>, noun: &str, is_in: bool) -> Vec<Write> {
    let noun = lower_first(versionless(noun));
    let mut writes = Vec::new();
    flatten(&call.request, String::new(), call, &mut |_, value| {
        writes.push(set(format!("{noun}[{value}]"), is_in.then(|| "present".to_owned())));
    });
    writes.truncate(WRITES_MAX);
    writes
}

/// `PutBucketPolicy` sets `bucketPolicy`; `PutRolePolicy` one of several, by its name.
fn document(call: &Call<'_>, noun: &str) -> Vec<Write> {
    let path = lower_first(noun);
    let Some(members) = call.request.as_object() else { return Vec::new() };
    let is_item = |key: &str, value: &Value| {
        let stem = key.strip_suffix("Name").map(str::to_ascii_lowercase);
        let of_noun = stem.is_some_and(|stem| noun.to_ascii_lowercase().ends_with(&stem));
        of_noun && scalar(value).is_some_and(|value| !call.is_resource(&value))
    };
    let item = members.iter().find(|(key, value)| is_item(key, value));
    let path = match item.and_then(|(_, value)| scalar(value)) {
        Some(name) => format!("{path}[{name}]"),
        None => path,
    };
    let is_own = |value: &Value| scalar(value).is_some_and(|value| call.is_resource(&value));
    let rest: Vec<(&String, &Value)> = members
        .iter()
        .filter(|(key, value)| item.is_none_or(|(name, _)| name != *key) && !is_own(value))
        .collect();
    if let [(_, only)] = rest.as_slice() {
        let text = scalar(only).unwrap_or_else(|| only.to_string());
        return vec![set(path, Some(text.chars().take(VALUE_CHARS_MAX).collect()))];
    }
    let mut writes = Vec::new();
    for (key, member) in rest {
        flatten(member, format!("{path}.{key}"), call, &mut |path, value| {
            writes.push(set(path, Some(value.chars().take(VALUE_CHARS_MAX).collect())));
        });
    }
    writes.truncate(WRITES_MAX);
    writes
}

fn all_members(call: &Call<'_>) -> Vec<Write> {
    let mut writes = Vec::new();
    flatten(&call.request, String::new(), call, &mut |path, value| {
        writes.push(set(path, Some(value.chars().take(VALUE_CHARS_MAX).collect())));
    });
    writes.truncate(WRITES_MAX);
    writes
}

/// Calls `each` with every scalar below `json` but the resource's own name.
fn flatten(json: &Value, path: String, call: &Call<'_>, each: &mut impl FnMut(String, String)) {
    match json {
        Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(member, path, call, each);
            }
        }
        Value::Array(values) => {
            for (at, member) in values.iter().enumerate() {
                flatten(member, format!("{path}[{at}]"), call, each);
            }
        }
        other => {
            if let Some(value) = scalar(other).filter(|value| !call.is_resource(value)) {
                each(path, value);
            }
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str())
}
