//! Where an answer is put together: searches, tables, and what they cover.

use std::sync::Arc;

use serde_json::Value;
use trailhound_query::columnar::{self, Facet, Top};
use trailhound_query::search::{Query, TimeRange};
use trailhound_query::{LookupQuery, candidates, lookup};
use trailhound_record::{Event, READ_VERBS, Timestamp};
use trailhound_store::Snapshot;
use trailhound_trace::Tracer;

use super::{Answer, Table};
use crate::App;
use crate::lookup::LookupError;

/// So many events are read where an answer groups them.
pub(super) const GROUPED_MAX: usize = 20_000;

/// An answer in the making.
pub(super) struct Desk<'a> {
    pub(super) app: &'a App,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) range: TimeRange,
    pub(super) limit: usize,
    tracer: Tracer,
    answer: Answer,
}

/// The columns of a table of events.
pub(super) const EVENT_COLUMNS: [&str; 8] = [
    "event_time",
    "event_name",
    "actor",
    "resources",
    "source_ip_address",
    "aws_region",
    "error_code",
    "event_id",
];

impl<'a> Desk<'a> {
    pub(super) fn new(app: &'a App, range: TimeRange, limit: usize) -> Result<Self, LookupError> {
        let snapshot = app.store().snapshot()?;
        let tracer = Tracer::new(Arc::clone(&snapshot));
        Ok(Self { app, snapshot, range, limit, tracer, answer: Answer::default() })
    }

    pub(super) fn into_answer(mut self) -> Answer {
        let unreadable = &mut self.answer.coverage.unreadable;
        unreadable.extend(self.tracer.unreadable().iter().cloned());
        unreadable.sort();
        unreadable.dedup();
        self.answer
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.answer.notes.push(text.into());
    }

    pub(super) fn table(&mut self, title: &str, columns: &[&'static str], rows: Vec<Vec<String>>) {
        self.answer.tables.push(Table { title: title.to_owned(), columns: columns.to_vec(), rows });
    }

    /// Reads a search of ours; notes it for the reader, with its times.
    fn query(&mut self, search: &str) -> Query {
        let has_range = self.range.start.is_some() || self.range.end.is_some();
        // OR binds less tightly than the times that follow.
        let mut text = match has_range && has_loose_or(search) {
            true => format!("({search})"),
            false => search.to_owned(),
        };
        for (word, at) in [("since", self.range.start), ("until", self.range.end)] {
            if let Some(at) = at {
                text.push_str(&format!(" {word}:{at}"));
            }
        }
        if !self.answer.searches.contains(&text) {
            self.answer.searches.push(text);
        }
        parsed(search)
    }

    /// Notes a search that was answered elsewhere.
    pub(super) fn said(&mut self, search: &str, coverage: &trailhound_query::Coverage) {
        let _ = self.query(search);
        self.answer.coverage.add_once(coverage);
    }

    /// The newest matching events, at most `most`; says when there are more.
    pub(super) fn events(&mut self, search: &str, most: usize) -> Vec<Event> {
        let query = LookupQuery {
            search: Some(self.query(search)),
            start: self.range.start,
            end: self.range.end,
            ..LookupQuery::default()
        };
        let page = lookup(&self.snapshot, &query, None, most);
        self.answer.coverage.add_once(&page.coverage);
        if page.next.is_some() {
            self.note(format!(
                "more than {most} events match `{search}`: the newest {most} are looked at"
            ));
        }
        page.events
    }

    /// The newest matching event.
    pub(super) fn newest(&mut self, search: &str) -> Option<Event> {
        let query = LookupQuery {
            search: Some(self.query(search)),
            start: self.range.start,
            end: self.range.end,
            ..LookupQuery::default()
        };
        let page = lookup(&self.snapshot, &query, None, 1);
        self.answer.coverage.add_once(&page.coverage);
        page.events.into_iter().next()
    }

    /// The most frequent values of a facet in the matching events.
    pub(super) fn top(&mut self, facet: &str, search: &str, most: usize) -> Top {
        let query = self.query(search);
        let Ok(facet) = Facet::parse(facet) else { return Top::default() };
        let top = columnar::top(&self.snapshot, &facet, &query, self.range, most);
        self.answer.coverage.add_once(&top.coverage);
        top
    }

    /// A table of the most frequent values of a facet.
    pub(super) fn top_table(&mut self, title: &str, facet: &str, search: &str) {
        let top = self.top(facet, search, self.limit.min(15));
        let mut rows: Vec<Vec<String>> =
            top.values.into_iter().map(|(value, count)| vec![value, count.to_string()]).collect();
        if top.rest > 0 {
            rows.push(vec!["(others)".to_owned(), top.rest.to_string()]);
        }
        self.table(title, &["value", "events"], rows);
    }

    /// How many events match.
    pub(super) fn count(&mut self, search: &str) -> u64 {
        let query = self.query(search);
        let counted = columnar::count(&self.snapshot, &query, self.range);
        self.answer.coverage.add_once(&counted.coverage);
        counted.events
    }

    /// A row for each event, with something about it in front.
    pub(super) fn rows(
        &mut self,
        events: &[Event],
        about: impl Fn(&Event) -> Vec<String>,
    ) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for event in events.iter().take(self.limit) {
            let mut row = about(event);
            let resources: Vec<_> =
                event.resources.iter().map(|found| found.resource_name.as_str()).collect();
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            row.extend([
                event.event_time.map(time_text).unwrap_or_default(),
                text(&event.event_name),
                self.actor(event),
                resources.join(", "),
                text(&event.source_ip_address),
                text(&event.aws_region),
                error_text(event),
                text(&event.event_id),
            ]);
            rows.push(row);
        }
        rows
    }

    /// A table of events; `about` gives the cells of the columns `more`, which come first.
    pub(super) fn event_table(
        &mut self,
        title: &str,
        more: &[&'static str],
        events: &[Event],
        about: impl Fn(&Event) -> Vec<String>,
    ) {
        let rows = self.rows(events, about);
        let columns: Vec<&'static str> = more.iter().copied().chain(EVENT_COLUMNS).collect();
        let left = events.len().saturating_sub(rows.len());
        if left > 0 {
            self.note(format!("{title}: {left} older ones are not shown; --limit shows more"));
        }
        self.table(title, &columns, rows);
    }

    /// Who stands behind an event, on one line.
    pub(super) fn actor(&mut self, event: &Event) -> String {
        self.tracer.attribute(event).line()
    }

    /// Whether the store has a matching event from before the range: then it is not new.
    pub(super) fn is_known_before(&mut self, query: LookupQuery) -> bool {
        let Some(start) = self.range.start else { return false };
        let before = LookupQuery { end: Some(start), ..query };
        // No candidate is certain; candidates have to be read.
        let (most, coverage) = candidates(&self.snapshot, &before);
        self.answer.coverage.unreadable.extend(coverage.unreadable);
        if most == 0 {
            return false;
        }
        let page = lookup(&self.snapshot, &before, None, 1);
        self.answer.coverage.unreadable.extend(page.coverage.unreadable);
        !page.events.is_empty()
    }

    /// The range, begun so many days before the store's newest event when it has no start.
    pub(super) fn with_start(&mut self, days: i64) {
        self.start_before_newest(days);
        let segments = self.snapshot.segments().iter();
        let first = segments.filter_map(|it| it.entry().time_micros).map(|(first, _)| first).min();
        if let (Some(first), Some(start)) = (first, self.range.start)
            && start.0 <= first
        {
            let first = Timestamp(first);
            self.note(format!(
                "the store begins at {first}: everything in it is new, nothing is known from before"
            ));
        }
    }

    fn start_before_newest(&mut self, days: i64) {
        if self.range.start.is_some() {
            return;
        }
        let newest = self
            .snapshot
            .segments()
            .iter()
            .filter_map(|it| it.entry().time_micros)
            .map(|(_, last)| last)
            .max();
        let Some(newest) = newest else { return };
        let start = Timestamp(newest - days * trailhound_record::time::MICROS_PER_DAY);
        self.range.start = Some(start);
        self.note(format!(
            "without --since, new means since {start}: {days} days before the newest event"
        ));
    }
}

/// Whether an OR of a search stands outside of parentheses and quotes.
fn has_loose_or(search: &str) -> bool {
    let (mut depth, mut is_quoted, mut is_escaped) = (0_i64, false, false);
    search.char_indices().any(|(at, c)| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
        depth == 0 && !is_quoted && search.get(at..).is_some_and(|rest| rest.starts_with(" OR "))
    })
}

/// Reads a search that this crate wrote, with texts of the user in quotes.
pub(super) fn parsed(search: &str) -> Query {
    // A text that is no query is looked for as it stands.
    Query::parse(search, Timestamp(0)).unwrap_or_else(|_| {
        Query::parse(&quoted(search), Timestamp(0))
            .unwrap_or_else(|_| Query::from(trailhound_query::search::Expr::All))
    })
}

/// `text` as a value that is taken literally.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The term for a principal: a key, an ARN, or a user's name.
pub(super) fn principal_term(principal: &str) -> String {
    let is_key = matches!(principal.get(..4), Some("AKIA" | "ASIA"));
    match () {
        () if is_key => format!("key:{}", quoted(principal)),
        () if principal.starts_with("arn:") => format!("userIdentity.arn:{}", quoted(principal)),
        () => format!("user:{}", quoted(principal)),
    }
}

/// `(event:A OR event:B)` for a list of names.
pub(super) fn any_event(names: &[&str]) -> String {
    format!("event:({})", names.join(" OR "))
}

/// The terms for what does not only read: as the record says, or by the verb where it does not say.
pub(super) fn changing() -> String {
    let verbs: Vec<_> = READ_VERBS.iter().map(|verb| format!("{verb}*")).collect();
    format!("-is:read -(-is:write event:({}))", verbs.join(" OR "))
}

pub(super) fn time_text(at: Timestamp) -> String {
    at.to_string().replacen('T', " ", 1)
}

/// The event's record.
pub(super) fn record(event: &Event) -> Value {
    serde_json::from_slice(&event.raw).unwrap_or_default()
}

/// The text at a pointer of a record.
pub(super) fn at(record: &Value, pointer: &str) -> String {
    match record.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// The error code, or what else says that it failed: a sign-in has no code.
pub(super) fn error_text(event: &Event) -> String {
    match (&event.error_code, &event.error_message) {
        (Some(code), _) => code.clone(),
        (None, Some(message)) => message.clone(),
        (None, None) => String::new(),
    }
}

/// Whom an event is counted for: the ARN, as equal names in two accounts are two people, or what else the
/// record says.
pub(super) fn principal(event: &Event) -> String {
    event.user_identity_arn.clone().unwrap_or_else(|| {
        let record = record(event);
        let part = |pointer: &str| Some(at(&record, pointer)).filter(|text| !text.is_empty());
        let name = part("/userIdentity/invokedBy")
            .or_else(|| part("/userIdentity/userName"))
            .or_else(|| part("/userIdentity/principalId"))
            .unwrap_or_default();
        let account = part("/userIdentity/accountId").unwrap_or_default();
        format!("{name} {account}").trim().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::has_loose_or;

    #[test]
    fn an_or_within_parentheses_or_quotes_is_not_loose() {
        assert!(has_loose_or("user:a OR user:b"));
        assert!(has_loose_or("(user:a) OR b"));
        assert!(!has_loose_or("error:(A OR B) -is:read"));
        assert!(!has_loose_or(r#""a OR b" \( c"#));
        assert!(!has_loose_or(""));
    }
}
