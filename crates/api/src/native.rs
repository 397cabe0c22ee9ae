//! Native JSON under `/api/v1`, and `/healthz`.
//!
//! `GET /api/v1/events` takes the conditions of a lookup as query parameters, and:
//!
//! | parameter | meaning |
//! |---|---|
//! | `since`, `until` | ISO 8601 instants or UTC dates; the range is half-open, `[since, until)` |
//! | `category` | `any` (default), `management` or `insight` |
//! | `read_only` | `true` or `false` |
//! | `error_code` | an error code; empty for any failed call |
//! | `fields` | these members of each event, with commas between them (default: all but `actor`) |
//! | `limit` | at most so many events, 1 to 1000 (default 100) |
//! | `cursor` | `next` of the page before, with the same other parameters |
//!
//! An answer is `{"events":[…],"next":…,"coverage":{…}}`, newest first; `next` is `null` on the last
//! page, and `coverage.unreadable` names segments whose events are missing.

use crate::aws::error::NO_SQL;
use crate::event_view::{EventField, FIELDS_TAKEN, events_by_id_json, events_json};
use crate::limits::{NATIVE_LIMIT_DEFAULT, NATIVE_LIMIT_MAX};
use crate::page_token::QueryDigest;
use crate::state::{ApiState, CallError, report};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use trailhound_app::lookup::search::Query as Search;
use trailhound_app::lookup::{Category, LookupError, LookupQuery};
use trailhound_app::now;
use trailhound_app::sql::{StatementError, StatementFailure};
use trailhound_app::stats::{Count, Stats};
use trailhound_record::Timestamp;

const PARAMETERS: [&str; 20] = [
    "access_key_id",
    "account_id",
    "aws_region",
    "category",
    "cursor",
    "error_code",
    "event_id",
    "event_name",
    "event_source",
    "event_type",
    "fields",
    "limit",
    "q",
    "read_only",
    "resource_name",
    "resource_type",
    "since",
    "source_ip_address",
    "until",
    "username",
];

/// Why a native request failed. The text goes to the caller as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NativeError {
    #[error("there is no parameter `{name}`; did you mean `{nearest}`?")]
    UnknownParameter { name: String, nearest: &'static str },
    #[error("the parameter `{name}` is given twice")]
    RepeatedParameter { name: String },
    #[error("`{value}` is no value for `{name}`: it takes {takes}")]
    BadValue { name: &'static str, value: String, takes: &'static str },
    #[error("`q` is no search, from byte {at} on: {reason}")]
    BadSearch { at: usize, reason: String },
    #[error("`since` must be before `until`")]
    EmptyRange,
    #[error(
        "the cursor was not issued for this query: send it with the parameters of the page before"
    )]
    BadCursor,
    #[error("the request is not valid: {detail}")]
    BadRequest { detail: String },
    #[error("there is no event `{event_id}`")]
    NoSuchEvent { event_id: String },
    #[error("there is nothing at this path; see /api/v1/events, /api/v1/stats and /api/v1/sql")]
    NoSuchPath,
    #[error("{NO_SQL}")]
    NoSql,
    #[error("{0}")]
    Statement(StatementError),
    #[error("the answer is longer than 64 MiB: select less, or set a `limit`")]
    TooLong,
    #[error("the request took too long; ask for a shorter time range")]
    Timeout,
    #[error("the store could not be read")]
    Lookup(#[from] LookupError),
    #[error("the request failed")]
    Call(#[from] CallError),
    #[error("the answer could not be written")]
    Write(#[from] serde_json::Error),
}

impl From<QueryRejection> for NativeError {
    fn from(rejection: QueryRejection) -> Self {
        Self::BadRequest { detail: rejection.body_text() }
    }
}

impl From<PathRejection> for NativeError {
    fn from(rejection: PathRejection) -> Self {
        Self::BadRequest { detail: rejection.body_text() }
    }
}

impl NativeError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchEvent { .. } | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NoSql => StatusCode::NOT_IMPLEMENTED,
            Self::Statement(error) => match error.kind {
                StatementFailure::Invalid
                | StatementFailure::UnknownEventDataStore
                | StatementFailure::Compute => StatusCode::BAD_REQUEST,
                StatementFailure::TimedOut | StatementFailure::Resources => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                StatementFailure::Failed | StatementFailure::Cancelled => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            },
            Self::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            Self::Lookup(_) | Self::Call(_) | Self::Write(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownParameter { .. } => "UnknownParameter",
            Self::RepeatedParameter { .. } => "RepeatedParameter",
            Self::BadValue { .. } | Self::BadSearch { .. } | Self::EmptyRange => "InvalidParameter",
            Self::BadCursor => "InvalidCursor",
            Self::BadRequest { .. } => "InvalidRequest",
            Self::NoSuchEvent { .. } | Self::NoSuchPath => "NotFound",
            Self::NoSql => "NoSql",
            Self::Statement(error) => match error.kind {
                StatementFailure::Invalid => "InvalidStatement",
                StatementFailure::UnknownEventDataStore => "NotFound",
                StatementFailure::TimedOut => "Timeout",
                StatementFailure::Resources => "Resources",
                StatementFailure::Compute
                | StatementFailure::Failed
                | StatementFailure::Cancelled => "StatementFailed",
            },
            Self::TooLong => "AnswerTooLong",
            Self::Timeout => "Timeout",
            Self::Lookup(_) => "StoreUnreadable",
            Self::Call(_) | Self::Write(_) => "InternalFailure",
        }
    }
}

/// What `GET /api/v1/events` asks for.
#[derive(Debug, PartialEq)]
struct EventsRequest {
    query: LookupQuery,
    fields: Vec<EventField>,
    limit: usize,
    cursor: Option<String>,
}

impl EventsRequest {
    /// Reads `pairs`; ages count back from `asked`.
    fn parse(pairs: &[(String, String)], asked: Timestamp) -> Result<Self, NativeError> {
        let mut seen: Vec<&str> = Vec::new();
        let mut request = Self {
            query: LookupQuery::default(),
            fields: EventField::of_records(),
            limit: NATIVE_LIMIT_DEFAULT,
            cursor: None,
        };
        for (name, value) in pairs {
            if seen.contains(&name.as_str()) {
                return Err(NativeError::RepeatedParameter { name: name.clone() });
            }
            seen.push(name);
            request.set(name, value, asked)?;
        }
        if let (Some(since), Some(until)) = (request.query.start, request.query.end)
            && since >= until
        {
            return Err(NativeError::EmptyRange);
        }
        Ok(request)
    }

    fn set(&mut self, name: &str, value: &str, asked: Timestamp) -> Result<(), NativeError> {
        let text = Some(value.to_owned());
        let query = &mut self.query;
        match name {
            "event_id" => query.event_id = text,
            "event_name" => query.event_name = text,
            "event_source" => query.event_source = text,
            "username" => query.username = text,
            "resource_type" => query.resource_type = text,
            "resource_name" => query.resource_name = text,
            "access_key_id" => query.access_key_id = text,
            "account_id" => query.account_id = text,
            "aws_region" => query.aws_region = text,
            "source_ip_address" => query.source_ip_address = text,
            "error_code" => query.error_code = text,
            "event_type" => query.event_type = text,
            "q" => {
                let search = Search::parse(value, asked).map_err(|error| {
                    let guess = error.suggestion.map(|it| format!("; did you mean `{it}`?"));
                    let reason = format!("{}{}", error.reason, guess.unwrap_or_default());
                    NativeError::BadSearch { at: error.span.start, reason }
                })?;
                query.search = Some(search);
            }
            "read_only" => {
                let read_only = value.parse().ok();
                query.read_only =
                    Some(expect_value(read_only, "read_only", value, "true or false")?);
            }
            "category" => {
                let category = category(value);
                query.category =
                    expect_value(category, "category", value, "any, management or insight")?;
            }
            "since" => query.start = Some(expect_value(instant(value), "since", value, INSTANT)?),
            "until" => query.end = Some(expect_value(instant(value), "until", value, INSTANT)?),
            "fields" => {
                let fields = EventField::list(value);
                self.fields = expect_value(fields, "fields", value, FIELDS_TAKEN)?;
            }
            "limit" => {
                let limit =
                    value.parse().ok().filter(|limit| (1..=NATIVE_LIMIT_MAX).contains(limit));
                self.limit = expect_value(limit, "limit", value, "a number from 1 to 1000")?;
            }
            "cursor" => self.cursor = text,
            _ => {
                let nearest = nearest(name, &PARAMETERS);
                return Err(NativeError::UnknownParameter { name: name.to_owned(), nearest });
            }
        }
        Ok(())
    }
}

pub(crate) const INSTANT: &str =
    "an ISO 8601 instant with its zone (2026-01-10T07:12:00Z) or a UTC date (2026-01-10)";

pub(crate) fn expect_value<T>(
    found: Option<T>,
    name: &'static str,
    value: &str,
    takes: &'static str,
) -> Result<T, NativeError> {
    found.ok_or_else(|| NativeError::BadValue { name, value: value.to_owned(), takes })
}

fn category(value: &str) -> Option<Category> {
    match value {
        "any" => Some(Category::Any),
        "management" => Some(Category::Management),
        "insight" => Some(Category::Insight),
        _ => None,
    }
}

pub(crate) fn instant(value: &str) -> Option<Timestamp> {
    match chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d") {
        Ok(date) => {
            Some(Timestamp(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()))
        }
        // A bare `+` in a query string means a space: `…T07:12:00+01:00` arrives with one.
        Err(_) => Timestamp::parse(&value.replace(' ', "+")),
    }
}

/// Everything but the page, in any order.
fn digest(pairs: &[(String, String)]) -> QueryDigest {
    let mut bound: Vec<_> =
        pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "limit" | "cursor")).collect();
    bound.sort();
    QueryDigest::of(&json!(["/api/v1/events", bound]))
}

fn nearest(name: &str, known: &[&'static str]) -> &'static str {
    let likeness = |known: &&str| strsim::jaro_winkler(name, known);
    let by_likeness = |a: &&&str, b: &&&str| likeness(a).total_cmp(&likeness(b));
    known.iter().max_by(by_likeness).copied().unwrap_or_default()
}

/// Answers `GET /api/v1/events`.
pub(crate) async fn events(
    State(state): State<Arc<ApiState>>,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    respond(look_up(&state, pairs).await)
}

async fn look_up(
    state: &ApiState,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Vec<u8>, NativeError> {
    let pairs = pairs?.0;
    let digest = digest(&pairs);
    let asked = now();
    let mut request = EventsRequest::parse(&pairs, asked)?;
    let mut after = None;
    let mut first_asked = asked;
    if let Some(cursor) = &request.cursor {
        let opened = state.tokens.open_at(&digest, cursor).ok_or(NativeError::BadCursor)?;
        first_asked = opened.1.unwrap_or(asked);
        after = Some(opened.0);
        request = EventsRequest::parse(&pairs, first_asked)?;
    }
    let EventsRequest { query, fields, limit, .. } = request;
    let has_actor = fields.contains(&EventField::Actor);
    let (page, actors) = state
        .call(move |app| {
            let mut page = app.lookup(&query, after.as_ref(), limit)?;
            let actors = if has_actor { app.actors_of(&mut page)? } else { Vec::new() };
            Ok::<_, LookupError>((page, actors))
        })
        .await??;
    let next = page.next.as_ref().map(|at| state.tokens.seal_at(&digest, at, Some(first_asked)));
    events_json(&page.events, &actors, &fields, next, &page.coverage)
}

/// Answers `GET /api/v1/events/{event_id}`: every body under the id.
pub(crate) async fn events_by_id(
    State(state): State<Arc<ApiState>>,
    event_id: Result<Path<String>, PathRejection>,
) -> Response {
    respond(find_events(&state, event_id).await)
}

async fn find_events(
    state: &ApiState,
    event_id: Result<Path<String>, PathRejection>,
) -> Result<Vec<u8>, NativeError> {
    let event_id = event_id?.0;
    let wanted = event_id.clone();
    let events = state.call(move |app| app.events_by_id(&wanted)).await??;
    if events.is_empty() {
        return Err(NativeError::NoSuchEvent { event_id });
    }
    events_by_id_json(&events)
}

/// Answers `GET /api/v1/stats`.
pub(crate) async fn stats(State(state): State<Arc<ApiState>>) -> Response {
    let stats = state.call(|app| app.stats()).await;
    respond(match stats {
        Ok(Ok(stats)) => Ok(stats_json(&stats).to_string().into_bytes()),
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    })
}

fn stats_json(stats: &Stats) -> Value {
    let counts = |counts: &[Count]| -> Value {
        counts.iter().map(|count| json!({"value": count.value, "events": count.events})).collect()
    };
    json!({
        "events": stats.events,
        "conflicts": stats.conflicts,
        "segments": stats.segments,
        "data_bytes": stats.data_bytes,
        "index_bytes": stats.index_bytes,
        "version": stats.version,
        "oldest": stats.oldest.map(|at| at.to_string()),
        "newest": stats.newest.map(|at| at.to_string()),
        "events_without_time": stats.events_without_time,
        "accounts": counts(&stats.accounts),
        "regions": counts(&stats.regions),
        "dropped": stats.dropped,
    })
}

/// Answers `GET /healthz`: 200 when the store can be read.
pub(crate) async fn health(State(state): State<Arc<ApiState>>) -> Response {
    match state.call(|app| app.stats()).await {
        Ok(Ok(_)) => (StatusCode::OK, "ok\n").into_response(),
        Ok(Err(error)) => unhealthy(&error),
        Err(error) => unhealthy(&error),
    }
}

fn unhealthy(error: &dyn std::error::Error) -> Response {
    report("healthz", error);
    (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response()
}

/// Answers any other path under `/api/v1`.
pub(crate) async fn unknown_path() -> Response {
    respond(Err(NativeError::NoSuchPath))
}

/// The answer to a request that took too long.
pub(crate) fn timeout() -> Response {
    respond(Err(NativeError::Timeout))
}

/// The answer when writing the answer failed.
pub(crate) fn failed(error: &dyn std::error::Error) -> Response {
    report("metrics", error);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Turns an answer into a response.
pub(crate) fn respond(answer: Result<Vec<u8>, NativeError>) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => {
            if error.status().is_server_error() {
                report(&request_id, &error);
            }
            let body = json!({
                "error": {"code": error.code(), "message": error.to_string()},
                "request_id": request_id,
            });
            (error.status(), body.to_string().into_bytes())
        }
    };
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Ok(request_id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", request_id);
    }
    response
}

#[cfg(test)]
#[path = "native_tests.rs"]
mod tests;
