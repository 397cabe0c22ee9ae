//! Whether an event is what a query asks for, and what the index can say about it beforehand.

use trailhound_record::field::Field;
use trailhound_record::key::{Attribute, key_hash};
use trailhound_record::{Event, Timestamp};
use trailhound_store::Condition;

use crate::columnar::condition_of;
use crate::lookup::{Category, LookupQuery};

/// What the index can prune by: a necessary condition for [`matches`] (invariant QU-2).
pub(crate) fn condition(query: &LookupQuery) -> Condition {
    let mut parts = Vec::new();
    for (attribute, value) in [
        (Attribute::EventName, &query.event_name),
        (Attribute::EventSource, &query.event_source),
        (Attribute::Username, &query.username),
        (Attribute::ResourceType, &query.resource_type),
        (Attribute::ResourceName, &query.resource_name),
        (Attribute::AccessKeyId, &query.access_key_id),
        (Attribute::AccountId, &query.account_id),
        (Attribute::AwsRegion, &query.aws_region),
        (Attribute::SourceIpAddress, &query.source_ip_address),
        (Attribute::EventType, &query.event_type),
    ] {
        if let Some(value) = value {
            parts.push(Condition::Key(key_hash(attribute, value.as_bytes())));
        }
    }
    match query.error_code.as_deref() {
        Some("") => parts.push(Condition::Or(vec![
            Condition::Key(key_hash(Attribute::Failed, b"")),
            // The key is of codes alone; sign-ins that failed have a message.
            Condition::Present(Field::ErrorMessage),
        ])),
        Some(code) => parts.push(Condition::Key(key_hash(Attribute::ErrorCode, code.as_bytes()))),
        None => {}
    }
    if let Some(is_read_only) = query.read_only {
        let value: &[u8] = if is_read_only { b"true" } else { b"false" };
        parts.push(Condition::Key(key_hash(Attribute::ReadOnly, value)));
    }
    match query.category {
        Category::Any => {}
        Category::Management => {
            parts.push(Condition::Key(key_hash(Attribute::Category, b"management")))
        }
        Category::Insight => parts.push(Condition::Key(key_hash(Attribute::Category, b"insight"))),
    }
    if let Some(event_id) = &query.event_id {
        parts.push(Condition::EventId(event_id.clone()));
    }
    if let Some(search) = &query.search {
        parts.push(condition_of(&search.requirement()));
    }
    if query.start.is_some() || query.end.is_some() {
        parts.push(time(query.start, query.end));
    }
    Condition::And(parts)
}

fn time(start: Option<Timestamp>, end: Option<Timestamp>) -> Condition {
    Condition::Time { start_micros: start.map(|at| at.0), end_micros: end.map(|at| at.0) }
}

/// Whether `event` is what `query` asks for.
pub(crate) fn matches(query: &LookupQuery, event: &Event) -> bool {
    let same = |wanted: &Option<String>, found: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| found.as_ref() == Some(wanted))
    };
    same(&query.event_id, &event.event_id)
        && same(&query.event_name, &event.event_name)
        && same(&query.event_source, &event.event_source)
        && same(&query.username, &event.username)
        && same(&query.access_key_id, &event.access_key_id)
        && same(&query.account_id, &event.account_id)
        && same(&query.aws_region, &event.aws_region)
        && same(&query.source_ip_address, &event.source_ip_address)
        && same(&query.event_type, &event.event_type)
        && query.read_only.is_none_or(|wanted| event.read_only == Some(wanted))
        && match query.error_code.as_deref() {
            None => true,
            Some("") => event.has_failed(),
            Some(code) => event.error_code.as_deref() == Some(code),
        }
        && match query.category {
            Category::Any => true,
            Category::Management => event.is_management,
            Category::Insight => event.is_insight,
        }
        && has_resource(query, event)
        && is_in_range(query, event)
        && query.search.as_ref().is_none_or(|search| search.matches(event))
}

fn has_resource(query: &LookupQuery, event: &Event) -> bool {
    let has_type = query.resource_type.as_ref().is_none_or(|wanted| {
        event.resources.iter().any(|resource| resource.resource_type.as_ref() == Some(wanted))
    });
    let has_name = query.resource_name.as_ref().is_none_or(|wanted| {
        event.resources.iter().any(|resource| resource.resource_name == *wanted)
            || event.resource_ids.contains(wanted)
    });
    has_type && has_name
}

fn is_in_range(query: &LookupQuery, event: &Event) -> bool {
    if query.start.is_none() && query.end.is_none() {
        return true;
    }
    event.event_time.is_some_and(|time| {
        query.start.is_none_or(|start| time >= start) && query.end.is_none_or(|end| time < end)
    })
}
