//! The strings, numbers and Booleans of a record, found in its bytes without building a tree.
//!
//! Records were checked when they were taken in; what is no JSON is read as far as it goes. Nothing
//! here recurses, and every member counts, also a second one under the same name. Rejected
//! alternative: `serde_json::Value`; it costs several times the time, and refuses lone surrogates,
//! which records hold.

use std::borrow::Cow;

use trailhound_record::rebuild::decode_string;

/// A piece of JSON text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Piece<'r> {
    /// A string: what stands between the quotes, and where.
    String { at: usize, inner: &'r [u8] },
    /// A number, `true`, `false` or `null`.
    Scalar { at: usize, text: &'r [u8] },
    /// `{` or `[`.
    Open { is_object: bool },
    /// `}` or `]`.
    Close,
    /// `,`
    Comma,
}

/// Cuts JSON text into pieces. White space and colons are left out.
pub(crate) struct Pieces<'r> {
    text: &'r [u8],
    at: usize,
}

impl<'r> Pieces<'r> {
    pub(crate) fn new(text: &'r [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn string(&mut self) -> Piece<'r> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            let rest = self.text.get(end..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest.get(found) == Some(&b'\\') => end += found + 2,
                Some(found) => {
                    end += found;
                    break;
                }
                None => {
                    end = self.text.len();
                    break;
                }
            }
        }
        self.at = end + 1;
        Piece::String { at: start, inner: self.text.get(start..end).unwrap_or_default() }
    }

    fn scalar(&mut self) -> Piece<'r> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let is_end = |byte: &u8| {
            matches!(byte, b',' | b'}' | b']' | b'"' | b':' | b'{' | b'[')
                || byte.is_ascii_whitespace()
        };
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        self.at = start + length;
        Piece::Scalar { at: start, text: rest.get(..length).unwrap_or_default() }
    }

    /// Steps behind the end of the container that was just opened.
    fn skip_container(&mut self) {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next() {
                Some(Piece::Open { .. }) => depth += 1,
                Some(Piece::Close) => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }
}

impl<'r> Iterator for Pieces<'r> {
    type Item = Piece<'r>;

    fn next(&mut self) -> Option<Piece<'r>> {
        loop {
            let byte = *self.text.get(self.at)?;
            let piece = match byte {
                b'"' => return Some(self.string()),
                b'{' => Piece::Open { is_object: true },
                b'[' => Piece::Open { is_object: false },
                b'}' | b']' => Piece::Close,
                b',' => Piece::Comma,
                b':' | b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C => {
                    self.at += 1;
                    continue;
                }
                _ => return Some(self.scalar()),
            };
            self.at += 1;
            return Some(piece);
        }
    }
}

/// The text of a string that stands between quotes as `inner`.
pub(crate) fn decode(inner: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut decoded = Vec::with_capacity(inner.len());
    decode_string(inner, &mut decoded);
    Cow::Owned(decoded)
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'r> {
    /// A string, decoded.
    String(Cow<'r, [u8]>),
    /// A number or a Boolean, as spelled.
    Scalar(&'r [u8]),
    /// An object or a list; what is in it follows.
    Container,
}

/// A container that the walk is in. `matched` counts the names of the path that led to it.
struct Frame {
    is_object: bool,
    matched: usize,
}

/// Calls `accept` with each value at `path` or below it, until it returns true; returns whether it did.
/// `null` is no value.
pub(crate) fn any_at_path(
    raw: &[u8],
    path: &[impl AsRef<str>],
    mut accept: impl FnMut(Value<'_>) -> bool,
) -> bool {
    let mut pieces = Pieces::new(raw);
    let mut open: Vec<Frame> = Vec::new();
    // How many names led to the value that comes next; nothing when it is not on the path.
    let mut matched = Some(0);
    let mut is_key = false;
    let whole = path.len();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::String { inner, .. } if is_key => {
                is_key = false;
                let above = open.last().map_or(0, |frame| frame.matched);
                matched = match path.get(above) {
                    None => Some(above),
                    Some(name) if is_name(inner, name.as_ref()) => Some(above + 1),
                    Some(_) => None,
                };
            }
            Piece::String { inner, .. } => {
                if matched == Some(whole) && accept(Value::String(decode(inner))) {
                    return true;
                }
            }
            Piece::Scalar { text, .. } => {
                let is_value = matched == Some(whole) && text != b"null";
                if is_value && accept(Value::Scalar(text)) {
                    return true;
                }
            }
            Piece::Open { is_object } => match matched {
                None => pieces.skip_container(),
                Some(matched) => {
                    if matched == whole && accept(Value::Container) {
                        return true;
                    }
                    open.push(Frame { is_object, matched });
                    is_key = is_object;
                }
            },
            Piece::Close => {
                open.pop();
                is_key = false;
            }
            Piece::Comma => {
                is_key = open.last().is_some_and(|frame| frame.is_object);
                matched = open.last().map(|frame| frame.matched);
            }
        }
    }
    false
}

fn is_name(inner: &[u8], name: &str) -> bool {
    decode(inner).eq_ignore_ascii_case(name.as_bytes())
}

/// Calls `accept` with each text of the record, until it returns true; returns whether it did: strings
/// and member names, decoded and in lower case, numbers and Booleans. `lower` is `raw` in lower case.
pub(crate) fn any_text(raw: &[u8], lower: &[u8], mut accept: impl FnMut(&[u8]) -> bool) -> bool {
    let in_lower = |at: usize, length: usize| lower.get(at..at + length).unwrap_or_default();
    Pieces::new(raw).any(|piece| match piece {
        Piece::String { at, inner } => match decode(inner) {
            Cow::Borrowed(inner) => accept(in_lower(at, inner.len())),
            Cow::Owned(mut decoded) => {
                decoded.make_ascii_lowercase();
                accept(&decoded)
            }
        },
        Piece::Scalar { at, text } => text != b"null" && accept(in_lower(at, text.len())),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(record: &str, path: &str, expect: &Expect) {
        let path: Vec<&str> = path.split('.').collect();
        let mut found = Vec::new();
        any_at_path(record.as_bytes(), &path, |value| {
            found.push(match value {
                Value::String(text) => format!("{:?}", String::from_utf8_lossy(&text)),
                Value::Scalar(text) => String::from_utf8_lossy(text).into_owned(),
                Value::Container => "container".to_owned(),
            });
            false
        });
        expect.assert_eq(&found.join(" "));
    }

    #[test]
    fn lists_are_transparent_and_repeated_members_all_count() {
        let record = r#"{"a":{"b":[{"c":1},{"c":[2,"x\u0041"],"d":9},[{"C":true}]]},
            "a" : {"b":{"c":null, "z":[[]]}},"b":{"c":5},"c":6}"#;
        check(record, "a.b.c", &expect![[r#"1 container 2 "xA" true"#]]);
        check(record, "a.b.z", &expect!["container container"]);
        check(record, "b", &expect!["container 5"]);
        check(record, "c", &expect!["6"]);
        check(record, "a.b.c.d", &expect![""]);
        check(record, "A.B.D", &expect!["9"]);
    }

    #[test]
    fn broken_json_is_read_as_far_as_it_goes() {
        for text in
            ["", "{", "{\"a", "{\"a\\", "]]}", "{\"a\":[", "\u{1}{\"a\":1", "{,,:\"a\":\"b\\"]
        {
            any_at_path(text.as_bytes(), &["a"], |_| false);
            any_text(text.as_bytes(), text.as_bytes(), |_| false);
        }
        let deep = "[".repeat(1_000_000);
        assert!(!any_at_path(deep.as_bytes(), &["a"], |_| true));
    }
}
