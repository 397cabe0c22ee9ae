//! `GET /api/v1/who`, `/api/v1/history` and `/api/v1/questions/{name}`: who and why, as JSON.
//!
//! `who` takes `subject` (an event id, an access key or an ARN). `history` takes `resource`, and may have
//! `type`, `account`, `reads=true`, `related` (steps, 0 to 4), `limit`, `since` and `until`. A question takes its own
//! parameters, `limit`, `since` and `until`. Times are as in `/api/v1/events`.

use crate::limits::{NATIVE_LIMIT_DEFAULT, NATIVE_LIMIT_MAX};
use crate::native::{INSTANT, NativeError, expect_value, instant, respond};
use crate::state::ApiState;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use trailhound_app::history::HistoryQuery;
use trailhound_app::lookup::search::TimeRange;
use trailhound_app::questions::{NameQuestionError, Question};
use trailhound_app::who::Subject;

/// How far `related` goes at most.
const HOPS_MAX: usize = 4;

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The parameters of a request.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(pairs: Pairs) -> Result<Self, NativeError> {
        Ok(Self(pairs?.0))
    }

    fn text(&self, wanted: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    }

    fn must(&self, name: &'static str) -> Result<String, NativeError> {
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
