//! `GET /api/v1/path` and `/api/v1/blame-path`: whether packets get there, and which change broke it, as JSON.
//!
//! Both take `src` and `dst`, and may have `port`, `protocol` (tcp, udp, icmp, any; default tcp) and `account`.
//! `path` may have `at`, `blame-path` `good` and `bad`. Times are as in `/api/v1/events`.

use crate::native::{INSTANT, NativeError, expect_value, instant, respond};
use crate::state::ApiState;
use crate::trace::{Pairs, Parameters};
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use trailhound_app::path::{BlameQuery, End, PathQuery, Protocol, Query};
use trailhound_record::Timestamp;

const END_TAKEN: &str =
    "an id (i-…, eni-…, igw-…, vgw-…, tgw-attach-…, vpce-…, pcx-…), an address or internet";

/// Answers whether packets get there.
pub(crate) async fn path(State(state): State<Arc<ApiState>>, pairs: Pairs) -> Response {
    respond(answer_path(&state, pairs).await)
}

async fn answer_path(state: &ApiState, pairs: Pairs) -> Result<Vec<u8>, NativeError> {
    let given = Parameters::of(pairs)?;
    let query = PathQuery {
        query: asked(&given)?,
        account_id: given.text("account"),
        at: time(&given, "at")?,
    };
    let found = state.call(move |app| app.path(&query)).await??;
    Ok(serde_json::to_vec(&found.json())?)
}

/// Answers which change broke it.
pub(crate) async fn blame(State(state): State<Arc<ApiState>>, pairs: Pairs) -> Response {
    respond(answer_blame(&state, pairs).await)
}

async fn answer_blame(state: &ApiState, pairs: Pairs) -> Result<Vec<u8>, NativeError> {
    let given = Parameters::of(pairs)?;
    let (good, bad) = (time(&given, "good")?, time(&given, "bad")?);
    let is_window = good.zip(bad).is_none_or(|(good, bad)| good < bad);
    let value = given.text("bad").unwrap_or_default();
    expect_value(is_window.then_some(()), "bad", &value, "a time after `good`")?;
    let query = BlameQuery { query: asked(&given)?, account_id: given.text("account"), good, bad };
    let found = state.call(move |app| app.blame_path(&query)).await??;
    Ok(serde_json::to_vec(&found.json())?)
}

fn asked(given: &Parameters) -> Result<Query, NativeError> {
    let end = |name: &'static str| {
        let text = given.must(name)?;
        expect_value(End::parse(text.trim()), name, &text, END_TAKEN)
    };
    let protocol = given.text("protocol").unwrap_or_else(|| "tcp".to_owned());
    let known = match protocol.as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "icmp" => Some(Protocol::Icmp),
        "any" => Some(Protocol::Any),
        _ => None,
    };
    let known = expect_value(known, "protocol", &protocol, "tcp, udp, icmp or any")?;
    let query = Query::new(end("src")?, end("dst")?).protocol(known);
    match given.text("port") {
        None => Ok(query),
        Some(port) => {
            let number = port.parse().ok();
            Ok(query.port(expect_value(number, "port", &port, "a number from 0 to 65535")?))
        }
    }
}

fn time(given: &Parameters, name: &'static str) -> Result<Option<Timestamp>, NativeError> {
    match given.text(name) {
        None => Ok(None),
        Some(value) => expect_value(instant(&value), name, &value, INSTANT).map(Some),
    }
}
