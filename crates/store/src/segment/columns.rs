//! From rows of batches to the arrays of one row group.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int32Builder};
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;
use trailhound_record::RowBatch;
use trailhound_record::batch::Row;
use trailhound_record::field::{FIELDS, Field, Kind};

use crate::schema::FILE_SCHEMA;

/// A text column in the making: rows that are skipped are null.
#[derive(Debug, Default)]
struct TextColumn {
    offsets: Vec<i32>,
    text: Vec<u8>,
    /// The rows that have a value.
    valid: Vec<bool>,
}

impl TextColumn {
    #[inline]
    fn push(&mut self, row: usize, value: &[u8]) {
        self.skip_to(row);
        self.text.extend_from_slice(value);
        self.offsets.push(self.text.len() as i32);
        self.valid.push(true);
    }

    fn skip_to(&mut self, row: usize) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.offsets.resize(row + 1, self.text.len() as i32);
        self.valid.resize(row, false);
    }

    fn finish(&mut self, rows: usize) -> Result<ArrayRef, ArrowError> {
        self.skip_to(rows);
        let nulls = NullBuffer::from(std::mem::take(&mut self.valid));
        // The next row group will be about as long: its buffers should not grow step by step.
        let next = Vec::with_capacity(self.offsets.len());
        let offsets = std::mem::replace(&mut self.offsets, next);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let next = Vec::with_capacity(self.text.len() + self.text.len() / 8);
        let text = std::mem::replace(&mut self.text, next);
        let nulls = (nulls.null_count() > 0).then_some(nulls);
        Ok(Arc::new(StringArray::try_new(offsets, text.into(), nulls)?))
    }
}

/// The arrays of one row group in the making.
#[derive(Debug)]
pub(crate) struct Columns {
    rows: usize,
    texts: Vec<TextColumn>,
    bools: Vec<BooleanBuilder>,
    times: Vec<Option<i64>>,
    extra_fields: TextColumn,
    shapes: TextColumn,
    conflicts: Int32Builder,
}

impl Default for Columns {
    fn default() -> Self {
        let bools = Field::ALL.iter().filter(|field| field.kind() == Kind::Bool).count();
        Self {
            rows: 0,
            texts: (0..FIELDS).map(|_| TextColumn::default()).collect(),
            bools: (0..bools).map(|_| BooleanBuilder::new()).collect(),
            times: Vec::new(),
            extra_fields: TextColumn::default(),
            shapes: TextColumn::default(),
            conflicts: Int32Builder::new(),
        }
    }
}

impl Columns {
    /// Adds one row of `batch`.
    pub(crate) fn push(&mut self, batch: &RowBatch, row: &Row, conflict: u32) {
        let at = self.rows;
        let mut left = row.present;
        let mut value = row.values_at as usize;
        while left != 0 {
            let field = left.trailing_zeros() as usize;
            left &= left - 1;
            if let (Some(span), Some(column)) = (batch.values.get(value), self.texts.get_mut(field))
            {
                column.push(at, span.of(&batch.text));
            }
            value += 1;
        }
        let bools = Field::ALL.iter().filter(|field| field.kind() == Kind::Bool);
        for (field, column) in bools.zip(&mut self.bools) {
            let bit = 1_u64 << *field as u64;
            column.append_option((row.present & bit != 0).then_some(row.bools & bit != 0));
        }
        self.times.push((row.event_time_micros != i64::MIN).then_some(row.event_time_micros));
        if row.extra_fields.len > 0 {
            self.extra_fields.push(at, row.extra_fields.of(&batch.text));
        }
        let shape = batch.shapes.get(row.shape as usize).map(Vec::as_slice).unwrap_or_default();
        self.shapes.push(at, shape);
        self.conflicts.append_value(conflict as i32);
        self.rows += 1;
    }

    /// The row group; the columns are empty then.
    ///
    /// # Errors
    /// [`ArrowError`] when a text is not UTF-8, which readers have checked before.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = std::mem::take(&mut self.rows);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(FIELDS + 3);
        let mut bools = self.bools.iter_mut();
        for (field, column) in Field::ALL.iter().zip(&mut self.texts) {
            arrays.push(match field.kind() {
                Kind::Text | Kind::Json => column.finish(rows)?,
                Kind::Bool => {
                    *column = TextColumn::default();
                    Arc::new(
                        bools
                            .next()
                            .map(BooleanBuilder::finish)
                            .unwrap_or_else(|| arrow_array::BooleanArray::new_null(rows)),
                    )
                }
                Kind::Time => {
                    *column = TextColumn::default();
                    let times = std::mem::take(&mut self.times);
                    Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))
                }
            });
        }
        arrays.push(self.extra_fields.finish(rows)?);
        arrays.push(self.shapes.finish(rows)?);
        arrays.push(Arc::new(self.conflicts.finish()));
        RecordBatch::try_new(Arc::clone(&FILE_SCHEMA), arrays)
    }
}
