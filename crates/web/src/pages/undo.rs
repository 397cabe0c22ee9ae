//! The way back from events: the plan, to read and to copy. Nothing is run from here.

use super::plan::{Form, PlanView};
use super::value::event_href;
use super::{AnswerPageError, Layout, blocking, page, parameter};
use crate::limits::{LINK_VALUE_BYTES_MAX, UNDO_EVENTS_MAX};
use crate::visible::{count_of, visible_start};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::undo::{Options, Undo, UndoQuery};
use url::form_urlencoded;

/// The page.
#[derive(Debug, Template)]
#[template(path = "undo.html")]
struct UndoPage {
    layout: Layout,
    events: Vec<String>,
    options: Options,
    form: Form,
    problems: Vec<String>,
    tabs: Vec<Tab>,
    plan: Option<PlanView>,
    notes: Vec<String>,
}

/// A way to write the plan.
#[derive(Debug)]
struct Tab {
    title: &'static str,
    href: String,
    is_current: bool,
}

/// `GET /undo?event=…`, several `event=` and `as=`, `overwrite=1`, `containment=1`; without an event the form.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let query = query.unwrap_or_default();
    let named = |wanted: &str| parameter(&query, wanted).filter(|text| !text.is_empty());
    let mut events: Vec<String> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "event")
        .map(|(_, value)| value.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    events.dedup();
    let options = Options {
        overwrite_later_changes: named("overwrite").is_some(),
        undo_containment: named("containment").is_some(),
    };
    let form = named("as").map_or(Some(Form::Script), |name| Form::parse(&name));
    let mut shown = UndoPage::new(events, options, form.unwrap_or(Form::Script));
    if form.is_none() {
        shown.problems.push("as: one of script, boto3, json, terraform.".to_owned());
    }
    if shown.events.len() > UNDO_EVENTS_MAX {
        shown.problems.push(format!(
            "A page plans for at most {}; `trailhound undo` takes more.",
            count_of(UNDO_EVENTS_MAX as u64, "event", "events")
        ));
    }
    if !shown.problems.is_empty() {
        return page(StatusCode::BAD_REQUEST, &shown);
    }
    if shown.events.is_empty() {
        return page(StatusCode::OK, &shown);
    }
    let asked = UndoQuery { events: shown.events.clone(), options, ..UndoQuery::default() };
    let found = blocking(move || app.undo(&asked)).await?;
    shown.fill(&found);
    let status = if found.events.is_empty() && found.changed_nothing.is_empty() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    page(status, &shown)
}

/// Where the plan for an event is; nothing for an id that cannot stand in an address.
pub(super) fn undo_href(event_id: &str) -> Option<String> {
    event_href(event_id)?;
    Some(address(&[event_id.to_owned()], Options::default(), Form::Script))
}

fn address(events: &[String], options: Options, form: Form) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for event in events.iter().filter(|event| event.len() <= LINK_VALUE_BYTES_MAX) {
        query.append_pair("event", event);
    }
    if options.overwrite_later_changes {
        query.append_pair("overwrite", "1");
    }
    if options.undo_containment {
        query.append_pair("containment", "1");
    }
    if form != Form::Script {
        query.append_pair("as", form.name());
    }
    format!("/undo?{}", query.finish())
}

impl UndoPage {
    fn new(events: Vec<String>, options: Options, form: Form) -> Self {
        let tab = |other: Form| Tab {
            title: other.title(),
            href: address(&events, options, other),
            is_current: other == form,
        };
        Self {
            layout: Layout::new("Undo".to_owned()),
            tabs: Form::ALL.into_iter().map(tab).collect(),
            events,
            options,
            form,
            problems: Vec::new(),
            plan: None,
            notes: Vec::new(),
        }
    }

    fn fill(&mut self, found: &Undo) {
        let list = |ids: &[String]| {
            let shown: Vec<String> = ids.iter().map(|id| visible_start(id, 100)).collect();
            shown.join(", ")
        };
        if !found.missing.is_empty() {
            self.problems.push(format!("No event has the id {}.", list(&found.missing)));
        }
        if !found.changed_nothing.is_empty() {
            self.problems.push(format!(
                "There is nothing to take back from {}: it failed or only read.",
                list(&found.changed_nothing)
            ));
        }
        if found.accounts.len() > 1 {
            self.problems.push(format!(
                "The events are of several accounts ({}): one set of credentials calls in one. Plan for each alone.",
                list(&found.accounts)
            ));
        }
        self.plan = (!found.plan.events.is_empty()).then(|| PlanView::new(&found.plan, self.form));
        self.notes.push(format!("{} replayed.", count_of(found.events_read, "event", "events")));
        if !found.coverage.unreadable.is_empty() {
            self.notes.push(
                "The answer is partial: a segment could not be read, so values may be older than they seem."
                    .to_owned(),
            );
        }
    }
}
