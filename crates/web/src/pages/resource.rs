//! The history of a resource: what touched it, before and after, who did it, what lies near.

use super::incident::incident_href;
use super::state_view::{NowView, StateForm, StateView};
use super::undo::undo_href;
use super::value::{Value, event_href, time_text};
use super::{AnswerPageError, Layout, blocking, fragment, page, parameter};
use crate::limits::VALUE_CHARS_MAX;
use crate::visible::{count_of, visible_start};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::history::{Entry, HistoryQuery, Kind, Related, ResourceHistory};
use url::form_urlencoded;

/// How many events of a resource a page tells.
const EVENTS_MAX: usize = 200;
/// How far what lies near is followed.
const HOPS: usize = 1;

/// The page.
#[derive(Debug, Template)]
#[template(path = "resource.html")]
struct ResourcePage {
    layout: Layout,
    resource: String,
    /// Where a path from it is asked about.
    incident_href: Option<String>,
    /// Its type, and other types of the same name.
    about: Option<String>,
    others: Vec<Value>,
    has_reads: bool,
    steps: Vec<StepView>,
    /// Events that changed nothing here.
    quiet: Vec<StepView>,
    quiet_summary: String,
    related: Vec<Value>,
    summary: Option<String>,
    problem: Option<String>,
    /// What is wrong with a time that was asked for.
    time_problems: Vec<String>,
    state: StatePart,
}

/// The part of the page that tells the state.
#[derive(Debug)]
enum StatePart {
    /// Nothing was asked.
    Absent,
    /// It is loaded once the page is shown: it takes a replay.
    Later { part_href: String, href: String },
    /// A time was asked for.
    Told(Box<StateView>),
}

/// One event.
#[derive(Debug)]
struct StepView {
    time: String,
    kind: &'static str,
    event: Value,
    actor: String,
    source: String,
    error: String,
    undo_href: Option<String>,
    changes: Vec<[String; 3]>,
    /// What a call was about that changed another resource, or nothing.
    about: Vec<String>,
}

/// `GET /resource?name=…`, with `type=` where a name is ambiguous and `reads=1` for reads too; with `at=`, or
/// `from=` and `to=`, it tells the state at once.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let query = query.unwrap_or_default();
    let value = |wanted: &str| {
        let found = parameter(&query, wanted);
        found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let Some(resource) = value("name") else {
        return page(StatusCode::OK, &ResourcePage::empty());
    };
    let has_reads = value("reads").is_some();
    let asked = HistoryQuery {
        resource: resource.clone(),
        resource_type: value("type"),
        account_id: value("account"),
        has_reads,
        limit: EVENTS_MAX,
        hops: HOPS,
        ..HistoryQuery::default()
    };
    let form = StateForm::new(&query);
    let times = form.asked();
    let times_asked = times.as_ref().ok().filter(|_| form.is_timed()).cloned();
    let (found, moments) = blocking(move || {
        let moments = times_asked.map(|asked| app.moments(&asked).map(|found| (asked, found)));
        Ok((app.history(&asked)?, moments.transpose()?))
    })
    .await?;
    let mut shown = ResourcePage::new(&resource, has_reads, &found);
    shown.state = match moments {
        Some((asked, found)) => StatePart::Told(Box::new(StateView::new(form, &asked, &found))),
        None => StatePart::Later { part_href: form.part_href(), href: form.now_href() },
    };
    let mut status = StatusCode::OK;
    if let Err(problems) = times {
        (status, shown.time_problems) = (StatusCode::BAD_REQUEST, problems);
    }
    page(status, &shown)
}

/// `GET /resource/state?name=…`: the part of the page that tells the newest state.
pub(crate) async fn answer_state(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let form = StateForm::new(&query.unwrap_or_default());
    let Ok(asked) = form.asked() else { return Ok(StatusCode::BAD_REQUEST.into_response()) };
    let (asked, found) = blocking(move || app.moments(&asked).map(|found| (asked, found))).await?;
    fragment(&StateView::new(form, &asked, &found))
}

/// `GET /resource/now?name=…&at=…`: the state at a moment.
pub(crate) async fn answer_now(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let form = StateForm::new(&query.unwrap_or_default());
    let Ok(asked) = form.asked() else { return Ok(StatusCode::BAD_REQUEST.into_response()) };
    let (asked, found) = blocking(move || app.moments(&asked).map(|found| (asked, found))).await?;
    fragment(&NowView::of(&form, &asked, &found))
}

/// Where the history of a resource is.
pub(super) fn resource_href(name: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("name", name);
    format!("/resource?{}", query.finish())
}

impl ResourcePage {
    fn empty() -> Self {
        Self {
            layout: Layout::new("Resource".to_owned()),
            resource: String::new(),
            incident_href: None,
            about: None,
            others: Vec::new(),
            has_reads: false,
            steps: Vec::new(),
            quiet: Vec::new(),
            quiet_summary: String::new(),
            related: Vec::new(),
            summary: None,
            problem: None,
            time_problems: Vec::new(),
            state: StatePart::Absent,
        }
    }

    fn new(resource: &str, has_reads: bool, found: &ResourceHistory) -> Self {
        let others = found.other_types.iter().map(|(kind, events)| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("name", resource).append_pair("type", kind);
            Value {
                text: format!("{} ({events})", visible_start(kind, 100)),
                href: Some(format!("/resource?{}", query.finish())),
                ..Value::default()
            }
        });
        let accounts = found.other_accounts.iter().map(|(account, events)| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("name", resource).append_pair("account", account);
            Value {
                text: format!("account {} ({events})", visible_start(account, 100)),
                href: Some(format!("/resource?{}", query.finish())),
                ..Value::default()
            }
        });
        let others = others.chain(accounts);
        let (loud, quiet): (Vec<&Entry>, Vec<&Entry>) =
            found.entries.iter().partition(|entry| is_loud(entry));
        // The newest is what one looks for first.
        let views =
            |entries: &[&Entry]| entries.iter().rev().map(|entry| StepView::new(entry)).collect();
        let is_empty = found.entries.is_empty() && found.reads_hidden == 0;
        Self {
            layout: Layout::new(visible_start(resource, 100)),
            resource: resource.to_owned(),
            incident_href: incident_href(resource),
            about: found.resource_type.as_deref().map(|kind| visible_start(kind, 100)),
            others: others.collect(),
            has_reads,
            steps: views(&loud),
            quiet_summary: format!(
                "{} that changed nothing here",
                count_of(quiet.len() as u64, "event", "events")
            ),
            quiet: views(&quiet),
            related: found.related.iter().map(related_link).collect(),
            summary: Some(summary(found)),
            problem: is_empty.then(|| {
                format!(
                    "No event names {}. Names match exactly; the search on Event history finds parts.",
                    visible_start(resource, 200)
                )
            }),
            time_problems: Vec::new(),
            state: StatePart::Absent,
        }
    }
}

fn summary(found: &ResourceHistory) -> String {
    let failed = found.entries.iter().filter(|entry| entry.step.kind == Kind::Failed).count();
    let mut text = format!(
        "{}, {failed} of them failed; at most {} not shown.",
        count_of(found.entries.len() as u64, "event", "events"),
        count_of(found.reads_hidden, "read", "reads"),
    );
    if found.is_cut {
        text.push_str(" Older events are not shown; `trailhound history --limit all` tells them.");
    }
    if !found.coverage.unreadable.is_empty() {
        text.push_str(" The answer is partial: a segment could not be read.");
    }
    text
}

fn related_link(related: &Related) -> Value {
    let kind = related.resource_type.as_deref().unwrap_or_default();
    Value {
        text: visible_start(&format!("{} {kind}", related.resource), VALUE_CHARS_MAX),
        href: Some(resource_href(&related.resource)),
        hint: format!("Named together in {}", count_of(related.events, "event", "events")),
        ..Value::default()
    }
}

/// Whether an event changed the resource, or tried to.
fn is_loud(entry: &Entry) -> bool {
    let has_change = entry.step.changes.iter().any(trailhound_app::history::Change::is_real);
    has_change || matches!(entry.step.kind, Kind::Create | Kind::Delete | Kind::Failed)
}

/// Whether an event may have changed something, here or elsewhere.
fn is_write(entry: &Entry) -> bool {
    !matches!(entry.step.kind, Kind::Read | Kind::Failed)
        && entry.event.read_only != Some(true)
        && !entry.event.has_failed()
}

/// What an event was about that changed nothing here.
fn about(entry: &Entry) -> Vec<String> {
    let same = entry.step.changes.iter().filter(|change| !change.is_real()).count() as u64;
    let same = (same > 0 && !is_loud(entry))
        .then(|| format!("{} set to what it was", count_of(same, "property", "properties")));
    let texts = entry.about.iter().map(|text| visible_start(text, VALUE_CHARS_MAX));
    texts.chain(same).collect()
}

impl StepView {
    fn new(entry: &Entry) -> Self {
        let event = &entry.event;
        let short = |text: &Option<String>| visible_start(text.as_deref().unwrap_or_default(), 200);
        let changes = entry.step.changes.iter().filter(|change| change.is_real());
        Self {
            time: event.event_time.map(time_text).unwrap_or_default(),
            kind: match entry.step.kind {
                Kind::Create => "create",
                Kind::Change => "change",
                Kind::Delete => "delete",
                Kind::Touch => "touch",
                Kind::Read => "read",
                Kind::Failed => "failed",
            },
            event: Value {
                text: short(&event.event_name),
                href: event.event_id.as_deref().and_then(event_href),
                ..Value::default()
            },
            actor: visible_start(&entry.attribution.line(), 300),
            source: short(&event.source_ip_address),
            error: short(&event.error_code),
            undo_href: is_write(entry)
                .then(|| event.event_id.as_deref().and_then(undo_href))
                .flatten(),
            about: about(entry),
            changes: changes
                .map(|change| {
                    [&change.path, &change.before_text(), &change.after_text()]
                        .map(|text| visible_start(text, VALUE_CHARS_MAX))
                })
                .collect(),
        }
    }
}
