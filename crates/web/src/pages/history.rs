//! Event history: the table of events, newest first, and its filter.

use super::column::{Column, columns_of, has_actor};
use super::history_days::Days;
use super::history_form::Form;
use super::history_problem::{self, SearchProblem};
use super::history_row::{Row, Shown};
use super::value::{CopyText, Value, shell_word, time_text};
use super::{AnswerPageError, Layout, blocking, page};
use crate::cursor;
use crate::filter::{
    Asked, Filter, FilterProblem, Key, Narrow, PRESETS, PageState, ParsedQuery, parse_query,
};
use crate::limits::{EXPORT_EVENTS_MAX, PAGE_EVENTS, UNREADABLE_NAMED_MAX};
use crate::visible::{count, count_of, visible, visible_start};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::lookup::search::{Flag, Query};
use trailhound_app::lookup::{LookupPage, Position};
use trailhound_app::stats::{Count, Stats};
use trailhound_app::who::Attribution;
use trailhound_record::Timestamp;

/// The usual columns, with who stands behind each event.
const ACTOR_COLUMNS: &str = "event,actor,user,ip,error";

/// `GET /`.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let parsed = parse_query(query.as_deref().unwrap_or_default());
    if parsed.is_long && parsed.problems.is_empty() {
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
    problems: Vec<FilterProblem>,
    stats: Stats,
    /// The columns that are asked for; none for the usual ones.
    columns: Vec<Column>,
    /// Who stands behind each event, where a column shows it.
    actors: Vec<Attribution>,
    /// The answer; nothing when there are problems.
    answer: Option<LookupPage>,
    /// Where the newest event stands, when new ones are to be added.
    newest: Option<String>,
    /// What was asked, the time range included.
    whole: Option<Query>,
    db: String,
}

impl HistoryInput {
    fn ask(
        app: &App,
        parsed: ParsedQuery,
        now: Timestamp,
    ) -> Result<Self, trailhound_app::lookup::LookupError> {
        let ParsedQuery { state, problems, .. } = parsed;
        let mut problems: Vec<FilterProblem> =
            problems.into_iter().map(FilterProblem::Said).collect();
        let stats = app.stats()?;
        let columns = columns_of(&state.filter, &mut problems);
        let (mut answer, mut actors) = (None, Vec::new());
        let (mut newest, mut whole) = (None, None);
        match state.filter.asked(now, stats.newest) {
            Ok(asked) if problems.is_empty() => {
                let mut page = app.lookup(&asked.lookup(), state.before.as_ref(), PAGE_EVENTS)?;
                if has_actor(&columns) {
                    actors = app.actors_of(&mut page)?;
                }
                answer = Some(page);
                newest = newest_of(app, &state.filter, &asked)?;
                whole = Some(asked.whole());
            }
            Ok(_) => {}
            Err(found) => problems.extend(found),
        }
        let db = app.db().display().to_string();
        Ok(Self { state, problems, stats, columns, actors, answer, newest, whole, db })
    }
}

/// Where the newest event of the answer stands, when `filter` says live.
fn newest_of(
    app: &App,
    filter: &Filter,
    asked: &Asked,
) -> Result<Option<String>, trailhound_app::lookup::LookupError> {
    if filter.value(Key::Live).is_none() {
        return Ok(None);
    }
    let first = app.lookup(&asked.lookup(), None, 1)?.next;
    let before_all = Position {
        event_time_micros: i64::MIN,
        event_key: String::new(),
        account_id: String::new(),
        conflict: 0,
    };
    Ok(Some(cursor::to_text(&first.unwrap_or(before_all))))
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "history.html")]
struct HistoryPage {
    layout: Layout,
    store: StoreLine,
    /// Nothing when the store is empty or the filter cannot be followed.
    days: Option<Days>,
    /// Where the counts come from, after the first paint; nothing as for `days`.
    facets_href: Option<String>,
    form: Form,
    chips: Vec<Chip>,
    clear_href: &'static str,
    /// One click: only events of this kind.
    flags: Vec<Value>,
    problems: Vec<String>,
    search_problem: Option<SearchProblem>,
    compare: Option<CompareLine>,
    live: Option<LiveLine>,
    /// Where live is switched on.
    live_href: Option<String>,
    /// Where the table says who stands behind each event; nothing where it does.
    actors_href: Option<String>,
    exports: Vec<Value>,
    copies: Vec<CopyText>,
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

/// The event that another one is chosen for.
#[derive(Debug)]
struct CompareLine {
    event_id: String,
    cancel_href: String,
}

/// New events are added while the page is open.
#[derive(Debug)]
struct LiveLine {
    poll_href: String,
    pause_href: String,
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
    /// The names of the columns that are asked for; none for the usual ones.
    columns: Vec<String>,
    has_account: bool,
    has_region: bool,
    summary: String,
    older_href: Option<String>,
    newest_href: Option<String>,
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
        let narrow = Narrow::new(filter);
        let live = input.newest.as_ref().map(|newest| LiveLine::new(filter, newest));
        let (problems, search_problem) = history_problem::split(filter, &input.problems);
        let has_counts = answer.is_some() && input.stats.events > 0;
        Self {
            layout: Layout::new("Event history".to_owned()),
            store: StoreLine::new(&input.stats),
            days: has_counts.then(|| Days::new(filter, &input.stats.days)),
            facets_href: has_counts.then(|| filter.href_at("/facets")),
            form: Form::new(filter, &input.stats),
            chips: Chip::all(&narrow),
            clear_href: "/",
            flags: flags(&narrow),
            problems,
            search_problem,
            compare: filter.value(Key::Compare).map(|event_id| CompareLine {
                event_id: visible_start(event_id, 100),
                cancel_href: filter.without(&[Key::Compare]).href(),
            }),
            live_href: (live.is_none() && input.state.before.is_none() && answer.is_some())
                .then(|| filter.with(Key::Live, "1").href()),
            live,
            actors_href: (!has_actor(&input.columns))
                .then(|| filter.with(Key::Columns, ACTOR_COLUMNS).href()),
            copies: input.whole.as_ref().map(copies).unwrap_or_default(),
            exports: if table.is_some() { exports(filter) } else { Vec::new() },
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

/// Links to the events of a kind, for the kinds that the search does not ask for yet.
fn flags(narrow: &Narrow<'_>) -> Vec<Value> {
    let kinds = [
        (Flag::Write, "Writes"),
        (Flag::Error, "Errors"),
        (Flag::Console, "Console"),
        (Flag::Root, "Root"),
    ];
    let link_of = |(flag, text): (Flag, &str)| {
        let term = format!("is:{}", flag.name());
        (!narrow.has(&term)).then(|| Value {
            text: text.to_owned(),
            href: Some(narrow.with(&term).href()),
            not_href: Some(narrow.with(&format!("-{term}")).href()),
            hint: format!("Only {term}; Alt-click filters out"),
            has_buttons: false,
        })
    };
    kinds.into_iter().filter_map(link_of).collect()
}

/// Links to the answer as a file.
fn exports(filter: &Filter) -> Vec<Value> {
    let limit = count(EXPORT_EVENTS_MAX);
    let formats = [
        ("ndjson", "NDJSON", "Records as delivered, one a line"),
        ("csv", "CSV", "The columns of the table"),
    ];
    let link_of = |(format, text, what): (&str, &str, &str)| Value {
        href: Some(filter.href_at(&format!("/export/{format}"))),
        hint: format!("{what}; at most the newest {limit} events"),
        ..link(text, String::new())
    };
    formats.into_iter().map(link_of).collect()
}

/// The search as a command and as a statement.
fn copies(query: &Query) -> Vec<CopyText> {
    let text = query.to_string();
    let dashes = if text.starts_with('-') { "-- " } else { "" };
    vec![
        CopyText { label: "CLI", text: format!("trailhound search {dashes}{}", shell_word(&text)) },
        CopyText {
            label: "SQL",
            text: visible(&format!(
                "SELECT * FROM events WHERE {} ORDER BY eventtime DESC LIMIT 50",
                query.to_sql()
            )),
        },
    ]
}

impl LiveLine {
    fn new(filter: &Filter, newest: &str) -> Self {
        Self {
            poll_href: super::history_live::poll_href(filter, newest),
            pause_href: filter.without(&[Key::Live]).href(),
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
    /// The conditions of the search, then the others.
    fn all(narrow: &Narrow<'_>) -> Vec<Self> {
        let filter = narrow.filter();
        let parts = narrow.pieces().iter().enumerate().map(|(at, piece)| Self {
            label: "",
            value: visible_start(piece, 80),
            remove_href: narrow.without(at).href(),
        });
        let is_chip = |key: Key| match key {
            Key::Search => narrow.pieces().is_empty(),
            Key::Compare | Key::Live => false,
            _ => true,
        };
        let others = filter.iter().filter(|(key, _)| is_chip(*key));
        parts.chain(others.map(|(key, value)| Self::new(filter, key, value))).collect()
    }

    fn new(filter: &Filter, key: Key, value: &str) -> Self {
        let shown = match key {
            Key::Range => range_text(value),
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
        let narrow = Narrow::new(filter);
        let rows = Row::all(
            &narrow,
            &Shown { columns: &input.columns, actors: &input.actors, has_account, has_region },
            &answer.events,
        );
        let shown = match (rows.len() as u64, &answer.next, &input.state.before) {
            (rows, Some(_), None) => format!("The newest {}", count_of(rows, "event", "events")),
            (rows, None, None) => count_of(rows, "event", "events"),
            (rows, _, Some(_)) => format!("{} older", count_of(rows, "event", "events")),
        };
        let summary = format!("{shown}. {}.", searched(answer));
        let older = |before| PageState { filter: filter.clone(), before: Some(before) }.href();
        Self {
            rows,
            columns: input.columns.iter().map(|column| visible_start(&column.name(), 60)).collect(),
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
        let chips = Chip::all(&Narrow::new(filter));
        let mut links: Vec<Value> = chips
            .iter()
            .map(|chip| {
                let text = format!("Drop {} {}", chip.label, chip.value).replace("  ", " ");
                link(&text, chip.remove_href.clone())
            })
            .collect();
        if links.len() > 1 {
            links.push(link("Show all events", Filter::default().href()));
        }
        let text = format!("{}.", input.answer.as_ref().map(searched).unwrap_or_default());
        Self { heading: "No event matches", text, command: None, links }
    }
}

/// A link with a plain text.
pub(super) fn link(text: &str, href: String) -> Value {
    Value { text: text.to_owned(), href: Some(href), ..Value::default() }
}

#[cfg(test)]
mod tests;
