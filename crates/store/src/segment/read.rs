//! Reading rows of a segment back into records.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::{
    Array, BooleanArray, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::SchemaRef;
use bytes::Bytes;
use memmap2::Mmap;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::file::metadata::PageIndexPolicy;
use rayon::prelude::*;
use trailhound_record::field::{Field, Kind};
use trailhound_record::key::key_of_body;
use trailhound_record::rebuild::{RebuildRecordError, RowValues, rebuild};

use crate::Position;
use crate::limits::BLOCK_ROWS;
use crate::schema::{CONFLICT_AT, EXTRA_FIELDS_AT, FILE_SCHEMA, REPEATING_SCHEMA, SHAPE_AT};
use crate::segment::index::{Facts, Index, OpenIndexError};
use crate::table::SegmentEntry;

/// Why rows of a segment could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadSegmentError {
    /// The file cannot be opened.
    #[error("cannot open `{path}`")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no Parquet file of ours, or damaged.
    #[error("cannot read `{path}`")]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// The file has other columns than ours.
    #[error("`{path}` does not have the columns of a segment")]
    Columns {
        /// The file.
        path: PathBuf,
    },
    /// A row contradicts its shape.
    #[error("row {row} of `{path}` is damaged")]
    Rebuild {
        /// The file.
        path: PathBuf,
        /// The row.
        row: u64,
        /// Why.
        source: RebuildRecordError,
    },
    /// The index file is missing or damaged, and was not made anew.
    #[error("the index of `{path}` is of no use")]
    Index {
        /// The data file.
        path: PathBuf,
        /// Why.
        source: OpenIndexError,
    },
}

/// One stored record and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// Its place in the total order.
    pub position: Position,
    /// Its bytes, as delivered.
    pub body: Vec<u8>,
}

/// A data file, mapped, with its Parquet metadata.
#[derive(Debug, Clone)]
struct OpenData {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
    /// The same, where texts that repeat come as dictionaries.
    repeating: ArrowReaderMetadata,
}

/// How the texts of a column are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Columns {
    /// One by one.
    Plain,
    /// Each different one once, when the file has them so.
    Repeating,
}

/// One live segment. Files are opened when first needed; cheap to share.
#[derive(Debug)]
pub struct Segment {
    entry: SegmentEntry,
    data_path: PathBuf,
    index_path: PathBuf,
    index: OnceLock<Arc<Index<Mmap>>>,
    data: OnceLock<OpenData>,
}

impl Segment {
    pub(crate) fn new(folder: &Path, entry: SegmentEntry) -> Self {
        Self {
            data_path: folder.join(&entry.path),
            index_path: folder.join(index_path(&entry.path)),
            entry,
            index: OnceLock::new(),
            data: OnceLock::new(),
        }
    }

    /// What the table log says of it.
    pub fn entry(&self) -> &SegmentEntry {
        &self.entry
    }

    /// Its rows.
    pub fn rows(&self) -> u32 {
        self.entry.rows as u32
    }

    /// Where its index lies.
    pub(crate) fn index_path(&self) -> &Path {
        &self.index_path
    }

    /// Where its data lie.
    pub(crate) fn data_path(&self) -> &Path {
        &self.data_path
    }

    /// The index; made anew from the data when its file is missing or damaged.
    pub(crate) fn index(&self) -> Result<&Index<Mmap>, ReadSegmentError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let opened = match self.open_index() {
            Ok(index) => index,
            Err(_) => {
                super::build::rebuild_index(self)?;
                self.open_index()?
            }
        };
        Ok(self.index.get_or_init(|| Arc::new(opened)))
    }

    pub(crate) fn open_index(&self) -> Result<Index<Mmap>, ReadSegmentError> {
        let index = Index::open(map(&self.index_path)?).and_then(|index| {
            // A flipped bit would silently hide events: every byte is checked, once, at 10 GB/s.
            index.verify()?;
            if index.rows() == self.rows() { Ok(index) } else { Err(OpenIndexError::Length) }
        });
        index.map_err(|source| ReadSegmentError::Index { path: self.data_path.clone(), source })
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

    fn data(&self) -> Result<&OpenData, ReadSegmentError> {
        if let Some(data) = self.data.get() {
            return Ok(data);
        }
        let bytes = Bytes::from_owner(map(&self.data_path)?);
        let options = |schema: &SchemaRef| {
            ArrowReaderOptions::new()
                .with_skip_arrow_metadata(true)
                .with_schema(Arc::clone(schema))
                .with_column_index_policy(PageIndexPolicy::Skip)
                .with_offset_index_policy(PageIndexPolicy::Optional)
        };
        let metadata =
            ArrowReaderMetadata::load(&bytes, options(&FILE_SCHEMA)).map_err(self.parquet())?;
        if metadata.schema().fields() != FILE_SCHEMA.fields() {
            return Err(ReadSegmentError::Columns { path: self.data_path.clone() });
        }
        let repeating = ArrowReaderMetadata::try_new(
            Arc::clone(metadata.metadata()),
            options(&REPEATING_SCHEMA),
        )
        .map_err(self.parquet())?;
        Ok(self.data.get_or_init(|| OpenData { bytes, metadata, repeating }))
    }

    /// Whether the Parquet metadata are in memory.
    pub(crate) fn is_open(&self) -> bool {
        self.data.get().is_some()
    }

    fn parquet(&self) -> impl Fn(parquet::errors::ParquetError) -> ReadSegmentError {
        |source| ReadSegmentError::Parquet { path: self.data_path.clone(), source }
    }

    /// The event times of one block, in row order; `i64::MIN` where not readable.
    pub fn block_times(&self, block: usize) -> Result<Vec<i64>, ReadSegmentError> {
        let mut times = Vec::with_capacity(BLOCK_ROWS);
        for batch in
            self.batches(Columns::Plain, vec![block], None, Some(&[Field::EventTime as usize]))?
        {
            let Some(column) = typed::<TimestampMicrosecondArray>(&batch, 0) else {
                return Err(ReadSegmentError::Columns { path: self.data_path.clone() });
            };
            times.extend(column.iter().map(|time| time.unwrap_or(i64::MIN)));
        }
        Ok(times)
    }

    /// Reads some columns of the whole segment, block by block: for each block the columns in the order
    /// of [`Field::ALL`].
    pub fn scan_columns(
        &self,
        fields: &[Field],
        mut each: impl FnMut(&RecordBatch),
    ) -> Result<(), ReadSegmentError> {
        let columns: Vec<usize> = fields.iter().map(|field| *field as usize).collect();
        for block in 0..self.blocks()? {
            for batch in self.batches(Columns::Plain, vec![block], None, Some(&columns))? {
                each(&batch);
            }
        }
        Ok(())
    }

    /// How many blocks (row groups) it has.
    pub fn blocks(&self) -> Result<usize, ReadSegmentError> {
        Ok(self.data()?.metadata.metadata().num_row_groups())
    }

    /// Reads the records of `rows`, which ascend; far ones on several threads.
    pub fn read_rows(&self, rows: &[u32]) -> Result<Vec<StoredRow>, ReadSegmentError> {
        let blocks: Vec<&[u32]> =
            rows.chunk_by(|a, b| *a as usize / BLOCK_ROWS == *b as usize / BLOCK_ROWS).collect();
        if blocks.len() < 2 {
            return blocks.into_iter().map(|rows| self.read_block(rows)).flatten_rows(rows.len());
        }
        self.data()?;
        let parts: Vec<_> = blocks.into_par_iter().map(|rows| self.read_block(rows)).collect();
        parts.into_iter().flatten_rows(rows.len())
    }

    /// Reads the records of some rows of one block.
    fn read_block(&self, rows: &[u32]) -> Result<Vec<StoredRow>, ReadSegmentError> {
        let Some(block) = rows.first().map(|row| *row as usize / BLOCK_ROWS) else {
            return Ok(Vec::new());
        };
        let columns = self.columns_of(block);
        let selection = selection(rows, block * BLOCK_ROWS);
        let mut found = Vec::with_capacity(rows.len());
        let mut names = rows.iter();
        for batch in self.batches(Columns::Plain, vec![block], Some(selection), Some(&columns))? {
            let values = Rows::new(&batch, &columns)
                .ok_or_else(|| ReadSegmentError::Columns { path: self.data_path.clone() })?;
            for at in 0..batch.num_rows() {
                let row = names.next().copied().unwrap_or_default();
                found.push(self.stored_row(&values, at, row)?);
            }
        }
        Ok(found)
    }

    /// The columns of a block worth reading: all that have a value, or all when there is no index yet.
    fn columns_of(&self, block: usize) -> Vec<usize> {
        let Some(present) = self.index.get().and_then(|index| index.block_columns(block)) else {
            return (0..=CONFLICT_AT).collect();
        };
        let mut columns: Vec<usize> = Field::ALL
            .iter()
            .filter(|field| present.has(**field))
            .map(|field| *field as usize)
            .collect();
        columns.extend(present.has_extra_fields().then_some(EXTRA_FIELDS_AT));
        columns.push(SHAPE_AT);
        columns.extend(present.has_conflicts().then_some(CONFLICT_AT));
        columns
    }

    /// The rows of one block whose `eventID` is `event_id`.
    pub(crate) fn rows_with_event_id(
        &self,
        block: usize,
        event_id: &str,
    ) -> Result<Vec<u32>, ReadSegmentError> {
        let mut rows = Vec::new();
        let mut first = (block * BLOCK_ROWS) as u32;
        for batch in
            self.batches(Columns::Plain, vec![block], None, Some(&[Field::EventId as usize]))?
        {
            if let Some(column) = typed::<StringArray>(&batch, 0) {
                let ids = column.iter().zip(first..);
                rows.extend(ids.filter(|(id, _)| *id == Some(event_id)).map(|(_, row)| row));
            }
            first += batch.num_rows() as u32;
        }
        Ok(rows)
    }

    fn stored_row(
        &self,
        rows: &Rows<'_>,
        at: usize,
        row: u32,
    ) -> Result<StoredRow, ReadSegmentError> {
        let values = rows.row(at);
        let mut body = Vec::with_capacity(1_536);
        rebuild(values.shape(), &values, &mut body).map_err(|source| {
            ReadSegmentError::Rebuild { path: self.data_path.clone(), row: row.into(), source }
        })?;
        Ok(StoredRow { position: values.position(&body), body })
    }

    pub(crate) fn batches(
        &self,
        shape: Columns,
        blocks: Vec<usize>,
        selection: Option<RowSelection>,
        columns: Option<&[usize]>,
    ) -> Result<Vec<RecordBatch>, ReadSegmentError> {
        let data = self.data()?;
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
            data.bytes.clone(),
            match shape {
                Columns::Plain => data.metadata.clone(),
                Columns::Repeating => data.repeating.clone(),
            },
        )
        .with_batch_size(BLOCK_ROWS)
        .with_row_groups(blocks);
        if let Some(columns) = columns {
            let mask = ProjectionMask::leaves(reader.parquet_schema(), columns.iter().copied());
            reader = reader.with_projection(mask);
        }
        if let Some(selection) = selection {
            reader = reader.with_row_selection(selection);
        }
        let reader = reader.build().map_err(self.parquet())?;
        reader
            .map(|batch| {
                batch.map_err(|error| self.parquet()(parquet::errors::ParquetError::from(error)))
            })
            .collect()
    }
}

/// The path of the index of the data file `path`, both relative to the table's folder.
pub(crate) fn index_path(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    format!("_index/{}.idx", name.trim_end_matches(".parquet"))
}

fn map(path: &Path) -> Result<Mmap, ReadSegmentError> {
    let open = |source| ReadSegmentError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(open)?;
    #[expect(unsafe_code, reason = "reading in place needs a map; segments never change (ST-1)")]
    // SAFETY: committed files are never written again, only unlinked, which leaves the map valid.
    let map = unsafe { Mmap::map(&file) };
    map.map_err(open)
}

/// Which rows of one block to read; `rows` ascend, `base` is the block's first row.
pub(crate) fn selection(rows: &[u32], base: usize) -> RowSelection {
    let mut selectors = Vec::with_capacity(rows.len() * 2);
    let mut next = base;
    for &row in rows {
        let row = row as usize;
        if row > next {
            selectors.push(RowSelector::skip(row - next));
        }
        selectors.push(RowSelector::select(1));
        next = row + 1;
    }
    selectors.into()
}

/// Puts the rows of several reads together, or the first failure.
trait FlattenRows {
    fn flatten_rows(self, rows: usize) -> Result<Vec<StoredRow>, ReadSegmentError>;
}

impl<I: Iterator<Item = Result<Vec<StoredRow>, ReadSegmentError>>> FlattenRows for I {
    fn flatten_rows(self, rows: usize) -> Result<Vec<StoredRow>, ReadSegmentError> {
        let mut all = Vec::with_capacity(rows);
        for part in self {
            all.extend(part?);
        }
        Ok(all)
    }
}

fn typed<T: 'static>(batch: &RecordBatch, column: usize) -> Option<&T> {
    batch.columns().get(column)?.as_any().downcast_ref()
}

/// The columns of a record batch, by type; those that were not read are null throughout.
struct Rows<'b> {
    texts: Vec<Option<&'b StringArray>>,
    bools: Vec<Option<&'b BooleanArray>>,
    times: Option<&'b TimestampMicrosecondArray>,
    extra_fields: Option<&'b StringArray>,
    shapes: &'b StringArray,
    conflicts: Option<&'b Int32Array>,
}

impl<'b> Rows<'b> {
    /// `columns` says which columns of the file `batch` has, in order. Nothing when one is of another
    /// type than ours.
    fn new(batch: &'b RecordBatch, columns: &[usize]) -> Option<Self> {
        let place = |column: usize| columns.binary_search(&column).ok();
        let (mut texts, mut bools) = (Vec::new(), Vec::new());
        for (at, field) in Field::ALL.iter().enumerate() {
            let (text, bool) = match (field.kind(), place(at)) {
                (Kind::Text | Kind::Json, Some(at)) => (Some(typed(batch, at)?), None),
                (Kind::Bool, Some(at)) => (None, Some(typed(batch, at)?)),
                (Kind::Time, _) | (_, None) => (None, None),
            };
            texts.push(text);
            bools.push(bool);
        }
        Some(Self {
            texts,
            bools,
            times: place(Field::EventTime as usize).and_then(|at| typed(batch, at)),
            extra_fields: place(EXTRA_FIELDS_AT).and_then(|at| typed(batch, at)),
            shapes: place(SHAPE_AT).and_then(|at| typed(batch, at))?,
            conflicts: place(CONFLICT_AT).and_then(|at| typed(batch, at)),
        })
    }

    fn row(&self, at: usize) -> RowView<'_> {
        RowView { rows: self, at }
    }
}

/// One row of a record batch.
struct RowView<'b> {
    rows: &'b Rows<'b>,
    at: usize,
}

impl RowView<'_> {
    fn shape(&self) -> &str {
        if self.rows.shapes.is_valid(self.at) { self.rows.shapes.value(self.at) } else { "" }
    }

    fn position(&self, body: &[u8]) -> Position {
        let text = |field| self.text(field).unwrap_or_default();
        let event_id = text(Field::EventId);
        let account_id = match text(Field::RecipientAccountId) {
            "" => text(Field::UserIdentityAccountId),
            account_id => account_id,
        };
        let conflicts = self.rows.conflicts.filter(|column| column.is_valid(self.at));
        Position {
            event_time_micros: self.event_time_micros().unwrap_or(i64::MIN),
            event_key: if event_id.is_empty() { key_of_body(body) } else { event_id.to_owned() },
            account_id: account_id.to_owned(),
            conflict: conflicts.map_or(0, |column| column.value(self.at) as u32),
        }
    }
}

impl RowValues for RowView<'_> {
    fn text(&self, field: Field) -> Option<&str> {
        let column = (*self.rows.texts.get(field as usize)?)?;
        column.is_valid(self.at).then(|| column.value(self.at))
    }

    fn bool(&self, field: Field) -> Option<bool> {
        let column = (*self.rows.bools.get(field as usize)?)?;
        column.is_valid(self.at).then(|| column.value(self.at))
    }

    fn event_time_micros(&self) -> Option<i64> {
        let column = self.rows.times?;
        column.is_valid(self.at).then(|| column.value(self.at))
    }

    fn extra_fields(&self) -> Option<&str> {
        let column = self.rows.extra_fields?;
        column.is_valid(self.at).then(|| column.value(self.at))
    }
}
