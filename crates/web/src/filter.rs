//! The filter of the Event history page: its form, its query string and its lookup.

mod time_range;

use crate::cursor;
use std::collections::BTreeMap;
use trailhound_app::lookup::search::Query as Search;
use trailhound_app::lookup::{Category, LookupQuery, Position};
use trailhound_record::Timestamp;
use url::form_urlencoded;

pub(crate) use time_range::{PRESETS, TimeRange};

/// One condition of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A time range relative to now or to the newest event.
    Range,
    /// The earliest time.
    From,
    /// The latest time.
    Until,
    /// The search language.
    Search,
    /// See [`LookupQuery`], as for the keys below.
    EventName,
    Username,
    ResourceName,
    ResourceType,
    EventSource,
    AccessKeyId,
    SourceIpAddress,
    ErrorCode,
    /// Any error code.
    Failed,
    ReadOnly,
    AccountId,
    AwsRegion,
    EventType,
    Category,
    EventId,
}

impl Key {
    /// Every key, in the order of the query string.
    pub(crate) const ALL: [Self; 19] = [
        Self::Range,
        Self::From,
        Self::Until,
        Self::Search,
        Self::EventName,
        Self::Username,
        Self::ResourceName,
        Self::ResourceType,
        Self::EventSource,
        Self::AccessKeyId,
        Self::SourceIpAddress,
        Self::ErrorCode,
        Self::Failed,
        Self::ReadOnly,
        Self::AccountId,
        Self::AwsRegion,
        Self::EventType,
        Self::Category,
        Self::EventId,
    ];

    /// Its name in the query string and the form.
    pub(crate) const fn param(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::From => "from",
            Self::Until => "until",
            Self::Search => "q",
            Self::EventName => "event_name",
            Self::Username => "username",
            Self::ResourceName => "resource_name",
            Self::ResourceType => "resource_type",
            Self::EventSource => "event_source",
            Self::AccessKeyId => "access_key_id",
            Self::SourceIpAddress => "source_ip_address",
            Self::ErrorCode => "error_code",
            Self::Failed => "failed",
            Self::ReadOnly => "read_only",
            Self::AccountId => "account_id",
            Self::AwsRegion => "aws_region",
            Self::EventType => "event_type",
            Self::Category => "category",
            Self::EventId => "event_id",
        }
    }

    /// Its name on the page.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Range => "Time",
            Self::From => "From",
            Self::Until => "Until",
            Self::Search => "Search",
            Self::EventName => "Event name",
            Self::Username => "User name",
            Self::ResourceName => "Resource name",
            Self::ResourceType => "Resource type",
            Self::EventSource => "Event source",
            Self::AccessKeyId => "Access key",
            Self::SourceIpAddress => "Source IP",
            Self::ErrorCode => "Error code",
            Self::Failed => "Failed",
            Self::ReadOnly => "Read-only",
            Self::AccountId => "Account",
            Self::AwsRegion => "Region",
            Self::EventType => "Event type",
            Self::Category => "Category",
            Self::EventId => "Event ID",
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
    /// Whether it names fields without a value, as a plain form does.
    pub(crate) has_empty_fields: bool,
}

/// Reads a query string, `a=b&c=d` with form encoding.
pub(crate) fn parse_query(query: &str) -> ParsedQuery {
    let mut parsed = ParsedQuery::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if value.is_empty() {
            parsed.has_empty_fields = true;
        } else if name == "before" {
            parsed.state.before = cursor::parse(&value);
            if parsed.state.before.is_none() {
                parsed.problems.push("This link to older events is damaged.".to_owned());
            }
        } else if let Some(&key) = Key::ALL.iter().find(|key| key.param() == name) {
            if parsed.state.filter.values.insert(key, value.into_owned()).is_some() {
                parsed.problems.push(format!("{} is given twice.", key.label()));
            }
        } else {
            parsed.problems.push(format!("There is no filter `{name}`."));
        }
    }
    parsed.state.filter.settle_range();
    parsed
}

impl PageState {
    /// The address of the page in this state.
    pub(crate) fn href(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &self.filter.values {
            query.append_pair(key.param(), value);
        }
        if let Some(before) = &self.before {
            query.append_pair("before", &cursor::to_text(before));
        }
        match query.finish() {
            query if query.is_empty() => "/".to_owned(),
            query => format!("/?{query}"),
        }
    }
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
        PageState { filter: self.clone(), before: None }.href()
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

    /// The lookup that this filter asks for, at the time `now`, in a store whose newest event is at
    /// `newest`.
    ///
    /// # Errors
    /// One sentence for every value that cannot be followed.
    pub(crate) fn lookup_query(
        &self,
        now: Timestamp,
        newest: Option<Timestamp>,
    ) -> Result<LookupQuery, Vec<String>> {
        let mut problems = Vec::new();
        let range = TimeRange::of(self, now, newest).unwrap_or_else(|problem| {
            problems.push(problem);
            TimeRange::default()
        });
        let read_only = match self.value(Key::ReadOnly) {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(other) => {
                problems.push(format!("Read-only is `true` or `false`, not `{other}`."));
                None
            }
        };
        let category = match self.value(Key::Category) {
            None => Category::Any,
            Some("management") => Category::Management,
            Some("insight") => Category::Insight,
            Some(other) => {
                problems.push(format!("Category is `management` or `insight`, not `{other}`."));
                Category::Any
            }
        };
        if let Some(other) = self.value(Key::Failed).filter(|&value| value != "true") {
            problems.push(format!("Failed is `true` or absent, not `{other}`."));
        }
        let search = self.value(Key::Search).map(|typed| Search::parse(typed, now)).transpose();
        let search = search.unwrap_or_else(|error| {
            problems.push(error.to_string());
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let text = |key| self.value(key).map(str::to_owned);
        Ok(LookupQuery {
            event_id: text(Key::EventId),
            event_name: text(Key::EventName),
            event_source: text(Key::EventSource),
            read_only,
            username: text(Key::Username),
            resource_type: text(Key::ResourceType),
            resource_name: text(Key::ResourceName),
            access_key_id: text(Key::AccessKeyId),
            account_id: text(Key::AccountId),
            aws_region: text(Key::AwsRegion),
            source_ip_address: text(Key::SourceIpAddress),
            error_code: text(Key::ErrorCode)
                .or_else(|| self.value(Key::Failed).map(|_| String::new())),
            event_type: text(Key::EventType),
            search,
            category,
            start: range.start,
            end: range.end,
        })
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
            prop_assert!(!parsed.has_empty_fields);
        }

        /// Any query string is a state; never a panic, and never a different one on the way back.
        #[test]
        fn any_query_string_is_a_state(query in any::<String>()) {
            let parsed = parse_query(&query);
            let _ = parsed.state.filter.lookup_query(Timestamp(0), None);
            let again = parse_query(parsed.state.href().strip_prefix("/?").unwrap_or_default());
            prop_assert_eq!(again.state, parsed.state);
        }
    }

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn query_of(text: &str) -> Result<LookupQuery, Vec<String>> {
        parse_query(text).state.filter.lookup_query(NOW, Some(Timestamp(1_600_000_000_000_000)))
    }

    #[test]
    fn every_field_of_the_form_reaches_the_lookup() {
        let query = query_of(
            "q=t&event_name=n&username=u&resource_name=r&resource_type=y&event_source=s\
             &access_key_id=k&source_ip_address=i&error_code=e&failed=true&read_only=false\
             &account_id=a&aws_region=g&event_type=p&category=insight&event_id=d\
             &from=2023-07-10&until=2023-07-10",
        );
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            query,
            Ok(LookupQuery {
                event_id: some("d"),
                event_name: some("n"),
                event_source: some("s"),
                read_only: Some(false),
                username: some("u"),
                resource_type: some("y"),
                resource_name: some("r"),
                access_key_id: some("k"),
                account_id: some("a"),
                aws_region: some("g"),
                source_ip_address: some("i"),
                error_code: some("e"),
                event_type: some("p"),
                search: Search::parse("t", Timestamp(0)).ok(),
                category: Category::Insight,
                start: Timestamp::parse("2023-07-10T00:00:00Z"),
                end: Timestamp::parse("2023-07-11T00:00:00Z"),
            })
        );
    }

    #[test]
    fn failed_means_any_error_code() {
        assert_eq!(query_of("failed=true").map(|query| query.error_code), Ok(Some(String::new())));
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        assert_eq!(
            query_of("read_only=yes&category=x&failed=no&range=5y")
                .map_err(|problems| problems.len()),
            Err(4)
        );
        assert_eq!(parse_query("user=alice").problems, ["There is no filter `user`."]);
        assert_eq!(parse_query("username=a&username=b").problems, ["User name is given twice."]);
        assert_eq!(parse_query("before=x").problems, ["This link to older events is damaged."]);
    }

    #[test]
    fn a_plain_form_says_nothing_with_empty_fields() {
        let parsed = parse_query("q=&range=all&event_name=RunInstances");
        assert!(parsed.has_empty_fields);
        assert_eq!(parsed.state.href(), "/?event_name=RunInstances");
    }
}
