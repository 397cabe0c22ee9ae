//! Values of records as the pages show them: visible, cut, and a link that narrows the filter.

use crate::filter::{Filter, Key};
use crate::limits::{CELL_CHARS_MAX, LINK_VALUE_BYTES_MAX, VALUE_CHARS_MAX};
use crate::visible::{visible, visible_start};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use trailhound_app::lookup::search::{Expr, Pattern, Query, Term};
use trailhound_record::{Event, Timestamp};
use url::form_urlencoded;

/// A value on a page. Every text is made visible; templates escape it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    /// What is shown.
    pub(crate) text: String,
    /// Where it leads.
    pub(crate) href: Option<String>,
    /// What following the link does.
    pub(crate) hint: String,
}

impl Value {
    /// `text` as it is.
    pub(crate) fn plain(text: &str) -> Self {
        Self { text: visible_start(text, VALUE_CHARS_MAX), href: None, hint: String::new() }
    }

    /// `text` in a table cell; following it narrows `filter` to the events with this `key`.
    pub(crate) fn narrowing(filter: &Filter, key: Key, text: &str) -> Self {
        let wanted = match key {
            Key::Search => Cow::Owned(phrase(text)),
            _ => Cow::Borrowed(text),
        };
        let is_set = filter.value(key) == Some(&*wanted);
        let is_link = !text.is_empty() && text.len() <= LINK_VALUE_BYTES_MAX && !is_set;
        Self {
            text: visible_start(text, CELL_CHARS_MAX),
            href: is_link.then(|| filter.with(key, &wanted).href()),
            hint: format!("Only {}: {}", key.label(), visible_start(text, 300)),
        }
    }

    /// `text` whole; following it shows every event with this `key`.
    pub(crate) fn linked(key: Key, text: &str) -> Self {
        let text_whole = visible_start(text, VALUE_CHARS_MAX);
        Self { text: text_whole, ..Self::narrowing(&Filter::default(), key, text) }
    }
}

/// The search for `text` and nothing else.
fn phrase(text: &str) -> String {
    let term = Term::Text(Pattern::literal(text));
    Query::from(Expr::Term(term)).to_string()
}

/// `at` as the tables show it, in UTC.
pub(crate) fn time_text(at: Timestamp) -> String {
    match DateTime::<Utc>::from_timestamp_micros(at.0) {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
        None => at.to_string(),
    }
}

/// Where the page of `event_id` is; nothing for an id that cannot stand in an address.
pub(crate) fn event_href(event_id: &str) -> Option<String> {
    let fits = !matches!(event_id, "" | "." | "..") && event_id.len() <= LINK_VALUE_BYTES_MAX;
    fits.then(|| {
        let segment: String = form_urlencoded::byte_serialize(event_id.as_bytes()).collect();
        // Form encoding writes a space as `+`, which a path would keep.
        format!("/events/{}", segment.replace('+', "%20"))
    })
}

/// The record of `event` as text.
pub(crate) fn record_text(event: &Event) -> String {
    String::from_utf8_lossy(&event.raw).into_owned()
}

/// What an event without an event name is called.
pub(crate) fn event_title(event: &Event) -> String {
    event
        .event_name
        .as_deref()
        .filter(|name| !name.is_empty())
        .map_or_else(|| "Event without a name".to_owned(), visible)
}
