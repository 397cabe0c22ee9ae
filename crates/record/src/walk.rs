//! One pass over a record's JSON: where each member stands, what shape the record has, which tokens
//! and strings it holds.
//!
//! The walk accepts exactly the JSON objects that `serde_json` accepts (a property test holds it to
//! that), within the limits. It does not check UTF-8: callers hand it valid text.

use std::borrow::Cow;

use crate::field::{FIELDS, Field, Level, Member};
use crate::limits::{RECORD_BYTES_MAX, VALUE_DEPTH_MAX};
use crate::scan::{Scan, is_space};
use crate::time::Timestamp;

/// Why a text is not a record's JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRecordError {
    /// The text ends before the object does.
    #[error("the text ends inside the record")]
    Incomplete,
    /// The JSON is broken at this offset.
    #[error("broken JSON: expected {expected}")]
    Syntax {
        /// Offset in the text given, in bytes.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// Objects and lists nest deeper than [`VALUE_DEPTH_MAX`].
    #[error("a value nests deeper than {VALUE_DEPTH_MAX} levels")]
    TooDeep {
        /// Offset in the text given, in bytes.
        at: usize,
    },
    /// The record is longer than [`RECORD_BYTES_MAX`].
    #[error("the record is longer than {RECORD_BYTES_MAX} bytes")]
    TooLong,
    /// Something follows the object.
    #[error("text follows the record")]
    Trailing {
        /// Offset in the text given, in bytes.
        at: usize,
    },
}

impl ParseRecordError {
    /// The same error in a text that has `by` bytes more in front.
    pub(crate) fn moved(self, by: usize) -> Self {
        match self {
            Self::Syntax { at, expected } => Self::Syntax { at: at + by, expected },
            Self::TooDeep { at } => Self::TooDeep { at: at + by },
            Self::Trailing { at } => Self::Trailing { at: at + by },
            other => other,
        }
    }
}

/// A piece of the text (or of the decoded texts): offset and length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset.
    pub start: u32,
    /// Length.
    pub len: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, len: (end - start) as u32 }
    }

    /// The bytes of this piece of `text`.
    #[inline]
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.start as usize + self.len as usize).unwrap_or_default()
    }
}

/// A string value: between the quotes, or decoded when it held escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Text {
    pub(crate) span: Span,
    pub(crate) is_decoded: bool,
}

/// A string value inside request parameters, response elements or `resources`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) field: Field,
    pub(crate) key: Span,
    pub(crate) value: Text,
    /// Counts objects as they open: strings of one flat object share it.
    pub(crate) object: u32,
}

/// A member without a column: its key between the quotes, its value verbatim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extra {
    pub(crate) key: Span,
    pub(crate) value: Span,
}

/// What one pass over a record found. Reusable: buffers keep their room.
#[derive(Debug)]
pub struct Walk {
    pub(crate) values: [Text; FIELDS],
    pub(crate) present: u64,
    pub(crate) seen: u64,
    pub(crate) bools: u64,
    pub(crate) time_micros: Option<i64>,
    pub(crate) shape: Vec<u8>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) found: Vec<Found>,
    pub(crate) tokens: Vec<u64>,
    pub(crate) decoded: Vec<u8>,
    pub(crate) has_s3_member: bool,
    /// The known members in order, of this record and of the one before.
    pub(crate) order: Vec<(Level, Member)>,
    pub(crate) order_before: Vec<(Level, Member)>,
    pub(crate) levels_seen: u8,
    pub(crate) objects: u32,
}

impl Default for Walk {
    fn default() -> Self {
        const { assert!(FIELDS <= 64) };
        Self {
            values: [Text::default(); FIELDS],
            present: 0,
            seen: 0,
            bools: 0,
            time_micros: None,
            shape: Vec::new(),
            extras: Vec::new(),
            found: Vec::new(),
            tokens: Vec::new(),
            decoded: Vec::new(),
            has_s3_member: false,
            order: Vec::new(),
            order_before: Vec::new(),
            levels_seen: 0,
            objects: 0,
        }
    }
}

impl Walk {
    /// Walks the object that starts at `text[at]` and returns the offset just past it.
    ///
    /// # Errors
    /// [`ParseRecordError`]; the walk then holds nothing of use.
    pub fn parse(&mut self, text: &[u8], at: usize) -> Result<usize, ParseRecordError> {
        self.clear();
        let mut scan = Scan { text, at, walk: self };
        scan.object(Level::Top)?;
        let end = scan.at;
        if end - at > RECORD_BYTES_MAX {
            return Err(ParseRecordError::TooLong);
        }
        Ok(end)
    }

    /// Walks `text`, which must be one object and nothing else but white space around it.
    ///
    /// # Errors
    /// As [`Walk::parse`], and [`ParseRecordError::Trailing`].
    pub fn parse_whole(&mut self, text: &[u8]) -> Result<(), ParseRecordError> {
        let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
        let end = self.parse(text, start)?;
        match text.iter().skip(end).position(|byte| !is_space(*byte)) {
            Some(after) => Err(ParseRecordError::Trailing { at: end + after }),
            None => Ok(()),
        }
    }

    fn clear(&mut self) {
        self.present = 0;
        self.seen = 0;
        self.bools = 0;
        self.time_micros = None;
        self.shape.clear();
        self.extras.clear();
        self.found.clear();
        self.tokens.clear();
        self.decoded.clear();
        self.has_s3_member = false;
        std::mem::swap(&mut self.order, &mut self.order_before);
        self.order.clear();
        self.levels_seen = 0;
        self.objects = 0;
    }

    /// Whether the record has a value in `field`'s column.
    #[inline]
    pub fn has(&self, field: Field) -> bool {
        self.present & (1 << field as u64) != 0
    }

    /// Whether the record has `field`'s key at all, whatever its value.
    pub fn has_key(&self, field: Field) -> bool {
        self.seen & (1 << field as u64) != 0
    }

    /// Whether the record has a `userIdentity`.
    pub fn has_user_identity(&self) -> bool {
        self.levels_seen & (1 << Level::UserIdentity as u8) != 0
    }

    /// Whether the object has any member of the record format.
    pub fn has_known_member(&self) -> bool {
        self.seen != 0 || self.levels_seen != 0
    }

    /// The bytes in `field`'s column (a [`Text`](crate::field::Kind::Text) decoded, a [`Json`](crate::field::Kind::Json) verbatim); nothing
    /// when there is none.
    #[inline]
    pub fn bytes<'a>(&'a self, text: &'a [u8], field: Field) -> Option<&'a [u8]> {
        if !self.has(field) {
            return None;
        }
        self.values.get(field as usize).map(|value| self.text_of(text, *value))
    }

    #[inline]
    pub(crate) fn text_of<'a>(&'a self, text: &'a [u8], value: Text) -> &'a [u8] {
        value.span.of(if value.is_decoded { &self.decoded } else { text })
    }

    /// As [`Walk::bytes`], as text.
    pub fn text<'a>(&'a self, text: &'a [u8], field: Field) -> Option<Cow<'a, str>> {
        self.bytes(text, field).map(String::from_utf8_lossy)
    }

    /// The value of a [`Bool`](crate::field::Kind::Bool) field; odd spellings as text ('True') count.
    pub fn bool(&self, _text: &[u8], field: Field) -> Option<bool> {
        self.has(field).then_some(self.bools & (1 << field as u64) != 0)
    }

    /// `eventTime`, when it is an instant.
    pub fn event_time(&self, _text: &[u8]) -> Option<Timestamp> {
        self.time_micros.map(Timestamp)
    }

    /// The account the record was delivered to, else the account of the identity.
    pub fn account_id<'a>(&'a self, text: &'a [u8]) -> Option<Cow<'a, str>> {
        self.text(text, Field::RecipientAccountId)
            .or_else(|| self.text(text, Field::UserIdentityAccountId))
    }

    /// The access key; nothing when it is absent or empty.
    pub fn access_key_id<'a>(&'a self, text: &'a [u8]) -> Option<Cow<'a, str>> {
        self.text(text, Field::UserIdentityAccessKeyId).filter(|key| !key.is_empty())
    }
}
