//! The most frequent values of some fields in the answer, each a link that filters for it or out.

use super::value::Value;
use super::{AnswerPageError, blocking, fragment};
use crate::filter::{Filter, Narrow, parse_query};
use crate::limits::{FACET_VALUES_MAX, RECORDS_COUNTED_MAX};
use crate::visible::count;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::count::{Facet, Top};
use trailhound_app::lookup::LookupError;
use trailhound_app::lookup::search::SearchField;

/// The fields, with their names on the page.
const FIELDS: [(SearchField, &str); 7] = [
    (SearchField::User, "User"),
    (SearchField::Event, "Event"),
    (SearchField::Service, "Service"),
    (SearchField::Error, "Error"),
    (SearchField::Ip, "Source IP"),
    (SearchField::Account, "Account"),
    (SearchField::Region, "Region"),
];
/// A field whose values are read from the records: counted when there are few, or when asked for.
const SLOW: (SearchField, &str) = (SearchField::Type, "Resource type");

/// The part of the page.
#[derive(Debug, Template)]
#[template(path = "facets.html")]
struct Facets {
    groups: Vec<Group>,
    /// Where the slow field is counted, when it was not.
    slow_href: Option<String>,
}

/// One field.
#[derive(Debug)]
struct Group {
    title: &'static str,
    values: Vec<Counted>,
    /// How many more values there are.
    more: Option<String>,
    is_partial: bool,
}

/// One value.
#[derive(Debug)]
struct Counted {
    value: Value,
    events: String,
    /// The share of the matching events, as a step from 0 to 20.
    share: u64,
}

/// One field's name on the page and its values.
type Found = (Facet, &'static str, Top);

/// `GET /facets`: for the filter in the query string.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    answer_of(app, query, &FIELDS, true).await
}

/// `GET /facets/type`: the slow field.
pub(crate) async fn answer_slow(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    answer_of(app, query, &[SLOW], false).await
}

async fn answer_of(
    app: Arc<App>,
    query: Option<String>,
    fields: &'static [(SearchField, &'static str)],
    has_slow: bool,
) -> Result<Response, AnswerPageError> {
    let filter = parse_query(query.as_deref().unwrap_or_default()).state.filter;
    let asked_filter = filter.clone();
    let counted = blocking(move || {
        let newest = app.stats()?.newest;
        let Ok(asked) = asked_filter.asked(trailhound_app::now(), newest) else { return Ok(None) };
        let top = |&(field, title): &(SearchField, &'static str)| {
            let facet = Facet::Field(field);
            let top = app.top(&facet, &asked.query, asked.range, FACET_VALUES_MAX)?;
            Ok::<Found, LookupError>((facet, title, top))
        };
        let mut found = fields.iter().map(top).collect::<Result<Vec<_>, _>>()?;
        let is_small = found.iter().all(|(_, _, top)| top.events <= RECORDS_COUNTED_MAX);
        if has_slow && is_small {
            found.push(top(&SLOW)?);
        }
        Ok(Some((found, has_slow && !is_small)))
    })
    .await?;
    match counted {
        Some((found, is_slow_left)) => {
            let slow_href = is_slow_left.then(|| filter.href_at("/facets/type"));
            fragment(&Facets { slow_href, ..Facets::new(&filter, &found) })
        }
        None => Ok(StatusCode::BAD_REQUEST.into_response()),
    }
}

impl Facets {
    fn new(filter: &Filter, counted: &[Found]) -> Self {
        let narrow = Narrow::new(filter);
        let group = |(facet, title, top): &Found| Group {
            title,
            values: top
                .values
                .iter()
                .map(|(text, events)| Counted {
                    value: Value { has_buttons: true, ..Value::narrowing(&narrow, facet, text) },
                    events: count(*events),
                    share: (events * 20).div_ceil(top.events.max(1)).min(20),
                })
                .collect(),
            more: Some(top.distinct.saturating_sub(top.values.len() as u64))
                .filter(|more| *more > 0)
                .map(|more| format!("{} more", count(more))),
            is_partial: !top.coverage.unreadable.is_empty(),
        };
        let groups = counted.iter().filter(|(_, _, top)| !top.values.is_empty());
        Self { groups: groups.map(group).collect(), slow_href: None }
    }
}
