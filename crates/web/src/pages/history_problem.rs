//! Why a filter cannot be followed, as the page says it.

use super::history::link;
use super::value::Value;
use crate::filter::{Filter, FilterProblem, Key};
use crate::visible::{visible, visible_start};
use trailhound_app::lookup::search::{ParseQueryError, Query};
use trailhound_record::Timestamp;

/// A problem of the search.
#[derive(Debug)]
pub(super) struct SearchProblem {
    /// The search, a caret under the place, and what is wrong there.
    pub(super) text: String,
    /// The search with the suggestion in its place.
    pub(super) suggestion: Option<Value>,
}

/// The problems as sentences, and that of the search of `filter`.
pub(super) fn split(
    filter: &Filter,
    problems: &[FilterProblem],
) -> (Vec<String>, Option<SearchProblem>) {
    let search = filter.value(Key::Search).unwrap_or_default();
    let (mut said, mut of_search) = (Vec::new(), None);
    for problem in problems {
        match problem {
            FilterProblem::Said(text) => said.push(visible_start(text, 500)),
            FilterProblem::Search(error) => {
                of_search = Some(SearchProblem::new(filter, search, error))
            }
        }
    }
    (said, of_search)
}

impl SearchProblem {
    fn new(filter: &Filter, search: &str, error: &ParseQueryError) -> Self {
        let rendered = error.render(search);
        let lines: Vec<String> = rendered.lines().map(visible).collect();
        let suggestion = corrected(search, error).map(|search| {
            let shown = visible_start(&search, 200);
            link(&shown, filter.with(Key::Search, &search).href())
        });
        Self { text: lines.join("\n"), suggestion }
    }
}

/// `search` with the suggestion of `error` in its place, when that is better.
fn corrected(search: &str, error: &ParseQueryError) -> Option<String> {
    let suggestion = error.suggestion.as_deref()?;
    let before = search.get(..error.span.start)?;
    let after = search.get(error.span.end..)?;
    // The place may be the name alone, or the word after `is:`.
    let name = suggestion.trim_end_matches(':');
    let name = if after.starts_with([':', '=']) { name } else { suggestion };
    let flag = suggestion.strip_prefix("is:").filter(|_| before.ends_with(':')).unwrap_or(name);
    [flag, name].into_iter().map(|it| format!("{before}{it}{after}")).find(
        |text| match Query::parse(text, Timestamp(0)) {
            Ok(_) => true,
            Err(next) => next.span.start > error.span.end,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(search: &str, expected: Option<&str>) {
        let error = Query::parse(search, Timestamp(0)).unwrap_err();
        assert_eq!(corrected(search, &error).as_deref(), expected, "{search}");
    }

    #[test]
    fn a_suggestion_replaces_what_it_is_about() {
        check("usr:alice event:x", Some("user:alice event:x"));
        check("event:x is:wrte", Some("event:x is:write"));
        check("a (b", None);
    }
}
