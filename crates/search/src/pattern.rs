//! Texts with `*` in them, and how they stand in a text.

use memchr::memmem::Finder;

/// A text to look for, in which `*` may stand for any run of characters.
///
/// Shape: the pieces between the `*`, at least one; pieces inside are not empty. `a*b` is `["a", "b"]`,
/// `*a` is `["", "a"]`, `*` alone is `["", ""]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    /// The pattern of `pieces`, a `*` between each two of them. Empty pieces inside say nothing and are
    /// left out.
    pub fn new(pieces: Vec<String>) -> Self {
        let last = pieces.len().saturating_sub(1);
        let mut kept: Vec<String> = pieces
            .into_iter()
            .enumerate()
            .filter(|(at, piece)| *at == 0 || *at == last || !piece.is_empty())
            .map(|(_, piece)| piece)
            .collect();
        if kept.is_empty() {
            kept.push(String::new());
        }
        Self { pieces: kept }
    }

    /// The pattern that stands for `text` and nothing else.
    pub fn literal(text: &str) -> Self {
        Self { pieces: vec![text.to_owned()] }
    }

    /// The texts between the `*`.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The text, when there is no `*`.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether it is `*` alone.
    pub fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// The same with a `*` at both ends.
    pub(crate) fn opened(&self) -> Self {
        let mut pieces = vec![String::new()];
        pieces.extend(self.pieces.iter().filter(|piece| !piece.is_empty()).cloned());
        pieces.push(String::new());
        Self { pieces }
    }
}

/// Whether `byte` belongs to a token.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | 0x80..)
}

/// A pattern made ready to be found many times, in texts that are in lower case already.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    pieces: Vec<Finder<'static>>,
    starts_at_word: bool,
    ends_at_word: bool,
}

impl Needle {
    /// Looks for `pattern` without regard to ASCII case.
    pub(crate) fn new(pattern: &Pattern) -> Self {
        Self::of(pattern, str::to_ascii_lowercase)
    }

    /// Looks for `text` exactly; for texts as they are, not in lower case.
    pub(crate) fn exact(text: &str) -> Self {
        Self::of(&Pattern::literal(text), str::to_owned)
    }

    fn of(pattern: &Pattern, fold: impl Fn(&str) -> String) -> Self {
        let edge = |byte: Option<&u8>| byte.is_some_and(|&byte| is_word(byte));
        let first = pattern.pieces.first().map(|piece| piece.as_bytes());
        let last = pattern.pieces.last().map(|piece| piece.as_bytes());
        let pieces = pattern.pieces.iter().filter(|piece| !piece.is_empty());
        Self {
            pieces: pieces.map(|piece| Finder::new(fold(piece).as_bytes()).into_owned()).collect(),
            starts_at_word: edge(first.and_then(<[u8]>::first)),
            ends_at_word: edge(last.and_then(<[u8]>::last)),
        }
    }

    /// The pieces that are not empty.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(Finder::needle)
    }

    /// Whether it stands in `text`, on token boundaries where it starts or ends with a token.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        self.find(text, 0, |_, _| {}).is_some()
    }

    /// Finds it in `text` at `from` or later: calls `each` with start and end of every piece and returns
    /// the end of the last.
    pub(crate) fn find(
        &self,
        text: &[u8],
        from: usize,
        mut each: impl FnMut(usize, usize),
    ) -> Option<usize> {
        let mut at = from;
        let last = self.pieces.len().checked_sub(1)?;
        for (position, piece) in self.pieces.iter().enumerate() {
            let bounds =
                (position == 0 && self.starts_at_word, position == last && self.ends_at_word);
            let start = find_bounded(piece, text, at, bounds)?;
            at = start + piece.needle().len();
            each(start, at);
        }
        Some(at)
    }
}

/// The first place at `from` or later where `piece` stands, between tokens on the sides that `bounds`
/// names.
fn find_bounded(
    piece: &Finder<'_>,
    text: &[u8],
    mut from: usize,
    bounds: (bool, bool),
) -> Option<usize> {
    let is_word_at =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|&byte| is_word(byte));
    loop {
        let start = from + piece.find(text.get(from..)?)?;
        let end = start + piece.needle().len();
        let is_cut =
            bounds.0 && is_word_at(start.checked_sub(1)) || bounds.1 && is_word_at(Some(end));
        if !is_cut {
            return Some(start);
        }
        from = start + 1;
    }
}

/// A pattern that a whole value must fit, without regard to ASCII case.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    first: Vec<u8>,
    inner: Vec<Finder<'static>>,
    /// Nothing when there is no `*`: `first` is then the whole.
    last: Option<Vec<u8>>,
}

impl Glob {
    pub(crate) fn new(pattern: &Pattern) -> Self {
        let lower = |piece: &String| piece.to_ascii_lowercase().into_bytes();
        let mut pieces: Vec<Vec<u8>> = pattern.pieces.iter().map(lower).collect();
        let last = if pieces.len() > 1 { pieces.pop() } else { None };
        let mut pieces = pieces.into_iter();
        Self {
            first: pieces.next().unwrap_or_default(),
            inner: pieces.map(|piece| Finder::new(&piece).into_owned()).collect(),
            last,
        }
    }

    pub(crate) fn fits(&self, value: &[u8]) -> bool {
        let Some(last) = &self.last else {
            return value.eq_ignore_ascii_case(&self.first);
        };
        let Some((head, rest)) = value.split_at_checked(self.first.len()) else { return false };
        let Some(inner_len) = rest.len().checked_sub(last.len()) else { return false };
        let Some((inner, tail)) = rest.split_at_checked(inner_len) else { return false };
        if !head.eq_ignore_ascii_case(&self.first) || !tail.eq_ignore_ascii_case(last) {
            return false;
        }
        if self.inner.is_empty() {
            return true;
        }
        let inner = inner.to_ascii_lowercase();
        let mut at = 0;
        self.inner.iter().all(|piece| {
            let found = inner.get(at..).and_then(|rest| piece.find(rest));
            at += found.unwrap_or_default() + piece.needle().len();
            found.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.split('*').map(str::to_owned).collect())
    }

    #[test]
    fn a_needle_stands_on_token_boundaries_unless_starred() {
        for (needle, text, expect) in [
            ("admin", "role/Admin", true),
            ("admin", "administrator", false),
            ("admin*", "administrator", true),
            ("min", "administrator", false),
            ("*min*", "administrator", true),
            ("10.0.0.1", "10.0.0.10", false),
            ("10.0.0.1", "10.0.0.10 10.0.0.1", true),
            ("a*b", "xa a..b", true),
            ("a*b", "a..bc", false),
            ("a*b", "ab", true),
            ("/x", "a/x", true),
            ("i-*abc*", "i-0abcdef", true),
        ] {
            let found = Needle::new(&pattern(needle)).is_in(text.to_ascii_lowercase().as_bytes());
            assert_eq!(found, expect, "{needle} in {text}");
        }
    }

    #[test]
    fn a_glob_fits_the_whole_value() {
        for (glob, value, expect) in [
            ("Delete*", "deleteTrail", true),
            ("Delete*", "xDeleteTrail", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*b*b*", "abcb", true),
            ("*b*b*", "abc", false),
            ("", "", true),
            ("", "x", false),
            ("abc", "ABC", true),
        ] {
            assert_eq!(Glob::new(&pattern(glob)).fits(value.as_bytes()), expect, "{glob} {value}");
        }
        assert_eq!(pattern("a***b"), pattern("a*b"));
        assert!(pattern("**").is_anything());
    }
}
