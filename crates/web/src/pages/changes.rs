//! What changed before something broke: ranked, each change with its reasons.

use super::questions::search_link;
use super::resource::resource_href;
use super::value::{Value, event_href, time_machine, time_text};
use super::{AnswerPageError, Layout, blocking, page, parameter};
use crate::limits::{CHANGES_MAX, LINK_VALUE_BYTES_MAX, ROW_RESOURCES_MAX};
use crate::visible::{count, count_of, visible_start};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::changes::{Changes, ChangesQuery, RankedChange, parse_window};
use trailhound_app::lookup::search::{Query, TIME_ACCEPTED, parse_time};
use trailhound_record::{Event, Timestamp};
use url::form_urlencoded;

/// How far back to look when nothing is said.
const WINDOW: &str = "30m";
/// The longest text of a cell.
const CELL_CHARS_MAX: usize = 300;

/// The page.
#[derive(Debug, Template)]
#[template(path = "changes.html")]
struct ChangesPage {
    layout: Layout,
    form: Form,
    /// Why there is no answer.
    problems: Vec<String>,
    summary: Option<String>,
    changes: Vec<ChangeView>,
    /// What was counted and is not shown, leading to the events.
    hidden: Vec<Value>,
    /// The search for what was ranked.
    search: Option<Value>,
    notes: Vec<String>,
}

/// What is asked, as it was typed.
#[derive(Debug, Default)]
struct Form {
    at: String,
    window: String,
    near: String,
    scope: String,
}

/// One change.
#[derive(Debug)]
struct ChangeView {
    score: i64,
    time: String,
    event: Value,
    actor: Value,
    resources: Vec<Value>,
    resources_more: usize,
    source: String,
    region: String,
    /// Points with their sign, and why.
    reasons: Vec<(String, String)>,
}

/// `GET /changes?at=…&window=…&near=…&scope=…`: without any of them the form alone.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let query = query.unwrap_or_default();
    let value = |wanted: &str| parameter(&query, wanted).unwrap_or_default().trim().to_owned();
    let form = Form {
        at: value("at"),
        window: value("window"),
        near: value("near"),
        scope: value("scope"),
    };
    let mut shown = ChangesPage::new(form);
    if query.is_empty() {
        return page(StatusCode::OK, &shown);
    }
    let asked = match shown.form.asked() {
        Ok(asked) => asked,
        Err(problems) => {
            shown.problems = problems;
            return page(StatusCode::BAD_REQUEST, &shown);
        }
    };
    let found = blocking(move || app.changes(&asked)).await?;
    shown.fill(&found);
    page(StatusCode::OK, &shown)
}

/// Where the changes before `event` are; nothing when its time is not known.
pub(super) fn changes_href(event: &Event) -> Option<String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("at", &time_machine(event.event_time?)).append_pair("window", WINDOW);
    let listed = event.resources.first().map(|found| &found.resource_name);
    let near = listed.or(event.resource_ids.first());
    if let Some(near) = near.filter(|name| name.len() <= LINK_VALUE_BYTES_MAX) {
        query.append_pair("near", near);
    }
    Some(format!("/changes?{}", query.finish()))
}

impl Form {
    /// What the form asks for, or all that is wrong with it.
    fn asked(&self) -> Result<ChangesQuery, Vec<String>> {
        let now = trailhound_app::now();
        let mut problems = Vec::new();
        let said = |text: &str| visible_start(text, 100);
        let at = match self.at.as_str() {
            "" => Some(now),
            text => parse_time(text, now),
        };
        if at.is_none() {
            problems.push(format!("At: {} is no time: {TIME_ACCEPTED}.", said(&self.at)));
        }
        let window = parse_window(if self.window.is_empty() { WINDOW } else { &self.window });
        if window.is_none() {
            problems.push(format!(
                "Window: {} is no age; one is like 30m, 2h, 1h30m or 7d.",
                said(&self.window)
            ));
        }
        let scope = (!self.scope.is_empty()).then(|| Query::parse(&self.scope, now)).transpose();
        if let Err(error) = &scope {
            problems.push(format!("Scope: {error}."));
        }
        match (at, window, scope) {
            (Some(at), Some(window_micros), Ok(scope)) => Ok(ChangesQuery {
                at,
                window_micros,
                near: Some(self.near.clone()).filter(|near| !near.is_empty()),
                scope,
                limit: CHANGES_MAX,
            }),
            _ => Err(problems),
        }
    }
}

impl ChangesPage {
    fn new(form: Form) -> Self {
        Self {
            layout: Layout::new("Changes".to_owned()),
            form,
            problems: Vec::new(),
            summary: None,
            changes: Vec::new(),
            hidden: Vec::new(),
            search: None,
            notes: Vec::new(),
        }
    }

    fn fill(&mut self, found: &Changes) {
        let (start, end) = found.range;
        let time = |at: Timestamp| time_text(at);
        let more = if found.is_cut { "more than " } else { "" };
        self.summary = Some(format!(
            "{} of {more}{} from {} until {} UTC.",
            count(found.ranked.len() as u64),
            count_of(found.changes, "change", "changes"),
            time(start),
            time(end),
        ));
        self.changes = found.ranked.iter().map(ChangeView::new).collect();
        let searches = &found.searches;
        let hidden = |text: String, search: &str| Value {
            text,
            hint: visible_start(search, 300),
            ..search_link(search)
        };
        self.hidden = vec![
            hidden(
                format!("at most {}", count_of(found.reads_hidden, "read", "reads")),
                &searches.reads,
            ),
            hidden(
                count_of(found.failed_hidden, "failed write", "failed writes"),
                &searches.failed,
            ),
            hidden(
                count_of(found.noise_hidden, "routine write", "routine writes"),
                &searches.noise,
            ),
        ];
        self.search = Some(search_link(&searches.changes));
        self.notes = notes(found, &self.form.near);
    }
}

/// What else is worth knowing.
fn notes(found: &Changes, near: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if found.is_cut {
        notes.push(
            "More changes match than can be ranked: a shorter window or a scope looks at the rest."
                .to_owned(),
        );
    }
    if !near.is_empty() {
        notes.push(format!(
            "{} known within three steps of {}.",
            count_of(found.related as u64, "resource", "resources"),
            visible_start(near, 200)
        ));
    }
    let unreadable = found.coverage.unreadable.len() as u64;
    if unreadable > 0 {
        notes.push(format!(
            "The answer is partial: {} could not be read.",
            count_of(unreadable, "segment", "segments")
        ));
    }
    notes
}

impl ChangeView {
    fn new(change: &RankedChange) -> Self {
        let event = &change.event;
        let short = |text: &Option<String>| {
            visible_start(text.as_deref().unwrap_or_default(), CELL_CHARS_MAX)
        };
        let resource = |name: &str| Value {
            text: visible_start(name, CELL_CHARS_MAX),
            href: (name.len() <= LINK_VALUE_BYTES_MAX).then(|| resource_href(name)),
            hint: "Every change of it, before and after".to_owned(),
            ..Value::default()
        };
        let href = event.event_id.as_deref().and_then(event_href);
        let text = |reason: &trailhound_app::changes::Reason| {
            (format!("{:+}", reason.points), visible_start(&reason.text, CELL_CHARS_MAX))
        };
        Self {
            score: change.score,
            time: event.event_time.map(time_text).unwrap_or_default(),
            event: Value { text: short(&event.event_name), href: href.clone(), ..Value::default() },
            actor: Value {
                text: visible_start(&change.attribution.short(), CELL_CHARS_MAX),
                href: href.map(|href| format!("{href}#who")),
                hint: "How that is known".to_owned(),
                ..Value::default()
            },
            resources: event
                .resources
                .iter()
                .take(ROW_RESOURCES_MAX)
                .map(|found| resource(&found.resource_name))
                .collect(),
            resources_more: event.resources.len().saturating_sub(ROW_RESOURCES_MAX),
            source: short(&event.source_ip_address),
            region: short(&event.aws_region),
            reasons: change.reasons.iter().map(text).collect(),
        }
    }
}
