//! Whether an event is what a query asks for, and what the index can say about it beforehand.

use trailhound_record::Event;
use trailhound_record::field::{Field, Level};
use trailhound_record::key::{Attribute, key_hash};
use trailhound_record::token::{Needle, token_hash};
use trailhound_store::Candidates;

use crate::lookup::{Category, LookupQuery};

/// What the index can prune by: a necessary condition for [`matches`] (invariant QU-2).
pub(crate) fn candidates(query: &LookupQuery) -> Candidates {
    let mut wanted = Candidates {
        start_micros: query.start.map(|at| at.0),
        end_micros: query.end.map(|at| at.0),
        ..Candidates::default()
    };
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
            wanted.keys.push(key_hash(attribute, value.as_bytes()));
        }
    }
    match query.error_code.as_deref() {
        Some("") => wanted.keys.push(key_hash(Attribute::Failed, b"")),
        Some(code) => wanted.keys.push(key_hash(Attribute::ErrorCode, code.as_bytes())),
        None => {}
    }
    if let Some(is_read_only) = query.read_only {
        let value: &[u8] = if is_read_only { b"true" } else { b"false" };
        wanted.keys.push(key_hash(Attribute::ReadOnly, value));
    }
    match query.category {
        Category::Any => {}
        Category::Management => wanted.keys.push(key_hash(Attribute::Category, b"management")),
        Category::Insight => wanted.keys.push(key_hash(Attribute::Category, b"insight")),
    }
    if let Some(event_id) = &query.event_id {
        wanted.tokens.push(token_hash(event_id.as_bytes()));
        wanted.event_id = Some(event_id.clone());
    }
    if let Some(text) = &query.text {
        wanted.tokens.extend(text_tokens(text));
    }
    wanted
}

/// The tokens that a record must hold to contain `text`. Keys that have columns, `true`, `false` and
/// `null` are not in the filters: a text with such a word is not pruned by it.
pub fn text_tokens(text: &str) -> Vec<u64> {
    let mut plain = std::collections::HashSet::new();
    for word in ["true", "false", "null"] {
        plain.insert(token_hash(word.as_bytes()));
    }
    for field in trailhound_record::field::Field::ALL {
        plain.insert(token_hash(field.key().as_bytes()));
    }
    for level in trailhound_record::field::Level::NESTED {
        plain.insert(token_hash(level.key().as_bytes()));
    }
    let hashes = Needle::new(text).token_hashes();
    hashes.into_iter().filter(|hash| !plain.contains(hash)).collect()
}

/// Whether `event` is what `query` asks for.
pub(crate) fn matches(query: &LookupQuery, needle: Option<&Needle>, event: &Event) -> bool {
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
            Some("") => event.error_code.is_some(),
            Some(code) => event.error_code.as_deref() == Some(code),
        }
        && match query.category {
            Category::Any => true,
            Category::Management => event.is_management,
            Category::Insight => event.is_insight,
        }
        && has_resource(query, event)
        && is_in_range(query, event)
        && needle.is_none_or(|needle| contains(event, needle))
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

/// Whether the record contains the needle: as it was delivered, or in a string that holds escapes.
fn contains(event: &Event, needle: &Needle) -> bool {
    needle.is_in(&event.raw)
        || event.raw.contains(&b'\\')
            && serde_json::from_slice(&event.raw)
                .is_ok_and(|record| value_contains(&record, needle))
}

/// Whether `typed` may stand in what is not in any text column: keys that have columns, the event time,
/// Booleans, and the JSON between them. If not, searching the columns finds every match (QU-2).
pub(crate) fn may_be_structure(typed: &str) -> bool {
    let lower = typed.trim_matches('*').to_ascii_lowercase();
    let is_mark =
        |byte: char| matches!(byte, ':' | ',' | '{' | '}' | '[' | ']') || byte.is_whitespace();
    let word = lower.trim_matches(is_mark);
    let keys = Field::ALL.iter().map(|field| field.key());
    let keys = keys.chain(Level::NESTED.iter().map(|level| level.key()));
    lower.contains('"')
        || ["true", "false", "null"].iter().any(|literal| literal.contains(word))
        || keys.into_iter().any(|key| key.to_ascii_lowercase().contains(&lower))
        || may_be_time(&lower)
}

/// Whether `lower` may be a part of a time as CloudTrail writes it.
fn may_be_time(lower: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00t00:00:00z";
    FORM.windows(lower.len().max(1)).any(|part| {
        part.iter()
            .zip(lower.bytes())
            .all(|(form, byte)| *form == byte || *form == b'0' && byte.is_ascii_digit())
    })
}

fn value_contains(value: &serde_json::Value, needle: &Needle) -> bool {
    match value {
        serde_json::Value::String(text) => needle.is_in(text.as_bytes()),
        serde_json::Value::Array(items) => items.iter().any(|item| value_contains(item, needle)),
        serde_json::Value::Object(members) => members
            .iter()
            .any(|(key, value)| needle.is_in(key.as_bytes()) || value_contains(value, needle)),
        _ => false,
    }
}
