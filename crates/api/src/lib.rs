//! HTTP: the AWS wire protocol, native JSON, health and metrics. No logic: every answer comes from
//! [`App`].
//!
//! | path | what |
//! |---|---|
//! | `POST /` | AWS JSON 1.1, the operation in `X-Amz-Target`; a form is a call of EC2's Network Insights |
//! | `POST /PutAuditEvents` | the one operation of `cloudtrail-data`; not offered yet, and says so |
//! | `GET /api/v1/events`, `/api/v1/events/{event_id}`, `/api/v1/stats` | native JSON |
//! | `GET /api/v1/path`, `/api/v1/blame-path` | whether packets get there, and who broke it |
//! | `GET /api/v1/who`, `/api/v1/history`, `/api/v1/changes`, `/api/v1/questions/{name}` | who and why |
//! | `POST /api/v1/sql` | one SELECT, answered whole |
//! | `GET /healthz`, `/metrics` | for probes and Prometheus |
//!
//! Everything else belongs to the pages, which are merged beside this router. No route answers with a
//! CORS header, so no other site's script can read an answer; on loopback the `Host` header is checked
//! as well, so that no other site's *name* can be pointed here.
#![deny(missing_docs)]

mod auth;
mod aws;
mod ec2;
mod event_view;
mod limits;
mod metrics;
mod native;
mod page_token;
mod path;
mod protect;
mod render;
mod sql;
mod state;
#[cfg(test)]
mod tests;
mod trace;

pub use metrics::Metrics;
pub use protect::protect;

use axum::Router;
use axum::routing::{any, get, post};
use state::ApiState;
use std::sync::Arc;
use std::time::Duration;
use trailhound_app::App;
use trailhound_app::sql::StatementEngine;

/// How the API behaves. The default answers loopback only, without a rate limit.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// `LookupEvents` requests a second and Region before `ThrottlingException`; AWS's limit is 2.
    pub lookups_per_second: Option<u32>,
    /// Whether `LookupEvents` looks in every Region. Otherwise it looks, as AWS does, in the Region that
    /// the request is signed for; an unsigned request, or one signed for the Region `all`, sees all.
    pub all_regions: bool,
    /// The one account that `LookupEvents` shows; every account when absent.
    pub account_id: Option<String>,
    /// Whether the listener is bound to a loopback address: then only requests whose `Host` is
    /// `localhost`, `127.0.0.1` or `[::1]` are answered.
    pub loopback: bool,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// What runs SQL; without it, CloudTrail Lake's queries and `/api/v1/sql` say how to get it.
    pub engine: Option<Arc<dyn StatementEngine>>,
    /// What `/metrics` shows; feed it from imports.
    pub metrics: Arc<Metrics>,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            lookups_per_second: None,
            all_regions: false,
            account_id: None,
            loopback: true,
            request_timeout: limits::REQUEST_TIMEOUT,
            engine: None,
            metrics: Arc::new(Metrics::default()),
        }
    }
}

/// Returns the routes of the API over `app`, protected as [`protect`] does. Blocks while it reads the
/// key for page tokens.
///
/// Merge other routes into it after protecting them too:
/// `router(app, config.clone()).merge(protect(pages, &config))`.
pub fn router(app: Arc<App>, config: ApiConfig) -> Router {
    let state = Arc::new(ApiState::new(app, config.clone()));
    let routes = Router::new()
        .route("/", post(aws::answer))
        .route("/PutAuditEvents", post(aws::answer_put_audit_events))
        .route("/api/v1/events", get(native::events))
        .route("/api/v1/events/{event_id}", get(native::events_by_id))
        .route("/api/v1/stats", get(native::stats))
        .route("/api/v1/who", get(trace::who))
        .route("/api/v1/history", get(trace::history))
        .route("/api/v1/changes", get(trace::changes))
        .route("/api/v1/path", get(path::path))
        .route("/api/v1/blame-path", get(path::blame))
        .route("/api/v1/questions/{name}", get(trace::question))
        .route("/api/v1/sql", post(sql::answer))
        .route("/api/v1/{*path}", any(native::unknown_path))
        .route("/healthz", get(native::health))
        .route("/metrics", get(metrics::answer))
        .with_state(state);
    protect(routes, &config)
}
