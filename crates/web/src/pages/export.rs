//! The answer as a file: records as delivered, or the columns of the table.

use super::column::{Column, columns_of, has_actor};
use super::{AnswerPageError, blocking};
use crate::filter::{Asked, parse_query};
use crate::limits::EXPORT_EVENTS_MAX;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;
use trailhound_app::App;
use trailhound_app::count::{Counted, Facet};
use trailhound_app::lookup::search::SearchField;
use trailhound_app::who::Attribution;
use trailhound_record::Event;

/// Events that are read at once, and parts that wait for a slow reader.
const PART_EVENTS: usize = 500;
const PARTS_WAITING_MAX: usize = 2;

/// The columns of a CSV file when none are asked for.
const COLUMNS: [SearchField; 9] = [
    SearchField::Event,
    SearchField::User,
    SearchField::Key,
    SearchField::Ip,
    SearchField::Service,
    SearchField::Error,
    SearchField::Resource,
    SearchField::Account,
    SearchField::Region,
];

/// How events are written.
#[derive(Debug)]
enum Format {
    Ndjson,
    Csv(Vec<Column>),
}

/// `GET /export/ndjson` and `GET /export/csv`: the newest events of the filter in the query string, newest
/// first. When not all are written, the file's name and the header `trailhound-partial` say so.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Path(format): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let parsed = parse_query(query.as_deref().unwrap_or_default());
    let mut problems = Vec::new();
    let columns = columns_of(&parsed.state.filter, &mut problems);
    let format = match format.as_str() {
        "ndjson" => Format::Ndjson,
        "csv" if columns.is_empty() => {
            Format::Csv(COLUMNS.map(|field| Column::Facet(Facet::Field(field))).into())
        }
        "csv" => Format::Csv(columns),
        _ => return Ok((StatusCode::NOT_FOUND, "ndjson or csv\n").into_response()),
    };
    let counting = Arc::clone(&app);
    let counted = blocking(move || {
        let newest = counting.stats()?.newest;
        let Ok(asked) = parsed.state.filter.asked(trailhound_app::now(), newest) else {
            return Ok(None);
        };
        let counted = counting.count_matches(&asked.query, asked.range)?;
        Ok(Some((asked, counted)))
    })
    .await?;
    match counted {
        Some((asked, counted)) if problems.is_empty() && parsed.problems.is_empty() => {
            let headers = headers_of(&format, &counted);
            let is_told = !counted.coverage.unreadable.is_empty();
            Ok((headers, stream(app, asked, format, is_told)).into_response())
        }
        _ => Ok((StatusCode::BAD_REQUEST, "the filter cannot be followed\n").into_response()),
    }
}

/// What a browser is told about the file.
fn headers_of(format: &Format, counted: &Counted) -> HeaderMap {
    let (kind, extension) = match format {
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
        Format::Csv(_) => ("text/csv; charset=utf-8", "csv"),
    };
    let unreadable = counted.coverage.unreadable.len();
    let partial = match (counted.events, unreadable) {
        (all, 0) if all <= EXPORT_EVENTS_MAX => None,
        (all, 0) => Some(format!("newest-{EXPORT_EVENTS_MAX}-of-{all}")),
        (all, segments) => Some(format!(
            "{}-of-{all}-without-{segments}-unreadable-segments",
            all.min(EXPORT_EVENTS_MAX)
        )),
    };
    let name = match &partial {
        None => format!("cloudtrail-events.{extension}"),
        Some(partial) => format!("cloudtrail-events-partial-{partial}.{extension}"),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = format!("attachment; filename=\"{name}\"");
    let texts = [
        (header::CONTENT_DISPOSITION, Some(disposition)),
        (HeaderName::from_static("trailhound-partial"), partial),
    ];
    for (header_name, text) in texts {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(header_name, value);
        }
    }
    headers
}

/// The file, read as fast as it is taken. It breaks off at what cannot be read, unless that is told.
fn stream(app: Arc<App>, asked: Asked, format: Format, is_told: bool) -> Body {
    let (sender, mut receiver) = mpsc::channel::<io::Result<Bytes>>(PARTS_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        let mut left = usize::try_from(EXPORT_EVENTS_MAX).unwrap_or(usize::MAX);
        let (mut after, mut part) = (None, format.head());
        let lookup = asked.lookup();
        let tracer = format.has_actor().then(|| app.tracer()).transpose();
        let mut tracer = match tracer {
            Ok(tracer) => tracer,
            Err(error) => {
                let _ = sender.blocking_send(Err(io::Error::other(error)));
                return;
            }
        };
        loop {
            let page = match app.lookup(&lookup, after.as_ref(), left.min(PART_EVENTS)) {
                Ok(page) => page,
                Err(error) => {
                    let _ = sender.blocking_send(Err(io::Error::other(error)));
                    return;
                }
            };
            if let Some(reason) = page.coverage.unreadable.first().filter(|_| !is_told) {
                let _ = sender.blocking_send(Err(io::Error::other(reason.clone())));
                return;
            }
            left = left.saturating_sub(page.events.len());
            for event in &page.events {
                let actor = tracer.as_mut().map(|tracer| tracer.attribute(event));
                format.add(&mut part, event, actor.as_ref());
            }
            let unread = tracer.as_ref().and_then(|tracer| tracer.unreadable().first());
            if let Some(reason) = unread.filter(|_| !is_told) {
                let _ = sender.blocking_send(Err(io::Error::other(reason.clone())));
                return;
            }
            let is_taken = sender.blocking_send(Ok(Bytes::from(std::mem::take(&mut part)))).is_ok();
            after = page.next;
            if !is_taken || after.is_none() || left == 0 {
                return;
            }
        }
    });
    Body::from_stream(futures::stream::poll_fn(move |context| receiver.poll_recv(context)))
}

impl Format {
    /// What comes first.
    fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        if let Self::Csv(columns) = self {
            let names = columns.iter().map(Column::name);
            let names = std::iter::once("eventTime".to_owned()).chain(names);
            add_line(&mut head, names.chain(["eventID".to_owned()]));
        }
        head
    }

    fn has_actor(&self) -> bool {
        matches!(self, Self::Csv(columns) if has_actor(columns))
    }

    /// Adds one event, behind which `actor` stands.
    fn add(&self, to: &mut Vec<u8>, event: &Event, actor: Option<&Attribution>) {
        match self {
            Self::Ndjson => {
                // Between the tokens of JSON a line break is only space; inside it is written `\n`.
                to.extend(event.raw.iter().map(|&byte| match byte {
                    b'\n' | b'\r' => b' ',
                    other => other,
                }));
                to.push(b'\n');
            }
            Self::Csv(columns) => {
                let cells = columns.iter().map(|column| column.text(event, actor));
                let time = event.event_time.map(|at| at.to_string()).unwrap_or_default();
                let id = event.event_id.clone().unwrap_or_default();
                add_line(to, std::iter::once(time).chain(cells).chain([id]));
            }
        }
    }
}

/// Adds one line of RFC 4180. A cell that a spreadsheet would take for a formula gets a `'` in front.
fn add_line(to: &mut Vec<u8>, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            to.push(b',');
        }
        let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        let cell = format!("{guard}{cell}");
        if cell.contains([',', '"', '\n', '\r']) {
            to.extend(format!("\"{}\"", cell.replace('"', "\"\"")).bytes());
        } else {
            to.extend(cell.bytes());
        }
    }
    to.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use trailhound_app::lookup::Coverage;

    fn check(format: &Format, record: &str, expect: Expect) {
        let event = Event::parse(record.as_bytes().to_vec(), 0).unwrap();
        let mut bytes = format.head();
        format.add(&mut bytes, &event, None);
        expect.assert_eq(&String::from_utf8(bytes).unwrap().replace('\r', ""));
    }

    const RECORD: &str = "{\"eventID\":\"x,\\\"1\\\"\",\n\"eventName\":\"=1+2\",\"eventTime\":\"2023-07-10T12:00:00Z\",\"a\":[\"b\\n\",2]}";

    #[test]
    fn a_record_is_one_line_of_ndjson() {
        check(
            &Format::Ndjson,
            RECORD,
            expect![[r#"
                {"eventID":"x,\"1\"", "eventName":"=1+2","eventTime":"2023-07-10T12:00:00Z","a":["b\n",2]}
            "#]],
        );
    }

    #[test]
    fn a_csv_cell_is_quoted_and_no_formula() {
        let columns = ["event", ".a"].map(|name| Column::Facet(Facet::parse(name).unwrap()));
        check(
            &Format::Csv(columns.into()),
            RECORD,
            expect![[r#"
                eventTime,event,.a,eventID
                2023-07-10T12:00:00Z,'=1+2,"b
                 2","x,""1"""
            "#]],
        );
    }

    #[test]
    fn a_file_that_is_not_all_says_so() {
        let name = |events, unreadable: &[&str]| {
            let unreadable = unreadable.iter().map(|&it| it.to_owned()).collect();
            let coverage = Coverage { unreadable, ..Coverage::default() };
            let headers = headers_of(&Format::Ndjson, &Counted { events, coverage });
            let partial =
                headers.get("trailhound-partial").map(|it| it.to_str().unwrap().to_owned());
            assert_eq!(
                partial.is_some(),
                headers["content-disposition"].to_str().unwrap().contains("partial")
            );
            partial
        };
        assert_eq!(name(EXPORT_EVENTS_MAX, &[]), None);
        assert_eq!(name(EXPORT_EVENTS_MAX + 1, &[]).unwrap(), "newest-100000-of-100001");
        assert_eq!(name(5, &["x"]).unwrap(), "5-of-5-without-1-unreadable-segments");
    }
}
