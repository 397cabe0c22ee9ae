//! Taking delivered files in.

use crate::App;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// Where records come from: the text after `trailhound import`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportSource {
    /// A file, a folder (recursed) or a glob.
    Path(String),
    /// Standard input.
    Stdin,
}

/// Counters that a progress bar reads while an import runs.
#[derive(Debug, Default)]
pub struct ImportProgress {
    /// Files found so far; final once `listing_done`.
    pub files_found: AtomicU64,
    /// Bytes of the files found so far, as stored.
    pub bytes_found: AtomicU64,
    /// Whether every file has been found.
    pub listing_done: AtomicBool,
    /// Files read to their end.
    pub files_read: AtomicU64,
    /// Bytes read, as stored.
    pub bytes_read: AtomicU64,
    /// Records read.
    pub records_read: AtomicU64,
    /// Set it to stop: what was committed stays, the rest is not imported.
    pub cancel: AtomicBool,
}

/// A file, or a part of one, that was not stored, by name and reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reject {
    /// The file, with `!member` for archives.
    pub file: String,
    /// The line (from 1) in the decompressed text, when it is known.
    pub line: Option<u64>,
    /// The offset in the decompressed text, in bytes, when it is known.
    pub offset: Option<u64>,
    /// Why.
    pub reason: String,
    /// The first bytes of what was rejected, at most 200 characters.
    pub excerpt: String,
}

/// What an import did. INVARIANT(IN-1): `read == stored + duplicates + rejected_records`.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct ImportReport {
    /// Files looked at.
    pub files: u64,
    /// Files (or archive members) in which nothing was recognised; each has a reject.
    pub files_rejected: u64,
    /// Bytes as stored and after decompression.
    pub bytes_read: u64,
    /// See `bytes_read`.
    pub bytes_decompressed: u64,
    /// Records found, good or not.
    pub read: u64,
    /// Records now in the store that were not before (conflicts included).
    pub stored: u64,
    /// Records that were there already, or twice in the input.
    pub duplicates: u64,
    /// Records that were not stored; each has a reject.
    pub rejected_records: u64,
    /// Of the stored: a different body under a known id.
    pub conflicts: u64,
    /// Digest files and other deliveries that hold no records, set aside by name and kind.
    pub set_aside: Vec<(String, String)>,
    /// What was not stored, at most [`REJECTS_KEPT_MAX`]; the counts above are complete.
    pub rejects: Vec<Reject>,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
}

/// How many rejects a report keeps; a rejects file gets them all.
pub const REJECTS_KEPT_MAX: usize = 1_000;

/// Why an import failed as a whole. What was committed before stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A named source does not exist or matches nothing.
    #[error("no file matches `{path}`")]
    NoSuchPath {
        /// As given.
        path: String,
    },
    /// The store could not be written.
    #[error("cannot write to the store")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl App {
    /// Imports every record of `sources` that is not in the store yet, and commits.
    ///
    /// Every reject goes to `on_reject` as well, in no particular order.
    ///
    /// # Errors
    /// [`ImportError`]. A bad file or record is no error: the report names it.
    pub fn import(
        &self,
        _sources: &[ImportSource],
        _progress: &ImportProgress,
        _on_reject: &(dyn Fn(&Reject) + Sync),
    ) -> Result<ImportReport, ImportError> {
        todo!()
    }
}
