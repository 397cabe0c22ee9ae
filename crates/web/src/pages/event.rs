//! One event: who, what, when, from where, to what, and the record itself.

use super::event_actor::ActorView;
use super::event_facts::{Section, TreeView, sections, trees};
use super::value::{
    CopyText, Value, event_href, event_href_in, event_title, record_text, shell_word, time_machine,
    time_text,
};
use super::{AnswerPageError, Layout, blocking, message, page};
use crate::filter::{Filter, Key, Narrow, parse_query, term};
use crate::json::{Node, indent};
use crate::limits::{BODIES_MAX, EVENT_RESOURCES_MAX, LINK_VALUE_BYTES_MAX, RECORD_CHARS_MAX};
use crate::visible::{count_of, visible, visible_json, visible_start};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::count::Facet;
use trailhound_app::lookup::search::SearchField;
use trailhound_record::time::MICROS_PER_SECOND;
use trailhound_record::{Event, Timestamp};
use url::form_urlencoded;

/// `GET /events/{event_id}`. The filter in the query string is the answer that it was opened from.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Path(event_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let filter = parse_query(query.as_deref().unwrap_or_default()).state.filter;
    let asked = event_id.clone();
    let events = blocking(move || {
        let mut tracer = app.tracer()?;
        let mut events = app.events_by_id(&asked)?;
        let bodies: Vec<_> = events.drain(..events.len().min(BODIES_MAX + 1)).collect();
        Ok(bodies
            .into_iter()
            .map(|event| {
                let actor = ActorView::new(&tracer.attribute(&event));
                (event, actor)
            })
            .collect::<Vec<_>>())
    })
    .await?;
    if events.is_empty() {
        return Ok(not_stored(&event_id));
    }
    page(StatusCode::OK, &EventPage::new(&filter, &event_id, events))
}

/// `GET /events/{event_id}/older`: leads to the next event of the answer.
pub(crate) async fn answer_older(
    State(app): State<Arc<App>>,
    Path(event_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    step(app, event_id, query, Step::Older).await
}

/// `GET /events/{event_id}/newer`: leads to the previous event of the answer.
pub(crate) async fn answer_newer(
    State(app): State<Arc<App>>,
    Path(event_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    step(app, event_id, query, Step::Newer).await
}

/// Which way to go in the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Older,
    Newer,
}

async fn step(
    app: Arc<App>,
    event_id: String,
    query: Option<String>,
    step: Step,
) -> Result<Response, AnswerPageError> {
    let filter = parse_query(query.as_deref().unwrap_or_default()).state.filter;
    let (asked_filter, asked_id) = (filter.clone(), event_id.clone());
    let found = blocking(move || {
        let (now, newest) = (trailhound_app::now(), app.stats()?.newest);
        let Ok(asked) = asked_filter.asked(now, newest) else { return Ok(None) };
        let Some(position) = app.position_of(&asked_id)? else { return Ok(None) };
        match step {
            Step::Newer => app.next_newer(&asked.lookup(), &position),
            Step::Older => Ok(app.lookup(&asked.lookup(), Some(&position), 1)?.events.pop()),
        }
    })
    .await?;
    let href = found.and_then(|event| event_href_in(&filter, event.event_id.as_deref()?));
    Ok(match href {
        Some(href) => Redirect::to(&href).into_response(),
        None => message::not_found(
            match step {
                Step::Newer => "That was the newest event of the answer.",
                Step::Older => "That was the oldest event of the answer.",
            }
            .to_owned(),
        ),
    })
}

/// `GET /events/{event_id}/raw?body=N`: the record, byte for byte.
pub(crate) async fn answer_raw(
    State(app): State<Arc<App>>,
    Path(event_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let body = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "body")
        .map_or(Ok(0), |(_, number)| number.parse::<usize>());
    let asked = event_id.clone();
    let mut events = blocking(move || app.events_by_id(&asked)).await?;
    match body {
        Ok(body) if body < events.len() => Ok((
            [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"cloudtrail-record.json\""),
            ],
            events.swap_remove(body).raw,
        )
            .into_response()),
        _ => Ok(not_stored(&event_id)),
    }
}

fn not_stored(event_id: &str) -> Response {
    message::not_found(format!(
        "The store holds no event with the ID {}. It may not have been imported, or retention \
         dropped it.",
        visible_start(event_id, 200)
    ))
}

/// The page: every body under one event id.
#[derive(Debug, Template)]
#[template(path = "event.html")]
struct EventPage {
    layout: Layout,
    /// The answer that the event is a part of.
    back_href: String,
    older_href: Option<String>,
    newer_href: Option<String>,
    /// Where another event is chosen, to compare.
    compare_href: String,
    /// Said when there is more than one body.
    several: Option<String>,
    bodies: Vec<Body>,
}

/// One record.
#[derive(Debug)]
struct Body {
    number: usize,
    title: String,
    sentence: String,
    tags: Vec<Tag>,
    error: Option<String>,
    related: Vec<Value>,
    actor: ActorView,
    sections: Vec<Section>,
    resources: Vec<ResourceRow>,
    resources_more: usize,
    trees: Vec<TreeView>,
    copies: Vec<CopyText>,
    record: RecordView,
}

/// A word that stands out.
#[derive(Debug)]
struct Tag {
    class: &'static str,
    text: String,
}

/// A resource that the event names.
#[derive(Debug)]
struct ResourceRow {
    resource_type: Option<Value>,
    resource_name: Value,
    /// Where its history is.
    history_href: Option<String>,
}

/// The record as text.
#[derive(Debug)]
struct RecordView {
    indented: String,
    verbatim: String,
    /// Characters that are shown as escapes.
    hidden: usize,
    is_cut: bool,
    bytes: String,
    href: Option<String>,
}

impl EventPage {
    fn new(filter: &Filter, event_id: &str, events: Vec<(Event, ActorView)>) -> Self {
        let several = (events.len() > 1).then(|| {
            let (count, shown) = match events.len() {
                all if all > BODIES_MAX => (
                    format!("More than {BODIES_MAX} records"),
                    format!(" The first {BODIES_MAX} are shown."),
                ),
                all => (count_of(all as u64, "record", "records"), String::new()),
            };
            format!(
                "{count} have the event ID {}. AWS gives every event an ID of its own: a different record \
                 under a known one is a conflict, and all are kept.{shown}",
                visible_start(event_id, 100),
            )
        });
        let title = events.first().map(|(event, _)| event_title(event)).unwrap_or_default();
        let narrow = Narrow::new(filter);
        let path = event_href(event_id);
        let step = |to: &str| path.as_deref().map(|path| filter.href_at(&format!("{path}/{to}")));
        Self {
            layout: Layout::new(title),
            back_href: filter.href(),
            older_href: step("older"),
            newer_href: step("newer"),
            compare_href: filter.with(Key::Compare, event_id).href(),
            several,
            bodies: events
                .into_iter()
                .take(BODIES_MAX)
                .enumerate()
                .map(|(number, (event, actor))| Body::new(&narrow, event_id, number, &event, actor))
                .collect(),
        }
    }
}

impl Body {
    fn new(
        narrow: &Narrow<'_>,
        event_id: &str,
        number: usize,
        event: &Event,
        actor: ActorView,
    ) -> Self {
        let record = record_text(event);
        let node = Node::parse(&record);
        Self {
            number,
            title: event_title(event),
            sentence: sentence(event),
            tags: tags(event),
            error: event.has_failed().then(|| {
                let parts = [&event.error_code, &event.error_message];
                let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
                visible_start(&parts.join(": "), 2_000)
            }),
            related: related(event),
            actor,
            sections: sections(narrow, event, &node),
            resources: resources(narrow, event),
            resources_more: (event.resources.len() + event.resource_ids.len())
                .saturating_sub(EVENT_RESOURCES_MAX),
            trees: trees(narrow, &node),
            copies: copies(event_id),
            record: RecordView::new(event_id, number, &record),
        }
    }
}

/// The event in one sentence.
fn sentence(event: &Event) -> String {
    let text = |value: &Option<String>, absent: &str| {
        visible_start(value.as_deref().filter(|text| !text.is_empty()).unwrap_or(absent), 200)
    };
    let who = match (&event.username, &event.user_identity_type) {
        (Some(username), _) => visible_start(username, 200),
        (None, Some(kind)) => format!("{} (no user name)", visible_start(kind, 60)),
        (None, None) => "Someone the record does not name".to_owned(),
    };
    let verb = if event.has_failed() { "tried to call" } else { "called" };
    format!(
        "{who} {verb} {} of {} from {}, {}.",
        text(&event.event_name, "an event without a name"),
        text(&event.event_source, "a service the record does not name"),
        text(&event.source_ip_address, "an address the record does not name"),
        match event.event_time {
            Some(at) => format!("{} UTC", time_text(at)),
            None => "at a time that is not readable".to_owned(),
        },
    )
}

fn tags(event: &Event) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut tag = |class, text: String| tags.push(Tag { class, text });
    match event.read_only {
        Some(true) => tag("read", "Read".to_owned()),
        Some(false) => tag("write", "Write".to_owned()),
        None => tag("read", "Read or write: not stated".to_owned()),
    }
    if event.has_failed() {
        tag("error", "Failed".to_owned());
    }
    if event.is_insight {
        tag("read", "Insights".to_owned());
    }
    if event.conflict > 0 {
        tag("error", format!("Conflict {}", event.conflict));
    }
    tags
}

/// Links to events that have something in common with this one, at any time and near it.
fn related(event: &Event) -> Vec<Value> {
    let mut links = Vec::new();
    let near = |filter: Filter| {
        let at = event.event_time?;
        let shifted = |minutes: i64| {
            time_machine(Timestamp(at.0.saturating_add(minutes * 60 * MICROS_PER_SECOND)))
        };
        Some(filter.with(Key::From, &shifted(-5)).with(Key::Until, &shifted(5)).href())
    };
    let mut same = |label: &str, field: SearchField, value: Option<&str>, is_near: bool| {
        let fits = |value: &&str| !value.is_empty() && value.len() <= LINK_VALUE_BYTES_MAX;
        let Some(value) = value.filter(fits) else { return };
        let filter = Filter::default().with(Key::Search, &term(&Facet::Field(field), value));
        let mut link = |text: String, href: Option<String>, when: &str| {
            let hint = format!("Every event{when} with {}: {}", field.name(), visible(value));
            links.extend(href.map(|href| Value {
                text,
                href: Some(href),
                hint,
                ..Value::default()
            }));
        };
        link(label.to_owned(), Some(filter.href()), "");
        if is_near {
            link(format!("{label} ±5 min"), near(filter), " within five minutes");
        }
    };
    same("Same user", SearchField::User, event.username.as_deref(), true);
    same("Same access key", SearchField::Key, event.access_key_id.as_deref(), false);
    same("Same source IP", SearchField::Ip, event.source_ip_address.as_deref(), false);
    let resource = event.resources.first().map(|found| found.resource_name.as_str());
    let resource = resource.or(event.resource_ids.first().map(String::as_str));
    same("Same resource", SearchField::Resource, resource, true);
    let history = resource.filter(|name| name.len() <= LINK_VALUE_BYTES_MAX);
    same("Same event name", SearchField::Event, event.event_name.as_deref(), false);
    links.extend(history.map(|name| Value {
        text: "History of the resource".to_owned(),
        href: Some(super::resource::resource_href(name)),
        hint: format!("Every change of {}, before and after", visible(name)),
        ..Value::default()
    }));
    links.extend(super::changes::changes_href(event).map(|href| Value {
        text: "What changed before".to_owned(),
        href: Some(href),
        hint: "The changes of the half hour up to this event, ranked".to_owned(),
        ..Value::default()
    }));
    let is_write = event.read_only != Some(true) && !event.has_failed();
    let undo = event.event_id.as_deref().filter(|_| is_write).and_then(super::undo::undo_href);
    links.extend(undo.map(|href| Value {
        text: "Undo…".to_owned(),
        href: Some(href),
        hint: "The plan to take it back; nothing is run".to_owned(),
        ..Value::default()
    }));
    links.extend(near(Filter::default()).map(|href| Value {
        text: "5 minutes before and after".to_owned(),
        href: Some(href),
        hint: "Every event around this one".to_owned(),
        ..Value::default()
    }));
    links
}

/// The event as commands and as SQL.
fn copies(event_id: &str) -> Vec<CopyText> {
    if event_id.len() > LINK_VALUE_BYTES_MAX {
        return Vec::new();
    }
    let by_id = term(&Facet::Field(SearchField::Id), event_id);
    let attribute = format!("AttributeKey=EventId,AttributeValue={event_id}");
    vec![
        CopyText {
            label: "CLI",
            text: format!("trailhound search {} --output json", shell_word(&by_id)),
        },
        CopyText {
            label: "AWS CLI",
            text: format!(
                "aws cloudtrail lookup-events --lookup-attributes {}",
                shell_word(&attribute)
            ),
        },
        CopyText {
            label: "SQL",
            text: visible(&format!(
                "SELECT * FROM events WHERE eventid = '{}'",
                event_id.replace('\'', "''")
            )),
        },
    ]
}

/// The resources as AWS lists them, then every other id that the record names.
fn resources(narrow: &Narrow<'_>, event: &Event) -> Vec<ResourceRow> {
    let named = |name: &str| Value::linked(narrow, &Facet::Field(SearchField::Resource), name);
    let history = |name: &str| {
        let fits = name.len() <= LINK_VALUE_BYTES_MAX;
        fits.then(|| super::resource::resource_href(name))
    };
    let typed = |kind: &str| Value::linked(narrow, &Facet::Field(SearchField::Type), kind);
    let listed = event.resources.iter().map(|found| ResourceRow {
        resource_type: found.resource_type.as_deref().map(typed),
        resource_name: named(&found.resource_name),
        history_href: history(&found.resource_name),
    });
    let is_listed = |id: &str| event.resources.iter().any(|found| found.resource_name == id);
    let others = event.resource_ids.iter().filter(|id| !is_listed(id)).map(|id| ResourceRow {
        resource_type: None,
        resource_name: named(id),
        history_href: history(id),
    });
    listed.chain(others).take(EVENT_RESOURCES_MAX).collect()
}

impl RecordView {
    fn new(event_id: &str, number: usize, record: &str) -> Self {
        let start = |text: &str| text.chars().take(RECORD_CHARS_MAX).collect::<String>();
        let is_cut = record.chars().nth(RECORD_CHARS_MAX).is_some();
        let (verbatim, hidden) = visible_json(&start(record));
        Self {
            indented: visible_json(&indent(&start(record))).0,
            verbatim,
            hidden,
            is_cut,
            bytes: count_of(record.len() as u64, "byte", "bytes"),
            href: event_href(event_id).map(|href| format!("{href}/raw?body={number}")),
        }
    }
}

#[cfg(test)]
mod tests;
