//! The filter of the Event history page: its form, its query string and its search.

mod terms;
mod time_range;

use crate::cursor;
use std::collections::BTreeMap;
use trailhound_app::lookup::search::{Expr, ParseQueryError, Query, Term, TimeRange as Range};
use trailhound_app::lookup::{LookupQuery, Position};
use trailhound_record::Timestamp;
use url::form_urlencoded;

pub(crate) use terms::{Narrow, term, term_of_param};
pub(crate) use time_range::{PRESETS, TimeRange};

/// One part of what the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// The search language: which events.
    Search,
    /// A time range relative to now or to the newest event.
    Range,
    /// The earliest time.
    From,
    /// The latest time.
    Until,
    /// The columns of the table, by name, with commas between them.
    Columns,
    /// The event to compare another one with.
    Compare,
    /// Whether new events are added while the page is open.
    Live,
}

impl Key {
    /// Every key, in the order of the query string.
    pub(crate) const ALL: [Self; 7] = [
        Self::Search,
        Self::Range,
        Self::From,
        Self::Until,
        Self::Columns,
        Self::Compare,
        Self::Live,
    ];

    /// Its name in the query string and the form.
    pub(crate) const fn param(self) -> &'static str {
        match self {
            Self::Search => "q",
            Self::Range => "range",
            Self::From => "from",
            Self::Until => "until",
            Self::Columns => "columns",
            Self::Compare => "compare",
            Self::Live => "live",
        }
    }

    /// Its name on the page.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Search => "Search",
            Self::Range => "Time",
            Self::From => "From",
            Self::Until => "Until",
            Self::Columns => "Columns",
            Self::Compare => "Compare with",
            Self::Live => "Live",
        }
    }
}

/// Which events the page shows: the conditions that are set. No value is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    values: BTreeMap<Key, String>,
}

/// What a query string says: a filter, and from which event on its answer is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PageState {
    /// The filter.
    pub(crate) filter: Filter,
    /// Only events that come after this one, so are older.
    pub(crate) before: Option<Position>,
}

/// A query string, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ParsedQuery {
    /// What it says.
    pub(crate) state: PageState,
    /// What it says that cannot be followed: one sentence each.
    pub(crate) problems: Vec<String>,
    /// Whether a shorter address says the same: it names fields without a value, as a plain form does,
    /// or fields that are terms of the search.
    pub(crate) is_long: bool,
}

/// Reads a query string, `a=b&c=d` with form encoding. Names of fields, `username=alice`, become terms of
/// the search.
pub(crate) fn parse_query(query: &str) -> ParsedQuery {
    let mut parsed = ParsedQuery::default();
    let mut added = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if value.is_empty() {
            parsed.is_long = true;
        } else if name == "before" {
            parsed.state.before = cursor::parse(&value);
            if parsed.state.before.is_none() {
                parsed.problems.push("This link to older events is damaged.".to_owned());
            }
        } else if let Some(&key) = Key::ALL.iter().find(|key| key.param() == name) {
            if parsed.state.filter.values.insert(key, value.into_owned()).is_some() {
                parsed.problems.push(format!("{} is given twice.", key.label()));
            }
        } else if let Some(term) = term_of_param(&name, &value) {
            added.push(term);
        } else {
            parsed.problems.push(format!("There is no filter `{name}`."));
        }
    }
    parsed.is_long |= !added.is_empty();
    for term in added {
        parsed.state.filter = Narrow::new(&parsed.state.filter).with(&term);
    }
    parsed.state.filter.settle_range();
    parsed
}

impl PageState {
    /// The address of the page in this state.
    pub(crate) fn href(&self) -> String {
        self.href_at("/")
    }

    /// The address of the page at `path` in this state.
    pub(crate) fn href_at(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &self.filter.values {
            query.append_pair(key.param(), value);
        }
        if let Some(before) = &self.before {
            query.append_pair("before", &cursor::to_text(before));
        }
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// What a filter asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// Which events.
    pub(crate) query: Query,
    /// When.
    pub(crate) range: Range,
}

impl Asked {
    /// As a lookup.
    pub(crate) fn lookup(&self) -> LookupQuery {
        LookupQuery {
            search: Some(self.query.clone()),
            start: self.range.start,
            end: self.range.end,
            ..LookupQuery::default()
        }
    }

    /// As one query.
    pub(crate) fn whole(&self) -> Query {
        let since = self.range.start.map(|at| Expr::Term(Term::Since(at)));
        let until = self.range.end.map(|at| Expr::Term(Term::Until(at)));
        let search = self.query.expr().clone();
        Query::from(Expr::all_of(since.into_iter().chain(until).chain([search])))
    }
}

/// Why a filter cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilterProblem {
    /// One sentence.
    Said(String),
    /// The text of the search is no query.
    Search(ParseQueryError),
}

impl Filter {
    /// The value of `key`, when it is set.
    pub(crate) fn value(&self, key: Key) -> Option<&str> {
        self.values.get(&key).map(String::as_str)
    }

    /// The conditions that are set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &str)> {
        self.values.iter().map(|(&key, value)| (key, value.as_str()))
    }

    /// This filter with `key` set to `value`, in place of what it was.
    pub(crate) fn with(&self, key: Key, value: &str) -> Self {
        let mut filter = self.clone();
        filter.values.insert(key, value.to_owned());
        if value.is_empty() {
            filter.values.remove(&key);
        }
        filter.settle_range();
        filter
    }

    /// This filter without the conditions of `keys`.
    pub(crate) fn without(&self, keys: &[Key]) -> Self {
        let mut filter = self.clone();
        filter.values.retain(|key, _| !keys.contains(key));
        filter
    }

    /// The address of the page with this filter, from the newest event on.
    pub(crate) fn href(&self) -> String {
        self.href_at("/")
    }

    /// The address of the page at `path` with this filter, from the newest event on.
    pub(crate) fn href_at(&self, path: &str) -> String {
        PageState { filter: self.clone(), before: None }.href_at(path)
    }

    /// Keeps one time range: times that are written out count more than a preset, and `all` and
    /// `custom` say nothing.
    fn settle_range(&mut self) {
        let has_times =
            self.values.contains_key(&Key::From) || self.values.contains_key(&Key::Until);
        if has_times || matches!(self.value(Key::Range), Some("all" | "custom")) {
            self.values.remove(&Key::Range);
        }
    }

    /// What this filter asks for, at the time `now`, in a store whose newest event is at `newest`.
    ///
    /// # Errors
    /// One problem for every value that cannot be followed.
    pub(crate) fn asked(
        &self,
        now: Timestamp,
        newest: Option<Timestamp>,
    ) -> Result<Asked, Vec<FilterProblem>> {
        let mut problems = Vec::new();
        let range = TimeRange::of(self, now, newest).unwrap_or_else(|problem| {
            problems.push(FilterProblem::Said(problem));
            TimeRange::default()
        });
        let range = Range { start: range.start, end: range.end };
        let parsed = Query::parse(self.value(Key::Search).unwrap_or_default(), now);
        match parsed {
            Ok(query) if problems.is_empty() => Ok(Asked { query, range }),
            Ok(_) => Err(problems),
            Err(error) => {
                problems.push(FilterProblem::Search(error));
                Err(problems)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_filter() -> impl Strategy<Value = Filter> {
        prop::collection::btree_map(prop::sample::select(Key::ALL.to_vec()), ".+|[a-z ]+", 0..8)
            .prop_map(|values| {
                let mut filter =
                    Filter { values: values.into_iter().filter(|(_, v)| !v.is_empty()).collect() };
                filter.settle_range();
                filter
            })
    }

    proptest! {
        /// The address bar is the whole state: every filter and place comes back from its address.
        #[test]
        fn every_state_comes_back_from_its_address(
            filter in any_filter(),
            before in prop::option::of((any::<i64>(), any::<String>(), any::<u32>())),
        ) {
            let before = before.map(|(event_time_micros, event_key, conflict)| Position {
                event_time_micros, event_key, account_id: "123456789012".to_owned(), conflict,
            });
            let state = PageState { filter, before };
            let href = state.href();
            prop_assert!(href.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'`".contains(&byte)));
            let parsed = parse_query(href.strip_prefix("/?").unwrap_or_default());
            prop_assert_eq!(&parsed.state, &state);
            prop_assert_eq!(parsed.problems, Vec::<String>::new());
            prop_assert!(!parsed.is_long);
        }

        /// Any query string is a state; never a panic, and never a different one on the way back.
        #[test]
        fn any_query_string_is_a_state(query in any::<String>()) {
            let parsed = parse_query(&query);
            let _ = parsed.state.filter.asked(Timestamp(0), None);
            let again = parse_query(parsed.state.href().strip_prefix("/?").unwrap_or_default());
            prop_assert_eq!(again.state, parsed.state);
        }
    }

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn search_of(text: &str) -> String {
        let parsed = parse_query(text);
        assert_eq!(parsed.problems, Vec::<String>::new());
        parsed.state.filter.value(Key::Search).unwrap_or_default().to_owned()
    }

    #[test]
    fn every_field_of_a_form_is_a_term_of_the_search() {
        assert_eq!(
            search_of(
                "event_name=n&username=u+v&resource_name=r&resource_type=y&event_source=s\
                 &access_key_id=k&source_ip_address=1.2.3.4&error_code=e&failed=true&read_only=false\
                 &account_id=1&aws_region=g&event_type=p&category=insight&event_id=d",
            ),
            "event:n user:\"u v\" resource:r type:y service:s key:k ip:1.2.3.4 error:e is:error \
             is:write account:1 region:g eventType:p is:insight id:d"
        );
        assert_eq!(search_of("q=a+OR+b&username=c"), "(a OR b) user:c");
        assert_eq!(search_of("q=since:-2h&username=c"), "since:-2h user:c");
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        let problems = parse_query("q=usr:x&range=5y").state.filter.asked(NOW, None).unwrap_err();
        assert!(matches!(problems.as_slice(), [FilterProblem::Said(_), FilterProblem::Search(_)]));
        for query in ["user=alice", "read_only=yes", "category=x", "failed=no"] {
            let name = query.split('=').next().unwrap_or_default();
            assert_eq!(parse_query(query).problems, [format!("There is no filter `{name}`.")]);
        }
        assert_eq!(parse_query("q=a&q=b").problems, ["Search is given twice."]);
        assert_eq!(parse_query("before=x").problems, ["This link to older events is damaged."]);
    }

    #[test]
    fn a_plain_form_says_nothing_with_empty_fields() {
        let parsed = parse_query("q=&range=all&event_name=RunInstances");
        assert!(parsed.is_long);
        assert_eq!(parsed.state.href(), "/?q=event%3ARunInstances");
    }
}
