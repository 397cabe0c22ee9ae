//! Pages that say why there is nothing to show.

use super::{AnswerPageError, Layout, page};
use crate::visible::visible;
use askama::Template;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::error::Error;

/// A page with a message.
#[derive(Debug, Template)]
#[template(path = "message.html")]
struct MessagePage {
    layout: Layout,
    heading: String,
    text: String,
    details: Vec<String>,
}

/// Answers an address that nothing else answers.
pub(crate) async fn answer_not_found(uri: Uri) -> Response {
    not_found(format!("Nothing is at {}.", visible(uri.path())))
}

/// A page that says what was not found.
pub(super) fn not_found(text: String) -> Response {
    let message = MessagePage {
        layout: Layout::new("Not found".to_owned()),
        heading: "Not found".to_owned(),
        text,
        details: Vec::new(),
    };
    page(StatusCode::NOT_FOUND, &message).unwrap_or_else(IntoResponse::into_response)
}

/// A page that says what failed, with its causes.
pub(super) fn error_page(error: &AnswerPageError, status: StatusCode) -> Response {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let text = match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            "The store could not be read. Nothing is known about its events until it can be."
        }
        _ => {
            "This is an error of Trailhound. Nothing is known about the events that were asked for."
        }
    };
    let message = MessagePage {
        layout: Layout::new("Error".to_owned()),
        heading: "No answer".to_owned(),
        text: text.to_owned(),
        details: std::iter::once(error.to_string())
            .chain(causes.map(ToString::to_string))
            .map(|cause| visible(&cause))
            .collect(),
    };
    match message.render() {
        Ok(html) => {
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
        }
        Err(_) => (status, "no answer\n").into_response(),
    }
}
