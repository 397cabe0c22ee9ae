//! Reading some columns of chosen rows, for engines that need values and not records.

use arrow_array::RecordBatch;
use trailhound_record::field::Field;

use crate::limits::BLOCK_ROWS;
use crate::schema::EXTRA_FIELDS_AT;
use crate::segment::read::{ReadSegmentError, Segment, selection};

impl Segment {
    /// Reads some columns of some rows of one block.
    ///
    /// Shape: the columns in the order of [`Field::ALL`], then `extra_fields` if `has_extra_fields`,
    /// under their own names; as many rows as `rows`, in their order. Nothing when no column is asked
    /// for or `rows` is empty.
    ///
    /// Units: `rows` are rows of the segment, ascending, all of `block`.
    ///
    /// # Errors
    /// [`ReadSegmentError`] when the file cannot be read.
    pub fn read_columns(
        &self,
        block: usize,
        rows: &[u32],
        fields: &[Field],
        has_extra_fields: bool,
    ) -> Result<Option<RecordBatch>, ReadSegmentError> {
        let mut columns: Vec<usize> = fields.iter().map(|field| *field as usize).collect();
        columns.extend(has_extra_fields.then_some(EXTRA_FIELDS_AT));
        if columns.is_empty() || rows.is_empty() {
            return Ok(None);
        }
        columns.sort_unstable();
        columns.dedup();
        let first = block * BLOCK_ROWS;
        let is_whole = rows.len() == BLOCK_ROWS.min((self.rows() as usize).saturating_sub(first));
        let selection = (!is_whole).then(|| selection(rows, first));
        // A block fits one batch: the reader's batch size is the block's.
        Ok(self.batches(vec![block], selection, Some(&columns))?.into_iter().next())
    }
}
