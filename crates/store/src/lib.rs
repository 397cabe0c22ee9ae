//! Keeps events in immutable indexed segments under an atomic table log.
//!
//! One folder is one Delta Lake table: Parquet segments partitioned by `event_date`, sorted by time,
//! with an index beside each in `_index/`. Foreign engines read the table in place and do not look at
//! `_index/`.
//!
//! It refuses to know where records come from and what people ask. Rejected alternative: an embedded
//! key-value store; no other engine could read it, and it would not be smaller.
#![deny(missing_docs)]

pub mod compact;
mod durable;
pub mod export;
pub mod limits;
mod position;
mod same;
pub mod schema;
pub mod segment;
pub mod table;
pub mod verify;
pub mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use position::Position;
pub use segment::index::Facts;
pub use segment::meet::Condition;
pub use segment::read::{ReadSegmentError, Segment, StoredRow};
pub use segment::rows::RowSet;
pub use segment::scan::Column;
use table::Table;
pub use table::{CommitKind, SegmentEntry, TableError};
pub use write::{OpenWriterError, PendingRows, Writer, Written};

/// A store: one folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    table: Mutex<Table>,
    current: Mutex<Arc<Snapshot>>,
}

/// The live segments at one version of the table (invariant QU-1).
#[derive(Debug, Default)]
pub struct Snapshot {
    version: u64,
    /// Newest last event first; those without readable times at the end.
    segments: Vec<Arc<Segment>>,
}

impl Snapshot {
    /// The table log's version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The live segments, the one with the newest event first.
    pub fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// The part of it that `is_wanted`.
    pub fn only(&self, is_wanted: impl Fn(&Segment) -> bool) -> Self {
        let segments = self.segments.iter().filter(|segment| is_wanted(segment)).cloned().collect();
        Self { version: self.version, segments }
    }

    /// The live segments of one UTC date.
    pub fn segments_of_day(&self, day: Option<i32>) -> impl Iterator<Item = &Arc<Segment>> {
        self.segments.iter().filter(move |segment| segment.entry().day == day)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves these values whole: they are replaced, never half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens the store in `folder`; makes an empty one when there is none.
    ///
    /// # Errors
    /// [`TableError`] when the folder or the table log cannot be read or made.
    pub fn open(folder: &Path) -> Result<Self, TableError> {
        let table = Table::open_or_create(folder)?;
        let folder = table.folder().to_owned();
        let snapshot = snapshot_of(&table, &Snapshot::default())?;
        Ok(Self { folder, table: Mutex::new(table), current: Mutex::new(Arc::new(snapshot)) })
    }

    /// The store's folder, absolute.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The newest snapshot, commits of other processes included.
    ///
    /// # Errors
    /// [`TableError`] when the table log cannot be read.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, TableError> {
        let mut table = lock(&self.table);
        let mut current = lock(&self.current);
        let is_behind = table.is_behind();
        if is_behind {
            table.refresh()?;
        }
        let open = current.segments.iter().filter(|segment| segment.is_open()).count();
        if is_behind {
            *current = Arc::new(snapshot_of(&table, &current)?);
        } else if open > limits::OPEN_SEGMENTS_MAX {
            *current = Arc::new(snapshot_of(&table, &Snapshot::default())?);
        }
        Ok(Arc::clone(&current))
    }

    /// The newest snapshot, and the segments that brought new events since `seen`, the newest first;
    /// what compaction merged meanwhile still counts.
    ///
    /// # Errors
    /// As [`Store::snapshot`].
    pub fn arrivals(&self, seen: &Snapshot) -> Result<(Arc<Snapshot>, Snapshot), TableError> {
        let now = self.snapshot()?;
        let table = lock(&self.table);
        let entries = table.appended(seen.version + 1..=now.version)?;
        let segments = segments_of(table.folder(), entries, &now);
        let version = now.version;
        Ok((now, Snapshot { version, segments }))
    }

    /// Takes the right to write, which one process at a time has.
    ///
    /// # Errors
    /// [`OpenWriterError`] when another process has it.
    pub fn writer(&self) -> Result<Writer<'_>, OpenWriterError> {
        Writer::open(self)
    }

    /// The table's own id, given when it was made, and that moment in microseconds since the epoch.
    ///
    /// # Errors
    /// [`TableError`] when the table log cannot be read.
    pub fn identity(&self) -> Result<(String, i64), TableError> {
        lock(&self.table).identity()
    }

    /// What retention dropped: for each time, the first day kept and how many events went.
    ///
    /// # Errors
    /// [`TableError`] when the table log cannot be read.
    pub fn retentions(&self) -> Result<Vec<(i32, u64)>, TableError> {
        lock(&self.table).retentions()
    }

    pub(crate) fn commit(
        &self,
        added: &[SegmentEntry],
        removed: &[SegmentEntry],
        kind: &CommitKind,
    ) -> Result<(), TableError> {
        let mut table = lock(&self.table);
        table.commit(added, removed, kind)?;
        let mut current = lock(&self.current);
        *current = Arc::new(snapshot_of(&table, &current)?);
        Ok(())
    }
}

fn snapshot_of(table: &Table, before: &Snapshot) -> Result<Snapshot, TableError> {
    let segments = segments_of(table.folder(), table.entries()?, before);
    Ok(Snapshot { version: table.version(), segments })
}

/// Segments, the newest first; those that `before` has are shared.
fn segments_of(folder: &Path, entries: Vec<SegmentEntry>, before: &Snapshot) -> Vec<Arc<Segment>> {
    let known: HashMap<&str, &Arc<Segment>> =
        before.segments.iter().map(|segment| (segment.entry().path.as_str(), segment)).collect();
    let mut segments: Vec<Arc<Segment>> = entries
        .into_iter()
        .map(|entry| match known.get(entry.path.as_str()) {
            Some(segment) => Arc::clone(segment),
            None => Arc::new(Segment::new(folder, entry)),
        })
        .collect();
    segments.sort_by(|a, b| {
        let key = |segment: &Segment| {
            (segment.entry().time_micros.map(|(_, last)| last), segment.entry().path.clone())
        };
        key(b).cmp(&key(a))
    });
    segments
}

/// Writes a secret beside the index, readable by its owner only, unless the file is there already.
///
/// # Errors
/// I/O errors.
pub fn write_secret(path: &Path, secret: &[u8]) -> std::io::Result<()> {
    match durable::write_new(path, &[secret]) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        other => other?,
    }
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// Writes the file `path` whole and durably, with the folders that it needs.
///
/// # Errors
/// I/O errors; [`std::io::ErrorKind::AlreadyExists`] when there is such a file, which stays as it is.
pub fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    durable::write_new(path, &[bytes])
}

/// Writes a small file beside the table, durably, in the place of what is there; readers see the old or
/// the new one. Folders that are missing are made.
///
/// # Errors
/// I/O errors.
pub fn write_beside(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    durable::replace(path, bytes)
}

/// Removes a file beside the table, durably; that it is gone already is no error.
///
/// # Errors
/// I/O errors.
pub fn remove_beside(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    path.parent().map_or(Ok(()), durable::sync_folder)
}

#[cfg(test)]
mod tests;
