//! New events, for a page that is open: asked for again and again, from where the page stands.

use super::column::{columns_of, has_actor};
use super::history_row::{Row, Shown};
use super::{AnswerPageError, blocking, fragment};
use crate::cursor;
use crate::filter::{Filter, Key, Narrow, parse_query};
use crate::limits::LIVE_EVENTS_MAX;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use trailhound_app::App;

/// Where the events of `filter` are that are newer than the position with the text `than`.
pub(super) fn poll_href(filter: &Filter, than: &str) -> String {
    filter.with(Key::Live, than).href_at("/live")
}

/// The rows that are new, and where the next ones are.
#[derive(Debug, Template)]
#[template(path = "live.html")]
struct Live {
    rows: Vec<Row>,
    has_account: bool,
    has_region: bool,
    poll_href: String,
}

/// `GET /live`: the filter in the query string, and in `live` the position that was the newest.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let filter = parse_query(query.as_deref().unwrap_or_default()).state.filter;
    let Some(than) = filter.value(Key::Live).and_then(cursor::parse) else {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    };
    let shown = filter.with(Key::Live, "1");
    let columns = columns_of(&shown, &mut Vec::new());
    let wants_actors = has_actor(&columns);
    let found = blocking(move || {
        let stats = app.stats()?;
        let Ok(asked) = filter.asked(trailhound_app::now(), stats.newest) else { return Ok(None) };
        let events = app.newer_than(&asked.lookup(), &than, LIVE_EVENTS_MAX)?;
        let Some(event_id) = events.first().and_then(|event| event.event_id.clone()) else {
            return Ok(None);
        };
        let actors = match wants_actors {
            true => {
                let mut tracer = app.tracer()?;
                events.iter().map(|event| tracer.attribute(event)).collect()
            }
            false => Vec::new(),
        };
        Ok(app.position_of(&event_id)?.map(|newest| (stats, events, actors, newest)))
    })
    .await?;
    let Some((stats, events, actors, newest)) = found else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let (has_account, has_region) = (stats.accounts.len() > 1, stats.regions.len() > 1);
    let narrow = Narrow::new(&shown);
    let table = Shown { columns: &columns, actors: &actors, has_account, has_region };
    fragment(&Live {
        rows: Row::all(&narrow, &table, &events),
        has_account,
        has_region,
        poll_href: poll_href(&shown, &cursor::to_text(&newest)),
    })
}

impl Live {
    fn has_place(&self) -> bool {
        self.has_account || self.has_region
    }
}
