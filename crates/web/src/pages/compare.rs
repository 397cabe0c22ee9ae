//! Two events side by side, without what is equal.

use super::value::{Value, event_href, event_title, record_text, time_text};
use super::{AnswerPageError, Layout, blocking, message, page, parameter};
use crate::json::Node;
use crate::limits::{TREE_LINES_MAX, VALUE_CHARS_MAX};
use crate::visible::{count_of, visible, visible_start};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;
use trailhound_app::App;
use trailhound_record::Event;
use url::form_urlencoded;

/// The page.
#[derive(Debug, Template)]
#[template(path = "compare.html")]
struct ComparePage {
    layout: Layout,
    sides: [Value; 2],
    lines: Vec<Line>,
    /// Says how many lines are equal.
    equal: String,
    /// Where the equal ones are seen, or hidden again.
    toggle: Value,
    is_cut: bool,
}

/// One place of a record.
#[derive(Debug, PartialEq)]
struct Line {
    path: String,
    /// What each side has there; nothing when it has not.
    values: [Option<String>; 2],
    is_equal: bool,
}

/// `GET /compare?a=ID&b=ID`, with `all=1` to see what is equal too.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let query = query.unwrap_or_default();
    let value = |wanted: &str| parameter(&query, wanted);
    let ids = [value("a").unwrap_or_default(), value("b").unwrap_or_default()];
    let asked = ids.clone();
    let found = blocking(move || {
        asked.iter().map(|id| app.events_by_id(id)).collect::<Result<Vec<_>, _>>()
    })
    .await?;
    let mut events = found.into_iter().map(|mut events| {
        events.truncate(1);
        events.pop()
    });
    match [events.next().flatten(), events.next().flatten()] {
        [Some(left), Some(right)] => {
            page(StatusCode::OK, &ComparePage::new(&ids, &[left, right], value("all").is_some()))
        }
        [left, _] => {
            let [a, b] = &ids;
            let missing = if left.is_none() { a } else { b };
            Ok(message::not_found(format!(
                "The store holds no event with the ID {}. An address that compares is \
                 /compare?a=ID&b=ID.",
                visible_start(missing, 200)
            )))
        }
    }
}

impl ComparePage {
    fn new(ids: &[String; 2], events: &[Event; 2], has_all: bool) -> Self {
        let records = events.each_ref().map(|event| Node::parse(&record_text(event)));
        let all = lines(&records);
        let equal = all.iter().filter(|line| line.is_equal).count();
        let mut lines: Vec<Line> =
            all.into_iter().filter(|line| has_all || !line.is_equal).collect();
        let is_cut = lines.len() > TREE_LINES_MAX;
        lines.truncate(TREE_LINES_MAX);
        let [a, b] = ids;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("a", a).append_pair("b", b);
        if !has_all {
            query.append_pair("all", "1");
        }
        let side = |event: &Event| {
            let time = event.event_time.map(time_text).unwrap_or_default();
            let href = event.event_id.as_deref().and_then(event_href);
            Value { text: format!("{} {time}", event_title(event)), href, ..Value::default() }
        };
        Self {
            layout: Layout::new("Compare".to_owned()),
            sides: events.each_ref().map(side),
            lines,
            equal: format!(
                "{} equal{}.",
                count_of(equal as u64, "value is", "values are"),
                if has_all { "" } else { " and hidden" }
            ),
            toggle: Value {
                text: if has_all { "Hide what is equal" } else { "Show what is equal" }.to_owned(),
                href: Some(format!("/compare?{}", query.finish())),
                ..Value::default()
            },
            is_cut,
        }
    }
}

/// Every place that has a value on a side, in the order of the left record, then of the right one.
fn lines(records: &[Node; 2]) -> Vec<Line> {
    let mut order = Vec::new();
    let mut places: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
    for (side, record) in records.iter().enumerate() {
        for_each_leaf(record, &mut String::new(), &mut |path, value| {
            let values = places.entry(path.to_owned()).or_insert_with(|| {
                order.push(path.to_owned());
                [None, None]
            });
            if let Some(place) = values.get_mut(side) {
                *place = Some(value);
            }
        });
    }
    let line = |path: String| {
        let values = places.remove(&path)?;
        let [left, right] = &values;
        let is_equal = left == right;
        let shown = |value: Option<String>| value.map(|text| visible_start(&text, VALUE_CHARS_MAX));
        Some(Line { path: visible(&path), values: values.map(shown), is_equal })
    };
    order.into_iter().filter_map(line).collect()
}

/// Calls `each` with the path and the text of each value that is neither object nor list, unless empty.
fn for_each_leaf(node: &Node, path: &mut String, each: &mut dyn FnMut(&str, String)) {
    let length = path.len();
    let mut descend = |path: &mut String, name: &str, child: &Node| {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        for_each_leaf(child, path, each);
        path.truncate(length);
    };
    match node {
        Node::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, child)| descend(path, name, child));
        }
        Node::List(items) if !items.is_empty() => {
            let items = items.iter().enumerate();
            items.for_each(|(at, child)| descend(path, &at.to_string(), child));
        }
        Node::Object(_) => each(path, "{}".to_owned()),
        Node::List(_) => each(path, "[]".to_owned()),
        Node::Text(text) => each(path, format!("\"{text}\"")),
        Node::Literal(text) => each(path, text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(left: &str, right: &str, expect: Expect) {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let shown: Vec<String> = lines(&[Node::parse(left), Node::parse(right)])
            .iter()
            .map(|line| {
                let mark = if line.is_equal { "=" } else { "!" };
                format!(
                    "{mark} {}: {} | {}",
                    line.path,
                    text(&line.values[0]),
                    text(&line.values[1])
                )
            })
            .collect();
        expect.assert_eq(&shown.join("\n"));
    }

    #[test]
    fn places_are_compared_by_path() {
        check(
            r#"{"a":1,"b":{"c":["x","y"]},"only":null,"e":{}}"#,
            r#"{"a":"1","b":{"c":["x"],"d":"\u202e"},"e":{}}"#,
            expect![[r#"
                ! a: 1 | "1"
                = b.c.0: "x" | "x"
                ! b.c.1: "y" | -
                ! only: null | -
                = e: {} | {}
                ! b.d: - | "⟨U+202E⟩""#]],
        );
    }
}
