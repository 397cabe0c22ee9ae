//! Events as native JSON: the flat fields, the record as it is, and who stands behind them when asked for.

use crate::native::NativeError;
use crate::render::record_text;
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use trailhound_app::lookup::Coverage;
use trailhound_app::who::Attribution;
use trailhound_record::Event;

/// What `fields` takes.
pub(crate) const FIELDS_TAKEN: &str =
    "names of an event's members, and `actor`, with commas between them";

/// A member of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventField {
    Actor,
    EventId,
    EventTime,
    EventName,
    EventSource,
    AwsRegion,
    AccountId,
    Username,
    UserIdentityType,
    UserIdentityArn,
    AccessKeyId,
    SourceIpAddress,
    UserAgent,
    ReadOnly,
    ErrorCode,
    ErrorMessage,
    EventType,
    EventCategory,
    Conflict,
    Resources,
    ResourceIds,
    Record,
}

/// Every member with its name; the actor first, the others in the order in which an answer has them.
const FIELDS: &[(&str, EventField)] = &[
    ("actor", EventField::Actor),
    ("event_id", EventField::EventId),
    ("event_time", EventField::EventTime),
    ("event_name", EventField::EventName),
    ("event_source", EventField::EventSource),
    ("aws_region", EventField::AwsRegion),
    ("account_id", EventField::AccountId),
    ("username", EventField::Username),
    ("user_identity_type", EventField::UserIdentityType),
    ("user_identity_arn", EventField::UserIdentityArn),
    ("access_key_id", EventField::AccessKeyId),
    ("source_ip_address", EventField::SourceIpAddress),
    ("user_agent", EventField::UserAgent),
    ("read_only", EventField::ReadOnly),
    ("error_code", EventField::ErrorCode),
    ("error_message", EventField::ErrorMessage),
    ("event_type", EventField::EventType),
    ("event_category", EventField::EventCategory),
    ("conflict", EventField::Conflict),
    ("resources", EventField::Resources),
    ("resource_ids", EventField::ResourceIds),
    ("record", EventField::Record),
];

impl EventField {
    /// Every member that a record has: the actor has to be looked for.
    pub(crate) fn of_records() -> Vec<Self> {
        let all = FIELDS.iter().map(|(_, field)| *field);
        all.filter(|field| *field != Self::Actor).collect()
    }

    /// The members that a text names; nothing when it names another, one twice, or none.
    pub(crate) fn list(text: &str) -> Option<Vec<Self>> {
        let mut fields = Vec::new();
        for name in text.split(',').map(str::trim) {
            let field = FIELDS.iter().find(|(known, _)| *known == name)?.1;
            if fields.contains(&field) {
                return None;
            }
            fields.push(field);
        }
        Some(fields)
    }

    fn name(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }
}

/// An event with some of its members. Absent values are `null`.
struct EventView<'a> {
    event: &'a Event,
    actor: Option<&'a Attribution>,
    fields: &'a [EventField],
}

impl Serialize for EventView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for field in self.fields {
            self.add::<S>(&mut map, *field)?;
        }
        map.end()
    }
}

impl EventView<'_> {
    fn add<S: Serializer>(
        &self,
        map: &mut S::SerializeMap,
        field: EventField,
    ) -> Result<(), S::Error> {
        let (name, event) = (field.name(), self.event);
        match field {
            EventField::Actor => map.serialize_entry(name, &self.actor.map(Attribution::json)),
            EventField::EventTime => {
                map.serialize_entry(name, &event.event_time.map(|at| at.to_string()))
            }
            EventField::ReadOnly => map.serialize_entry(name, &event.read_only),
            EventField::Conflict => map.serialize_entry(name, &event.conflict),
            EventField::Resources => map.serialize_entry(name, &resources(event)),
            EventField::ResourceIds => map.serialize_entry(name, &event.resource_ids),
            EventField::Record => {
                let record = RawValue::from_string(record_text(event).into_owned());
                map.serialize_entry(name, &record.map_err(S::Error::custom)?)
            }
            _ => map.serialize_entry(name, &text(event, field)),
        }
    }
}

#[derive(Serialize)]
struct ResourceView<'a> {
    resource_type: Option<&'a str>,
    resource_name: &'a str,
}

fn resources(event: &Event) -> Vec<ResourceView<'_>> {
    let resources = event.resources.iter().map(|found| ResourceView {
        resource_type: found.resource_type.as_deref(),
        resource_name: &found.resource_name,
    });
    resources.collect()
}

/// The value of a member that is a text.
fn text(event: &Event, field: EventField) -> Option<&str> {
    let text = match field {
        EventField::EventId => &event.event_id,
        EventField::EventName => &event.event_name,
        EventField::EventSource => &event.event_source,
        EventField::AwsRegion => &event.aws_region,
        EventField::AccountId => &event.account_id,
        EventField::Username => &event.username,
        EventField::UserIdentityType => &event.user_identity_type,
        EventField::UserIdentityArn => &event.user_identity_arn,
        EventField::AccessKeyId => &event.access_key_id,
        EventField::SourceIpAddress => &event.source_ip_address,
        EventField::UserAgent => &event.user_agent,
        EventField::ErrorCode => &event.error_code,
        EventField::ErrorMessage => &event.error_message,
        EventField::EventType => &event.event_type,
        EventField::EventCategory => &event.event_category,
        EventField::Actor
        | EventField::EventTime
        | EventField::ReadOnly
        | EventField::Conflict
        | EventField::Resources
        | EventField::ResourceIds
        | EventField::Record => &None,
    };
    text.as_deref()
}

#[derive(Serialize)]
struct EventsView<'a> {
    events: Vec<EventView<'a>>,
    next: Option<String>,
    coverage: Value,
}

/// A page of events with `fields`; `actors` has one for each event, or none.
pub(crate) fn events_json(
    events: &[Event],
    actors: &[Attribution],
    fields: &[EventField],
    next: Option<String>,
    coverage: &Coverage,
) -> Result<Vec<u8>, NativeError> {
    let mut actors = actors.iter();
    let view = |event| EventView { event, actor: actors.next(), fields };
    let events = events.iter().map(view).collect();
    let coverage = json!({
        "events_in_range": coverage.events_in_range,
        "events_examined": coverage.events_examined,
        "events_ruled_out": coverage.events_skipped,
        "first": coverage.scope.times.map(|(first, _)| first.to_string()),
        "last": coverage.scope.times.map(|(_, last)| last.to_string()),
        "accounts": coverage.scope.accounts,
        "regions": coverage.scope.regions,
        "unreadable": coverage.unreadable,
    });
    Ok(serde_json::to_vec(&EventsView { events, next, coverage })?)
}

/// Every body under one id.
pub(crate) fn events_by_id_json(events: &[Event]) -> Result<Vec<u8>, NativeError> {
    #[derive(Serialize)]
    struct View<'a> {
        events: Vec<EventView<'a>>,
    }
    let fields = EventField::of_records();
    let view = |event| EventView { event, actor: None, fields: &fields };
    Ok(serde_json::to_vec(&View { events: events.iter().map(view).collect() })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_once_each() {
        assert_eq!(
            EventField::list("event_id, actor"),
            Some(vec![EventField::EventId, EventField::Actor])
        );
        for wrong in ["", "event_id,", "eventID", "actor,actor"] {
            assert_eq!(EventField::list(wrong), None, "{wrong}");
        }
        let all = FIELDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        assert_eq!(EventField::list(&all).map(|fields| fields.len()), Some(FIELDS.len()));
    }
}
