//! The questions of an incident: a list of them, and the answer to one.

use super::value::{Value, event_href};
use super::{AnswerPageError, Layout, blocking, message, page, parameter};
use crate::filter::{Filter, Key};
use crate::limits::{LINK_VALUE_BYTES_MAX, VALUE_CHARS_MAX};
use crate::visible::{count_of, visible, visible_start};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::lookup::search::{TIME_ACCEPTED, TimeRange, parse_time};
use trailhound_app::questions::{Answer, Named, QUESTIONS, Question, Table};

/// A longer search is folded.
const SEARCH_CHARS_MAX: usize = 200;
/// How many rows a table of a page has.
const ROWS_MAX: usize = 100;

/// The page: every question, and the answer to one.
#[derive(Debug, Template)]
#[template(path = "questions.html")]
struct QuestionsPage {
    layout: Layout,
    questions: Vec<QuestionView>,
    /// The question that was asked, with its form.
    asked: Option<FormView>,
    /// Why it has no answer.
    problem: Option<String>,
    tables: Vec<TableView>,
    notes: Vec<String>,
    searches: Vec<SearchView>,
    coverage: Option<String>,
}

/// A question in the list.
#[derive(Debug)]
struct QuestionView {
    href: String,
    title: &'static str,
    command: String,
}

/// The form of a question.
#[derive(Debug)]
struct FormView {
    name: &'static str,
    title: &'static str,
    fields: Vec<FieldView>,
    flags: Vec<(String, bool)>,
}

#[derive(Debug)]
struct FieldView {
    name: String,
    value: String,
    is_required: bool,
}

/// A search that the answer rests on.
#[derive(Debug)]
struct SearchView {
    link: Value,
    /// Its start, where it is long.
    start: Option<String>,
}

/// A table of the answer.
#[derive(Debug)]
struct TableView {
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

/// `GET /questions`: the list.
pub(crate) async fn answer_list() -> Result<Response, AnswerPageError> {
    page(StatusCode::OK, &QuestionsPage::new(None))
}

/// `GET /questions/{name}?…`: one question, answered when its parameters are there.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let Some(known) = QUESTIONS.iter().find(|known| known.name == name) else {
        return Ok(message::not_found(format!(
            "There is no question {}. The list is at /questions.",
            visible_start(&name, 100)
        )));
    };
    let query = query.unwrap_or_default();
    let value = |wanted: &str| parameter(&query, wanted);
    let mut shown = QuestionsPage::new(Some(known));
    shown.asked = Some(FormView::new(known, &value));
    let question = match Question::named(known.name, value) {
        Ok(question) => question,
        Err(error) => {
            // Nothing was asked yet: the form is all there is to say.
            shown.problem = (!query.is_empty()).then(|| visible(&error.to_string()));
            return page(StatusCode::OK, &shown);
        }
    };
    let range = match range_of(&value) {
        Ok(range) => range,
        Err(problem) => {
            shown.problem = Some(problem);
            return page(StatusCode::BAD_REQUEST, &shown);
        }
    };
    let answer = blocking(move || app.answer(&question, range, ROWS_MAX)).await?;
    shown.fill(&answer);
    page(StatusCode::OK, &shown)
}

fn range_of(value: &impl Fn(&str) -> Option<String>) -> Result<TimeRange, String> {
    let now = trailhound_app::now();
    let time = |name: &str| match value(name).filter(|text| !text.trim().is_empty()) {
        None => Ok(None),
        Some(text) => parse_time(text.trim(), now)
            .map(Some)
            .ok_or_else(|| format!("{} is no time: {TIME_ACCEPTED}", visible_start(&text, 100))),
    };
    Ok(TimeRange { start: time("since")?, end: time("until")? })
}

impl FormView {
    fn new(known: &'static Named, value: &impl Fn(&str) -> Option<String>) -> Self {
        let field = |name: &str, is_required| FieldView {
            name: name.to_owned(),
            value: value(name).unwrap_or_default(),
            is_required,
        };
        let own = known.parameters.iter().map(|(name, is_required)| field(name, *is_required));
        let times = ["since", "until"].map(|name| field(name, false));
        let is = |flag: &str| value(flag).is_some_and(|text| text == "true");
        Self {
            name: known.name,
            title: known.title,
            fields: own.chain(times).collect(),
            flags: known.flags.iter().map(|flag| ((*flag).to_owned(), is(flag))).collect(),
        }
    }
}

impl QuestionsPage {
    fn new(asked: Option<&Named>) -> Self {
        let view = |known: &Named| QuestionView {
            href: format!("/questions/{}", known.name),
            title: known.title,
            command: format!("trailhound {}", known.name),
        };
        Self {
            layout: Layout::new(asked.map_or("Questions", |asked| asked.title).to_owned()),
            questions: QUESTIONS.iter().map(view).collect(),
            asked: None,
            problem: None,
            tables: Vec::new(),
            notes: Vec::new(),
            searches: Vec::new(),
            coverage: None,
        }
    }

    fn fill(&mut self, answer: &Answer) {
        self.tables = answer.tables.iter().map(TableView::new).collect();
        self.notes = answer.notes.iter().map(|note| visible(note)).collect();
        self.searches = answer.searches.iter().map(|search| SearchView::new(search)).collect();
        let coverage = &answer.coverage;
        let unreadable = match coverage.unreadable.as_slice() {
            [] => String::new(),
            parts => format!(
                " The answer is partial: {} could not be read.",
                count_of(parts.len() as u64, "segment", "segments")
            ),
        };
        self.coverage = Some(format!(
            "Of {} in the time range, {} examined; the index ruled the others out.{unreadable}",
            count_of(coverage.events_in_range, "event", "events"),
            coverage.events_examined
        ));
    }
}

/// A search, leading to its events.
pub(super) fn search_link(search: &str) -> Value {
    let fits = search.len() <= LINK_VALUE_BYTES_MAX;
    Value {
        text: visible_start(search, VALUE_CHARS_MAX),
        href: fits.then(|| Filter::default().with(Key::Search, search).href()),
        ..Value::default()
    }
}

impl SearchView {
    fn new(search: &str) -> Self {
        let is_long = search.chars().nth(SEARCH_CHARS_MAX).is_some();
        let start = is_long.then(|| visible_start(search, SEARCH_CHARS_MAX));
        Self { link: search_link(search), start }
    }
}

impl TableView {
    fn new(table: &Table) -> Self {
        let cell = |(column, text): (&&'static str, &String)| {
            let href = match *column {
                "event_id" => event_href(text),
                _ => None,
            };
            Value { text: visible_start(text, VALUE_CHARS_MAX), href, ..Value::default() }
        };
        let row = |row: &Vec<String>| table.columns.iter().zip(row).map(cell).collect();
        Self {
            title: visible(&table.title),
            columns: table.columns.clone(),
            rows: table.rows.iter().map(row).collect(),
        }
    }
}
