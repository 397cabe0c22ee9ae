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
    /// Fields that are always seen.
    pub(crate) main: Vec<Field>,
    /// Fields that fold away.
    pub(crate) more: Vec<Field>,
    /// Whether they are unfolded.
    pub(crate) is_more_open: bool,
    pub(crate) search: Field,
    pub(crate) all_time: Choice,
    pub(crate) before_now: Vec<Choice>,
    pub(crate) before_newest: Vec<Choice>,
    pub(crate) newest: Option<String>,
    pub(crate) is_custom_time: bool,
    pub(crate) read_only: Vec<Choice>,
    pub(crate) category: Vec<Choice>,
    pub(crate) failed: bool,
}

const MAIN: [(Key, &str); 3] = [
    (Key::EventName, "RunInstances"),
    (Key::Username, "alice"),
    (Key::ResourceName, "name, id or ARN"),
];
const MORE: [(Key, &str); 10] = [
    (Key::From, "2023-07-10 12:00"),
    (Key::Until, "2023-07-11"),
    (Key::EventSource, "ec2.amazonaws.com"),
    (Key::ResourceType, "AWS::EC2::Instance"),
    (Key::AccessKeyId, "AKIAIOSFODNN7EXAMPLE"),
    (Key::SourceIpAddress, "198.51.100.7"),
    (Key::ErrorCode, "AccessDenied"),
    (Key::AccountId, "123456789012"),
    (Key::AwsRegion, "us-east-1"),
    (Key::EventId, ""),
];

impl Form {
    /// The form that `filter` fills, for a store that holds `stats`.
    pub(crate) fn new(filter: &Filter, stats: &Stats) -> Self {
        let field = |key: Key, placeholder| Field {
            name: key.param(),
            label: key.label(),
            value: field_value(filter.value(key).unwrap_or_default()),
            placeholder,
            choices: match key {
                Key::AccountId => choices(&stats.accounts),
                Key::AwsRegion => choices(&stats.regions),
                _ => Vec::new(),
            },
        };
        let choice = |key: Key, value: String, label: &str| Choice {
            is_chosen: filter.value(key).unwrap_or_default() == value,
            label: label.to_owned(),
            value,
        };
        let presets = |prefix: &str| {
            PRESETS
                .iter()
                .map(|preset| {
                    let label = match prefix {
                        "" => format!("Last {}", preset.label),
                        _ => format!("Newest {}", preset.label),
                    };
                    choice(Key::Range, format!("{prefix}{}", preset.param), &label)
                })
                .collect()
        };
        let is_custom_time =
            filter.value(Key::From).is_some() || filter.value(Key::Until).is_some();
        let is_folded = |key: Key| {
            MORE.iter().any(|(more, _)| *more == key) || matches!(key, Key::Failed | Key::Category)
        };
        Self {
            main: MAIN.into_iter().map(|(key, example)| field(key, example)).collect(),
            more: MORE.into_iter().map(|(key, example)| field(key, example)).collect(),
            is_more_open: filter.iter().any(|(key, _)| is_folded(key)),
            search: field(Key::Search, "event:Delete* -user:alice 10.0.0.1"),
            all_time: choice(Key::Range, String::new(), "All time"),
            before_now: presets(""),
            before_newest: presets("newest-"),
            newest: stats.newest.map(time_text),
            is_custom_time,
            read_only: [("", "All"), ("false", "Writes"), ("true", "Reads")]
                .map(|(value, label)| choice(Key::ReadOnly, value.to_owned(), label))
                .into(),
            category: [("", "All events"), ("management", "Management"), ("insight", "Insights")]
                .map(|(value, label)| choice(Key::Category, value.to_owned(), label))
                .into(),
            failed: filter.value(Key::Failed).is_some(),
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
