//! `GET /api/v1/who`, `/api/v1/history`, `/api/v1/changes` and `/api/v1/questions/{name}`: who and why, as JSON.
//!
//! `who` takes `subject` (an event id, an access key or an ARN). `history` takes `resource`, and may have
//! `type`, `account`, `reads=true`, `related` (steps, 0 to 4), `limit`, `since` and `until`. `changes`
//! takes `at` (default: now), `window` (an age, default 30m), `near`, `scope` (a search) and `limit`. A question
//! takes its own parameters, `limit`, `since` and `until`. Times are as in `/api/v1/events`.

use crate::limits::{NATIVE_LIMIT_DEFAULT, NATIVE_LIMIT_MAX};
use crate::native::{INSTANT, NativeError, expect_value, instant, respond};
use crate::state::ApiState;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use trailhound_app::changes::{ChangesQuery, parse_window};
use trailhound_app::history::HistoryQuery;
use trailhound_app::lookup::search::{Query as Search, TimeRange};
use trailhound_app::questions::{NameQuestionError, Question};
use trailhound_app::who::Subject;

/// How far back `changes` looks when nothing is said, and how else that is said.
const WINDOW_DEFAULT: &str = "30m";
const WINDOW_TAKEN: &str = "an age like 30m, 2h, 1h30m or 7d";
/// How far `related` goes at most.
const HOPS_MAX: usize = 4;

pub(crate) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The parameters of a request.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn of(pairs: Pairs) -> Result<Self, NativeError> {
        Ok(Self(pairs?.0))
    }

    pub(crate) fn text(&self, wanted: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    }

    pub(crate) fn must(&self, name: &'static str) -> Result<String, NativeError> {
        let found = self.text(name).filter(|value| !value.trim().is_empty());
        found.ok_or(NativeError::BadValue { name, value: String::new(), takes: "a text" })
    }

    fn limit(&self) -> Result<usize, NativeError> {
        let Some(value) = self.text("limit") else { return Ok(NATIVE_LIMIT_DEFAULT) };
        let limit = value.parse().ok().filter(|limit| (1..=NATIVE_LIMIT_MAX).contains(limit));
        expect_value(limit, "limit", &value, "a number from 1 to 1000")
    }

    fn range(&self) -> Result<TimeRange, NativeError> {
        let time = |name: &'static str| match self.text(name) {
            None => Ok(None),
            Some(value) => expect_value(instant(&value), name, &value, INSTANT).map(Some),
        };
        Ok(TimeRange { start: time("since")?, end: time("until")? })
    }
}

/// Answers who is behind a subject.
pub(crate) async fn who(State(state): State<Arc<ApiState>>, pairs: Pairs) -> Response {
    respond(answer_who(&state, pairs).await)
}

async fn answer_who(state: &ApiState, pairs: Pairs) -> Result<Vec<u8>, NativeError> {
    let subject = Subject::of(&Parameters::of(pairs)?.must("subject")?);
    let answer = state.call(move |app| app.who(&subject)).await??;
    Ok(serde_json::to_vec(&json!({
        "found": answer.found,
        "is_cut": answer.is_cut,
        "unreadable": answer.unreadable,
    }))?)
}

/// Answers the history of a resource.
pub(crate) async fn history(State(state): State<Arc<ApiState>>, pairs: Pairs) -> Response {
    respond(answer_history(&state, pairs).await)
}

async fn answer_history(state: &ApiState, pairs: Pairs) -> Result<Vec<u8>, NativeError> {
    let given = Parameters::of(pairs)?;
    let hops = given.text("related").unwrap_or_else(|| "0".to_owned());
    let steps = hops.parse().ok().filter(|steps| *steps <= HOPS_MAX);
    let range = given.range()?;
    let query = HistoryQuery {
        resource: given.must("resource")?,
        resource_type: given.text("type"),
        account_id: given.text("account"),
        start: range.start,
        end: range.end,
        has_reads: given.text("reads").as_deref() == Some("true"),
        limit: given.limit()?,
        hops: expect_value(steps, "related", &hops, "a number from 0 to 4")?,
    };
    let found = state.call(move |app| app.history(&query)).await??;
    Ok(serde_json::to_vec(&found.json())?)
}

/// Answers what changed before something broke.
pub(crate) async fn changes(State(state): State<Arc<ApiState>>, pairs: Pairs) -> Response {
    respond(answer_changes(&state, pairs).await)
}

async fn answer_changes(state: &ApiState, pairs: Pairs) -> Result<Vec<u8>, NativeError> {
    let given = Parameters::of(pairs)?;
    let asked = trailhound_app::now();
    let at = match given.text("at") {
        None => asked,
        Some(value) => expect_value(instant(&value), "at", &value, INSTANT)?,
    };
    let window = given.text("window").unwrap_or_else(|| WINDOW_DEFAULT.to_owned());
    let scope = given.text("scope").map(|scope| Search::parse(&scope, asked)).transpose();
    let scope = scope.map_err(|error| NativeError::BadSearch {
        at: error.span.start,
        reason: error.reason.to_string(),
    })?;
    let query = ChangesQuery {
        at,
        window_micros: expect_value(parse_window(&window), "window", &window, WINDOW_TAKEN)?,
        near: given.text("near").filter(|near| !near.trim().is_empty()),
        scope,
        limit: given.limit()?,
    };
    let found = state.call(move |app| app.changes(&query)).await??;
    Ok(serde_json::to_vec(&found.json())?)
}

/// Answers a question.
pub(crate) async fn question(
    State(state): State<Arc<ApiState>>,
    name: Result<Path<String>, PathRejection>,
    pairs: Pairs,
) -> Response {
    respond(answer_question(&state, name, pairs).await)
}

async fn answer_question(
    state: &ApiState,
    name: Result<Path<String>, PathRejection>,
    pairs: Pairs,
) -> Result<Vec<u8>, NativeError> {
    let Path(name) = name?;
    let given = Parameters::of(pairs)?;
    let (range, limit) = (given.range()?, given.limit()?);
    let question =
        Question::named(&name, |name| given.text(name)).map_err(|error| match error {
            NameQuestionError::Unknown { .. } => NativeError::NoSuchPath,
            NameQuestionError::Search { reason, .. } => NativeError::BadSearch { at: 0, reason },
            NameQuestionError::Missing { parameter } => {
                NativeError::BadValue { name: parameter, value: String::new(), takes: "a text" }
            }
        })?;
    let answer = state.call(move |app| app.answer(&question, range, limit)).await??;
    let mut json: Value = answer.json();
    if let Some(members) = json.as_object_mut() {
        members.insert("unreadable".to_owned(), json!(answer.coverage.unreadable));
    }
    Ok(serde_json::to_vec(&json)?)
}
