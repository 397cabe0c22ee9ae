//! Matching events in other orders than newest first: oldest first, neighbours, and as they arrive.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use trailhound_query::{Coverage, LookupQuery, Position};
use trailhound_record::{Event, Timestamp};
use trailhound_store::Snapshot;

use crate::App;
use crate::lookup::LookupError;

const HOUR_MICROS: i64 = 3_600_000_000;
const SECOND_MICROS: i64 = 1_000_000;
/// The first events come in a small share, so that a reader sees them at once.
const SHARE_FIRST: usize = 200;
const SHARE: usize = 8_000;
/// More matching events than this are not held at once, unless they lie in one second.
const HELD_MAX: usize = 20_000;

impl App {
    /// Hands the newest `limit` matching events to `each`, newest first, some at a time, until it breaks.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn lookup_newest_first(
        &self,
        query: &LookupQuery,
        limit: u64,
        mut each: impl FnMut(&[Event]) -> ControlFlow<()>,
    ) -> Result<Coverage, LookupError> {
        let snapshot = self.store().snapshot()?;
        let mut stream = trailhound_query::EventStream::new(&snapshot, query, None);
        let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut share = SHARE_FIRST;
        while left > 0 {
            let events: Vec<Event> =
                stream.by_ref().take(share.min(left)).map(|(_, event)| event).collect();
            left -= events.len();
            if events.is_empty() || each(&events).is_break() {
                break;
            }
            share = SHARE;
        }
        Ok(stream.into_coverage())
    }

    /// Hands the matching events to `each`, oldest first, some at a time, until it breaks. Events
    /// without a readable time come first.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn lookup_oldest_first(
        &self,
        query: &LookupQuery,
        mut each: impl FnMut(&[Event]) -> ControlFlow<()>,
    ) -> Result<Coverage, LookupError> {
        let snapshot = self.store().snapshot()?;
        let timeless = snapshot.only(|segment| segment.entry().time_micros.is_none());
        let mut all = Coverage::default();
        let page = trailhound_query::lookup(&timeless, query, None, usize::MAX);
        all.add(&page.coverage);
        let mut events = page.events;
        events.reverse();
        if !events.is_empty() && each(&events).is_break() {
            return Ok(all);
        }
        let mut is_whole = true;
        let mut windows = hours(&snapshot, query);
        while let Some((start, end)) = windows.pop() {
            let window = LookupQuery { start: Some(start), end: Some(end), ..query.clone() };
            let is_splittable = end.0 - start.0 > SECOND_MICROS;
            let limit = if is_splittable { HELD_MAX } else { usize::MAX };
            let mut page = trailhound_query::lookup(&snapshot, &window, None, limit);
            if is_splittable && page.next.is_some() {
                let middle = Timestamp(start.0 + (end.0 - start.0) / 2);
                windows.extend([(middle, end), (start, middle)]);
                continue;
            }
            all.add(&page.coverage);
            page.events.reverse();
            if !page.events.is_empty() && each(&page.events).is_break() {
                is_whole = false;
                break;
            }
        }
        // The windows overlap in segments, so theirs do not add up.
        let whole = trailhound_query::EventStream::new(&snapshot, query, None).into_coverage();
        all.events_in_range = whole.events_in_range;
        (all.events_stored, all.times_stored) = (whole.events_stored, whole.times_stored);
        all.scope.times = whole.scope.times;
        // What a window leaves out, another may ask for: only in the end nothing else is left.
        let not_examined = all.events_in_range.saturating_sub(all.events_examined);
        let is_whole = is_whole && all.unreadable.is_empty();
        all.events_skipped = if is_whole { not_examined } else { 0 };
        Ok(all)
    }

    /// Returns the oldest `limit` matching events that are newer than `than`, newest first.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn newer_than(
        &self,
        query: &LookupQuery,
        than: &Position,
        limit: usize,
    ) -> Result<Vec<Event>, LookupError> {
        let start = Timestamp(than.event_time_micros);
        let start = query.start.map_or(start, |given| given.max(start));
        let query = LookupQuery { start: Some(start), ..query.clone() };
        let mut held = VecDeque::new();
        for (position, event) in
            trailhound_query::EventStream::new(&*self.store().snapshot()?, &query, None)
        {
            if position <= *than {
                break;
            }
            if held.len() == limit {
                held.pop_front();
            }
            held.push_back(event);
        }
        Ok(held.into())
    }

    /// Returns where the event with this id stands in the order of events; nothing when it is not stored.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn position_of(&self, event_id: &str) -> Result<Option<Position>, LookupError> {
        let query = LookupQuery { event_id: Some(event_id.to_owned()), ..LookupQuery::default() };
        Ok(self.lookup(&query, None, 1)?.next)
    }

    /// Returns the matching event that is next newer than `than`.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn next_newer(
        &self,
        query: &LookupQuery,
        than: &Position,
    ) -> Result<Option<Event>, LookupError> {
        let start = Timestamp(than.event_time_micros);
        let start = query.start.map_or(start, |given| given.max(start));
        let query = LookupQuery { start: Some(start), ..query.clone() };
        let mut has_passed = false;
        let mut found = None;
        self.lookup_oldest_first(&query, |events| {
            for event in events {
                let is_later = event.event_time.is_some_and(|at| at.0 > than.event_time_micros);
                if has_passed || is_later {
                    found = Some(event.clone());
                    return ControlFlow::Break(());
                }
                has_passed = event.event_id.as_deref() == Some(than.event_key.as_str())
                    && event.conflict == than.conflict;
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// Starts to watch for events that arrive from now on, also by another process.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn arrivals(&self) -> Result<Arrivals<'_>, LookupError> {
        Ok(Arrivals { app: self, seen: self.store().snapshot()? })
    }
}

/// The hours in which a segment has events and the query wants some, the oldest last.
fn hours(snapshot: &Snapshot, query: &LookupQuery) -> Vec<(Timestamp, Timestamp)> {
    let mut hours: Vec<i64> = snapshot
        .segments()
        .iter()
        .filter_map(|segment| segment.entry().time_micros)
        .flat_map(|(first, last)| first.div_euclid(HOUR_MICROS)..=last.div_euclid(HOUR_MICROS))
        .collect();
    hours.sort_unstable_by(|a, b| b.cmp(a));
    hours.dedup();
    let window = |hour: i64| {
        let (start, end) = (Timestamp(hour * HOUR_MICROS), Timestamp((hour + 1) * HOUR_MICROS));
        let start = query.start.map_or(start, |given| given.max(start));
        let end = query.end.map_or(end, |given| given.min(end));
        (start < end).then_some((start, end))
    };
    hours.into_iter().filter_map(window).collect()
}

/// What has arrived since the last look.
#[derive(Debug)]
pub struct Arrivals<'a> {
    app: &'a App,
    seen: Arc<Snapshot>,
}

impl Arrivals<'_> {
    /// Hands the matching events that arrived since the last call to `each`, oldest first within each
    /// of the segments that brought them.
    ///
    /// # Errors
    /// As [`App::lookup`], and what `each` returns.
    pub fn take<E: From<LookupError>>(
        &mut self,
        query: &LookupQuery,
        mut each: impl FnMut(&[Event]) -> Result<(), E>,
    ) -> Result<Coverage, E> {
        let (now, fresh) = self.app.store().arrivals(&self.seen).map_err(LookupError::from)?;
        let mut all = Coverage::default();
        for segment in fresh.segments().iter().rev() {
            let one = fresh.only(|other| other.entry().path == segment.entry().path);
            let mut stream = trailhound_query::EventStream::new(&one, query, None);
            let mut events: Vec<Event> = stream.by_ref().map(|(_, event)| event).collect();
            all.add(&stream.into_coverage());
            events.reverse();
            if !events.is_empty() {
                each(&events)?;
            }
        }
        self.seen = now;
        Ok(all)
    }
}
