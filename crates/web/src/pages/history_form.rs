//! The form of the Event history page.

use crate::filter::{Filter, Key, PRESETS};
use crate::pages::value::time_text;
use crate::visible::{field_value, visible};
use trailhound_app::stats::{Count, Stats};

/// A text field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) placeholder: &'static str,
    /// Values to choose from.
    pub(crate) choices: Vec<String>,
}

/// One of several values.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

/// The form.
#[derive(Debug)]
pub(crate) struct Form {
    /// Fields that become terms of the search.
    pub(crate) more: Vec<Field>,
    pub(crate) search: Field,
    /// From and until.
    pub(crate) times: Vec<Field>,
    pub(crate) columns: Field,
    pub(crate) all_time: Choice,
    pub(crate) before_now: Vec<Choice>,
    pub(crate) before_newest: Vec<Choice>,
    pub(crate) newest: Option<String>,
    pub(crate) is_custom_time: bool,
    /// What the address says besides.
    pub(crate) hidden: Vec<(&'static str, String)>,
}

/// Fields that become terms: name, label and an example.
const MORE: [(&str, &str, &str); 10] = [
    ("event_name", "Event name", "RunInstances"),
    ("username", "User name", "alice"),
    ("resource_name", "Resource name", "name, id or ARN"),
    ("resource_type", "Resource type", "AWS::EC2::Instance"),
    ("event_source", "Event source", "ec2.amazonaws.com"),
    ("access_key_id", "Access key", "AKIAIOSFODNN7EXAMPLE"),
    ("source_ip_address", "Source IP", "198.51.100.7"),
    ("error_code", "Error code", "AccessDenied"),
    ("account_id", "Account", "123456789012"),
    ("aws_region", "Region", "us-east-1"),
];

impl Form {
    /// The form that `filter` fills, for a store that holds `stats`.
    pub(crate) fn new(filter: &Filter, stats: &Stats) -> Self {
        let field = |key: Key, placeholder| Field {
            name: key.param(),
            label: key.label(),
            value: field_value(filter.value(key).unwrap_or_default()),
            placeholder,
            choices: Vec::new(),
        };
        let more = |(name, label, placeholder)| Field {
            name,
            label,
            value: String::new(),
            placeholder,
            choices: match name {
                "account_id" => choices(&stats.accounts),
                "aws_region" => choices(&stats.regions),
                _ => Vec::new(),
            },
        };
        let choice = |value: String, label: &str| Choice {
            is_chosen: filter.value(Key::Range).unwrap_or_default() == value,
            label: label.to_owned(),
            value,
        };
        let presets = |prefix: &str, words: &str| {
            PRESETS
                .iter()
                .map(|preset| {
                    let label = format!("{words} {}", preset.label);
                    choice(format!("{prefix}{}", preset.param), &label)
                })
                .collect()
        };
        let is_kept = |key: &Key| matches!(key, Key::Compare | Key::Live);
        Self {
            more: MORE.into_iter().map(more).collect(),
            search: field(Key::Search, "event:Delete* -user:alice 10.0.0.1"),
            times: vec![field(Key::From, "2023-07-10 12:00"), field(Key::Until, "2023-07-11")],
            columns: field(Key::Columns, "user,event,requestParameters.bucketName"),
            all_time: choice(String::new(), "All time"),
            before_now: presets("", "Last"),
            before_newest: presets("newest-", "Newest"),
            newest: stats.newest.map(time_text),
            is_custom_time: filter.value(Key::From).is_some() || filter.value(Key::Until).is_some(),
            hidden: filter
                .iter()
                .filter(|(key, _)| is_kept(key))
                .map(|(key, value)| (key.param(), field_value(value)))
                .collect(),
        }
    }
}

fn choices(counts: &[Count]) -> Vec<String> {
    counts
        .iter()
        .filter(|count| !count.value.is_empty())
        .take(100)
        .map(|count| visible(&count.value))
        .collect()
}
