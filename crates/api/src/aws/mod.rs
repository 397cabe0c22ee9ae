//! AWS JSON 1.1 at `POST /`, the operation in `X-Amz-Target`.
//!
//! # Source
//! botocore model `cloudtrail/2013-11-01`; API reference, "Common Error Types". CloudTrail answers 400
//! for every client error that it models, whatever the model's `httpError` trait says (observed).

pub(crate) mod error;
pub(crate) mod lake;
pub(crate) mod lookup_events;
pub(crate) mod operations;
pub(crate) mod throttle;

use crate::auth;
use crate::ec2;
use crate::limits::BODY_BYTES_MAX;
use crate::metrics::Endpoint;
use crate::state::{ApiState, report};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use error::AwsError;
use lookup_events::LookupEventsRequest;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Instant;

const JSON_1_1: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// Answers `POST /`; a form is another protocol's call.
pub(crate) async fn answer(State(state): State<Arc<ApiState>>, request: Request) -> Response {
    if ec2::is_query(request.headers()) {
        return ec2::answer(&state, request).await;
    }
    let operation = operation(request.headers());
    let endpoint = operation.as_ref().map_or("UnknownOperation", |operation| *operation);
    let answer = match operation {
        Ok("LookupEvents") => lookup_events(&state, request).await,
        Ok(operation) => lake_or_unsupported(&state, operation, request).await,
        Err(error) => Err(error),
    };
    let mut response = respond(answer);
    response.extensions_mut().insert(Endpoint(endpoint));
    response
}

/// Answers `cloudtrail-data`'s operation, which has a path instead of a target.
pub(crate) async fn answer_put_audit_events() -> Response {
    respond(Err(AwsError::UnsupportedOperation { operation: "PutAuditEvents" }))
}

/// Returns the operation that `X-Amz-Target` names: the text after the last dot.
///
/// botocore writes `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents`, the newer
/// SDKs `CloudTrail_20131101.LookupEvents`.
fn operation(headers: &HeaderMap) -> Result<&'static str, AwsError> {
    let target = headers.get("x-amz-target").map(HeaderValue::as_bytes).unwrap_or_default();
    let target = String::from_utf8_lossy(target);
    let name = target.rsplit('.').next().unwrap_or_default();
    operations::find(name).ok_or_else(|| AwsError::UnknownOperation { target: target.to_string() })
}

async fn lookup_events(state: &ApiState, request: Request) -> Result<Vec<u8>, AwsError> {
    let region = auth::signed_region(request.headers())?;
    let body = body(request).await?;
    let request = LookupEventsRequest::parse(&body)?;
    state.throttle.try_take(region.as_deref().unwrap_or_default(), Instant::now())?;
    let region = region.filter(|region| region != "all" && !state.config.all_regions);
    let query = request.query(region, state.config.account_id.clone());
    let digest = request.digest(&query);
    let after = match &request.next_token {
        None => None,
        Some(token) => Some(state.tokens.open(&digest, token).ok_or(AwsError::InvalidNextToken)?),
    };
    if request.matches_nothing() {
        return lookup_events::output(&[], None);
    }
    let limit = request.max_results;
    let page = state.call(move |app| app.lookup(&query, after.as_ref(), limit)).await??;
    if !page.coverage.unreadable.is_empty() {
        return Err(AwsError::Unreadable { segments: page.coverage.unreadable });
    }
    let next = page.next.as_ref().map(|position| state.tokens.seal(&digest, position));
    lookup_events::output(&page.events, next)
}

async fn lake_or_unsupported(
    state: &ApiState,
    operation: &'static str,
    request: Request,
) -> Result<Vec<u8>, AwsError> {
    // The Region does not matter, a broken signature does.
    auth::signed_region(request.headers())?;
    let body = body(request).await?;
    let answer = lake::answer(state, operation, &body).await;
    answer.unwrap_or(Err(AwsError::UnsupportedOperation { operation }))
}

/// Reads a request; an empty body has no members.
fn parse_body<T: Default + DeserializeOwned>(body: &[u8]) -> Result<T, AwsError> {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Ok(T::default());
    }
    // serde reads a struct from a list as well; AWS does not.
    if !body.starts_with(b"{") {
        return Err(AwsError::Serialization { detail: "it is not a JSON object".to_owned() });
    }
    serde_json::from_slice(body)
        .map_err(|error| AwsError::Serialization { detail: error.to_string() })
}

async fn body(request: Request) -> Result<Vec<u8>, AwsError> {
    match axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await {
        Ok(body) => Ok(body.to_vec()),
        // A client that broke off reads no answer: the limit is the case that matters.
        Err(_) => Err(AwsError::TooLarge),
    }
}

/// Turns an answer into a response with AWS's headers.
pub(crate) fn respond(answer: Result<Vec<u8>, AwsError>) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (status, shape, body) = match answer {
        Ok(body) => (StatusCode::OK, None, body),
        Err(error) => {
            if error.status().is_server_error() {
                report(&request_id, &error);
            }
            (error.status(), Some(error.shape()), error.body())
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON_1_1);
    if let Ok(request_id) = HeaderValue::from_str(&request_id) {
        headers.insert("x-amzn-requestid", request_id);
    }
    if let Some(shape) = shape {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(shape));
    }
    response
}
