//! Many records, parsed once, in a few flat buffers.

use crate::walk::ParseRecordError;

/// How sure the place must be before an object counts as a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordRule {
    /// It stands in a `Records` list: any member of the record format will do, and an odd record is
    /// kept.
    Listed,
    /// It was found somewhere: `eventName`, `eventSource` and one of `eventTime` and `userIdentity`, or
    /// `insightDetails`.
    Found,
}

/// What became of an object offered to a batch. `end` is the offset just past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It was a record and was taken.
    Record {
        /// See [`Pushed`].
        end: usize,
    },
    /// It is whole and well-formed, and no record by the rule; nothing was taken.
    NotRecord {
        /// See [`Pushed`].
        end: usize,
    },
    /// The text ends before the object does; nothing was taken.
    Incomplete,
}

/// Many records in flat buffers.
#[derive(Debug, Default)]
pub struct RowBatch {}

impl RowBatch {
    /// Takes the record at `text[at]`, if it is one by `rule`.
    ///
    /// # Errors
    /// [`ParseRecordError`]: the text there is not JSON, nests too deep or is too long.
    pub fn try_push(
        &mut self,
        _text: &[u8],
        _at: usize,
        _rule: RecordRule,
    ) -> Result<Pushed, ParseRecordError> {
        todo!()
    }
}
