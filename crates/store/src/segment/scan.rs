//! One column of one block: for whoever answers from columns, without records.

use arrow_array::{Array, ArrayRef};
use trailhound_record::field::Field;

use crate::limits::BLOCK_ROWS;
use crate::schema::{CONFLICT_AT, EXTRA_FIELDS_AT, SHAPE_AT};
use crate::segment::read::{Columns, ReadSegmentError, Segment, selection};

/// A column that can be read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// That of a field.
    Field(Field),
    /// The members that no column gives back.
    ExtraFields,
    /// Key order and white space: see [`trailhound_record::rebuild`].
    Shape,
    /// 0, or n for the n-th different body under one id.
    Conflict,
}

impl Segment {
    /// How many rows `block` has.
    pub fn block_rows(&self, block: usize) -> usize {
        (self.rows() as usize).saturating_sub(block * BLOCK_ROWS).min(BLOCK_ROWS)
    }

    /// How many blocks it has, by the table log alone.
    pub fn block_count(&self) -> usize {
        (self.rows() as usize).div_ceil(BLOCK_ROWS)
    }

    /// The first and last event time of `block` in microseconds, by the index; `i64::MIN` where a row
    /// has none.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the index cannot be read.
    pub fn block_time_range(&self, block: usize) -> Result<Option<(i64, i64)>, ReadSegmentError> {
        Ok(self.index()?.block_times(block))
    }

    /// Reads one column of `block`: all of it, or the rows of the segment in `rows`, which ascend.
    /// Nothing when no row has a value.
    ///
    /// Shape: texts that repeat come as `DictionaryArray<Int32>` of strings, the others as strings,
    /// Booleans, `Int32` and UTC microseconds as themselves.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the index or the block cannot be read.
    pub fn column_of_block(
        &self,
        block: usize,
        column: Column,
        rows: Option<&[u32]>,
    ) -> Result<Option<ArrayRef>, ReadSegmentError> {
        let present = self.index()?.block_columns(block);
        let has = |is_there: bool| present.is_none() || is_there;
        let (place, has_value) = match column {
            Column::Field(field) => (field as usize, present.is_some_and(|it| it.has(field))),
            Column::ExtraFields => {
                (EXTRA_FIELDS_AT, present.is_some_and(|it| it.has_extra_fields()))
            }
            Column::Shape => (SHAPE_AT, true),
            Column::Conflict => (CONFLICT_AT, present.is_some_and(|it| it.has_conflicts())),
        };
        if !has(has_value) {
            return Ok(None);
        }
        let selected = rows.map(|rows| selection(rows, block * BLOCK_ROWS));
        let batches =
            self.batches(Columns::Repeating, vec![block], selected, Some(&[place]))?.into_iter();
        let wanted = rows.map_or_else(|| self.block_rows(block), <[u32]>::len);
        // A block is one batch: blocks are no longer than what is read at once.
        let array = batches.filter_map(|batch| batch.columns().first().cloned()).next();
        match array {
            Some(array) if array.len() == wanted => Ok(Some(array)),
            _ if wanted == 0 => Ok(None),
            _ => Err(ReadSegmentError::Columns { path: self.data_path().to_owned() }),
        }
    }
}
