//! What stands before every route: the `Host` check, the time limit, the counters, safe headers.

use crate::ApiConfig;
use crate::aws;
use crate::aws::error::AwsError;
use crate::native;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

const HOST_REFUSED: &str = "Trailhound listens on a loopback address and answers only requests for \
localhost, 127.0.0.1 or [::1]. This one names another host: either a page of another site tries to read \
your events (DNS rebinding), or you came through a proxy, which has to set the Host header.\n";

/// Puts the `Host` check, the time limit, the counters and safe headers before `routes`.
pub fn protect(routes: Router, config: &ApiConfig) -> Router {
    let routes = routes.layer(from_fn_with_state(config.request_timeout, limit_time));
    let routes = if config.loopback { routes.layer(from_fn(check_host)) } else { routes };
    routes
        .layer(from_fn(add_headers))
        .layer(from_fn_with_state(config.metrics.clone(), crate::metrics::observe))
}

async fn check_host(request: Request, next: Next) -> Response {
    let header = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
    let line = request.uri().authority().map(Authority::as_str);
    if !header.is_some_and(is_loopback) || !line.is_none_or(|host| is_loopback(host.as_bytes())) {
        return (StatusCode::FORBIDDEN, HOST_REFUSED).into_response();
    }
    next.run(request).await
}

/// Whether `host`, with or without a port, is a name of this machine that no other site can own.
fn is_loopback(host: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(host) else { return false };
    let has_user = authority.as_str().contains('@');
    let host = authority.host().to_ascii_lowercase();
    !has_user && matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let is_native = request.uri().path().starts_with("/api/");
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_native => native::timeout(),
        Err(_) => aws::respond(Err(AwsError::Timeout)),
    }
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    // Pages set their own; events are nothing for a cache.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in
            ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:41234", "[::1]", "[::1]:1"]
        {
            assert!(is_loopback(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            "evil.example.com",
            "localhost.example.com:80",
            "127.0.0.1.example.com",
            "localhost@evil.example.com",
            "evil.example.com@localhost",
            "[::2]",
            "127.0.0.2",
            "0.0.0.0",
            "localhost evil",
        ] {
            assert!(!is_loopback(host.as_bytes()), "{host}");
        }
    }
}
