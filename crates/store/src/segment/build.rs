//! Writing one segment: sorted rows in, a data file and an index file out, both durable.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use trailhound_record::batch::Row;
use trailhound_record::field::Field;
use trailhound_record::time::{MICROS_PER_DAY, day_text};
use trailhound_record::token::token_hash;
use trailhound_record::{ParseRecordError, Pushed, RowBatch};

use crate::durable;
use crate::limits::BLOCK_ROWS;
use crate::schema::{FILE_SCHEMA, is_bulky, is_mostly_distinct};
use crate::segment::columns::Columns;
use crate::segment::index::{BlockColumns, Facts, IndexBuilder};
use crate::segment::read::{ReadSegmentError, Segment, index_path};
use crate::table::SegmentEntry;

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteSegmentError {
    /// The file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The rows do not make Parquet.
    #[error("cannot encode a segment")]
    Encode(#[source] parquet::errors::ParquetError),
    /// The rows do not make columns.
    #[error("cannot lay a segment out in columns")]
    Columns(#[source] arrow_schema::ArrowError),
}

/// A row of a batch, to be written, with its conflict number.
#[derive(Debug, Clone)]
pub(crate) struct PendingRow {
    pub(crate) batch: Arc<RowBatch>,
    pub(crate) row: u32,
    pub(crate) conflict: u32,
}

impl PendingRow {
    pub(crate) fn row(&self) -> Option<&Row> {
        self.batch.rows.get(self.row as usize)
    }

    /// What the total order compares: time, key, account.
    pub(crate) fn sort_key(&self) -> (i64, &[u8], &[u8]) {
        self.row().map_or((0, &[], &[]), |row| {
            (row.event_time_micros, self.batch.event_key(row), self.batch.account_id(row))
        })
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.row().map_or(&[], |row| self.batch.body(row))
    }
}

static PROPERTIES: LazyLock<WriterProperties> = LazyLock::new(|| {
    let mut properties = WriterProperties::builder()
        .set_created_by("trailhound".to_owned())
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_page_size_limit(8 << 20)
        .set_data_page_size_limit(16 << 10)
        .set_write_batch_size(128)
        .set_max_row_group_row_count(Some(BLOCK_ROWS));
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default());
    for &field in Field::ALL {
        let column = ColumnPath::from(field.column());
        if is_mostly_distinct(field) {
            properties = properties.set_column_dictionary_enabled(column.clone(), false);
        }
        if is_bulky(field) {
            properties = properties.set_column_compression(column, zstd);
        }
    }
    let event_time = ColumnPath::from(Field::EventTime.column());
    properties
        .set_column_statistics_enabled(event_time.clone(), EnabledStatistics::Chunk)
        .set_column_encoding(event_time, Encoding::DELTA_BINARY_PACKED)
        .set_column_compression(ColumnPath::from(crate::export::RECORD), zstd)
        .set_column_dictionary_enabled(ColumnPath::from(crate::export::RECORD), false)
        .build()
});

/// How Parquet is written.
pub(crate) fn properties() -> &'static WriterProperties {
    &PROPERTIES
}

/// Writes `rows` (sorted, without repeats, of one day) as a segment under `folder`. Nothing is live
/// until the table log names it.
pub(crate) fn write_segment(
    folder: &Path,
    day: Option<i32>,
    rows: &[PendingRow],
) -> Result<SegmentEntry, WriteSegmentError> {
    let (data, index) = encode(rows)?;
    let date = day.map_or("__HIVE_DEFAULT_PARTITION__".to_owned(), day_text);
    let checksum = xxhash_rust::xxh3::xxh3_64(&data);
    let id = uuid::Uuid::new_v4().simple();
    let path = format!("event_date={date}/part-{id}-{checksum:016x}.parquet");
    // The index first: a data file that is live has its index, whatever happens between.
    for (path, bytes) in [(index_path(&path), &index), (path.clone(), &data)] {
        durable::write_new(&folder.join(&path), &[bytes])
            .map_err(|source| WriteSegmentError::Write { path, source })?;
    }
    let time =
        |row: Option<&PendingRow>| row.and_then(PendingRow::row).map(|it| it.event_time_micros);
    let times = time(rows.first()).zip(time(rows.last()));
    debug_assert!(times.is_none_or(|(first, _)| {
        day.is_none_or(|day| first.div_euclid(MICROS_PER_DAY) == i64::from(day))
    }));
    Ok(SegmentEntry {
        path,
        day,
        bytes: data.len() as u64,
        rows: rows.len() as u64,
        time_micros: day.and(times),
    })
}

/// The checksum that a data file carries in its name.
pub(crate) fn checksum_of_name(path: &str) -> Option<u64> {
    let name = path.strip_suffix(".parquet")?;
    u64::from_str_radix(name.rsplit('-').next()?, 16).ok()
}

fn encode(rows: &[PendingRow]) -> Result<(Vec<u8>, Vec<u8>), WriteSegmentError> {
    let mut data = Vec::with_capacity(rows.len() * 160 + 65_536);
    let schema = Arc::clone(&FILE_SCHEMA);
    let mut writer = ArrowWriter::try_new(&mut data, schema, Some(PROPERTIES.clone()))
        .map_err(WriteSegmentError::Encode)?;
    let mut index = IndexBuilder::default();
    let mut columns = Columns::default();
    for block in rows.chunks(BLOCK_ROWS) {
        for pending in block {
            let Some(row) = pending.row() else { continue };
            columns.push(&pending.batch, row, pending.conflict);
            index_row(&mut index, &pending.batch, row, pending.conflict);
        }
        let time = |row: Option<&PendingRow>| row.map_or(i64::MIN, |row| row.sort_key().0);
        index.end_block(time(block.first()), time(block.last()));
        let batch = columns.finish().map_err(WriteSegmentError::Columns)?;
        writer.write(&batch).map_err(WriteSegmentError::Encode)?;
        writer.flush().map_err(WriteSegmentError::Encode)?;
    }
    writer.close().map_err(WriteSegmentError::Encode)?;
    Ok((data, index.finish()))
}

fn index_row(index: &mut IndexBuilder, batch: &RowBatch, row: &Row, conflict: u32) {
    let slice = |from: u32, len: u32| from as usize..from as usize + len as usize;
    let keys = batch.keys.get(slice(row.keys.start, row.keys.len)).unwrap_or_default();
    let tokens = batch.tokens.get(slice(row.tokens.start, row.tokens.len)).unwrap_or_default();
    let columns = BlockColumns::of_row(row.present, row.extra_fields.len > 0, conflict > 0);
    index.push_row(columns, keys, tokens, token_hash(batch.event_key(row)));
    count(&mut index.facts, batch, row, conflict);
}

fn count(facts: &mut Facts, batch: &RowBatch, row: &Row, conflict: u32) {
    let text = |field: Field| {
        let bit = 1_u64 << field as u64;
        let before = (row.present & (bit - 1)).count_ones() as usize;
        let span = batch.values.get(row.values_at as usize + before);
        (row.present & bit != 0).then(|| span.map(|span| span.of(&batch.text))).flatten()
    };
    add(&mut facts.accounts, batch.account_id(row));
    add(&mut facts.regions, text(Field::AwsRegion).unwrap_or_default());
    facts.failed += u64::from(text(Field::ErrorCode).is_some());
    facts.conflicts += u64::from(conflict > 0);
    facts.body_hash_sum = facts.body_hash_sum.wrapping_add(row.body_hash);
}

fn add(counts: &mut BTreeMap<String, u64>, value: &[u8]) {
    let value = std::str::from_utf8(value).unwrap_or_default();
    match counts.get_mut(value) {
        Some(count) => *count += 1,
        None => {
            counts.insert(value.to_owned(), 1);
        }
    }
}

/// Makes the index file of `segment` anew from its data.
pub(crate) fn rebuild_index(segment: &Segment) -> Result<(), ReadSegmentError> {
    let damaged = |row: u64| ReadSegmentError::Rebuild {
        path: segment.data_path().to_owned(),
        row,
        source: trailhound_record::rebuild::RebuildRecordError::ExtraFields,
    };
    let mut index = IndexBuilder::default();
    for block in 0..segment.blocks()? {
        let first = (block * BLOCK_ROWS) as u32;
        let rows: Vec<u32> = (first..segment.rows().min(first + BLOCK_ROWS as u32)).collect();
        let stored = segment.read_rows(&rows)?;
        let batch = batch_of(stored.iter().map(|row| row.body.as_slice()))
            .map_err(|_| damaged(u64::from(first)))?;
        for (row, stored) in batch.rows.iter().zip(&stored) {
            index_row(&mut index, &batch, row, stored.position.conflict);
        }
        let time =
            |at: Option<&crate::StoredRow>| at.map_or(i64::MIN, |at| at.position.event_time_micros);
        index.end_block(time(stored.first()), time(stored.last()));
    }
    let path = segment.index_path();
    durable::replace(path, &index.finish())
        .map_err(|source| ReadSegmentError::Open { path: path.to_owned(), source })
}

/// Parses bodies that came out of the store.
pub(crate) fn batch_of<'b>(
    bodies: impl Iterator<Item = &'b [u8]>,
) -> Result<RowBatch, ParseRecordError> {
    let mut batch = RowBatch::default();
    for body in bodies {
        let pushed = batch.try_push(body, 0, trailhound_record::batch::RecordRule::Stored)?;
        debug_assert!(matches!(pushed, Pushed::Record { .. }));
    }
    Ok(batch)
}
