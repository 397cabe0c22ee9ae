//! What a plan asks a state: one resource, all of a type, and whether something exists.

use serde_json::{Map, Value};

use super::expr::is_hidden;
use super::path::Path;
use super::types::Told;
use crate::state::{Key, Resource, Scope, Source};

/// Whether a resource exists; not known is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// It exists.
    Yes,
    /// It is known that it does not.
    No,
    /// Nothing is known.
    Unknown,
}

/// The resources of one moment.
pub trait Prior {
    /// The resource with this key, as far as it is known.
    fn resource(&self, key: &Key) -> Option<&Resource>;

    /// Every known resource of a type, in any order.
    fn resources<'a>(
        &'a self,
        scope: &Scope,
        resource_type: &'static str,
    ) -> Box<dyn Iterator<Item = (&'a Key, &'a Resource)> + 'a>;

    /// Whether the resource with this key exists.
    ///
    /// A state that saw the resource's end says no; one that never heard of it says not known.
    fn exists(&self, key: &Key) -> Existence;
}

/// What `state` tells of the value at `path` of a resource.
pub(crate) fn told(state: &dyn Prior, key: &Key, path: &Path) -> Told {
    let Some(resource) = state.resource(key) else {
        return match state.exists(key) {
            Existence::No => Told::Absent,
            Existence::Yes | Existence::Unknown => Told::Unknown,
        };
    };
    if path.is_root() {
        return whole(resource);
    }
    let source = resource.source(&path.prefix_in(&resource.body));
    match (path.find(&resource.body), source) {
        (_, Source::Unknown) => Told::Unknown,
        // What AWS left out of the record is not what was there.
        (Some(value), _) if is_hidden(&value) => Told::Unknown,
        (Some(value), source) => Told::Value { value, source: source.clone() },
        (None, _) => Told::Absent,
    }
}

/// A resource as a value: that it is there is known, whatever is known of its members.
fn whole(resource: &Resource) -> Told {
    Told::Value { value: resource.body.clone(), source: resource.source("").clone() }
}

/// The first resource of a type whose value at `path` is, or holds, `wanted`.
pub(crate) fn find<'a>(
    state: &'a dyn Prior,
    scope: &Scope,
    resource_type: &'static str,
    path: &Path,
    wanted: &Value,
) -> Option<&'a Key> {
    let holds = |found: &Value| match found {
        Value::Array(values) => values.contains(wanted),
        one => one == wanted,
    };
    let mut keys: Vec<&Key> = state
        .resources(scope, resource_type)
        .filter(|(_, resource)| path.find(&resource.body).is_some_and(|found| holds(&found)))
        .map(|(key, _)| key)
        .collect();
    // Whatever order the state has, the answer is one.
    keys.sort();
    keys.first().copied()
}

/// A value without the state that AWS itself moves on: `attaching` to `attached`, `active` to `blackhole`.
fn settled(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let is_set = |name: &str| !matches!(name, "State" | "Status");
    let kept = members.iter().filter(|(name, _)| is_set(name));
    kept.map(|(name, inner)| (name.clone(), inner.clone())).collect::<Map<_, _>>().into()
}

impl Told {
    /// The value, when it is known and there is one.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Value { value, .. } => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }

    /// Whether both are known and differ.
    pub(crate) fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => false,
            (one, other) => one.value().map(settled) != other.value().map(settled),
        }
    }

    /// Whether both are known and are the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        !matches!((self, other), (Self::Unknown, _) | (_, Self::Unknown)) && !self.differs(other)
    }

    /// The event that the value is known from.
    pub(crate) fn event_id(&self) -> Option<&str> {
        match self {
            Self::Value { source: Source::Event { id } | Source::Inferred { id }, .. } => Some(id),
            Self::Value { .. } | Self::Absent | Self::Unknown => None,
        }
    }
}
