//! Which rows of a segment can answer, by the index alone.

use crate::limits::BLOCK_ROWS;
use crate::segment::index::{Facts, RowSet};
use crate::segment::read::{ReadSegmentError, Segment};

/// What the rows looked for must have. Everything must hold; empty means "any row".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Key hashes ([`trailhound_record::key::key_hash`]).
    pub keys: Vec<u32>,
    /// Token hashes ([`trailhound_record::token::token_hash`]).
    pub tokens: Vec<u64>,
    /// `eventID`; its token hash is in `tokens` too.
    pub event_id: Option<String>,
    /// The earliest event time, in microseconds.
    pub start_micros: Option<i64>,
    /// The first event time that is too late, in microseconds.
    pub end_micros: Option<i64>,
}

impl Segment {
    /// Whether its time range meets `[start, end)`.
    pub fn meets(&self, start_micros: Option<i64>, end_micros: Option<i64>) -> bool {
        match self.entry().time_micros {
            Some((first, last)) => {
                start_micros.is_none_or(|start| last >= start)
                    && end_micros.is_none_or(|end| first < end)
            }
            None => start_micros.is_none() && end_micros.is_none(),
        }
    }

    /// The rows that may match: a superset of those that do (invariant QU-2).
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the index or, at the end of the time range, a block cannot be read.
    pub fn candidates(&self, wanted: &Candidates) -> Result<RowSet, ReadSegmentError> {
        let index = self.index()?;
        let mut set = RowSet::all(index.rows());
        for &key in &wanted.keys {
            match index.rows_of(key) {
                Some(rows) => set.keep(&rows),
                None => return Ok(RowSet::none(index.rows())),
            }
        }
        if set.is_empty() {
            return Ok(set);
        }
        for block in 0..index.blocks() {
            let (first, last) = index.block_times(block).unwrap_or((i64::MIN, i64::MAX));
            let is_out = wanted.start_micros.is_some_and(|start| last < start)
                || wanted.end_micros.is_some_and(|end| first >= end)
                || !wanted.tokens.is_empty() && !index.block_may_hold(block, &wanted.tokens);
            if is_out {
                set.clear_block(block);
                continue;
            }
            if let Some(event_id) = &wanted.event_id {
                set.keep_in_block(block, &self.rows_with_event_id(block, event_id)?);
            }
            if let Some(end) = wanted.end_micros
                && last >= end
            {
                let times = self.block_times(block)?;
                let within = times.partition_point(|&time| time < end);
                set.truncate((block * BLOCK_ROWS + within) as u32);
            }
        }
        Ok(set)
    }

    /// Counts that need no row.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the index cannot be read.
    pub fn facts(&self) -> Result<Facts, ReadSegmentError> {
        let facts = self.index()?.facts();
        facts
            .map_err(|source| ReadSegmentError::Index { path: self.data_path().to_owned(), source })
    }

    /// Bytes of its index file.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the index cannot be read.
    pub fn index_bytes(&self) -> Result<u64, ReadSegmentError> {
        Ok(self.index()?.file_bytes())
    }
}
