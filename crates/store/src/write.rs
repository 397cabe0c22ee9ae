//! Appending events: repeats found, segments written, commits made.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trailhound_record::RowBatch;
use trailhound_record::token::token_hash;

use crate::limits::{BLOCK_ROWS, ORPHAN_AGE_SECONDS_MIN, SEGMENT_ROWS_MAX};
use crate::same::is_same_event;
use crate::segment::build::{PendingRow, WriteSegmentError, write_segment};
use crate::segment::read::{ReadSegmentError, Segment};
use crate::table::{CommitKind, SegmentEntry, TableError};
use crate::{Store, StoredRow, durable};

/// Why the right to write was not given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenWriterError {
    /// Another process writes to this store.
    #[error("another trailhound is writing to `{folder}`")]
    Busy {
        /// The store's folder.
        folder: PathBuf,
    },
    /// The lock file cannot be made.
    #[error("cannot lock `{folder}`")]
    Lock {
        /// The store's folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Why events could not be appended. What was committed before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// A segment that may hold repeats of the new events could not be read.
    #[error("cannot look for repeats")]
    Read(#[from] ReadSegmentError),
    /// A segment could not be written.
    #[error("cannot write a segment")]
    Write(#[from] WriteSegmentError),
    /// The commit failed: nothing of it is live.
    #[error("cannot commit")]
    Commit(#[from] TableError),
}

/// Rows of one UTC date, in order of arrival, that wait to be written.
#[derive(Debug, Default, Clone)]
pub struct PendingRows {
    rows: Vec<PendingRow>,
    text_bytes: usize,
}

impl PendingRows {
    /// Adds row `row` of `batch`.
    pub fn push(&mut self, batch: &Arc<RowBatch>, row: u32) {
        self.push_with(batch, row, 0);
    }

    pub(crate) fn push_with(&mut self, batch: &Arc<RowBatch>, row: u32, conflict: u32) {
        let pending = PendingRow { batch: Arc::clone(batch), row, conflict };
        self.text_bytes += pending.body().len();
        self.rows.push(pending);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of their records.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    pub(crate) fn sorted(mut self) -> Vec<PendingRow> {
        // Stable: of equal keys the first to arrive stays first. Stored rows have their numbers.
        self.rows.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()).then(a.conflict.cmp(&b.conflict)));
        self.rows
    }
}

/// What became of some pending rows. `stored + duplicates` is how many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The segments, durable but not live before a commit names them.
    pub entries: Vec<SegmentEntry>,
    /// Rows written.
    pub stored: u64,
    /// Rows that were there already.
    pub duplicates: u64,
    /// Of the stored: different bodies under known ids.
    pub conflicts: u64,
}

/// The right to write to a store, held by one process at a time.
#[derive(Debug)]
pub struct Writer<'s> {
    store: &'s Store,
    _lock: File,
}

impl<'s> Writer<'s> {
    pub(crate) fn open(store: &'s Store) -> Result<Self, OpenWriterError> {
        let folder = store.folder().to_owned();
        let open = || {
            let index = folder.join("_index");
            durable::create_folders(&index)?;
            File::options().create(true).append(true).open(index.join("writer.lock"))
        };
        let lock =
            open().map_err(|source| OpenWriterError::Lock { folder: folder.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { store, _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(OpenWriterError::Busy { folder }),
            Err(std::fs::TryLockError::Error(source)) => {
                Err(OpenWriterError::Lock { folder, source })
            }
        }
    }

    /// The store that is written to.
    pub fn store(&self) -> &'s Store {
        self.store
    }

    /// Writes the rows of one day that are not in `existing` yet. Several days may be written at once.
    ///
    /// # Errors
    /// [`AppendError`]; nothing is live then.
    pub fn write_day(
        &self,
        day: Option<i32>,
        rows: PendingRows,
        existing: &[Arc<Segment>],
    ) -> Result<Written, AppendError> {
        let rows = rows.sorted();
        let mut written = Written::default();
        let kept = without_repeats(rows, existing, &mut written)?;
        for part in kept.chunks(SEGMENT_ROWS_MAX) {
            written.entries.push(write_segment(self.store.folder(), day, part)?);
        }
        Ok(written)
    }

    /// Opens a segment that was written and is not live yet.
    pub fn open_written(&self, entry: &SegmentEntry) -> Arc<Segment> {
        Arc::new(Segment::new(self.store.folder(), entry.clone()))
    }

    /// Makes written segments live, all or nothing. On return they survive a power cut.
    ///
    /// # Errors
    /// [`AppendError::Commit`].
    pub fn commit(&self, entries: &[SegmentEntry]) -> Result<(), AppendError> {
        if entries.is_empty() {
            return Ok(());
        }
        Ok(self.store.commit(entries, &[], &CommitKind::Append)?)
    }

    /// Writes and commits `batches`, in order: what a caller without threads of its own needs.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn append(&self, batches: &[Arc<RowBatch>]) -> Result<Written, AppendError> {
        let mut days: std::collections::BTreeMap<Option<i32>, PendingRows> = Default::default();
        for batch in batches {
            for (at, row) in batch.rows.iter().enumerate() {
                let day = crate::write::day_of(row.event_time_micros);
                days.entry(day).or_default().push(batch, at as u32);
            }
        }
        let snapshot = self.store.snapshot()?;
        let mut all = Written::default();
        for (day, rows) in days {
            let existing: Vec<_> = snapshot.segments_of_day(day).cloned().collect();
            let written = self.write_day(day, rows, &existing)?;
            all.entries.extend(written.entries);
            all.stored += written.stored;
            all.duplicates += written.duplicates;
            all.conflicts += written.conflicts;
        }
        self.commit(&all.entries)?;
        Ok(all)
    }

    /// Removes files that no version needs: left by a crash, or dropped some time ago.
    ///
    /// # Errors
    /// [`AppendError::Commit`] when the table log cannot be read. A file that cannot be removed is left.
    pub fn sweep(&self) -> Result<u64, AppendError> {
        let snapshot = self.store.snapshot()?;
        let live: std::collections::HashSet<PathBuf> = snapshot
            .segments()
            .iter()
            .flat_map(|segment| [segment.data_path().to_owned(), segment.index_path().to_owned()])
            .collect();
        let mut removed = 0;
        for folder in partition_folders(self.store.folder()) {
            for path in files_of(&folder) {
                let is_ours = path
                    .extension()
                    .is_some_and(|is| is == "parquet" || is == "idx" || is == "tmp");
                if is_ours && !live.contains(&path) && is_old(&path) {
                    removed += u64::from(std::fs::remove_file(&path).is_ok());
                }
            }
        }
        Ok(removed)
    }
}

/// The UTC date of an event time; nothing when that is not readable.
pub fn day_of(event_time_micros: i64) -> Option<i32> {
    let at = trailhound_record::Timestamp(event_time_micros);
    at.has_date().then(|| at.day())
}

fn partition_folders(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.join("_index")];
    folders.extend(files_of(folder).into_iter().filter(|path| {
        path.is_dir()
            && path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("event_date="))
    }));
    folders
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

fn is_old(path: &Path) -> bool {
    let age = || path.metadata().ok()?.modified().ok()?.elapsed().ok();
    age().is_some_and(|age| age.as_secs() >= ORPHAN_AGE_SECONDS_MIN)
}

type Key = (i64, Vec<u8>, Vec<u8>);

/// Keeps the rows whose event is not in `existing` nor before them; numbers conflicts.
fn without_repeats(
    rows: Vec<PendingRow>,
    existing: &[Arc<Segment>],
    written: &mut Written,
) -> Result<Vec<PendingRow>, ReadSegmentError> {
    let mut stored: HashMap<Key, Vec<Vec<u8>>> = HashMap::new();
    for segment in existing {
        find_repeats(&rows, segment, &mut stored)?;
    }
    let mut kept: Vec<PendingRow> = Vec::with_capacity(rows.len());
    // Where the rows kept under the current key start in `kept`.
    let mut group_at = 0;
    for mut row in rows {
        if kept.last().is_none_or(|last| last.sort_key() != row.sort_key()) {
            group_at = kept.len();
        }
        let before: &[Vec<u8>] = if stored.is_empty() {
            &[]
        } else {
            let (time, key, account) = row.sort_key();
            stored.get(&(time, key.to_vec(), account.to_vec())).map_or(&[], Vec::as_slice)
        };
        let group = kept.get(group_at..).unwrap_or_default();
        let is_repeat = before.iter().any(|body| is_same_event(body, row.body()))
            || group.iter().any(|other| is_same_event(other.body(), row.body()));
        if is_repeat {
            written.duplicates += 1;
            continue;
        }
        row.conflict = (before.len() + group.len()) as u32;
        written.conflicts += u64::from(row.conflict > 0);
        written.stored += 1;
        kept.push(row);
    }
    Ok(kept)
}

/// Collects the bodies that `segment` holds under the keys of `rows`, which are sorted.
fn find_repeats(
    rows: &[PendingRow],
    segment: &Segment,
    stored: &mut HashMap<Key, Vec<Vec<u8>>>,
) -> Result<(), ReadSegmentError> {
    let index = segment.index()?;
    for block in 0..index.blocks() {
        let Some((first, last)) = index.block_times(block) else { continue };
        let from = rows.partition_point(|row| row.sort_key().0 < first);
        let to = rows.partition_point(|row| row.sort_key().0 <= last);
        let mut suspects: Vec<&PendingRow> = rows
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .filter(|row| index.block_may_hold(block, &[token_hash(row.sort_key().1)]))
            .collect();
        suspects.dedup_by(|a, b| a.sort_key() == b.sort_key());
        if suspects.is_empty() {
            continue;
        }
        let times = segment.block_times(block)?;
        let is_suspect =
            |time: &i64| suspects.binary_search_by(|row| row.sort_key().0.cmp(time)).is_ok();
        let candidates: Vec<u32> = times
            .iter()
            .enumerate()
            .filter(|(_, time)| is_suspect(time))
            .map(|(at, _)| (block * BLOCK_ROWS + at) as u32)
            .collect();
        for StoredRow { position, body } in segment.read_rows(&candidates)? {
            let key = (position.event_key.as_bytes(), position.account_id.as_bytes());
            let time = position.event_time_micros;
            if suspects.binary_search_by(|row| row.sort_key().cmp(&(time, key.0, key.1))).is_ok() {
                stored.entry((time, key.0.to_vec(), key.1.to_vec())).or_default().push(body);
            }
        }
    }
    Ok(())
}
