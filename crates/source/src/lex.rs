//! Looks at pieces of JSON text without reading them through. Pure.

use trailhound_record::field::Level;

/// Where an object that is no valid JSON ends, as far as its brackets and quotes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Just past its closing brace.
    End(usize),
    /// The text ends first.
    Incomplete,
    /// Brackets or quotes do not match.
    Unclear,
}

/// What an object that holds a list and nothing before it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListStart {
    /// Offset just past the `[`.
    pub(crate) inside: usize,
    /// Whether it is a `Records` list.
    pub(crate) is_records: bool,
}

/// How many brackets [`extent`] follows into each other.
const EXTENT_DEPTH_MAX: usize = 1024;

/// How far [`extent`] goes: a file with many broken records must not be gone over for each.
const EXTENT_BYTES_MAX: usize = 2 << 20;

/// Texts without any of these hold nothing that is searched for.
const MARKERS: [&[u8]; 9] = [
    b"eventSource",
    b"insightDetails",
    b"CloudTrailEvent",
    b"digestEndTime",
    b"s3ObjectKey",
    b"CONTROL_MESSAGE",
    b"CloudTrail validation message.",
    b"\"data\"",
    b"\"Data\"",
];

/// Whether `text` may hold a record or one of the notices.
pub(crate) fn has_marker(text: &[u8]) -> bool {
    MARKERS.iter().any(|marker| memchr::memmem::find(text, marker).is_some())
}

/// Whether `key` is what tells a piece of a broken record from other text.
pub(crate) fn is_telling_key(key: &[u8]) -> bool {
    matches!(key, b"eventName" | b"eventSource" | b"eventVersion" | b"insightDetails")
}

/// Whether `key` is a member of the record format.
pub(crate) fn is_record_key(key: &[u8]) -> bool {
    key == b"userIdentity" || Level::Top.member(key).is_some()
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len())
}

/// The first key of the object at the start of `text`, as it stands between its quotes.
#[inline]
pub(crate) fn first_key(text: &[u8]) -> Option<&[u8]> {
    let quote = skip_blanks(text, 1);
    let rest = text.get(quote..)?.strip_prefix(b"\"")?;
    rest.get(..memchr::memchr2(b'"', b'\\', rest)?)
}

/// Whether the object at the start of `text` starts with one of the lists that records come in.
pub(crate) fn list_start(text: &[u8]) -> Option<ListStart> {
    let key = first_key(text)?;
    let is_records = match key {
        b"Records" => true,
        b"Events" | b"events" | b"logEvents" => false,
        _ => return None,
    };
    let colon = skip_blanks(text, skip_blanks(text, 1) + key.len() + 2);
    let bracket = skip_blanks(text, colon + 1);
    let is_list = text.get(colon) == Some(&b':') && text.get(bracket) == Some(&b'[');
    is_list.then_some(ListStart { inside: bracket + 1, is_records })
}

/// Whether the value behind the `]` or `}` at the start of `text` is another object of the same list.
pub(crate) fn is_followed_by_object(text: &[u8]) -> bool {
    let comma = skip_blanks(text, 1);
    text.get(comma) == Some(&b',') && text.get(skip_blanks(text, comma + 1)) == Some(&b'{')
}

/// Where the string that starts at `text[from - 1]` ends: the offset of its closing quote.
pub(crate) fn string_end(text: &[u8], from: usize) -> Extent {
    let mut at = from;
    while let Some(found) =
        text.get(at..).and_then(|rest| memchr::memchr3(b'"', b'\\', b'\n', rest))
    {
        at += found;
        match text.get(at) {
            Some(b'"') => return Extent::End(at),
            Some(b'\\') => at += 2,
            _ => return Extent::Unclear,
        }
    }
    Extent::Incomplete
}

/// Whether the string at the start of `text`, which ends at `quote`, is the key of a record's member.
pub(crate) fn is_telling_member(text: &[u8], quote: usize) -> bool {
    let key = text.get(1..quote).unwrap_or_default();
    is_telling_key(key) && text.get(skip_blanks(text, quote + 1)) == Some(&b':')
}

/// Whether nothing but blanks stands between `from` and the end of the line.
pub(crate) fn is_line_end(text: &[u8], from: usize) -> bool {
    let blanks = text.get(from..skip_blanks(text, from)).unwrap_or_default();
    blanks.contains(&b'\n')
}

/// Whether what follows the quote at `text[quote]` can follow a string.
pub(crate) fn is_string_followed(text: &[u8], quote: usize) -> bool {
    let next = text.get(skip_blanks(text, quote + 1));
    matches!(next, None | Some(b',' | b':' | b'}' | b']'))
}

/// Where the object at the start of `text` ends, though it is not valid JSON.
///
/// A quote too many or too few turns strings inside out, so that brackets would be counted wrongly;
/// that is seen by what follows a string and by line ends inside one.
pub(crate) fn extent(text: &[u8]) -> Extent {
    let mut open: Vec<u8> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            _ if at > EXTENT_BYTES_MAX => return Extent::Unclear,
            b'{' | b'[' if open.len() == EXTENT_DEPTH_MAX => return Extent::Unclear,
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' if open.pop() != Some(byte) => return Extent::Unclear,
            b'}' | b']' if open.is_empty() => {
                let is_plausible = matches!(
                    text.get(skip_blanks(text, at + 1)),
                    None | Some(b',' | b'{' | b'[' | b']' | b'}')
                );
                return if is_plausible { Extent::End(at + 1) } else { Extent::Unclear };
            }
            b'"' => match string_end(text, at + 1) {
                Extent::End(quote) => {
                    at = quote;
                    if !is_string_followed(text, quote) {
                        return Extent::Unclear;
                    }
                }
                unclear => return unclear,
            },
            _ => {}
        }
        at += 1;
    }
    Extent::Incomplete
}

/// Follows brackets and quotes over any number of pieces of a text.
#[derive(Debug, Default)]
pub(crate) struct Skipper {
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl Skipper {
    /// A skipper that stands inside a string, behind its opening quote.
    pub(crate) fn in_string() -> Self {
        Self { is_in_string: true, ..Self::default() }
    }

    /// Goes over `piece`; returns the offset just past the end of the value, when it ends here.
    pub(crate) fn skip(&mut self, piece: &[u8]) -> Option<usize> {
        for (at, &byte) in piece.iter().enumerate() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_in_string => self.is_escaped = true,
                b'"' => {
                    self.is_in_string = !self.is_in_string;
                    if self.depth == 0 && !self.is_in_string {
                        return Some(at + 1);
                    }
                }
                _ if self.is_in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Whether `text` is base64 of gzip or of JSON, by its first characters.
pub(crate) fn looks_like_base64(text: &[u8]) -> bool {
    const STARTS: [&[u8]; 6] = [b"H4sI", b"ey", b"ew", b"W3", b"Wy", b"Ww"];
    text.len() >= 24 && STARTS.iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_of_broken_objects() {
        let check = |text: &str, expected: Extent| assert_eq!(extent(text.as_bytes()), expected);
        check(r#"{"a":tru,"b":{"c":"\q}"}} ,{"#, Extent::End(25));
        check(r#"{"a":[1,2},{"b":1}]"#, Extent::Unclear);
        check(r#"{"a":"b, "c":1},{"d":"e"}"#, Extent::Unclear);
        check(r#"{"a":{"b":1}"#, Extent::Incomplete);
        check("{\"a\":\"b\n\"}", Extent::Unclear);
        check(r#"{"a":1} x"#, Extent::Unclear);
    }

    #[test]
    fn list_starts() {
        let check = |text: &str, expected: Option<(usize, bool)>| {
            let found = list_start(text.as_bytes()).map(|list| (list.inside, list.is_records));
            assert_eq!(found, expected, "{text}");
        };
        check(r#"{"Records":[{}]}"#, Some((12, true)));
        check("{ \"Events\" :\n[", Some((14, false)));
        check(r#"{"Records":{}}"#, None);
        check(r#"{"eventVersion":[]}"#, None);
        check("{", None);
    }

    #[test]
    fn a_skipper_goes_over_pieces() {
        let text = br#"{"a":"}\"","b":[{}]}, {"#;
        for cut in 0..text.len() {
            let mut skipper = Skipper::default();
            let end = match skipper.skip(&text[..cut]) {
                Some(end) => end,
                None => cut + skipper.skip(&text[cut..]).unwrap(),
            };
            assert_eq!(end, 20);
        }
    }
}
