//! Finds delivered bytes and the records in them.
//!
//! The shape of an input is told by its content, never by its name alone. This crate hands record
//! texts to a [`Sink`]; it refuses to know what becomes of them.
//!
//! [`find`] lists the files, [`read`] opens them: compression and archives are undone layer by layer
//! in bounded memory, then the text is scanned for records. A broken input is no error here: what was
//! not taken in is handed to [`Sink::reject`] and the rest goes on.
#![deny(missing_docs)]

mod container;
pub mod find;
mod gunzip;
mod lex;
pub mod limits;
mod notice;
pub mod read;
mod scan;
mod sniff;
mod text;

use trailhound_record::walk::ParseRecordError;

pub use read::Reader;
pub use trailhound_record::batch::{Pushed, RecordRule};

/// Something that was not taken in, by name, place and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The file, with `!member` for each archive level.
    pub file: String,
    /// The line, from 1, in the decompressed text.
    pub line: Option<u64>,
    /// The offset in the decompressed text, in bytes.
    pub offset: Option<u64>,
    /// Why: one sentence without a full stop.
    pub reason: String,
    /// The first bytes of what was rejected, lossily decoded, at most 200 characters.
    pub excerpt: String,
    /// Whether this was one record (counted as read) or a whole file or archive member in which
    /// nothing was recognised.
    pub is_record: bool,
}

/// Where the records of an input go.
pub trait Sink {
    /// Takes the record whose text starts at `text[at]` (a `{`), if it is one; says where it ends.
    ///
    /// # Errors
    /// [`ParseRecordError`] when the text there is not JSON or breaks a limit.
    fn record(
        &mut self,
        text: &[u8],
        at: usize,
        rule: RecordRule,
    ) -> Result<Pushed, ParseRecordError>;

    /// Notes what was not taken in.
    fn reject(&mut self, rejected: Rejected);

    /// Notes an input that was recognised and holds no records: digest files and the like.
    fn set_aside(&mut self, file: &str, kind: &'static str);

    /// Counts `stored` bytes read and `decompressed` bytes made of them since the last call; returns
    /// whether to go on.
    fn advance(&mut self, stored: u64, decompressed: u64) -> bool;
}
