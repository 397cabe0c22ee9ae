//! What the word at the caret of the query bar may become: names of fields, and values with their counts.

use super::{AnswerPageError, blocking, fragment};
use crate::filter::{Key, parse_query, term};
use crate::limits::{
    COMPLETE_VALUES_MAX, COMPLETIONS_MAX, LINK_VALUE_BYTES_MAX, RECORDS_COUNTED_MAX,
};
use crate::visible::{count_of, visible_start};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use std::ops::Range;
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::count::Facet;
use trailhound_app::lookup::LookupError;
use trailhound_app::lookup::search::{Flag, Query, SearchField, TimeRange, fields};
use trailhound_record::Timestamp;
use url::form_urlencoded;

/// Values of `since:` and `until:` that are offered.
const TIMES: [&str; 7] = ["-30m", "-3h", "-24h", "-7d", "-30d", "today", "yesterday"];
/// Fields whose values a bare word may become.
const BARE_FIELDS: [SearchField; 3] = [SearchField::Event, SearchField::User, SearchField::Service];

/// The list.
#[derive(Debug, Template)]
#[template(path = "complete.html")]
struct Completions {
    items: Vec<Completion>,
}

/// One way to go on.
#[derive(Debug, PartialEq)]
struct Completion {
    label: String,
    detail: String,
    /// The whole text after it, and where the caret is then, in UTF-16 units.
    search: String,
    at: usize,
}

/// `GET /complete?q=…&at=…`: `at` is the caret, in UTF-16 units; time ranges as on the page.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let query = query.unwrap_or_default();
    let at = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "at")
        .and_then(|(_, at)| at.parse().ok());
    let filter = parse_query(&query).state.filter;
    let search = filter.value(Key::Search).unwrap_or_default().to_owned();
    let at = at.unwrap_or_else(|| search.encode_utf16().count());
    let items = blocking(move || {
        let now = trailhound_app::now();
        let range = filter.without(&[Key::Search]).asked(now, app.stats()?.newest);
        let range = range.map(|asked| asked.range).unwrap_or_default();
        complete(&app, &Word::at(&search, at), now, range)
    })
    .await?;
    fragment(&Completions { items })
}

/// The word that the caret is in, or at the end of.
#[derive(Debug)]
struct Word<'s> {
    search: &'s str,
    /// Without the minus in front.
    span: Range<usize>,
    /// What is before the caret: a name with its `:`, and a part of a value; or a part of a name.
    name: Option<&'s str>,
    typed: &'s str,
}

impl<'s> Word<'s> {
    fn at(search: &'s str, at_utf16: usize) -> Self {
        let (mut units, mut caret) = (0, search.len());
        let (mut start, mut end) = (0, None);
        let (mut in_quotes, mut is_escaped) = (false, false);
        for (at, character) in search.char_indices() {
            if units >= at_utf16 && caret == search.len() {
                caret = at;
            }
            units += character.len_utf16();
            let is_between =
                !in_quotes && (character.is_whitespace() || matches!(character, '(' | ')'));
            if is_between && caret == search.len() {
                start = at + character.len_utf8();
            } else if is_between && end.is_none() {
                end = Some(at);
            }
            if character == '"' && !is_escaped {
                in_quotes = !in_quotes;
            }
            is_escaped = in_quotes && character == '\\' && !is_escaped;
        }
        if search.get(start..).is_some_and(|word| word.starts_with('-')) && start < caret {
            start += 1;
        }
        let before = search.get(start..caret).unwrap_or_default();
        let (name, typed) = match before.split_once([':', '=']) {
            Some((name, typed)) => (Some(name), typed.trim_start_matches('"')),
            None => (None, before),
        };
        Self { search, span: start..end.unwrap_or(search.len()).max(start), name, typed }
    }

    /// The text with `text` in place of the word.
    fn replaced(&self, text: &str, label: &str, detail: String) -> Completion {
        let before = self.search.get(..self.span.start).unwrap_or_default();
        let after = self.search.get(self.span.end..).unwrap_or_default();
        let is_name = text.ends_with(':');
        let space = if is_name || after.starts_with([' ', ')']) { "" } else { " " };
        let until_caret = format!("{before}{text}{space}");
        Completion {
            label: visible_start(label, 120),
            detail,
            at: until_caret.encode_utf16().count(),
            search: until_caret + after,
        }
    }

    /// What the rest of the text asks for; everything when it is no query.
    fn rest(&self, now: Timestamp) -> Query {
        let before = self.search.get(..self.span.start).unwrap_or_default();
        let after = self.search.get(self.span.end..).unwrap_or_default();
        let before = before.strip_suffix('-').unwrap_or(before);
        Query::parse(&format!("{before}{after}"), now)
            .unwrap_or_else(|_| Query::from(trailhound_app::lookup::search::Expr::All))
    }
}

fn complete(
    app: &App,
    word: &Word<'_>,
    now: Timestamp,
    range: TimeRange,
) -> Result<Vec<Completion>, LookupError> {
    let fixed = |name: &str, values: &mut dyn Iterator<Item = &'static str>| -> Vec<Completion> {
        let fits = |value: &&str| starts_with(value, word.typed);
        values
            .filter(fits)
            .map(|value| word.replaced(&format!("{name}:{value}"), value, String::new()))
            .collect()
    };
    let Some(name) = word.name else {
        let mut items = names(word);
        if word.typed.chars().count() >= 2 {
            for field in BARE_FIELDS {
                let found = values(app, word, &Facet::Field(field), &word.rest(now), range)?;
                items.extend(found.into_iter().take(4));
            }
        }
        items.truncate(COMPLETIONS_MAX);
        return Ok(items);
    };
    if name.eq_ignore_ascii_case("is") {
        return Ok(fixed("is", &mut Flag::ALL.iter().map(|flag| flag.name())));
    }
    if let Some(name) = ["since", "until"].into_iter().find(|it| it.eq_ignore_ascii_case(name)) {
        return Ok(fixed(name, &mut TIMES.into_iter()));
    }
    match Facet::parse(name) {
        Ok(facet) => values(app, word, &facet, &word.rest(now), range),
        Err(_) => Ok(Vec::new()),
    }
}

/// The names of fields that start with what is typed.
fn names(word: &Word<'_>) -> Vec<Completion> {
    let fits = |name: &str| starts_with(name, word.typed);
    fields()
        .iter()
        .filter(|info| fits(info.name) || info.aliases.iter().any(|alias| fits(alias)))
        .map(|info| {
            let name = format!("{}:", info.name);
            word.replaced(&name, &name, info.description.to_owned())
        })
        .collect()
}

/// The values of `facet` that have what is typed in them, those that start with it first.
fn values(
    app: &App,
    word: &Word<'_>,
    facet: &Facet,
    query: &Query,
    range: TimeRange,
) -> Result<Vec<Completion>, LookupError> {
    let is_in_records = !matches!(
        facet,
        Facet::Field(field) if !matches!(field, SearchField::Resource | SearchField::Type)
    );
    if is_in_records && app.count_matches(query, range)?.events > RECORDS_COUNTED_MAX {
        return Ok(Vec::new());
    }
    let typed = word.typed.to_lowercase();
    let top = app.top(facet, query, range, COMPLETE_VALUES_MAX)?;
    let fits =
        |value: &str| value.len() <= LINK_VALUE_BYTES_MAX && value.to_lowercase().contains(&typed);
    let mut found: Vec<(String, u64)> =
        top.values.into_iter().filter(|(value, _)| fits(value)).collect();
    found.sort_by_key(|(value, _)| !starts_with(value, &typed));
    found.truncate(COMPLETIONS_MAX);
    let item = |(value, events): (String, u64)| {
        let text = term(facet, &value);
        word.replaced(&text, &text, count_of(events, "event", "events"))
    };
    Ok(found.into_iter().map(item).collect())
}

fn starts_with(value: &str, typed: &str) -> bool {
    value.to_lowercase().starts_with(&typed.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// Checks what completing the word at the `|` of `text` with a value gives.
    fn check(text: &str, expect: Expect) {
        let at = text.split('|').next().unwrap().encode_utf16().count();
        let search = text.replacen('|', "", 1);
        let word = Word::at(&search, at);
        let done = word.replaced("X", "", String::new());
        let utf16: Vec<u16> = done.search.encode_utf16().collect();
        let before = String::from_utf16(&utf16[..done.at]).unwrap();
        let after = String::from_utf16(&utf16[done.at..]).unwrap();
        expect.assert_eq(&format!("{:?} {:?}: {before}|{after}", word.name, word.typed));
    }

    #[test]
    fn the_word_at_the_caret_is_replaced() {
        check("|", expect![[r#"None "": X |"#]]);
        check("us|", expect![[r#"None "us": X |"#]]);
        check("a user:al|ice b", expect![[r#"Some("user") "al": a X| b"#]]);
        check("(a OR -user:|)", expect![[r#"Some("user") "": (a OR -X|)"#]]);
        check("żółć🐕 event:\"a b|\" c", expect![[r#"Some("event") "a b": żółć🐕 X| c"#]]);
        check("a |b", expect![[r#"None "": a X |"#]]);
    }

    proptest! {
        /// Any text and place has a word; never a panic.
        #[test]
        fn any_text_has_a_word(text in any::<String>(), at in 0_usize..50) {
            let word = Word::at(&text, at);
            prop_assert!(text.get(word.span.clone()).is_some());
            let _ = word.replaced("x", "x", String::new());
        }
    }
}
