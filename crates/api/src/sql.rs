//! `POST /api/v1/sql`: one SELECT, answered whole.
//!
//! The body, of the type `application/json`, is `{"statement": "SELECT …", "limit": 1000}`; `limit` may be absent and is at most 100,000.
//! An answer is `{"columns":["…"],"rows":[[…]],"more":false,"statistics":{…}}`: values are JSON's, times
//! ISO 8601, structs and maps objects; `more` says whether rows were left out for `limit`. A statement
//! ends with its request: when it takes too long, or the client goes away.

use crate::limits::{BODY_BYTES_MAX, SQL_BYTES_MAX, SQL_LIMIT_DEFAULT, SQL_LIMIT_MAX};
use crate::native::{NativeError, respond};
use crate::state::ApiState;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use trailhound_app::sql::{RunningStatement, StatementError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    statement: String,
    limit: Option<usize>,
}

/// Ends a statement when nobody waits for it any longer.
struct EndOnDrop(Arc<dyn RunningStatement>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Answers it.
pub(crate) async fn answer(
    State(state): State<Arc<ApiState>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    respond(run(&state, &headers, body).await)
}

async fn run(state: &ApiState, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, NativeError> {
    let invalid = |detail: String| NativeError::BadRequest { detail };
    // A form or a script of another site cannot send this type without being asked first.
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    if !content_type.is_some_and(|value| value.starts_with(b"application/json")) {
        return Err(invalid("it must have the content type application/json".to_owned()));
    }
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| invalid(error.to_string()))?;
    let Request { statement, limit } =
        serde_json::from_slice(&body).map_err(|error| invalid(error.to_string()))?;
    let limit = limit.unwrap_or(SQL_LIMIT_DEFAULT);
    if !(1..=SQL_LIMIT_MAX).contains(&limit) {
        let takes = "a number from 1 to 100000";
        return Err(NativeError::BadValue { name: "limit", value: limit.to_string(), takes });
    }
    let engine = state.queries.engine().cloned().ok_or(NativeError::NoSql)?;
    let running = state.call(move |_| engine.start(&statement)).await??;
    let watched = EndOnDrop(Arc::clone(&running));
    let answer = state.call(move |_| collect(running.as_ref(), limit)).await?;
    drop(watched);
    answer
}

fn collect(running: &dyn RunningStatement, limit: usize) -> Result<Vec<u8>, NativeError> {
    let (mut rows, mut bytes, mut has_more) = (Vec::new(), 0, false);
    while !has_more && let Some(batch) = running.next_values()? {
        for row in batch {
            has_more = rows.len() == limit;
            if has_more {
                break;
            }
            let row = serde_json::to_string(&Value::Array(row))?;
            bytes += row.len();
            if bytes > SQL_BYTES_MAX {
                return Err(NativeError::TooLong);
            }
            rows.push(serde_json::value::RawValue::from_string(row)?);
        }
    }
    running.cancel();
    let cost = running.cost();
    #[derive(serde::Serialize)]
    struct View<'a> {
        columns: &'a [String],
        rows: Vec<Box<serde_json::value::RawValue>>,
        more: bool,
        statistics: Value,
    }
    let statistics = json!({
        "events_matched": cost.events_matched,
        "events_scanned": cost.events_scanned,
        "bytes_scanned": cost.bytes_scanned,
        "elapsed_ms": u64::try_from(cost.elapsed.as_millis()).unwrap_or(u64::MAX),
    });
    let columns = running.columns();
    Ok(serde_json::to_vec(&View { columns, rows, more: has_more, statistics })?)
}

impl From<StatementError> for NativeError {
    fn from(error: StatementError) -> Self {
        Self::Statement(error)
    }
}
