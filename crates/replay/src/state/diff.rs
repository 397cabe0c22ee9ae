//! What differs between two states, property by property.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use trailhound_record::Timestamp;

use super::kinds::element_key;
use super::resource::{PEERS, PERMISSIONS, Resource, Source};
use super::{Changed, Key, Lookup, State, is_placeholder};

/// What one state knows of a property.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "known")]
pub enum Side {
    /// It is this.
    Is {
        /// The value.
        value: Value,
        /// Where it is known from.
        source: Source,
    },
    /// There is none.
    Absent {
        /// Where that is known from.
        source: Source,
    },
    /// Nothing is known of it.
    Unknown,
}

/// A property that two states do not know alike.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Difference {
    /// Of which resource.
    pub key: Key,
    /// The property; the empty path is the whole resource.
    pub path: String,
    /// What the one state knows.
    pub before: Side,
    /// What the other state knows.
    pub after: Side,
}

impl Difference {
    /// Whether both states know the property, and so one of them changed.
    pub fn is_known(&self) -> bool {
        self.before != Side::Unknown && self.after != Side::Unknown
    }
}

impl Changed {
    /// What it changed, property by property.
    pub fn differences(&self) -> Vec<Difference> {
        let state = |resource: &Option<Arc<Resource>>| match resource {
            Some(resource) => State::new().with(self.key.clone(), (**resource).clone()),
            None => State::new(),
        };
        diff(&state(&self.before), &state(&self.after))
    }
}

/// Says what differs between `before` and `after`, in the order of keys and paths.
///
/// Shape: a difference of two known values, or of a known and an unknown one; what neither knows is left
/// out. Times that are written in two ways and are one instant do not differ.
pub fn diff(before: &State, after: &State) -> Vec<Difference> {
    let mut out = Vec::new();
    let keys: BTreeSet<&Key> = before.resources.keys().chain(after.resources.keys()).collect();
    for key in keys {
        match (before.resources.get(key), after.resources.get(key)) {
            (Some(one), Some(other)) => {
                if !std::sync::Arc::ptr_eq(one, other) {
                    resources(key, one, other, &mut out);
                }
            }
            _ => {
                let (before, after) = (whole(before, key), whole(after, key));
                out.push(Difference { key: key.clone(), path: String::new(), before, after });
            }
        }
    }
    out
}

fn whole(state: &State, key: &Key) -> Side {
    match state.lookup(key) {
        Lookup::Is(resource) => {
            Side::Is { value: resource.body.clone(), source: resource.source("").clone() }
        }
        Lookup::Absent(source) => Side::Absent { source: source.clone() },
        Lookup::Unknown => Side::Unknown,
    }
}

fn resources(key: &Key, one: &Resource, other: &Resource, out: &mut Vec<Difference>) {
    let mut walk = Walk { key, one, other, out };
    walk.members(&one.body, &other.body, "");
}

struct Walk<'a> {
    key: &'a Key,
    one: &'a Resource,
    other: &'a Resource,
    out: &'a mut Vec<Difference>,
}

impl Walk<'_> {
    fn members(&mut self, one: &Value, other: &Value, path: &str) {
        let names = |value: &Value| -> BTreeSet<String> {
            value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        for name in &names(one) | &names(other) {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.values(one.get(&name), other.get(&name), &name, &at);
        }
    }

    fn values(&mut self, one: Option<&Value>, other: Option<&Value>, name: &str, path: &str) {
        if one == other || is_same_time(one, other) {
            return;
        }
        match (one, other) {
            (Some(one @ Value::Object(_)), Some(other @ Value::Object(_))) => {
                self.members(one, other, path);
            }
            // Events set the peers of a permission one by one: each has its own source.
            (None, Some(permission @ Value::Object(_)))
            | (Some(permission @ Value::Object(_)), None)
                if PERMISSIONS.contains(&name) && has_peers(permission) =>
            {
                for list in PEERS {
                    let part = |side: Option<&Value>| side.and_then(|it| it.get(list)).cloned();
                    let at = format!("{path}.{list}");
                    self.values(part(one).as_ref(), part(other).as_ref(), list, &at);
                }
            }
            (Some(Value::Array(_)) | None, Some(Value::Array(_)) | None) => {
                self.lists(one, other, name, path);
            }
            _ => self.push(one, other, path),
        }
    }

    fn lists(&mut self, one: Option<&Value>, other: Option<&Value>, name: &str, path: &str) {
        let elements = |list: Option<&Value>| -> Vec<Value> {
            list.and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let (ours, theirs) = (elements(one), elements(other));
        let key = |element: &Value| element_key(name, element);
        if ours.iter().chain(&theirs).any(|element| key(element).is_none()) {
            self.push(one, other, path);
            return;
        }
        let keys: BTreeSet<String> = ours.iter().chain(&theirs).filter_map(key).collect();
        for wanted in keys {
            let find =
                |list: &[Value]| list.iter().find(|it| key(it).as_ref() == Some(&wanted)).cloned();
            let at = format!("{path}[{wanted}]");
            self.values(find(&ours).as_ref(), find(&theirs).as_ref(), name, &at);
        }
    }

    fn push(&mut self, one: Option<&Value>, other: Option<&Value>, path: &str) {
        let is_nothing = |value: Option<&Value>| match value {
            None | Some(Value::Null) => true,
            Some(Value::Array(elements)) => elements.is_empty(),
            Some(Value::Object(members)) => members.is_empty(),
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Bool(_) | Value::Number(_)) => false,
        };
        let (before, after) = (side(self.one, one, path), side(self.other, other, path));
        let is_one = is_nothing(one) && is_nothing(other);
        if is_one && before != Side::Unknown && after != Side::Unknown {
            return;
        }
        self.out.push(Difference { key: self.key.clone(), path: path.to_owned(), before, after });
    }
}

fn side(resource: &Resource, value: Option<&Value>, path: &str) -> Side {
    match (value, resource.source(path)) {
        (Some(value), source) => Side::Is { value: value.clone(), source: source.clone() },
        (None, Source::Unknown) => Side::Unknown,
        (None, source) => Side::Absent { source: source.clone() },
    }
}

/// Whether both are texts of one instant: `2026-03-01T10:00:00Z`, `2026-03-01T10:00:00.000+00:00`.
fn is_same_time(one: Option<&Value>, other: Option<&Value>) -> bool {
    let time = |value: Option<&Value>| {
        let text = value?.as_str()?;
        let text =
            text.strip_suffix("+00:00").map_or_else(|| text.to_owned(), |it| format!("{it}Z"));
        Timestamp::parse(&text).map(Timestamp::seconds)
    };
    time(one).is_some_and(|one| Some(one) == time(other))
}

fn has_peers(permission: &Value) -> bool {
    let lists = PEERS.iter().filter_map(|list| permission.get(list)?.as_array());
    lists.into_iter().any(|peers| !peers.is_empty())
}

/// Members that move by themselves: no call sets them.
const VOLATILE: &[&str] = &[
    "AvailableIpAddressCount",
    "StateTransitionReason",
    "UsageOperationUpdateTime",
    "RoleLastUsed",
    "PasswordLastUsed",
    "VgwTelemetry",
    "ResourceRecordSetCount",
    "AttachmentCount",
];

/// Lists what a snapshot says otherwise than replay: changes that no event told.
///
/// Shape: differences of values that both know. The source of `before` says which event set the value
/// that is no more. What replay knows under a name of ours is compared with what came with the VPC.
pub fn drift(replayed: &State, snapshot: &State) -> Vec<Difference> {
    let replayed = bound(replayed, snapshot);
    let mut differences = diff(&replayed, snapshot);
    differences.retain(|difference| {
        let member = difference.path.split(['.', '[']).next().unwrap_or_default();
        let is_ended = is_ended(&difference.before) || is_ended(&difference.after);
        let is_whole = difference.path.is_empty();
        difference.is_known() && !VOLATILE.contains(&member) && !(is_whole && is_ended)
    });
    differences
}

fn is_ended(side: &Side) -> bool {
    matches!(side, Side::Is { value, .. } if ends(value))
}

/// Whether a resource is described for a while though it has ended.
pub(super) fn ends(value: &Value) -> bool {
    let states = [
        value.get("State").and_then(Value::as_str),
        super::path::get(value, "Status.Code").and_then(Value::as_str),
        super::path::get(value, "State.Name").and_then(Value::as_str),
    ];
    states.into_iter().flatten().any(|it| matches!(it, "deleted" | "rejected" | "terminated"))
}

/// The replayed state with the ids that the snapshot tells of what came with VPCs.
pub(super) fn bound(replayed: &State, snapshot: &State) -> State {
    let mut state = replayed.clone();
    let placeholders: Vec<Key> =
        replayed.resources.keys().filter(|key| is_placeholder(&key.id)).cloned().collect();
    for placeholder in placeholders {
        let Some((vpc, role)) = placeholder.id.split_once('/') else { continue };
        let is_it = |body: &Value| {
            let is_role = match role {
                "main-table" => super::path::get(body, "Associations[main]").is_some(),
                "default-acl" => body.get("IsDefault") == Some(&Value::Bool(true)),
                _ => body.get("GroupName").and_then(Value::as_str) == Some("default"),
            };
            is_role && body.get("VpcId").and_then(Value::as_str) == Some(vpc)
        };
        let mut all = snapshot.of_type(&placeholder.scope, placeholder.resource_type);
        if let Some((real, _)) = all.find(|(_, resource)| is_it(&resource.body)) {
            super::fold::bind(&mut state, &placeholder, &real.id);
        }
    }
    state
}
