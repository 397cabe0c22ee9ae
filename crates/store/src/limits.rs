//! Every limit of the store, in one place.

/// Rows of one row group, which is also the block of the index: the unit of reading and skipping.
pub const BLOCK_ROWS: usize = 8_192;
/// Rows of a full segment.
pub const SEGMENT_ROWS_MAX: usize = 131_072;
/// Record text of a full segment, in bytes, before compression.
pub const SEGMENT_TEXT_BYTES_MAX: usize = 160 << 20;
/// Segments smaller than this are merged by compaction, in rows.
pub const SMALL_SEGMENT_ROWS: u64 = 32_768;
/// A day with more small segments than this is compacted after an import.
pub const SMALL_SEGMENTS_MAX: usize = 8;
/// How old an unreferenced file must be before it is swept: longer than a writer needs between writing
/// and committing. A reader of an older version may lose a file, and then says that its answer lacks it.
pub const ORPHAN_AGE_SECONDS_MIN: u64 = 600;
/// Open segments whose Parquet metadata is kept in memory.
pub const OPEN_SEGMENTS_MAX: usize = 128;
