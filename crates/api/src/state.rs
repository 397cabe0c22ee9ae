//! What every request shares, and the way into the façade, which blocks.

use crate::ApiConfig;
use crate::aws::throttle::Throttle;
use crate::limits::CALLS_AT_ONCE_MAX;
use crate::page_token::PageTokens;
use std::sync::Arc;
use tokio::sync::Semaphore;
use trailhound_app::App;
use trailhound_app::insights::Insights;
use trailhound_app::lake::Queries;

/// What every request shares.
pub(crate) struct ApiState {
    pub(crate) config: ApiConfig,
    pub(crate) tokens: PageTokens,
    pub(crate) throttle: Throttle,
    pub(crate) queries: Queries,
    pub(crate) insights: Insights,
    app: Arc<App>,
    calls: Arc<Semaphore>,
}

/// A call into the façade did not come back: it panicked, or the server is going down.
#[derive(Debug, thiserror::Error)]
#[error("the call did not return")]
pub(crate) struct CallError(#[source] Option<tokio::task::JoinError>);

impl ApiState {
    pub(crate) fn new(app: Arc<App>, config: ApiConfig) -> Self {
        Self {
            tokens: PageTokens::new(app.token_key()),
            throttle: Throttle::new(config.lookups_per_second),
            queries: Queries::new(config.engine.clone()),
            insights: Insights::new(Arc::clone(&app)),
            calls: Arc::new(Semaphore::new(CALLS_AT_ONCE_MAX)),
            config,
            app,
        }
    }

    /// Runs `call` on a thread that may block.
    ///
    /// A request that is given up (timeout, closed connection) leaves its call running; its permit
    /// goes with it, so that at most [`CALLS_AT_ONCE_MAX`] run whatever clients do.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&App) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let permit = self.calls.clone().acquire_owned().await.map_err(|_| CallError(None))?;
        let app = self.app.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            call(&app)
        })
        .await
        .map_err(|error| CallError(Some(error)))
    }
}

/// Writes the cause of a failed request to standard error, under the id that the caller was given.
pub(crate) fn report(request_id: &str, error: &dyn std::error::Error) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    eprintln!("request {request_id}: {text}");
}
