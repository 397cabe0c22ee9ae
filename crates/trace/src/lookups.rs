//! The few ways in which attribution asks the store.

use std::collections::HashMap;
use std::sync::Arc;

use trailhound_query::{Coverage, LookupQuery, lookup};
use trailhound_record::{Event, Timestamp};
use trailhound_store::Snapshot;

/// Asks one snapshot, and keeps what could not be read.
#[derive(Debug)]
pub(crate) struct Lookups {
    snapshot: Arc<Snapshot>,
    spans: HashMap<String, Option<(Timestamp, Timestamp)>>,
    pub(crate) unreadable: Vec<String>,
}

impl Lookups {
    pub(crate) fn new(snapshot: Arc<Snapshot>) -> Self {
        Self { snapshot, spans: HashMap::new(), unreadable: Vec::new() }
    }

    /// The newest `limit` events that match, newest first, and whether there may be more.
    pub(crate) fn newest(&mut self, query: &LookupQuery, limit: usize) -> (Vec<Event>, bool) {
        let page = lookup(&self.snapshot, query, None, limit);
        self.note(&page.coverage);
        (page.events, page.next.is_some())
    }

    /// The newest matching calls that succeeded; nothing when there are more than `limit`, as the one that
    /// counts might be among the others.
    pub(crate) fn done(&mut self, query: &LookupQuery, limit: usize) -> Option<Vec<Event>> {
        let (mut events, has_more) = self.newest(query, limit);
        events.retain(|event| !event.has_failed());
        (!has_more).then_some(events)
    }

    /// The first and last time of the segments that hold events of `account`: its own events may begin later
    /// and end earlier.
    pub(crate) fn span_of_account(&mut self, account: &str) -> Option<(Timestamp, Timestamp)> {
        if let Some(span) = self.spans.get(account) {
            return *span;
        }
        let mut span: Option<(Timestamp, Timestamp)> = None;
        for segment in self.snapshot.segments() {
            let Some((first, last)) = segment.entry().time_micros else { continue };
            let facts = segment.facts();
            if let Err(error) = &facts {
                self.unreadable.push(error.to_string());
            }
            if facts.is_ok_and(|facts| facts.accounts.contains_key(account)) {
                let (first, last) = (Timestamp(first), Timestamp(last));
                span = Some(span.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
            }
        }
        self.spans.insert(account.to_owned(), span);
        span
    }

    fn note(&mut self, coverage: &Coverage) {
        for text in &coverage.unreadable {
            if !self.unreadable.contains(text) {
                self.unreadable.push(text.clone());
            }
        }
    }
}

/// A query for a resource id, ARN or key in request, response or `resources`.
pub(crate) fn naming(resource: &str) -> LookupQuery {
    LookupQuery { resource_name: Some(resource.to_owned()), ..LookupQuery::default() }
}

/// The same between two times, both ends inside.
pub(crate) fn within(
    query: LookupQuery,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
) -> LookupQuery {
    let end = last.map(|at| Timestamp(at.0.saturating_add(1)));
    LookupQuery { start: first, end, ..query }
}
