//! The pages: what a person sees of a Trailhound in a browser.
//!
//! Pages are rendered here from the façade's answers and work from their address alone: the query
//! string is the whole state, a plain form and plain links change it, and scripts only save page loads.
//! Every text of a record is hostile: templates escape it and `visible` shows what would hide.
//!
//! It refuses to know how events are kept or found. Rejected alternative: a client-side application over
//! the JSON API; it needs a JavaScript build, and its pages are no permalinks without one.
#![deny(missing_docs)]

mod assets;
mod cursor;
mod filter;
mod json;
mod limits;
mod pages;
mod report;
mod visible;

pub use report::report_html;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;
use trailhound_app::App;

/// What a page may load and do: its own files, no inline script or style, no frame around it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// Returns the pages of `app`: `GET /` (Event history), `GET /events/{event_id}` (one event), its
/// neighbours in the answer under `/older` and `/newer`, `/raw` (its record, byte for byte),
/// `GET /compare?a=…&b=…`, `GET /questions/{name}`, `GET /changes?at=…`, `GET /incident?src=…&dst=…`,
/// `GET /undo?event=…`, `GET /resource?name=…` with its state under `/state` and `/now`,
/// `GET /export/{format}`, the parts that pages load (`/histogram`, `/facets`, `/complete`, `/live`),
/// `GET /assets/…`, and a page for every address that nothing answers.
///
/// Shape: it sets the fallback, so a router that is merged with it must not have one of its own.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(pages::history::answer))
        .route("/histogram", get(pages::history_days::answer))
        .route("/facets", get(pages::facets::answer))
        .route("/facets/type", get(pages::facets::answer_slow))
        .route("/complete", get(pages::complete::answer))
        .route("/live", get(pages::history_live::answer))
        .route("/questions", get(pages::questions::answer_list))
        .route("/questions/{name}", get(pages::questions::answer))
        .route("/changes", get(pages::changes::answer))
        .route("/resource", get(pages::resource::answer))
        .route("/resource/state", get(pages::resource::answer_state))
        .route("/resource/now", get(pages::resource::answer_now))
        .route("/incident", get(pages::incident::answer))
        .route("/undo", get(pages::undo::answer))
        .route("/export/{format}", get(pages::export::answer))
        .route("/compare", get(pages::compare::answer))
        .route("/events/{event_id}", get(pages::event::answer))
        .route("/events/{event_id}/older", get(pages::event::answer_older))
        .route("/events/{event_id}/newer", get(pages::event::answer_newer))
        .route("/events/{event_id}/raw", get(pages::event::answer_raw))
        .route("/assets/{file}", get(assets::answer))
        .fallback(pages::message::answer_not_found)
        .layer(middleware::from_fn(harden))
        .with_state(app)
}

/// Adds the headers that every answer carries.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod story_tests;
#[cfg(test)]
mod tests;
