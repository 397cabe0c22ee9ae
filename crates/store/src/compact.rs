//! Rewriting small segments as few large ones, and dropping expired days.

use std::sync::Arc;

use trailhound_record::time::day_text;

use crate::limits::{BLOCK_ROWS, SEGMENT_ROWS_MAX, SMALL_SEGMENT_ROWS, SMALL_SEGMENTS_MAX};
use crate::segment::build::{batch_of, write_segment};
use crate::segment::read::Segment;
use crate::table::CommitKind;
use crate::write::{AppendError, PendingRows, Writer};

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Segments before.
    pub segments_before: u64,
    /// Segments after.
    pub segments_after: u64,
    /// Rows rewritten.
    pub rows: u64,
}

/// What retention did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retained {
    /// Segments dropped.
    pub segments: u64,
    /// Events dropped.
    pub events: u64,
    /// The first day kept, `YYYY-MM-DD`.
    pub first_day_kept: String,
}

impl Writer<'_> {
    /// Merges the small segments of each day (invariant ST-3: the same rows come out).
    ///
    /// `small_max` is how many small segments a day may keep; the default leaves a day alone that has
    /// few, so that steady small imports do not rewrite it each time.
    ///
    /// # Errors
    /// [`AppendError`]; the segments stay as they were.
    pub fn compact(&self, small_max: Option<usize>) -> Result<Compacted, AppendError> {
        let snapshot = self.store().snapshot()?;
        let mut done = Compacted::default();
        let mut days: Vec<Option<i32>> =
            snapshot.segments().iter().map(|segment| segment.entry().day).collect();
        days.sort_unstable();
        days.dedup();
        for day in days {
            let small: Vec<Arc<Segment>> = snapshot
                .segments_of_day(day)
                .filter(|segment| segment.entry().rows < SMALL_SEGMENT_ROWS)
                .cloned()
                .collect();
            if small.len() > small_max.unwrap_or(SMALL_SEGMENTS_MAX).max(1) {
                self.merge(day, &small, &mut done)?;
            }
        }
        Ok(done)
    }

    fn merge(
        &self,
        day: Option<i32>,
        small: &[Arc<Segment>],
        done: &mut Compacted,
    ) -> Result<(), AppendError> {
        let mut rest = small;
        while !rest.is_empty() {
            let mut rows = 0;
            let fitting = rest.iter().take_while(|segment| {
                rows += segment.entry().rows;
                rows <= SEGMENT_ROWS_MAX as u64
            });
            let (group, after) = rest.split_at(fitting.count().max(1));
            rest = after;
            if group.len() < 2 {
                continue;
            }
            let mut pending = PendingRows::default();
            for segment in group {
                read_all(segment, &mut pending)?;
            }
            let sorted = pending.sorted();
            let before: u64 = group.iter().map(|segment| segment.entry().rows).sum();
            // INVARIANT(ST-3): compaction preserves the multiset of rows.
            assert_eq!(sorted.len() as u64, before, "compaction lost or made rows");
            let entry = write_segment(self.store().folder(), day, &sorted)?;
            let removed: Vec<_> = group.iter().map(|segment| segment.entry().clone()).collect();
            self.store().commit(&[entry], &removed, &CommitKind::Compact)?;
            done.segments_before += group.len() as u64;
            done.segments_after += 1;
            done.rows += before;
        }
        Ok(())
    }

    /// Drops every day before `first_day_kept` (days since the epoch) and notes it in the table log.
    /// Events without a readable time are kept.
    ///
    /// # Errors
    /// [`AppendError`]; nothing is dropped then.
    pub fn retain_from(&self, first_day_kept: i32) -> Result<Retained, AppendError> {
        let snapshot = self.store().snapshot()?;
        let expired: Vec<_> = snapshot
            .segments()
            .iter()
            .map(|segment| segment.entry())
            .filter(|entry| entry.day.is_some_and(|day| day < first_day_kept))
            .cloned()
            .collect();
        let events = expired.iter().map(|entry| entry.rows).sum();
        if !expired.is_empty() {
            let kind = CommitKind::Retain { first_day_kept, events };
            self.store().commit(&[], &expired, &kind)?;
        }
        Ok(Retained {
            segments: expired.len() as u64,
            events,
            first_day_kept: day_text(first_day_kept),
        })
    }
}

fn read_all(segment: &Segment, pending: &mut PendingRows) -> Result<(), AppendError> {
    for first in (0..segment.rows()).step_by(BLOCK_ROWS) {
        let rows: Vec<u32> = (first..segment.rows().min(first + BLOCK_ROWS as u32)).collect();
        let stored = segment.read_rows(&rows)?;
        let batch = batch_of(stored.iter().map(|row| row.body.as_slice())).map_err(|_| {
            crate::ReadSegmentError::Columns { path: segment.data_path().to_owned() }
        })?;
        let batch = Arc::new(batch);
        for (at, row) in stored.iter().enumerate() {
            pending.push_with(&batch, at as u32, row.position.conflict);
        }
    }
    Ok(())
}
