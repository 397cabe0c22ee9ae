//! The pages: view models here, what they look like in `templates/`.

pub(crate) mod changes;
mod column;
pub(crate) mod compare;
pub(crate) mod complete;
pub(crate) mod event;
mod event_actor;
mod event_facts;
pub(crate) mod export;
pub(crate) mod facets;
pub(crate) mod history;
pub(crate) mod history_days;
mod history_form;
pub(crate) mod history_live;
mod history_problem;
mod history_row;
pub(crate) mod incident;
mod incident_view;
pub(crate) mod message;
mod plan;
pub(crate) mod questions;
pub(crate) mod resource;
mod state_view;
pub(crate) mod undo;
mod value;

use crate::assets::{self, AssetUrls};
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use trailhound_app::lookup::LookupError;
use url::form_urlencoded;

/// What every page has around its content.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The title, without our name.
    title: String,
    /// Where the files are.
    assets: &'static AssetUrls,
}

impl Layout {
    fn new(title: String) -> Self {
        Self { title, assets: &assets::URLS }
    }
}

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerPageError {
    /// The façade failed.
    #[error("the store did not answer")]
    Lookup(#[source] LookupError),
    /// The work on another thread did not end.
    #[error("the lookup stopped before its end")]
    Stopped(#[source] tokio::task::JoinError),
    /// A template failed.
    #[error("the page could not be written")]
    Render(#[source] askama::Error),
}

impl AnswerPageError {
    /// Whether the caller may succeed later.
    fn status(&self) -> StatusCode {
        match self {
            Self::Lookup(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Stopped(_) | Self::Render(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for AnswerPageError {
    fn into_response(self) -> Response {
        message::error_page(&self, self.status())
    }
}

/// The first value of a parameter in a query string.
fn parameter(query: &str, wanted: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// Runs `ask`, which blocks, where blocking is fine.
async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, LookupError> + Send + 'static,
) -> Result<T, AnswerPageError> {
    match tokio::task::spawn_blocking(ask).await {
        Ok(answer) => answer.map_err(AnswerPageError::Lookup),
        Err(stopped) => Err(AnswerPageError::Stopped(stopped)),
    }
}

/// The page that `template` makes.
fn page(status: StatusCode, template: &impl Template) -> Result<Response, AnswerPageError> {
    let html = template.render().map_err(AnswerPageError::Render)?;
    Ok((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

/// A part of a page.
fn fragment(template: &impl Template) -> Result<Response, AnswerPageError> {
    page(StatusCode::OK, template)
}
