//! Taking delivered files in.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use trailhound_record::batch::RecordRule;
use trailhound_record::{ParseRecordError, Pushed, RowBatch};
use trailhound_source::find::{FindInputsError, Inputs, find_inputs_with};
use trailhound_source::read::Reader;
use trailhound_source::{Rejected, Sink};

use crate::App;
use crate::pipeline::{PartEnd, Pipeline};

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
    /// Digest files and other deliveries that hold no records.
    pub files_set_aside: u64,
    /// Their names and kinds, at most [`REJECTS_KEPT_MAX`].
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
    /// A named source is no path and no pattern.
    #[error(transparent)]
    BadPath(FindInputsError),
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
        sources: &[ImportSource],
        progress: &ImportProgress,
        on_reject: &(dyn Fn(&Reject) + Sync),
    ) -> Result<ImportReport, ImportError> {
        let store = |error: Box<dyn std::error::Error + Send + Sync>| ImportError::Store(error);
        let inputs = find(sources, progress)?;
        let writer = self.store().writer().map_err(|error| store(error.into()))?;
        let live = self.store().snapshot().map_err(|error| store(error.into()))?;
        let run = Run {
            progress,
            on_reject,
            report: Mutex::default(),
            parts: parts(&inputs, sources.contains(&ImportSource::Stdin)),
            inputs,
            pipeline: Pipeline::new(&writer, live),
        };
        for rejected in run.inputs.rejected() {
            run.reject(rejected.clone());
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let (taken, written) = run
            .pipeline
            .run(run.parts.len(), threads, &|part| run.read(part))
            .map_err(|error| store(error.into()))?;
        let mut report = run.report.into_inner().unwrap_or_else(PoisonError::into_inner);
        report.read = taken + report.rejected_records;
        report.stored = written.stored;
        report.duplicates = written.duplicates;
        report.conflicts = written.conflicts;
        report.cancelled = progress.cancel.load(Ordering::Relaxed);
        // INVARIANT(IN-1): every record read is stored, a known duplicate, or rejected by name.
        assert_eq!(
            report.read,
            report.stored + report.duplicates + report.rejected_records,
            "records were lost or made"
        );
        writer.compact(None).map_err(|error| store(error.into()))?;
        writer.sweep().map_err(|error| store(error.into()))?;
        Ok(report)
    }
}

/// Stored bytes that one part of the work holds, and how many files at most.
const PART_BYTES: u64 = 1 << 20;
const PART_FILES: usize = 512;
/// Record text after which a part hands in what it has.
const HAND_IN_BYTES: usize = 24 << 20;

/// One piece of the reading.
enum Part {
    Files(Range<usize>),
    Stdin,
}

fn find(sources: &[ImportSource], progress: &ImportProgress) -> Result<Inputs, ImportError> {
    let paths: Vec<String> = sources
        .iter()
        .filter_map(|source| match source {
            ImportSource::Path(path) => Some(path.clone()),
            ImportSource::Stdin => None,
        })
        .collect();
    let mut on_progress = |files, bytes| {
        progress.files_found.store(files, Ordering::Relaxed);
        progress.bytes_found.store(bytes, Ordering::Relaxed);
    };
    let inputs = find_inputs_with(&paths, &mut on_progress).map_err(|error| match error {
        FindInputsError::NoSuchPath { path } => ImportError::NoSuchPath { path },
        other => ImportError::BadPath(other),
    })?;
    on_progress(inputs.len() as u64, inputs.bytes());
    progress.listing_done.store(true, Ordering::Relaxed);
    Ok(inputs)
}

fn parts(inputs: &Inputs, has_stdin: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, length) in inputs.lengths().enumerate() {
        bytes += length;
        if bytes >= PART_BYTES || at + 1 - start >= PART_FILES {
            parts.push(Part::Files(start..at + 1));
            (start, bytes) = (at + 1, 0);
        }
    }
    if start < inputs.len() {
        parts.push(Part::Files(start..inputs.len()));
    }
    if has_stdin {
        parts.push(Part::Stdin);
    }
    parts
}

/// One import under way.
struct Run<'r> {
    progress: &'r ImportProgress,
    on_reject: &'r (dyn Fn(&Reject) + Sync),
    report: Mutex<ImportReport>,
    inputs: Inputs,
    parts: Vec<Part>,
    pipeline: Pipeline<'r>,
}

thread_local! {
    static READER: RefCell<Reader> = RefCell::new(Reader::new());
}

impl Run<'_> {
    /// Reads one part and hands in its rows; says so when the import was stopped in the middle.
    fn read(&self, part: usize) {
        let mut sink = PartSink { run: self, part, batch: self.pipeline.batch() };
        let mut files = 0;
        let mut end = PartEnd::Whole;
        READER.with_borrow_mut(|reader| match self.parts.get(part) {
            Some(Part::Files(range)) => {
                for file in range.clone().filter_map(|at| self.inputs.get(at)) {
                    if self.progress.cancel.load(Ordering::Relaxed)
                        || reader.read_file(&file, &mut sink).is_break()
                    {
                        end = PartEnd::Cut;
                        break;
                    }
                    files += 1;
                    self.progress.files_read.fetch_add(1, Ordering::Relaxed);
                }
            }
            Some(Part::Stdin) => {
                files += 1;
                if reader.read_stream("-", &mut std::io::stdin().lock(), &mut sink).is_break() {
                    end = PartEnd::Cut;
                }
                self.progress.files_read.fetch_add(1, Ordering::Relaxed);
            }
            None => {}
        });
        let PartSink { batch, .. } = sink;
        self.report().files += files;
        self.pipeline.hand_in(part, batch, end);
    }

    fn report(&self) -> MutexGuard<'_, ImportReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reject(&self, rejected: Rejected) {
        let reject = Reject {
            file: rejected.file,
            line: rejected.line,
            offset: rejected.offset,
            reason: rejected.reason,
            excerpt: rejected.excerpt,
        };
        (self.on_reject)(&reject);
        let mut report = self.report();
        if rejected.is_record {
            report.rejected_records += 1;
        } else {
            report.files_rejected += 1;
        }
        if report.rejects.len() < REJECTS_KEPT_MAX {
            report.rejects.push(reject);
        }
    }
}

/// Takes the records of one part.
struct PartSink<'p, 'r> {
    run: &'p Run<'r>,
    part: usize,
    batch: RowBatch,
}

impl Sink for PartSink<'_, '_> {
    fn record(
        &mut self,
        text: &[u8],
        at: usize,
        rule: RecordRule,
    ) -> Result<Pushed, ParseRecordError> {
        let pushed = self.batch.try_push(text, at, rule)?;
        if matches!(pushed, Pushed::Record { .. }) {
            self.run.progress.records_read.fetch_add(1, Ordering::Relaxed);
            if self.batch.text_bytes() >= HAND_IN_BYTES {
                let batch = std::mem::replace(&mut self.batch, self.run.pipeline.batch());
                self.run.pipeline.hand_in(self.part, batch, PartEnd::More);
            }
        }
        Ok(pushed)
    }

    fn reject(&mut self, rejected: Rejected) {
        self.run.reject(rejected);
    }

    fn set_aside(&mut self, file: &str, kind: &'static str) {
        let mut report = self.run.report();
        report.files_set_aside += 1;
        if report.set_aside.len() < REJECTS_KEPT_MAX {
            report.set_aside.push((file.to_owned(), kind.to_owned()));
        }
    }

    fn advance(&mut self, stored: u64, decompressed: u64) -> bool {
        self.run.progress.bytes_read.fetch_add(stored, Ordering::Relaxed);
        let mut report = self.run.report();
        report.bytes_read += stored;
        report.bytes_decompressed += decompressed;
        !self.run.progress.cancel.load(Ordering::Relaxed)
    }
}
