//! Matching events in other orders than newest first: oldest first, and as they arrive.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use trailhound_query::{Coverage, LookupQuery, Position};
use trailhound_record::{Event, Timestamp};
use trailhound_store::Snapshot;

use crate::App;
use crate::lookup::LookupError;

const HOUR_MICROS: i64 = 3_600_000_000;
const SECOND_MICROS: i64 = 1_000_000;
/// More matching events than this are not held at once, unless they lie in one second.
const HELD_MAX: usize = 20_000;

impl App {
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
                break;
            }
        }
        // The windows overlap in segments, so theirs do not add up.
        let whole = trailhound_query::EventStream::new(&snapshot, query, None).into_coverage();
        all.events_in_range = whole.events_in_range;
        Ok(all)
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
        let now = self.app.store().snapshot().map_err(LookupError::from)?;
        let mut all = Coverage::default();
        if now.version() == self.seen.version() {
            return Ok(all);
        }
        let paths = |snapshot: &Snapshot| -> HashSet<String> {
            snapshot.segments().iter().map(|segment| segment.entry().path.clone()).collect()
        };
        let (paths_before, paths_now) = (paths(&self.seen), paths(&now));
        // Compaction moves rows to new segments: these are no arrivals.
        let gone = self.seen.only(|segment| !paths_now.contains(&segment.entry().path));
        let moved: HashSet<Position> = positions(&gone, query);
        let fresh = now.only(|segment| !paths_before.contains(&segment.entry().path));
        for segment in fresh.segments().iter().rev() {
            let one = fresh.only(|other| other.entry().path == segment.entry().path);
            let mut stream = trailhound_query::EventStream::new(&one, query, None);
            let mut events: Vec<Event> = stream
                .by_ref()
                .filter(|(position, _)| !moved.contains(position))
                .map(|(_, event)| event)
                .collect();
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

fn positions(snapshot: &Snapshot, query: &LookupQuery) -> HashSet<Position> {
    trailhound_query::EventStream::new(snapshot, query, None).map(|(at, _)| at).collect()
}
