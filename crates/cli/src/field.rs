//! The fields of an event that commands print: AWS's names in snake_case, as text or as JSON.

use crate::pretty::one_line;
use clap::ValueEnum;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use trailhound_app::who::Attribution;
use trailhound_record::{Event, Timestamp};

/// A field of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum EventField {
    EventTime,
    EventName,
    EventSource,
    Username,
    // Who stands behind the event: no record says it.
    Actor,
    AccountId,
    AwsRegion,
    SourceIpAddress,
    UserAgent,
    ErrorCode,
    ErrorMessage,
    ReadOnly,
    EventType,
    EventCategory,
    UserIdentityType,
    UserIdentityArn,
    AccessKeyId,
    Resources,
    ResourceIds,
    EventId,
    Conflict,
    Record,
}

impl EventField {
    /// The name that users write and read.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Every field that a record has.
    pub(crate) fn of_records() -> Vec<Self> {
        let all = Self::value_variants().iter().copied();
        all.filter(|field| *field != Self::Actor).collect()
    }

    /// As [`EventField::text`], of an event behind which `actor` stands.
    pub(crate) fn text_with(self, event: &Event, actor: Option<&Attribution>) -> String {
        match (self, actor) {
            (Self::Actor, Some(actor)) => actor.short(),
            _ => self.text(event),
        }
    }

    /// The value as it stands in the record; empty when the record does not say.
    pub(crate) fn text(self, event: &Event) -> String {
        match self {
            Self::EventTime => event.event_time.map(time_text).unwrap_or_default(),
            Self::ReadOnly => event.read_only.map(|is| is.to_string()).unwrap_or_default(),
            Self::Conflict => event.conflict.to_string(),
            Self::Record => one_line(&String::from_utf8_lossy(&event.raw)),
            Self::ResourceIds => event.resource_ids.join(", "),
            Self::Resources => {
                let names: Vec<_> =
                    event.resources.iter().map(|resource| &*resource.resource_name).collect();
                names.join(", ")
            }
            _ => self.plain(event).cloned().unwrap_or_default(),
        }
    }

    /// The value as JSON text on one line; `null` when the record does not say.
    pub(crate) fn json(self, event: &Event) -> String {
        match self {
            Self::EventTime => Value::from(event.event_time.map(|at| at.to_string())).to_string(),
            Self::ReadOnly => Value::from(event.read_only).to_string(),
            Self::Conflict => event.conflict.to_string(),
            Self::Record => record_json(&event.raw),
            Self::ResourceIds => json!(event.resource_ids).to_string(),
            Self::Resources => {
                let each = |resource: &trailhound_record::Resource| {
                    json!({
                        "resource_type": resource.resource_type,
                        "resource_name": resource.resource_name,
                    })
                };
                Value::Array(event.resources.iter().map(each).collect()).to_string()
            }
            _ => json!(self.plain(event)).to_string(),
        }
    }

    /// The value of a field that is a text.
    fn plain(self, event: &Event) -> Option<&String> {
        match self {
            Self::EventName => event.event_name.as_ref(),
            Self::EventSource => event.event_source.as_ref(),
            Self::Username => event.username.as_ref(),
            Self::AccountId => event.account_id.as_ref(),
            Self::AwsRegion => event.aws_region.as_ref(),
            Self::SourceIpAddress => event.source_ip_address.as_ref(),
            Self::UserAgent => event.user_agent.as_ref(),
            Self::ErrorCode => event.error_code.as_ref(),
            Self::ErrorMessage => event.error_message.as_ref(),
            Self::EventType => event.event_type.as_ref(),
            Self::EventCategory => event.event_category.as_ref(),
            Self::UserIdentityType => event.user_identity_type.as_ref(),
            Self::UserIdentityArn => event.user_identity_arn.as_ref(),
            Self::AccessKeyId => event.access_key_id.as_ref(),
            Self::EventId => event.event_id.as_ref(),
            Self::EventTime
            | Self::Actor
            | Self::ReadOnly
            | Self::Resources
            | Self::ResourceIds
            | Self::Conflict
            | Self::Record => None,
        }
    }
}

/// Returns `at` for people: `2023-07-10 12:00:00Z`.
pub(crate) fn time_text(at: Timestamp) -> String {
    at.to_string().replacen('T', " ", 1)
}

/// The event as one JSON object on one line, with `fields` as its members.
pub(crate) fn event_json(
    event: &Event,
    actor: Option<&Attribution>,
    fields: &[EventField],
) -> String {
    let json = |field: &EventField| match (field, actor) {
        (EventField::Actor, Some(actor)) => actor.json().to_string(),
        _ => field.json(event),
    };
    let member = |field: &EventField| format!("\"{}\":{}", field.name(), json(field));
    format!("{{{}}}", fields.iter().map(member).collect::<Vec<_>>().join(","))
}

/// The record's own text when any JSON reader takes it, else that text as a JSON string.
fn record_json(raw: &[u8]) -> String {
    let text = one_line(&String::from_utf8_lossy(raw));
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(_) => text,
        Err(_) => Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn event(raw: &str) -> Event {
        Event::parse(raw.as_bytes().to_vec(), 0).unwrap()
    }

    fn check(raw: &str, fields: &[EventField], expect: Expect) {
        expect.assert_eq(&event_json(&event(raw), None, fields));
    }

    #[test]
    fn records_are_embedded_verbatim_on_one_line() {
        check(
            "{ \"eventName\":\"A\\u0042\",\n  \"n\": 1.50 }",
            &[EventField::EventName, EventField::Record],
            expect![[r#"{"event_name":"AB","record":{ "eventName":"A\u0042",  "n": 1.50 }}"#]],
        );
    }

    #[test]
    fn absent_values_are_null() {
        check(
            r#"{"eventTime":"2024-05-06T07:08:09Z","readOnly":true}"#,
            &[EventField::EventTime, EventField::ReadOnly, EventField::ErrorCode],
            expect![[
                r#"{"event_time":"2024-05-06T07:08:09Z","read_only":true,"error_code":null}"#
            ]],
        );
    }

    #[test]
    fn people_read_times_with_a_space() {
        let event = event(r#"{"eventTime":"2024-05-06T07:08:09Z"}"#);
        assert_eq!(EventField::EventTime.text(&event), "2024-05-06 07:08:09Z");
    }
}
