//! EC2's Network Insights at `POST /`: form-encoded calls, XML answers.
//!
//! A form can be sent by any page of any site, which a JSON call with its own header cannot. So a call
//! must be signed as AWS's clients do: a page cannot set that header without asking first, and nobody
//! here answers that.
//!
//! # Source
//! API reference, "Query requests" and "Error codes for the Amazon EC2 API"; the codes of Network Insights
//! as AWS's CloudFormation resource providers for paths and analyses treat them.

mod error;
mod operations;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use trailhound_app::insights::Caller;
use trailhound_model::Operation;

use crate::auth;
use crate::limits::{BODY_BYTES_MAX, FORM_PAIRS_MAX};
use crate::metrics::Endpoint;
use crate::state::{ApiState, report};
use error::Ec2Error;

const FORM: &str = "application/x-www-form-urlencoded";
const XML: HeaderValue = HeaderValue::from_static("text/xml;charset=UTF-8");
/// The version of the API, which every call names.
const VERSION: &str = "2016-11-15";

/// Whether a request is one of the query protocol.
pub(crate) fn is_query(headers: &HeaderMap) -> bool {
    let of = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let of = of.unwrap_or_default().split(';').next().unwrap_or_default();
    // A call of the JSON protocol says its operation elsewhere, whatever type it claims.
    of.trim().eq_ignore_ascii_case(FORM) && !headers.contains_key("x-amz-target")
}

/// Answers a call.
pub(crate) async fn answer(state: &Arc<ApiState>, request: Request) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let mut endpoint = "UnknownOperation";
    let answer = match call(state, request).await {
        Ok((caller, operation, pairs)) => {
            endpoint = operation.name.as_str();
            operations::perform(state, caller, operation, &pairs).await
        }
        Err(error) => Err(error),
    };
    let (status, body) = match answer {
        Ok((operation, output)) => {
            (StatusCode::OK, trailhound_model::serve::answer(operation, &request_id, &output))
        }
        Err(error) => {
            if error.status().is_server_error() {
                report(&request_id, &error);
            }
            let (code, text) = (error.code(), error.to_string());
            (error.status(), trailhound_model::serve::error_answer(&code, &text, &request_id))
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, XML);
    if let Ok(request_id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", request_id);
    }
    response.extensions_mut().insert(Endpoint(endpoint));
    response
}

type Pairs = Vec<(String, String)>;

/// Who calls what, with which parameters.
async fn call(
    state: &Arc<ApiState>,
    request: Request,
) -> Result<(Caller, &'static Operation, Pairs), Ec2Error> {
    let region = auth::signed_region(request.headers())?.ok_or(Ec2Error::Unsigned)?;
    let body = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await;
    let mut pairs = pairs(&body.map_err(|_| Ec2Error::TooLarge)?)?;
    let mut take = |name: &str| {
        let place = pairs.iter().position(|(own, _)| own == name)?;
        Some(pairs.swap_remove(place).1)
    };
    let action = take("Action").ok_or(Ec2Error::NoAction)?;
    let version = take("Version");
    let operation = operations::find(&action);
    let operation = operation.ok_or(Ec2Error::UnknownAction { action })?;
    if version.as_deref() != Some(VERSION) {
        return Err(Ec2Error::Version { found: version.unwrap_or_default() });
    }
    let caller = Caller { region, account_id: state.config.account_id.clone() };
    Ok((caller, operation, pairs))
}

/// The names and values of a form.
fn pairs(body: &[u8]) -> Result<Pairs, Ec2Error> {
    let text = std::str::from_utf8(body).map_err(|_| Ec2Error::Malformed)?;
    let mut pairs = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if pairs.len() == FORM_PAIRS_MAX {
            return Err(Ec2Error::TooLarge);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decoded(name)?, decoded(value)?));
    }
    Ok(pairs)
}

/// Undoes the encoding of a form.
fn decoded(text: &str) -> Result<String, Ec2Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || {
                    let digit = char::from(rest.next()?).to_digit(16)?;
                    u8::try_from(digit).ok()
                };
                let (high, low) = (digit(), digit());
                let (Some(high), Some(low)) = (high, low) else { return Err(Ec2Error::Malformed) };
                bytes.push(high * 16 + low);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| Ec2Error::Malformed)
}
