//! Which events, and in which order.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use trailhound_record::{Event, Timestamp};
use trailhound_search::Query;
pub use trailhound_store::Position;
use trailhound_store::{ReadSegmentError, Segment, Snapshot};

/// Which category of events a lookup sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Category {
    /// Every event.
    #[default]
    Any,
    /// Management events: what `LookupEvents` shows by default.
    Management,
    /// Insights events: `EventCategory=insight`.
    Insight,
}

/// Which events are asked for: all conditions must hold. Values match exactly and case-sensitively,
/// but for those of `search`.
///
/// Units: `start` and `end` are UTC; the range is half-open, `[start, end)`. Events without a readable
/// time match only when both are absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LookupQuery {
    /// `eventID`.
    pub event_id: Option<String>,
    /// `eventName`; for Insights events the API they are about.
    pub event_name: Option<String>,
    /// `eventSource`; for Insights events the service they are about.
    pub event_source: Option<String>,
    /// `readOnly`; a record that does not say matches neither.
    pub read_only: Option<bool>,
    /// The derived user name.
    pub username: Option<String>,
    /// A derived resource type, `AWS::EC2::Instance`.
    pub resource_type: Option<String>,
    /// A derived resource name, or any id or ARN found anywhere in the record.
    pub resource_name: Option<String>,
    /// `userIdentity.accessKeyId`.
    pub access_key_id: Option<String>,
    /// `recipientAccountId`.
    pub account_id: Option<String>,
    /// `awsRegion`.
    pub aws_region: Option<String>,
    /// `sourceIPAddress`.
    pub source_ip_address: Option<String>,
    /// `errorCode`; the empty text matches any failed call, also without a code.
    pub error_code: Option<String>,
    /// `eventType`.
    pub event_type: Option<String>,
    /// Anything else, in the search language.
    pub search: Option<Query>,
    /// Which category.
    pub category: Category,
    /// The earliest event time.
    pub start: Option<Timestamp>,
    /// The first event time that is too late.
    pub end: Option<Timestamp>,
}

/// One answer: some events, newest first, and where the next ones start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LookupPage {
    /// The events, newest first, at most as many as were asked for.
    pub events: Vec<Event>,
    /// The position of the last event, when older matching events may exist.
    pub next: Option<Position>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What an answer covers, so that a partial answer can say so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Events in the segments that the time range meets.
    pub events_in_range: u64,
    /// Events whose record, or columns, were read to decide.
    pub events_examined: u64,
    /// Events of `events_in_range` that the index alone ruled out, where it was asked for that.
    pub events_skipped: u64,
    /// Events in the whole store, and their earliest and latest time.
    pub events_stored: u64,
    /// See `events_stored`.
    pub times_stored: Option<(Timestamp, Timestamp)>,
    /// Where those events are.
    pub scope: Scope,
    /// Segments that could not be read, with the reason: the answer lacks their events.
    pub unreadable: Vec<String>,
}

/// When and where the events of an answer may lie.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The earliest and the latest event time of the segments that the time range meets.
    pub times: Option<(Timestamp, Timestamp)>,
    /// Accounts of the segments that were looked into; the empty one is "not said".
    pub accounts: BTreeSet<String>,
    /// Their Regions; the empty one is "not said".
    pub regions: BTreeSet<String>,
}

impl Scope {
    /// Adds a segment.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when its index cannot be read.
    pub(crate) fn see(&mut self, segment: &Segment) -> Result<(), ReadSegmentError> {
        let facts = segment.facts()?;
        self.accounts.extend(facts.accounts.into_keys());
        self.regions.extend(facts.regions.into_keys());
        Ok(())
    }

    fn span(&mut self, other: Option<(Timestamp, Timestamp)>) {
        self.times = match (self.times, other) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
    }
}

fn times_of(segment: &Segment) -> Option<(Timestamp, Timestamp)> {
    segment.entry().time_micros.map(|(first, last)| (Timestamp(first), Timestamp(last)))
}

impl Coverage {
    /// Nothing of `snapshot` yet.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut stored = Scope::default();
        let mut events_stored = 0;
        for segment in snapshot.segments() {
            events_stored += u64::from(segment.rows());
            stored.span(times_of(segment));
        }
        Self { events_stored, times_stored: stored.times, ..Self::default() }
    }

    /// Counts a segment that may hold something of the time range.
    pub(crate) fn count(&mut self, segment: &Segment) {
        self.events_in_range += u64::from(segment.rows());
        self.scope.span(times_of(segment));
    }

    /// Names a segment that could not be read, with the reason.
    pub(crate) fn note(&mut self, error: &ReadSegmentError) {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        self.unreadable.push(text);
    }

    /// Adds what another question over the same snapshot and time range covers: the events are the same
    /// ones, so what was examined for any of them counts, and none counts twice.
    pub fn add_once(&mut self, other: &Self) {
        let (in_range, examined) = (self.events_in_range, self.events_examined);
        self.add(other);
        self.events_in_range = in_range.max(other.events_in_range);
        self.events_examined = examined.max(other.events_examined);
        self.events_skipped = self.events_in_range.saturating_sub(self.events_examined);
    }

    /// Adds what another part of the same answer covers.
    pub fn add(&mut self, other: &Self) {
        self.events_in_range += other.events_in_range;
        self.events_stored = self.events_stored.max(other.events_stored);
        self.times_stored = self.times_stored.or(other.times_stored);
        self.events_examined += other.events_examined;
        self.events_skipped += other.events_skipped;
        self.scope.accounts.extend(other.scope.accounts.iter().cloned());
        self.scope.regions.extend(other.scope.regions.iter().cloned());
        self.scope.span(other.scope.times);
        for unreadable in &other.unreadable {
            if !self.unreadable.contains(unreadable) {
                self.unreadable.push(unreadable.clone());
            }
        }
    }
}
