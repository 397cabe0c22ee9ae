//! Prometheus metrics. Counters count since this process started.

use crate::state::ApiState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use trailhound_app::import::ImportReport;
use trailhound_app::stats::Stats;

const TEXT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const SECONDS: [f64; 14] =
    [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The name under which a response is counted, when its path does not say enough.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint(pub(crate) &'static str);

type Labels = Vec<(&'static str, String)>;

/// What `/metrics` shows. INVARIANT(IN-1): at any moment
/// `trailhound_records_read_total` = stored + duplicate + rejected.
#[derive(Debug)]
pub struct Metrics {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    records_read: Counter,
    records_stored: Counter,
    records_duplicate: Counter,
    records_rejected: Counter,
    files_read: Counter,
    files_rejected: Counter,
    requests: Family<Labels, Counter>,
    latency: Family<Labels, Histogram>,
    store_up: Gauge,
    events: Gauge,
    conflicts: Gauge,
    segments: Gauge,
    store_bytes: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let inner = Inner {
            registry: Registry::with_prefix("trailhound"),
            records_read: Counter::default(),
            records_stored: Counter::default(),
            records_duplicate: Counter::default(),
            records_rejected: Counter::default(),
            files_read: Counter::default(),
            files_rejected: Counter::default(),
            requests: Family::default(),
            latency: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            store_up: Gauge::default(),
            events: Gauge::default(),
            conflicts: Gauge::default(),
            segments: Gauge::default(),
            store_bytes: Gauge::default(),
        };
        Self { inner: Mutex::new(inner.registered()) }
    }
}

impl Inner {
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        for (name, help, counter) in [
            ("records_read", "Records read by imports, good or not", &self.records_read),
            ("records_stored", "Records read that were new", &self.records_stored),
            ("records_duplicate", "Records read that were stored before", &self.records_duplicate),
            ("records_rejected", "Records read that were not stored", &self.records_rejected),
            ("files_read", "Files and archive members looked at by imports", &self.files_read),
            ("files_rejected", "Files in which nothing was recognised", &self.files_rejected),
        ] {
            registry.register(name, help, counter.clone());
        }
        for (name, help, gauge) in [
            ("store_up", "1 when the store could be read for this scrape", &self.store_up),
            ("events", "Events in the store", &self.events),
            ("conflicts", "Events that are a different body under a known id", &self.conflicts),
            ("segments", "Live segments", &self.segments),
            ("store_bytes", "Bytes of the live segments and their indexes", &self.store_bytes),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let (requests, latency) = (self.requests.clone(), self.latency.clone());
        registry.register("http_requests", "Requests by endpoint and HTTP status", requests);
        registry.register("query_duration_seconds", "Time to answer by endpoint", latency);
        self
    }
}

impl Metrics {
    /// Adds what an import did.
    pub fn record_import(&self, report: &ImportReport) {
        let inner = self.lock();
        inner.records_read.inc_by(report.read);
        inner.records_stored.inc_by(report.stored);
        inner.records_duplicate.inc_by(report.duplicates);
        inner.records_rejected.inc_by(report.rejected_records);
        inner.files_read.inc_by(report.files);
        inner.files_rejected.inc_by(report.files_rejected);
    }

    /// Returns the text of `/metrics`, with `stats` of the store if it could be read.
    fn text(&self, stats: Option<&Stats>) -> Result<String, std::fmt::Error> {
        let inner = self.lock();
        inner.store_up.set(i64::from(stats.is_some()));
        if let Some(stats) = stats {
            for (gauge, value) in [
                (&inner.events, stats.events),
                (&inner.conflicts, stats.conflicts),
                (&inner.segments, stats.segments),
                (&inner.store_bytes, stats.data_bytes.saturating_add(stats.index_bytes)),
            ] {
                gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            }
        }
        let mut text = String::new();
        encode(&mut text, &inner.registry)?;
        Ok(text)
    }

    fn record_request(&self, endpoint: &str, code: u16, took: Duration) {
        let endpoint = ("endpoint", endpoint.to_owned());
        let inner = self.lock();
        let labels = vec![endpoint.clone(), ("code", code.to_string())];
        inner.requests.get_or_create(&labels).inc();
        inner.latency.get_or_create(&vec![endpoint]).observe(took.as_secs_f64());
    }

    /// One lock for all, so that a scrape sees all of an import or none.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts and times a request under its [`Endpoint`], or the route that it took.
pub(crate) async fn observe(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let response = next.run(request).await;
    let endpoint = match (response.extensions().get::<Endpoint>(), &route) {
        (Some(Endpoint(name)), _) => name,
        (None, Some(route)) => route.as_str(),
        (None, None) => "none",
    };
    metrics.record_request(endpoint, response.status().as_u16(), start.elapsed());
    response
}

/// Answers `GET /metrics`.
pub(crate) async fn answer(State(state): State<Arc<ApiState>>) -> Response {
    let stats = state.call(|app| app.stats()).await;
    match state.config.metrics.text(stats.ok().and_then(Result::ok).as_ref()) {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_TYPE)], text).into_response(),
        Err(error) => crate::native::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn ingest_counters_add_up() {
        let metrics = Metrics::default();
        let report = ImportReport {
            files: 3,
            files_rejected: 1,
            read: 10,
            stored: 6,
            duplicates: 3,
            rejected_records: 1,
            ..ImportReport::default()
        };
        metrics.record_import(&report);
        metrics.record_import(&report);
        let stats = Stats { events: 12, data_bytes: 5, index_bytes: 2, ..Stats::default() };
        let text = metrics.text(Some(&stats)).unwrap();
        let values: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        expect![[r#"
            trailhound_records_read_total 20
            trailhound_records_stored_total 12
            trailhound_records_duplicate_total 6
            trailhound_records_rejected_total 2
            trailhound_files_read_total 6
            trailhound_files_rejected_total 2
            trailhound_store_up 1
            trailhound_events 12
            trailhound_conflicts 0
            trailhound_segments 0
            trailhound_store_bytes 7"#]]
        .assert_eq(&values.join("\n"));
        assert!(metrics.text(None).unwrap().contains("trailhound_store_up 0"));
    }

    #[test]
    fn requests_are_counted_by_endpoint_and_code() {
        let metrics = Metrics::default();
        metrics.record_request("LookupEvents", 200, Duration::from_millis(3));
        metrics.record_request("LookupEvents", 400, Duration::from_millis(3));
        let text = metrics.text(None).unwrap();
        for line in [
            r#"trailhound_http_requests_total{endpoint="LookupEvents",code="200"} 1"#,
            r#"trailhound_query_duration_seconds_count{endpoint="LookupEvents"} 2"#,
            r#"trailhound_query_duration_seconds_bucket{le="0.002",endpoint="LookupEvents"} 0"#,
            r#"trailhound_query_duration_seconds_bucket{le="0.004",endpoint="LookupEvents"} 2"#,
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
