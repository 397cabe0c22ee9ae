//! Shapes: what is left of a record when its values are taken out, and how the bytes come back.
//!
//! A shape is text. `{`, `}`, `,`, `:` and white space stand for themselves; a letter stands for a
//! known key with its quotes ([`crate::field`]), `+` for a key without a column; after the colon a
//! value mark says where the value's text comes from. A shape depends on key order, white space and
//! the kinds of values only, so a store holds few of them.

use crate::field::{Field, Member, member_of_mark};
use crate::time::Timestamp;

/// The mark of a key without a column.
pub(crate) const UNKNOWN_KEY: u8 = b'+';

/// The marks that stand for values in a shape.
pub(crate) mod value_mark {
    /// A string whose decoded text is in the column.
    pub(crate) const TEXT: u8 = b'"';
    /// JSON text, verbatim in the column.
    pub(crate) const JSON: u8 = b'*';
    /// `true` or `false` in the column.
    pub(crate) const BOOL: u8 = b'?';
    /// An instant in the column, as CloudTrail writes it.
    pub(crate) const TIME: u8 = b'@';
    /// `null`; the column is empty.
    pub(crate) const NULL: u8 = b'0';
    /// The next value of `extra_fields`, verbatim.
    pub(crate) const EXTRA: u8 = b'=';
}

/// Why a stored row does not give a record back: its columns contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildRecordError {
    /// The shape holds a character that no shape has.
    #[error("the shape holds the unknown mark `{mark}`")]
    UnknownMark {
        /// The character.
        mark: char,
    },
    /// The shape names a value that the row does not have.
    #[error("the row lacks the value of `{column}`")]
    MissingValue {
        /// The column.
        column: &'static str,
    },
    /// `extra_fields` is not the object that the shape needs.
    #[error("`extra_fields` does not fit the shape")]
    ExtraFields,
}

/// The values of one row.
pub trait RowValues {
    /// The text of a text or JSON column.
    fn text(&self, field: Field) -> Option<&str>;
    /// The value of a Boolean column.
    fn bool(&self, field: Field) -> Option<bool>;
    /// The event time, in microseconds since the epoch.
    fn event_time_micros(&self) -> Option<i64>;
    /// The `extra_fields` column; nothing when there are none.
    fn extra_fields(&self) -> Option<&str>;
}

/// Appends the record that has `shape` and `values` to `out`, byte for byte as it was delivered.
///
/// # Errors
/// [`RebuildRecordError`] when the row contradicts its shape, which only damage can cause.
pub fn rebuild(
    shape: &str,
    values: &impl RowValues,
    out: &mut Vec<u8>,
) -> Result<(), RebuildRecordError> {
    let mut extras = ExtraReader::new(values.extra_fields().unwrap_or("{}"));
    let mut member = None;
    let mut is_key = true;
    for mark in shape.bytes() {
        match mark {
            b'{' | b',' => {
                is_key = true;
                out.push(mark);
            }
            b':' => {
                is_key = false;
                out.push(mark);
            }
            b'}' | b' ' | b'\t' | b'\n' | b'\r' => out.push(mark),
            _ if is_key => member = push_key(mark, &extras, out)?,
            _ => push_value(mark, member, values, &mut extras, out)?,
        }
    }
    Ok(())
}

/// The known members that a record of `shape` has, in order, each with whether its value is an object
/// whose members have columns. Those whose value is `null` or kept in `extra_fields` are among them.
pub fn members_of_shape(shape: &str) -> impl Iterator<Item = (Member, bool)> {
    let marks = shape.bytes().filter(|mark| !mark.is_ascii_whitespace());
    let mut marks = marks.peekable();
    let mut is_key = true;
    std::iter::from_fn(move || {
        loop {
            match marks.next()? {
                b'{' | b',' => is_key = true,
                b':' => is_key = false,
                mark if is_key && mark != b'}' => {
                    let Some(member) = member_of_mark(mark) else { continue };
                    marks.next_if_eq(&b':');
                    is_key = false;
                    return Some((member, marks.peek() == Some(&b'{')));
                }
                _ => {}
            }
        }
    })
}

fn push_key(
    mark: u8,
    extras: &ExtraReader<'_>,
    out: &mut Vec<u8>,
) -> Result<Option<Member>, RebuildRecordError> {
    out.push(b'"');
    let member = if mark == UNKNOWN_KEY {
        out.extend_from_slice(extras.peek_key()?.as_bytes());
        None
    } else {
        let member = member_of_mark(mark)
            .ok_or(RebuildRecordError::UnknownMark { mark: char::from(mark) })?;
        out.extend_from_slice(match member {
            Member::Field(field) => field.key().as_bytes(),
            Member::Object(level) => level.key().as_bytes(),
        });
        Some(member)
    };
    out.push(b'"');
    Ok(member)
}

fn push_value(
    mark: u8,
    member: Option<Member>,
    values: &impl RowValues,
    extras: &mut ExtraReader<'_>,
    out: &mut Vec<u8>,
) -> Result<(), RebuildRecordError> {
    if mark == value_mark::NULL {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    if mark == value_mark::EXTRA {
        out.extend_from_slice(extras.take_value()?.as_bytes());
        return Ok(());
    }
    let Some(Member::Field(field)) = member else {
        return Err(RebuildRecordError::UnknownMark { mark: char::from(mark) });
    };
    let missing = RebuildRecordError::MissingValue { column: field.column() };
    match mark {
        value_mark::TEXT => {
            out.push(b'"');
            encode_string(values.text(field).ok_or(missing)?.as_bytes(), out);
            out.push(b'"');
        }
        value_mark::JSON => out.extend_from_slice(values.text(field).ok_or(missing)?.as_bytes()),
        value_mark::BOOL => {
            let text: &[u8] = if values.bool(field).ok_or(missing)? { b"true" } else { b"false" };
            out.extend_from_slice(text);
        }
        value_mark::TIME => {
            let at = values.event_time_micros().map(Timestamp);
            let text = at.and_then(Timestamp::canonical_text).ok_or(missing)?;
            out.push(b'"');
            out.extend_from_slice(text.as_bytes());
            out.push(b'"');
        }
        _ => return Err(RebuildRecordError::UnknownMark { mark: char::from(mark) }),
    }
    Ok(())
}

/// Reads the members of an `extra_fields` text in order. The text is ours: compact, checked when made.
struct ExtraReader<'t> {
    rest: &'t str,
}

impl<'t> ExtraReader<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text.strip_prefix('{').unwrap_or(text) }
    }

    /// The key of the next member, escapes as they are, and the text from its value on.
    fn split(&self) -> Result<(&'t str, &'t str), RebuildRecordError> {
        let text = self.rest.strip_prefix('"').ok_or(RebuildRecordError::ExtraFields)?;
        let end = string_end(text.as_bytes()).ok_or(RebuildRecordError::ExtraFields)?;
        let (key, rest) = text.split_at_checked(end).ok_or(RebuildRecordError::ExtraFields)?;
        let value = rest.strip_prefix("\":").ok_or(RebuildRecordError::ExtraFields)?;
        Ok((key, value))
    }

    fn peek_key(&self) -> Result<&'t str, RebuildRecordError> {
        self.split().map(|(key, _)| key)
    }

    fn take_value(&mut self) -> Result<&'t str, RebuildRecordError> {
        let (_, text) = self.split()?;
        let end = value_end(text.as_bytes()).ok_or(RebuildRecordError::ExtraFields)?;
        let (value, rest) = text.split_at_checked(end).ok_or(RebuildRecordError::ExtraFields)?;
        self.rest = rest.strip_prefix(',').unwrap_or(rest);
        Ok(value)
    }
}

/// The offset of the quote that ends the string whose inside starts `text`.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// The offset just past the JSON value that starts `text` without white space before it.
fn value_end(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => at += 1 + string_end(text.get(at + 1..)?)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
        if depth == 0 && matches!(text.get(at), Some(b',' | b'}') | None) {
            return Some(at);
        }
    }
}

/// Appends `text` as the inside of a JSON string, in the one spelling that we call canonical: the
/// two-character escapes where JSON has them (not `\/`), `\u00xx` in lower case for other controls.
fn encode_string(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x0C => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1F => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

/// Whether `raw`, the inside of a JSON string, is the canonical spelling of `decoded`.
pub(crate) fn is_canonical(raw: &[u8], decoded: &[u8]) -> bool {
    let mut encoded = Vec::with_capacity(raw.len());
    encode_string(decoded, &mut encoded);
    encoded == raw
}

/// Appends the text that `raw`, the well-formed inside of a JSON string, stands for. A lone surrogate
/// becomes U+FFFD.
pub fn decode_string(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let kind = rest.get(at + 1).copied().unwrap_or_default();
        rest = rest.get(at + 2..).unwrap_or_default();
        match kind {
            b'b' => out.push(0x08),
            b'f' => out.push(0x0C),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let (character, used) = decode_unicode(rest);
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(used..).unwrap_or_default();
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
}

/// The character of the escape whose digits start `text`, and how many bytes after `\u` it takes.
fn decode_unicode(text: &[u8]) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let digits = std::str::from_utf8(text.get(at..at + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if (0xD800..0xDC00).contains(&first)
        && text.get(4..6) == Some(b"\\u")
        && let Some(second) = unit(6)
        && (0xDC00..0xE000).contains(&second)
    {
        let point = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}
