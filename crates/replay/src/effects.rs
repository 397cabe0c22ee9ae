//! What one event did to one resource.

use serde_json::Value;
use trailhound_record::Event;

use crate::general;
use crate::network;
use crate::normalize::normalize;

/// What kind of thing an event did to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It made the resource.
    Create,
    /// It changed the resource.
    Change,
    /// It ended the resource.
    Delete,
    /// It named the resource, and changed another.
    Touch,
    /// It only read.
    Read,
    /// It was tried and failed: nothing changed.
    Failed,
}

/// One property that an event wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The property, `routes[0.0.0.0/0].target`.
    pub path: String,
    /// Its value from then on; nothing when it was removed.
    pub after: Option<String>,
    /// Whether the call would have failed had the property been there before.
    pub is_new: bool,
}

/// What an event did to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// What kind of thing.
    pub kind: Kind,
    /// The properties that it wrote, in order.
    pub writes: Vec<Write>,
    /// Whether it wrote more than its record says: what was known before is not known any more.
    pub is_partial: bool,
}

impl Effects {
    pub(crate) fn new(kind: Kind, writes: Vec<Write>) -> Self {
        Self { kind, writes, is_partial: false }
    }

    /// It named the resource, and did nothing to it.
    pub(crate) fn touch() -> Self {
        Self::new(Kind::Touch, Vec::new())
    }
}

/// The parts of a call that say what it did.
pub(crate) struct Call<'a> {
    pub(crate) service: &'a str,
    pub(crate) name: &'a str,
    pub(crate) request: Value,
    pub(crate) response: Value,
    /// The request as it was recorded: documents keep their own names.
    pub(crate) recorded: Value,
    /// The id, ARN or name asked about, and its other names.
    pub(crate) resource: &'a [String],
}

impl Call<'_> {
    /// The text of a member of the request.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.request.get(name).and_then(crate::normalize::scalar)
    }

    /// Whether `value` is the resource asked about.
    pub(crate) fn is_resource(&self, value: &str) -> bool {
        self.resource.iter().any(|name| name == value)
    }

    /// Whether the member `name` of the request is the resource asked about.
    pub(crate) fn is_about(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| self.is_resource(&value))
    }
}

/// Says what `event` did to the resource with the names `resource`.
///
/// Shape: failed calls and reads write nothing. Of a call without `readOnly` the verb
/// says whether it reads.
pub fn effects(event: &Event, resource: &[String]) -> Effects {
    let kind = match () {
        () if event.has_failed() => Kind::Failed,
        () if event.only_reads() => Kind::Read,
        () => Kind::Change,
    };
    if kind != Kind::Change {
        return Effects::new(kind, Vec::new());
    }
    let record: Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    let part = |name: &str| record.get(name).map(normalize).unwrap_or_default();
    let source = event.event_source.as_deref().unwrap_or_default();
    let call = Call {
        service: source.strip_suffix(".amazonaws.com").unwrap_or(source),
        name: event.event_name.as_deref().unwrap_or_default(),
        request: part("requestParameters"),
        response: part("responseElements"),
        recorded: record.get("requestParameters").cloned().unwrap_or_default(),
        resource,
    };
    if call.request.get("omitted").and_then(Value::as_bool) == Some(true) {
        // CloudTrail leaves out parameters that are too long.
        return Effects { kind, writes: Vec::new(), is_partial: true };
    }
    let network = if call.service == "ec2" { network::effects(&call) } else { None };
    let mut done = network.unwrap_or_else(|| general::effects(&call));
    for write in &mut done.writes {
        if write.after.as_deref().is_some_and(is_hidden) {
            write.after = Some("(not recorded)".to_owned());
        }
    }
    done
}

/// Whether a value was taken out by AWS.
fn is_hidden(value: &str) -> bool {
    matches!(value, "HIDDEN_DUE_TO_SECURITY_REASONS" | "<sensitiveDataRemoved>" | "***")
}

/// A write of `path`.
pub(crate) fn set(path: impl Into<String>, after: Option<String>) -> Write {
    Write { path: path.into(), after, is_new: false }
}

impl Write {
    /// The same of a call that fails when the property is there already.
    pub(crate) fn only_if_new(self, is_new: bool) -> Self {
        Self { is_new, ..self }
    }
}
