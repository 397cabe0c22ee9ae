//! Event history: the table of events, newest first, and its filter.

use super::history_days::Days;
use super::history_form::Form;
use super::value::{Value, event_href, event_title, record_text, time_text};
use super::{AnswerPageError, Layout, blocking, page};
use crate::filter::{Filter, Key, PRESETS, PageState, ParsedQuery, parse_query};
use crate::limits::{PAGE_EVENTS, RECORD_CHARS_MAX, ROW_RESOURCES_MAX, UNREADABLE_NAMED_MAX};
use crate::visible::{count, count_of, visible, visible_json, visible_start};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::lookup::LookupPage;
use trailhound_app::stats::{Count, Stats};
use trailhound_record::{Event, Timestamp};

/// `GET /`.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let parsed = parse_query(query.as_deref().unwrap_or_default());
    if parsed.has_empty_fields && parsed.problems.is_empty() {
        // A plain form sends its empty fields too; the address that people share does not need them.
        return Ok(Redirect::to(&parsed.state.href()).into_response());
    }
    let now = trailhound_app::now();
    let input = blocking(move || HistoryInput::ask(&app, parsed, now)).await?;
    let status = if input.problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    page(status, &HistoryPage::new(&input))
}

/// What the page is made of.
#[derive(Debug, Default)]
struct HistoryInput {
    state: PageState,
    problems: Vec<String>,
    stats: Stats,
    /// The answer; nothing when there are problems.
    answer: Option<LookupPage>,
    db: String,
}

impl HistoryInput {
    fn ask(
        app: &App,
        parsed: ParsedQuery,
        now: Timestamp,
    ) -> Result<Self, trailhound_app::lookup::LookupError> {
        let ParsedQuery { state, mut problems, .. } = parsed;
        let stats = app.stats()?;
        let query = state.filter.lookup_query(now, stats.newest);
        let answer = match query {
            Ok(query) if problems.is_empty() => {
                Some(app.lookup(&query, state.before.as_ref(), PAGE_EVENTS)?)
            }
            Ok(_) => None,
            Err(found) => {
                problems.extend(found);
                None
            }
        };
        Ok(Self { state, problems, stats, answer, db: app.db().display().to_string() })
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "history.html")]
struct HistoryPage {
    layout: Layout,
    store: StoreLine,
    /// Nothing when the store holds fewer than two days.
    days: Option<Days>,
    form: Form,
    chips: Vec<Chip>,
    clear_href: &'static str,
    /// One click: writes only; nothing when reads are hidden already.
    hide_reads_href: Option<String>,
    problems: Vec<String>,
    /// Segments that the answer lacks.
    unreadable: Vec<String>,
    unreadable_heading: String,
    table: Option<Table>,
    empty: Option<Empty>,
}

/// What the store holds, in a few words.
#[derive(Debug)]
struct StoreLine {
    facts: Vec<String>,
    dropped: Vec<String>,
}

/// A condition that is set.
#[derive(Debug)]
struct Chip {
    label: &'static str,
    value: String,
    remove_href: String,
}

/// The events.
#[derive(Debug)]
struct Table {
    rows: Vec<Row>,
    has_account: bool,
    has_region: bool,
    summary: String,
    older_href: Option<String>,
    newest_href: Option<String>,
}

/// One event.
#[derive(Debug)]
struct Row {
    time: String,
    href: Option<String>,
    open_label: String,
    event_name: Value,
    access: Access,
    error: Option<Value>,
    username: Option<Value>,
    /// Who acted, when there is no user name.
    principal: String,
    access_key: Option<Value>,
    source_ip_address: Option<Value>,
    event_source: Option<Value>,
    resources: Vec<Value>,
    resources_more: usize,
    account: Option<Value>,
    region: Option<Value>,
    is_conflict: bool,
    /// The record of an event that has no page, having no usable id.
    record: Option<String>,
}

/// Whether the call changed something, as the record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    Unknown,
}

/// Why there is no event, and what to do.
#[derive(Debug)]
struct Empty {
    heading: &'static str,
    text: String,
    command: Option<String>,
    links: Vec<Value>,
}

impl HistoryPage {
    fn new(input: &HistoryInput) -> Self {
        let filter = &input.state.filter;
        let answer = input.answer.as_ref();
        let unreadable =
            answer.map(|answer| answer.coverage.unreadable.as_slice()).unwrap_or_default();
        let table =
            answer.map(|answer| Table::new(input, answer)).filter(|table| !table.rows.is_empty());
        Self {
            layout: Layout::new("Event history".to_owned()),
            store: StoreLine::new(&input.stats),
            days: Days::new(filter, &input.stats.days),
            form: Form::new(filter, &input.stats),
            chips: filter.iter().map(|(key, value)| Chip::new(filter, key, value)).collect(),
            clear_href: "/",
            hide_reads_href: (filter.value(Key::ReadOnly) != Some("false"))
                .then(|| filter.with(Key::ReadOnly, "false").href()),
            problems: input.problems.iter().map(|problem| visible_start(problem, 500)).collect(),
            unreadable: named(unreadable),
            unreadable_heading: format!(
                "This answer is partial: {} could not be read.",
                count_of(unreadable.len() as u64, "segment", "segments")
            ),
            empty: match (&table, answer) {
                (None, Some(_)) => Some(Empty::new(input)),
                _ => None,
            },
            table,
        }
    }
}

/// The first of `reasons`, and how many more there are.
fn named(reasons: &[String]) -> Vec<String> {
    let mut named: Vec<String> = reasons
        .iter()
        .take(UNREADABLE_NAMED_MAX)
        .map(|reason| visible_start(reason, 500))
        .collect();
    if reasons.len() > UNREADABLE_NAMED_MAX {
        named.push(format!("and {} more", reasons.len() - UNREADABLE_NAMED_MAX));
    }
    named
}

impl StoreLine {
    fn new(stats: &Stats) -> Self {
        let mut facts = vec![count_of(stats.events, "event", "events")];
        if stats.events > 0 {
            facts.push(one_or_count(&stats.accounts, "account", "accounts"));
            facts.push(one_or_count(&stats.regions, "region", "regions"));
        }
        if let (Some(oldest), Some(newest)) = (stats.oldest, stats.newest) {
            let short = |at| visible_start(&time_text(at), 16).replace('…', "");
            facts.push(format!("{} – {} UTC", short(oldest), short(newest)));
        }
        if stats.events_without_time > 0 {
            facts.push(format!("{} without a readable time", count(stats.events_without_time)));
        }
        if stats.conflicts > 0 {
            facts.push(count_of(stats.conflicts, "conflict", "conflicts"));
        }
        Self { facts, dropped: stats.dropped.iter().map(|line| visible(line)).collect() }
    }
}

/// The one value with its noun, or how many there are.
fn one_or_count(counts: &[Count], one: &str, many: &str) -> String {
    match counts {
        [only] if !only.value.is_empty() => format!("{one} {}", visible_start(&only.value, 40)),
        _ => count_of(counts.len() as u64, one, many),
    }
}

impl Chip {
    fn new(filter: &Filter, key: Key, value: &str) -> Self {
        let shown = match (key, value) {
            (Key::ReadOnly, "false") => "no (writes)".to_owned(),
            (Key::ReadOnly, "true") => "yes (reads)".to_owned(),
            (Key::Failed, "true") => "any error".to_owned(),
            (Key::Range, range) => range_text(range),
            _ => visible_start(value, 80),
        };
        Self { label: key.label(), value: shown, remove_href: filter.without(&[key]).href() }
    }
}

/// A preset in words.
fn range_text(range: &str) -> String {
    let (name, words) = match range.strip_prefix("newest-") {
        Some(name) => (name, "before the newest event"),
        None => (range, "before now"),
    };
    match PRESETS.iter().find(|preset| preset.param == name) {
        Some(preset) => format!("{} {words}", preset.label),
        None => visible_start(range, 80),
    }
}

impl Table {
    fn new(input: &HistoryInput, answer: &LookupPage) -> Self {
        let filter = &input.state.filter;
        let has_account = input.stats.accounts.len() > 1;
        let has_region = input.stats.regions.len() > 1;
        let rows: Vec<Row> = answer
            .events
            .iter()
            .map(|event| {
                let mut row = Row::new(filter, event);
                row.account = row.account.filter(|_| has_account);
                row.region = row.region.filter(|_| has_region);
                row
            })
            .collect();
        let shown = match (rows.len() as u64, &answer.next, &input.state.before) {
            (rows, Some(_), None) => format!("The newest {}", count_of(rows, "event", "events")),
            (rows, None, None) => count_of(rows, "event", "events"),
            (rows, _, Some(_)) => format!("{} older", count_of(rows, "event", "events")),
        };
        let summary = format!("{shown}. {}.", searched(answer));
        let older = |before| PageState { filter: filter.clone(), before: Some(before) }.href();
        Self {
            rows,
            has_account,
            has_region,
            summary,
            older_href: answer.next.clone().map(older),
            newest_href: input.state.before.is_some().then(|| filter.href()),
        }
    }
}

/// What was looked at to answer.
fn searched(answer: &LookupPage) -> String {
    let coverage = &answer.coverage;
    let partial = match coverage.unreadable.as_slice() {
        [] => "",
        _ => " that can be read",
    };
    format!(
        "Looked through {}{partial}, reading {}",
        count_of(coverage.events_in_range, "event", "events"),
        count_of(coverage.events_examined, "record", "records"),
    )
}

impl Row {
    fn new(filter: &Filter, event: &Event) -> Self {
        let value = |key: Key, text: &Option<String>| {
            text.as_deref()
                .filter(|text| !text.is_empty())
                .map(|text| Value::narrowing(filter, key, text))
        };
        let title = event_title(event);
        let time = event.event_time.map_or_else(|| "no readable time".to_owned(), time_text);
        let href = event.event_id.as_deref().and_then(event_href);
        let record = href
            .is_none()
            .then(|| visible_start(&visible_json(&record_text(event)).0, RECORD_CHARS_MAX));
        Self {
            open_label: format!("Open {title} at {time}"),
            event_name: value(Key::EventName, &event.event_name)
                .unwrap_or_else(|| Value::plain(&title)),
            access: match event.read_only {
                Some(true) => Access::Read,
                Some(false) => Access::Write,
                None => Access::Unknown,
            },
            error: value(Key::ErrorCode, &event.error_code),
            username: value(Key::Username, &event.username),
            principal: visible_start(
                event.user_identity_type.as_deref().unwrap_or("not stated"),
                60,
            ),
            access_key: value(Key::AccessKeyId, &event.access_key_id),
            source_ip_address: value(Key::SourceIpAddress, &event.source_ip_address),
            event_source: value(Key::EventSource, &event.event_source),
            resources: event
                .resources
                .iter()
                .take(ROW_RESOURCES_MAX)
                .map(|found| Value::narrowing(filter, Key::ResourceName, &found.resource_name))
                .collect(),
            resources_more: event.resources.len().saturating_sub(ROW_RESOURCES_MAX),
            account: value(Key::AccountId, &event.account_id),
            region: value(Key::AwsRegion, &event.aws_region),
            is_conflict: event.conflict > 0,
            time,
            href,
            record,
        }
    }

    fn is_write(&self) -> bool {
        self.access == Access::Write
    }
}

impl Empty {
    fn new(input: &HistoryInput) -> Self {
        let filter = &input.state.filter;
        if input.stats.events == 0 {
            return Self {
                heading: "No events yet",
                text: "The store is empty. Import CloudTrail log files, a folder or an archive:"
                    .to_owned(),
                command: Some(format!("trailhound --db {} import PATH", shell_word(&input.db))),
                links: Vec::new(),
            };
        }
        if input.state.before.is_some() {
            return Self {
                heading: "No older events",
                text: "This was the end of the list.".to_owned(),
                command: None,
                links: vec![link("Back to the newest", filter.href())],
            };
        }
        let mut links: Vec<Value> = filter
            .iter()
            .map(|(key, value)| {
                let chip = Chip::new(filter, key, value);
                link(&format!("Drop {}: {}", chip.label, chip.value), chip.remove_href)
            })
            .collect();
        if filter.iter().count() > 1 {
            links.push(link("Show all events", Filter::default().href()));
        }
        let padded = filter.iter().find(|(_, value)| value.trim() != *value);
        let hint = match padded {
            Some((key, _)) => format!(" {} starts or ends with a space.", key.label()),
            None => String::new(),
        };
        let text = format!(
            "{}. Values match exactly, upper and lower case included; only Search finds parts.{hint}",
            input.answer.as_ref().map(searched).unwrap_or_default(),
        );
        Self { heading: "No event matches", text, command: None, links }
    }
}

/// A link with a plain text.
fn link(text: &str, href: String) -> Value {
    Value { text: text.to_owned(), href: Some(href), hint: String::new() }
}

/// `text` as one word of a POSIX shell, hidden characters made visible.
fn shell_word(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "/._-+@".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    visible(&format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests;
