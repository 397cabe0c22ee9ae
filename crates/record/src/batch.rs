//! Many records, parsed once, in a few flat buffers.

use std::collections::HashMap;

use crate::field::Field;
use crate::key::{Attribute, body_hash, key_hash, key_of_body};
use crate::resources;
use crate::walk::{ParseRecordError, Span, Walk};

/// How sure the place must be before an object counts as a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordRule {
    /// It stands in a `Records` list: any member of the record format will do, and an odd record is
    /// kept.
    Listed,
    /// It comes from the store, which took it as a record once.
    Stored,
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

/// One record of a [`RowBatch`].
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The record's bytes in [`RowBatch::text`].
    pub body: Span,
    /// Event time in microseconds since the epoch; `i64::MIN` when it is not readable.
    pub event_time_micros: i64,
    /// Which fields have a value, a bit each, by position in [`Field::ALL`].
    pub present: u64,
    /// The Boolean values, a bit each.
    pub bools: u64,
    /// Where its values start in [`RowBatch::values`]: one for each bit of `present`, in order.
    pub values_at: u32,
    /// Its shape: a position in [`RowBatch::shapes`].
    pub shape: u32,
    /// `extra_fields` in [`RowBatch::text`]; empty when there are none.
    pub extra_fields: Span,
    /// `eventID`, or the key that stands for it, in [`RowBatch::text`].
    pub event_key: Span,
    /// The account in [`RowBatch::text`]; empty when the record does not say.
    pub account_id: Span,
    /// Its tokens: start and count in [`RowBatch::tokens`].
    pub tokens: Span,
    /// Its index keys: start and count in [`RowBatch::keys`].
    pub keys: Span,
    /// The hash of its bytes.
    pub body_hash: u64,
}

/// Many records in flat buffers: the unit that travels from readers to the store.
#[derive(Debug, Default)]
pub struct RowBatch {
    /// Record bytes and decoded values, one after the other. Valid UTF-8 when the input was.
    pub text: Vec<u8>,
    /// The records, in order of arrival.
    pub rows: Vec<Row>,
    /// The values of all rows, pieces of `text`.
    pub values: Vec<Span>,
    /// The distinct shapes.
    pub shapes: Vec<Vec<u8>>,
    /// The token hashes of all rows.
    pub tokens: Vec<u64>,
    /// The look-up keys of all rows.
    pub keys: Vec<u32>,
    shape_ids: HashMap<Vec<u8>, u32, foldhash::quality::RandomState>,
    walk: Walk,
}

impl RowBatch {
    /// Takes the record at `text[at]`, if it is one by `rule`. `text` must be valid UTF-8 from
    /// there on.
    ///
    /// # Errors
    /// [`ParseRecordError`]: the text there is not JSON, nests too deep or is too long.
    pub fn try_push(
        &mut self,
        text: &[u8],
        at: usize,
        rule: RecordRule,
    ) -> Result<Pushed, ParseRecordError> {
        // Spans of a walk over a long window would not fit: walk from the record's own start.
        let text = text.get(at..).unwrap_or_default();
        let end = match self.walk.parse(text, 0) {
            Ok(end) => end,
            Err(ParseRecordError::Incomplete) => return Ok(Pushed::Incomplete),
            Err(error) => return Err(error.moved(at)),
        };
        let body = text.get(..end).unwrap_or_default();
        if !is_record(&self.walk, body, rule) {
            return Ok(Pushed::NotRecord { end: at + end });
        }
        self.push_walked(body);
        Ok(Pushed::Record { end: at + end })
    }

    /// Empties it and keeps its room for the next records.
    pub fn clear(&mut self) {
        self.text.clear();
        self.rows.clear();
        self.values.clear();
        self.shapes.clear();
        self.shape_ids.clear();
        self.tokens.clear();
        self.keys.clear();
    }

    /// How much text it holds, in bytes: what a caller bounds.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// The record's bytes of `row`.
    pub fn body(&self, row: &Row) -> &[u8] {
        row.body.of(&self.text)
    }

    /// `eventID` of `row`, or the key that stands for it.
    pub fn event_key(&self, row: &Row) -> &[u8] {
        row.event_key.of(&self.text)
    }

    /// The account of `row`; empty when the record does not say.
    pub fn account_id(&self, row: &Row) -> &[u8] {
        row.account_id.of(&self.text)
    }

    fn push_walked(&mut self, body: &[u8]) {
        let base = self.text.len();
        self.text.extend_from_slice(body);
        let decoded_base = self.text.len();
        self.text.extend_from_slice(&self.walk.decoded);
        let moved = |span: Span, is_decoded: bool| Span {
            start: span.start + if is_decoded { decoded_base } else { base } as u32,
            len: span.len,
        };
        let values_at = self.values.len() as u32;
        let mut event_id = None;
        let mut account_id = Span::default();
        let mut identity_account_id = Span::default();
        let mut left = self.walk.present;
        while left != 0 {
            let field = left.trailing_zeros() as usize;
            left &= left - 1;
            let value = self.walk.values.get(field).copied().unwrap_or_default();
            let span = moved(value.span, value.is_decoded);
            self.values.push(span);
            match Field::ALL.get(field) {
                Some(Field::EventId) if span.len > 0 => event_id = Some(span),
                Some(Field::RecipientAccountId) => account_id = span,
                Some(Field::UserIdentityAccountId) => identity_account_id = span,
                _ => {}
            }
        }
        if account_id.len == 0 {
            account_id = identity_account_id;
        }
        let row = Row {
            body: Span { start: base as u32, len: body.len() as u32 },
            event_time_micros: self.walk.time_micros.unwrap_or(i64::MIN),
            present: self.walk.present,
            bools: self.walk.bools,
            values_at,
            shape: self.shape_id(),
            extra_fields: self.push_extra_fields(body),
            event_key: event_id.unwrap_or_else(|| self.push_text(key_of_body(body).as_bytes())),
            account_id,
            tokens: Span { start: self.tokens.len() as u32, len: self.walk.tokens.len() as u32 },
            keys: self.push_keys(body),
            body_hash: body_hash(body),
        };
        self.tokens.extend_from_slice(&self.walk.tokens);
        self.rows.push(row);
    }

    fn push_text(&mut self, text: &[u8]) -> Span {
        let start = self.text.len() as u32;
        self.text.extend_from_slice(text);
        Span { start, len: text.len() as u32 }
    }

    fn shape_id(&mut self) -> u32 {
        if let Some(&id) = self.shape_ids.get(self.walk.shape.as_slice()) {
            return id;
        }
        let id = self.shapes.len() as u32;
        self.shapes.push(self.walk.shape.clone());
        self.shape_ids.insert(self.walk.shape.clone(), id);
        id
    }

    /// Writes the members without a column as one JSON object.
    fn push_extra_fields(&mut self, body: &[u8]) -> Span {
        if self.walk.extras.is_empty() {
            return Span::default();
        }
        let start = self.text.len();
        for (position, extra) in self.walk.extras.iter().enumerate() {
            self.text.extend_from_slice(if position == 0 { b"{\"" } else { b",\"" });
            self.text.extend_from_slice(extra.key.of(body));
            self.text.extend_from_slice(b"\":");
            self.text.extend_from_slice(extra.value.of(body));
        }
        self.text.push(b'}');
        Span { start: start as u32, len: (self.text.len() - start) as u32 }
    }

    fn push_keys(&mut self, body: &[u8]) -> Span {
        let start = self.keys.len();
        let keys = &mut self.keys;
        for_each_key(&self.walk, body, |attribute, value| keys.push(key_hash(attribute, value)));
        Span { start: start as u32, len: (self.keys.len() - start) as u32 }
    }
}

fn is_record(walk: &Walk, body: &[u8], rule: RecordRule) -> bool {
    let source = walk.bytes(body, Field::EventSource);
    if rule != RecordRule::Stored && walk.has_s3_member && source == Some(b"aws:s3") {
        return false;
    }
    match rule {
        RecordRule::Stored => true,
        RecordRule::Listed => walk.has_known_member(),
        RecordRule::Found => {
            let is_call = walk.has_key(Field::EventName) && walk.has_key(Field::EventSource);
            let is_dated = walk.has_key(Field::EventTime) || walk.has_user_identity();
            is_call && is_dated || walk.has_key(Field::InsightDetails)
        }
    }
}

/// Whether the record that `walk` was made from is an Insights event.
fn is_insight(walk: &Walk, body: &[u8]) -> bool {
    walk.bytes(body, Field::EventCategory) == Some(b"Insight")
        || walk.bytes(body, Field::EventType) == Some(b"AwsCloudTrailInsight")
}

/// Calls `each` with every value that the index holds for the record.
pub(crate) fn for_each_key(walk: &Walk, body: &[u8], mut each: impl FnMut(Attribute, &[u8])) {
    for (attribute, field) in [
        (Attribute::EventName, Field::EventName),
        (Attribute::EventSource, Field::EventSource),
        (Attribute::AccessKeyId, Field::UserIdentityAccessKeyId),
        (Attribute::AwsRegion, Field::AwsRegion),
        (Attribute::SourceIpAddress, Field::SourceIpAddress),
        (Attribute::ErrorCode, Field::ErrorCode),
        (Attribute::EventType, Field::EventType),
    ] {
        if let Some(value) = walk.bytes(body, field) {
            each(attribute, value);
            if attribute == Attribute::ErrorCode {
                each(Attribute::Failed, b"");
            }
        }
    }
    let account_id = walk
        .bytes(body, Field::RecipientAccountId)
        .or_else(|| walk.bytes(body, Field::UserIdentityAccountId));
    if let Some(account_id) = account_id {
        each(Attribute::AccountId, account_id);
    }
    if let Some(username) = resources::username_bytes(walk, body) {
        each(Attribute::Username, username);
    }
    if let Some(is_read_only) = walk.bool(body, Field::ReadOnly) {
        each(Attribute::ReadOnly, if is_read_only { b"true" } else { b"false" });
    }
    // An event shows these where its own members are absent, whatever its category.
    for (attribute, member) in
        [(Attribute::EventName, "eventName"), (Attribute::EventSource, "eventSource")]
    {
        if let Some(value) = resources::insight_member(walk, body, member) {
            each(attribute, value.as_bytes());
        }
    }
    if is_insight(walk, body) {
        each(Attribute::Category, b"insight");
    } else if is_management(walk, body) {
        each(Attribute::Category, b"management");
    }
    resources::for_each_resource(walk, body, |resource_type, name| {
        if let Some(resource_type) = resource_type {
            each(Attribute::ResourceType, resource_type);
        }
        each(Attribute::ResourceName, name);
    });
    resources::for_each_id(walk, body, |id| each(Attribute::ResourceName, id));
}

/// Whether Event history shows it: a management event by its category, or by `managementEvent` in the
/// records before eventVersion 1.08 that have no category.
pub(crate) fn is_management(walk: &Walk, body: &[u8]) -> bool {
    !is_insight(walk, body)
        && match walk.bytes(body, Field::EventCategory) {
            Some(category) => category == b"Management",
            None => walk.bool(body, Field::ManagementEvent) != Some(false),
        }
}

pub(crate) fn is_insight_event(walk: &Walk, body: &[u8]) -> bool {
    is_insight(walk, body)
}
