//! `LookupEvents`: from AWS's request to a lookup, and from events to AWS's answer.
//!
//! Differences to AWS: events are kept as long as the store keeps them, not 90 days; without `EndTime`
//! the newest event is the end, not the clock; a Region's events are found under the Region that the
//! request is signed for, and under `all` those of every Region.
//!
//! # Source
//! API reference, "LookupEvents", "LookupAttribute", "Event"; user guide, "Working with CloudTrail
//! event history" and "Viewing Insights events for trails with the AWS CLI".

use crate::aws::error::AwsError;
use crate::aws::parse_body;
use crate::limits::{ATTRIBUTE_VALUE_LENGTH_MAX, LOOKUP_EVENTS_RESULTS_MAX};
use crate::page_token::QueryDigest;
use crate::render::{compact_json, record_text};
use serde::{Deserialize, Serialize};
use serde_json::{Number, json};
use trailhound_app::lookup::{Category, LookupQuery};
use trailhound_record::time::MICROS_PER_SECOND;
use trailhound_record::{Event, Timestamp};

/// What an attribute compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttributeKey {
    EventId,
    EventName,
    ReadOnly,
    Username,
    ResourceType,
    ResourceName,
    EventSource,
    AccessKeyId,
}

impl AttributeKey {
    const ALL: [Self; 8] = [
        Self::EventId,
        Self::EventName,
        Self::ReadOnly,
        Self::Username,
        Self::ResourceType,
        Self::ResourceName,
        Self::EventSource,
        Self::AccessKeyId,
    ];
    /// Every name, for a text.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::EventId => "EventId",
            Self::EventName => "EventName",
            Self::ReadOnly => "ReadOnly",
            Self::Username => "Username",
            Self::ResourceType => "ResourceType",
            Self::ResourceName => "ResourceName",
            Self::EventSource => "EventSource",
            Self::AccessKeyId => "AccessKeyId",
        }
    }

    fn is_for_insight(self) -> bool {
        matches!(self, Self::EventId | Self::EventName | Self::EventSource)
    }
}

/// A valid request.
///
/// Units: `start` and `end` as sent, both inclusive.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LookupEventsRequest {
    attribute: Option<(AttributeKey, String)>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    category: Category,
    pub(crate) max_results: usize,
    pub(crate) next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireRequest {
    lookup_attributes: Option<Vec<WireAttribute>>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    event_category: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireAttribute {
    attribute_key: Option<String>,
    attribute_value: Option<String>,
}

impl LookupEventsRequest {
    /// Reads and checks the request in `body`; an empty one asks for everything.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, AwsError> {
        let wire: WireRequest = parse_body(body)?;
        let category = match wire.event_category {
            None => Category::Management,
            Some(category) if category == "insight" => Category::Insight,
            Some(found) => return Err(AwsError::InvalidEventCategory { found }),
        };
        let attribute = check_attributes(wire.lookup_attributes.unwrap_or_default(), category)?;
        let (start, end) = (wire.start_time.map(instant), wire.end_time.map(instant));
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            return Err(AwsError::InvalidTimeRange);
        }
        let max_results = match wire.max_results {
            None => LOOKUP_EVENTS_RESULTS_MAX,
            Some(found) => usize::try_from(found)
                .ok()
                .filter(|max| (1..=LOOKUP_EVENTS_RESULTS_MAX).contains(max))
                .ok_or(AwsError::InvalidMaxResults { found, max: LOOKUP_EVENTS_RESULTS_MAX })?,
        };
        Ok(Self { attribute, start, end, category, max_results, next_token: wire.next_token })
    }

    /// The lookup that answers it. AWS's end is inclusive, ours is not.
    pub(crate) fn query(
        &self,
        aws_region: Option<String>,
        account_id: Option<String>,
    ) -> LookupQuery {
        let mut query = LookupQuery {
            aws_region,
            account_id,
            category: self.category,
            start: self.start,
            end: self.end.map(|end| Timestamp(end.0.saturating_add(1))),
            ..LookupQuery::default()
        };
        if let Some((key, value)) = &self.attribute {
            let text = Some(value.clone());
            match key {
                AttributeKey::EventId => query.event_id = text,
                AttributeKey::EventName => query.event_name = text,
                AttributeKey::ReadOnly => query.read_only = value.parse().ok(),
                AttributeKey::Username => query.username = text,
                AttributeKey::ResourceType => query.resource_type = text,
                AttributeKey::ResourceName => query.resource_name = text,
                AttributeKey::EventSource => query.event_source = text,
                AttributeKey::AccessKeyId => query.access_key_id = text,
            }
        }
        query
    }

    /// Whether it asks for a `ReadOnly` that no event has: anything but `true` and `false`.
    pub(crate) fn matches_nothing(&self) -> bool {
        matches!(&self.attribute, Some((AttributeKey::ReadOnly, value)) if value.parse::<bool>().is_err())
    }

    /// What a page token is bound to: everything but the page, in `query`'s Region and account.
    pub(crate) fn digest(&self, query: &LookupQuery) -> QueryDigest {
        QueryDigest::of(&json!([
            "LookupEvents",
            query.aws_region,
            query.account_id,
            self.category,
            self.attribute.as_ref().map(|(key, value)| (key.name(), value)),
            self.start.map(|start| start.0),
            self.end.map(|end| end.0),
        ]))
    }
}

fn check_attributes(
    attributes: Vec<WireAttribute>,
    category: Category,
) -> Result<Option<(AttributeKey, String)>, AwsError> {
    if attributes.len() > 1 {
        return Err(AwsError::TooManyAttributes { found: attributes.len() });
    }
    let Some(attribute) = attributes.into_iter().next() else { return Ok(None) };
    let name = attribute.attribute_key.unwrap_or_default();
    let Some(key) = AttributeKey::find(&name) else {
        return Err(AwsError::UnknownAttribute { key: name });
    };
    if category == Category::Insight && !key.is_for_insight() {
        return Err(AwsError::InsightAttribute { key: key.name() });
    }
    let value = attribute.attribute_value.unwrap_or_default();
    let length = attribute_length(&value);
    if length == 0 || length > ATTRIBUTE_VALUE_LENGTH_MAX {
        return Err(AwsError::AttributeLength { key: key.name(), found: length });
    }
    Ok(Some((key, value)))
}

/// The length of an attribute value as AWS counts it.
fn attribute_length(value: &str) -> usize {
    value.chars().map(|c| if matches!(c, '_' | ' ' | ',' | '\n') { 2 } else { 1 }).sum()
}

/// The instant `seconds` after the epoch, to the microsecond; the farthest one when out of range.
pub(crate) fn instant(seconds: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is meant")]
    let micros = (seconds * MICROS_PER_SECOND as f64).round() as i64;
    Timestamp(micros)
}

/// Seconds since the epoch as a JSON number, fractional only when `at` is.
pub(crate) fn epoch_number(at: Timestamp) -> Option<Number> {
    if at.0.rem_euclid(MICROS_PER_SECOND) == 0 {
        return Some(at.seconds().into());
    }
    Number::from_f64(at.0 as f64 / MICROS_PER_SECOND as f64)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireOutput {
    events: Vec<WireEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireEvent {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_time: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    resources: Vec<WireResource>,
    cloud_trail_event: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireResource {
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<String>,
    resource_name: String,
}

/// Writes the answer: `events` in their order, and the token of the next page.
pub(crate) fn output(events: &[Event], next_token: Option<String>) -> Result<Vec<u8>, AwsError> {
    let output = WireOutput { events: events.iter().map(wire_event).collect(), next_token };
    Ok(serde_json::to_vec(&output)?)
}

fn wire_event(event: &Event) -> WireEvent {
    let resources = event.resources.iter().map(|resource| WireResource {
        resource_type: resource.resource_type.clone(),
        resource_name: resource.resource_name.clone(),
    });
    WireEvent {
        event_id: event.event_id.clone(),
        event_name: event.event_name.clone(),
        read_only: event.read_only.map(|read_only| read_only.to_string()),
        access_key_id: event.access_key_id.clone(),
        event_time: event.event_time.and_then(epoch_number),
        event_source: event.event_source.clone(),
        username: event.username.clone(),
        resources: resources.collect(),
        cloud_trail_event: compact_json(&record_text(event)).into_owned(),
    }
}

#[cfg(test)]
#[path = "lookup_events_tests.rs"]
mod tests;
