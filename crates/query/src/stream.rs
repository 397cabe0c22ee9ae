//! Newest first, stopping early: the segments' candidates merged into one order.

use std::collections::VecDeque;
use std::sync::Arc;

use rayon::prelude::*;
use trailhound_record::Event;
use trailhound_search::{Expr, Flag, Query, Term};
use trailhound_store::{Condition, Position, ReadSegmentError, RowSet, Segment, Snapshot};

use crate::columnar::{Bits, Block, ColumnQuery};
use crate::lookup::{Coverage, LookupPage, LookupQuery};
use crate::matching::{condition, matches};
use trailhound_store::limits::BLOCK_ROWS;

/// Rows read at first from a segment, and at most at once.
const ROWS_FIRST: usize = 56;
const ROWS_MAX: usize = 4_096;
/// From so many candidate rows on, the columns of a block are asked before its records are read.
const ASK_ROWS_MIN: u64 = 64;

/// Returns the newest `limit` events of `snapshot` that match `query` and are older than `after`.
///
/// Shape: newest first by [`Position`]; `next` is set when the page is full. As of: the snapshot.
/// Unreadable segments are named in the coverage; their events are missing from the answer.
pub fn lookup(
    snapshot: &Snapshot,
    query: &LookupQuery,
    after: Option<&Position>,
    limit: usize,
) -> LookupPage {
    let mut stream = EventStream::new(snapshot, query, after.cloned());
    let mut page = LookupPage::default();
    while page.events.len() < limit {
        let Some((position, event)) = stream.next() else { break };
        page.events.push(event);
        if page.events.len() == limit {
            page.next = Some(position);
        }
    }
    page.coverage = stream.into_coverage();
    page
}

/// Returns how many events of `snapshot` match `query` at most: what the index alone says, no record read.
///
/// Segments whose index cannot be read are named in the coverage, and not counted.
pub fn candidates(snapshot: &Snapshot, query: &LookupQuery) -> (u64, Coverage) {
    let condition = condition(query);
    let mut coverage = Coverage::of(snapshot);
    let mut sum = 0;
    for segment in snapshot.segments().iter().filter(|segment| segment.may_meet(&condition)) {
        coverage.count(segment);
        match segment.rows_meeting(&condition) {
            Ok(rows) => sum += rows.len(),
            Err(error) => coverage.note(&error),
        }
    }
    (sum, coverage)
}

/// The matching events of a snapshot, newest first.
#[derive(Debug)]
pub struct EventStream<'q> {
    search: Search<'q>,
    /// Not begun yet, the newest last.
    waiting: Vec<Arc<Segment>>,
    active: Vec<SegmentStream>,
    /// How many segments were begun.
    begun: usize,
    coverage: Coverage,
}

/// What is looked for.
#[derive(Debug)]
struct Search<'q> {
    query: &'q LookupQuery,
    /// What the index can prune by where events have a time, and where they have none.
    timed: Condition,
    timeless: Condition,
    after: Option<Position>,
    /// The search, for the columns.
    columns: Option<ColumnQuery>,
}

/// What is left of one segment.
#[derive(Debug)]
struct SegmentStream {
    segment: Arc<Segment>,
    left: RowSet,
    rows_next: usize,
    /// The block whose columns have been asked already.
    asked: Option<usize>,
    /// Found and not given out yet, newest first.
    found: VecDeque<(Position, Event)>,
}

impl<'q> EventStream<'q> {
    /// Starts at the newest event older than `after`.
    pub fn new(snapshot: &Snapshot, query: &'q LookupQuery, after: Option<Position>) -> Self {
        let timeless = condition(query);
        let mut timed = timeless.clone();
        if let Some(after) = &after {
            // Equal times are told apart by the whole position, when the rows are read. Events without
            // a time are older than all others.
            let end_micros = Some(after.event_time_micros.saturating_add(1));
            timed = Condition::And(vec![timed, Condition::Time { start_micros: None, end_micros }]);
        }
        let columns = of_columns(query).as_ref().map(ColumnQuery::new);
        let search = Search { query, timed, timeless, after, columns };
        let mut waiting: Vec<_> = snapshot
            .segments()
            .iter()
            .filter(|segment| segment.may_meet(search.condition(segment)))
            .cloned()
            .collect();
        waiting.reverse();
        let mut coverage = Coverage::of(snapshot);
        waiting.iter().for_each(|segment| coverage.count(segment));
        Self { search, waiting, active: Vec::new(), begun: 0, coverage }
    }

    /// What was looked at so far.
    pub fn into_coverage(self) -> Coverage {
        self.coverage
    }

    /// The stream that has the newest event found, and that event's time.
    fn newest(&self) -> Option<(usize, i64)> {
        let heads = self.active.iter().enumerate();
        heads
            .filter_map(|(at, stream)| Some((at, &stream.found.front()?.0)))
            .max_by(|a, b| a.1.cmp(b.1))
            .map(|(at, position)| (at, position.event_time_micros))
    }

    /// Begins the segments that may hold an event as new as `time`; without a time, the newest ones.
    /// Returns whether there was any.
    fn begin_until(&mut self, time: Option<i64>) -> bool {
        // The first segment of a common value has enough; when it had not, one a thread is begun.
        let enough = if self.begun == 0 { 1 } else { rayon::current_num_threads() };
        let mut opened: Vec<SegmentStream> = Vec::new();
        let mut has_begun = false;
        while let Some(segment) = self.waiting.last() {
            let last = segment.entry().time_micros.map_or(i64::MIN, |(_, last)| last);
            if time.map_or(opened.len() == enough, |time| last < time) {
                break;
            }
            let Some(segment) = self.waiting.pop() else { break };
            has_begun = true;
            self.begun += 1;
            let seen = self.coverage.scope.see(&segment);
            match seen.and_then(|()| self.search.open(segment)) {
                Ok(stream) => {
                    let left = stream.left.len();
                    // Behind a position, the index was asked for a part only.
                    if self.search.after.is_none() {
                        self.coverage.events_skipped += u64::from(stream.segment.rows()) - left;
                    }
                    opened.extend((left > 0).then_some(stream));
                }
                Err(error) => self.note(&error),
            }
        }
        while !opened.is_empty() {
            let share = opened.split_off(opened.len().saturating_sub(rayon::current_num_threads()));
            for (stream, examined, result) in fill_all(&self.search, share) {
                self.coverage.events_examined += examined;
                if let Err(error) = result {
                    self.note(&error);
                }
                self.active.extend((!stream.found.is_empty()).then_some(stream));
            }
        }
        has_begun
    }

    fn note(&mut self, error: &ReadSegmentError) {
        self.coverage.note(error);
    }
}

impl Iterator for EventStream<'_> {
    type Item = (Position, Event);

    fn next(&mut self) -> Option<Self::Item> {
        let at = loop {
            match self.newest() {
                Some((at, time)) => {
                    if !self.begin_until(Some(time)) {
                        break at;
                    }
                }
                None => {
                    if !self.begin_until(None) {
                        return None;
                    }
                }
            }
        };
        let mut stream = self.active.swap_remove(at);
        let item = stream.found.pop_front();
        if stream.found.is_empty() {
            let mut examined = 0;
            if let Err(error) = self.search.fill(&mut stream, &mut examined) {
                self.note(&error);
            }
            self.coverage.events_examined += examined;
        }
        if !stream.found.is_empty() {
            self.active.push(stream);
        }
        item
    }
}

/// What the columns of a block are asked: the search, and what else the index knows by blocks alone.
fn of_columns(query: &LookupQuery) -> Option<Query> {
    let is_failed = query.error_code.as_deref() == Some("");
    let failed = is_failed.then_some(Expr::Term(Term::Is(Flag::Error)));
    match (&query.search, failed) {
        (search, None) => search.clone(),
        (None, Some(failed)) => Some(Query::from(failed)),
        (Some(search), Some(failed)) => {
            Some(Query::from(Expr::And(vec![failed, search.expr().clone()])))
        }
    }
}

type Filled = (SegmentStream, u64, Result<(), ReadSegmentError>);

/// Reads the first matches of some segments, side by side; says how many rows were read for each.
fn fill_all(search: &Search<'_>, streams: Vec<SegmentStream>) -> Vec<Filled> {
    let fill = |mut stream: SegmentStream| {
        let mut examined = 0;
        let result = search.fill(&mut stream, &mut examined);
        (stream, examined, result)
    };
    if streams.len() == 1 {
        return streams.into_iter().map(fill).collect();
    }
    streams.into_par_iter().map(fill).collect()
}

impl Search<'_> {
    fn condition(&self, segment: &Segment) -> &Condition {
        match segment.entry().time_micros {
            Some(_) => &self.timed,
            None => &self.timeless,
        }
    }

    /// Asks a segment's index for candidates; reads no record.
    fn open(&self, segment: Arc<Segment>) -> Result<SegmentStream, ReadSegmentError> {
        let left = segment.rows_meeting(self.condition(&segment))?;
        Ok(SegmentStream {
            segment,
            left,
            rows_next: ROWS_FIRST,
            asked: None,
            found: VecDeque::new(),
        })
    }

    /// Drops the rows of a block that the columns rule out.
    fn ask_columns(
        &self,
        stream: &mut SegmentStream,
        block: usize,
        columns: &ColumnQuery,
    ) -> Result<(), ReadSegmentError> {
        let rows = stream.segment.block_rows(block);
        let wanted = Bits::from_words(stream.left.block_words(block).to_vec(), rows);
        let may = columns.mask(&Block::new(&stream.segment, block), &wanted)?.may;
        let kept: Vec<u32> = may.iter().map(|row| (block * BLOCK_ROWS + row) as u32).collect();
        stream.left.keep_in_block(block, &kept);
        Ok(())
    }

    /// Reads on in a segment until something matches or nothing is left.
    fn fill(&self, stream: &mut SegmentStream, examined: &mut u64) -> Result<(), ReadSegmentError> {
        while stream.found.is_empty() {
            let Some(block) = stream.left.last_block() else { return Ok(()) };
            let mut floor = 0;
            if let Some(columns) = &self.columns {
                floor = (block * BLOCK_ROWS) as u32;
                let candidates = stream.left.len_in_block(block);
                if stream.asked != Some(block) && candidates > ASK_ROWS_MIN {
                    self.ask_columns(stream, block, columns)?;
                    *examined += candidates;
                    stream.asked = Some(block);
                    continue;
                }
            }
            let rows = stream.left.take_last(stream.rows_next, floor);
            stream.rows_next = (stream.rows_next * 2).min(ROWS_MAX);
            let read = stream.segment.read_events(&rows)?;
            if stream.asked != Some(block) {
                *examined += rows.len() as u64;
            }
            for (position, event) in read.into_iter().rev() {
                let is_shown = self.after.as_ref().is_some_and(|after| position >= *after);
                if !is_shown && matches(self.query, &event) {
                    stream.found.push_back((position, event));
                }
            }
        }
        Ok(())
    }
}
