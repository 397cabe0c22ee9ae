//! Values of records as the pages show them: visible, cut, and links that filter for or filter out.

use crate::filter::{Filter, Narrow, PageState, term};
use crate::limits::{CELL_CHARS_MAX, LINK_VALUE_BYTES_MAX, VALUE_CHARS_MAX};
use crate::visible::{visible, visible_start};
use chrono::{DateTime, Utc};
use trailhound_app::count::Facet;
use trailhound_record::{Event, Timestamp};
use url::form_urlencoded;

/// A value on a page. Every text is made visible; templates escape it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Value {
    /// What is shown.
    pub(crate) text: String,
    /// Where it leads.
    pub(crate) href: Option<String>,
    /// What following the link does.
    pub(crate) hint: String,
    /// Where the events without it are.
    pub(crate) not_href: Option<String>,
    /// Whether the link to them is seen; Alt-click on the value follows it anyhow.
    pub(crate) has_buttons: bool,
}

impl Value {
    /// `text` as it is.
    pub(crate) fn plain(text: &str) -> Self {
        Self { text: visible_start(text, VALUE_CHARS_MAX), ..Self::default() }
    }

    /// `text` in a table cell; following it adds the term for it to the search.
    pub(crate) fn narrowing(narrow: &Narrow<'_>, facet: &Facet, text: &str) -> Self {
        if text.is_empty() || text.len() > LINK_VALUE_BYTES_MAX {
            return Self { text: visible_start(text, CELL_CHARS_MAX), ..Self::default() };
        }
        let wanted = term(facet, text);
        let has_it = narrow.has(&wanted);
        Self {
            text: visible_start(text, CELL_CHARS_MAX),
            href: (!has_it).then(|| narrow.with(&wanted).href()),
            not_href: (!has_it).then(|| narrow.with(&format!("-{wanted}")).href()),
            hint: format!("Only {}; Alt-click filters out", visible_start(&wanted, 300)),
            has_buttons: false,
        }
    }

    /// `text` whole, on a page of its own, with a button that filters out.
    pub(crate) fn linked(narrow: &Narrow<'_>, facet: &Facet, text: &str) -> Self {
        let text_whole = visible_start(text, VALUE_CHARS_MAX);
        Self { text: text_whole, has_buttons: true, ..Self::narrowing(narrow, facet, text) }
    }
}

/// `at` as the tables show it, in UTC.
pub(crate) fn time_text(at: Timestamp) -> String {
    match DateTime::<Utc>::from_timestamp_micros(at.0) {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
        None => at.to_string(),
    }
}

/// `at` as a machine reads it.
pub(crate) fn time_machine(at: Timestamp) -> String {
    time_text(at).replace(' ', "T") + "Z"
}

/// Where the page of `event_id` is, as a part of the answer to `filter`.
pub(crate) fn event_href_in(filter: &Filter, event_id: &str) -> Option<String> {
    let state = PageState { filter: filter.clone(), before: None };
    event_href(event_id).map(|path| state.href_at(&path))
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

/// How to get at what a page shows elsewhere.
#[derive(Debug)]
pub(crate) struct CopyText {
    pub(crate) label: &'static str,
    pub(crate) text: String,
}

/// `text` as one word of a POSIX shell, hidden characters made visible.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "/._-+@:".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    visible(&format!("'{}'", text.replace('\'', r"'\''")))
}
