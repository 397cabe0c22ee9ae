//! One event in the table of Event history.

use super::column::Column;
use super::value::{Value, event_href_in, event_title, record_text, time_machine, time_text};
use crate::filter::{Key, Narrow};
use crate::limits::{RECORD_CHARS_MAX, ROW_RESOURCES_MAX};
use crate::visible::{visible_json, visible_start};
use trailhound_app::count::Facet;
use trailhound_app::lookup::search::SearchField;
use trailhound_app::who::Attribution;
use trailhound_record::Event;
use url::form_urlencoded;

/// One event.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) time: String,
    /// The time for scripts.
    pub(super) time_machine: Option<String>,
    /// The values of the columns that are asked for.
    pub(super) cells: Vec<Vec<Value>>,
    /// Compares the event with the one that was chosen before.
    pub(super) compare_href: Option<String>,
    pub(super) href: Option<String>,
    pub(super) open_label: String,
    pub(super) event_name: Value,
    pub(super) access: Access,
    pub(super) error: Option<Value>,
    pub(super) username: Option<Value>,
    /// Who acted, when there is no user name.
    pub(super) principal: String,
    pub(super) access_key: Option<Value>,
    pub(super) source_ip_address: Option<Value>,
    pub(super) event_source: Option<Value>,
    pub(super) resources: Vec<Value>,
    pub(super) resources_more: usize,
    pub(super) account: Option<Value>,
    pub(super) region: Option<Value>,
    pub(super) is_conflict: bool,
    /// The record of an event that has no page, having no usable id.
    pub(super) record: Option<String>,
}

/// What the rows of a table have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    /// The columns that are asked for; none for the usual ones.
    pub(super) columns: &'a [Column],
    /// Who stands behind each event; none where no column shows it.
    pub(super) actors: &'a [Attribution],
    pub(super) has_account: bool,
    pub(super) has_region: bool,
}

/// Whether the call changed something, as the record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    Unknown,
}

impl Row {
    /// The rows of `events`.
    pub(super) fn all(narrow: &Narrow<'_>, shown: &Shown<'_>, events: &[Event]) -> Vec<Self> {
        let row = |(at, event)| {
            let mut row = Self::new(narrow, shown.columns, event, shown.actors.get(at));
            row.account = row.account.filter(|_| shown.has_account);
            row.region = row.region.filter(|_| shown.has_region);
            row
        };
        events.iter().enumerate().map(row).collect()
    }

    fn new(
        narrow: &Narrow<'_>,
        columns: &[Column],
        event: &Event,
        actor: Option<&Attribution>,
    ) -> Self {
        let linked = |facet: &Facet, text: &str| Value::narrowing(narrow, facet, text);
        let value = |field: SearchField, text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.is_empty())?;
            Some(linked(&Facet::Field(field), text))
        };
        let event_id = event.event_id.as_deref();
        let title = event_title(event);
        let time = event.event_time.map_or_else(|| "no readable time".to_owned(), time_text);
        let href = event_id.and_then(|event_id| event_href_in(narrow.filter(), event_id));
        let record = href
            .is_none()
            .then(|| visible_start(&visible_json(&record_text(event)).0, RECORD_CHARS_MAX));
        Self {
            open_label: format!("Open {title} at {time}"),
            event_name: value(SearchField::Event, &event.event_name)
                .unwrap_or_else(|| Value::plain(&title)),
            access: match event.read_only {
                Some(true) => Access::Read,
                Some(false) => Access::Write,
                None => Access::Unknown,
            },
            // A sign-in that failed has a message alone.
            error: value(SearchField::Error, &event.error_code)
                .or_else(|| event.error_message.as_deref().map(Value::plain)),
            username: value(SearchField::User, &event.username),
            principal: visible_start(
                event.user_identity_type.as_deref().unwrap_or("not stated"),
                60,
            ),
            access_key: value(SearchField::Key, &event.access_key_id),
            source_ip_address: value(SearchField::Ip, &event.source_ip_address),
            event_source: value(SearchField::Service, &event.event_source),
            resources: event
                .resources
                .iter()
                .take(ROW_RESOURCES_MAX)
                .map(|found| linked(&Facet::Field(SearchField::Resource), &found.resource_name))
                .collect(),
            resources_more: event.resources.len().saturating_sub(ROW_RESOURCES_MAX),
            account: value(SearchField::Account, &event.account_id),
            region: value(SearchField::Region, &event.aws_region),
            is_conflict: event.conflict > 0,
            cells: columns.iter().map(|column| column.cell(narrow, event, actor)).collect(),
            compare_href: event_id.and_then(|event_id| compare_href(narrow, event_id)),
            time_machine: event.event_time.map(time_machine),
            time,
            href,
            record,
        }
    }

    pub(super) fn is_write(&self) -> bool {
        self.access == Access::Write
    }
}

/// Where the event is compared with the one that was chosen before.
fn compare_href(narrow: &Narrow<'_>, event_id: &str) -> Option<String> {
    let other = narrow.filter().value(Key::Compare)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("a", other).append_pair("b", event_id);
    Some(format!("/compare?{}", query.finish()))
}
