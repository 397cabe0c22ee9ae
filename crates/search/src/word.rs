//! Words of a query's text: where they end, what their quotes and backslashes mean.
//!
//! A word ends at white space or a parenthesis. `"…"` anywhere in it takes its content literally. A
//! backslash takes the next character literally, unless that is a letter or a digit: `CORP\alice` needs
//! no quotes.

/// Where a word ends, and where its first `:` or `=` outside quotes stands, if not at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WordScan {
    pub(crate) end: usize,
    pub(crate) operator: Option<usize>,
}

/// One character of a word, and whether quotes or a backslash make it literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Char {
    character: char,
    is_literal: bool,
}

/// The characters of a word, read.
struct Chars<'t> {
    text: &'t str,
    at: usize,
    /// Where the quote that is open was opened.
    quote: Option<usize>,
    /// Whether a quote was opened or closed since the last character.
    passed_quote: bool,
}

impl<'t> Chars<'t> {
    fn new(text: &'t str, at: usize) -> Self {
        Self { text, at, quote: None, passed_quote: false }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }
}

impl Iterator for Chars<'_> {
    type Item = Char;

    fn next(&mut self) -> Option<Char> {
        self.passed_quote = false;
        while self.peek() == Some('"') {
            self.quote = if self.quote.is_some() { None } else { Some(self.at) };
            self.passed_quote = true;
            self.at += 1;
        }
        let character = self.peek()?;
        self.at += character.len_utf8();
        if character == '\\'
            && let Some(escaped) = self.peek()
            && !escaped.is_alphanumeric()
        {
            self.at += escaped.len_utf8();
            return Some(Char { character: escaped, is_literal: true });
        }
        Some(Char { character, is_literal: self.quote.is_some() })
    }
}

/// Finds the end of the word that starts at `start`.
///
/// # Errors
/// The place of a quote that is not closed.
pub(crate) fn scan_word(text: &str, start: usize) -> Result<WordScan, usize> {
    let mut chars = Chars::new(text, start);
    let mut operator = None;
    loop {
        let before = chars.at;
        let Some(Char { character, is_literal }) = chars.next() else { break };
        if is_literal {
            continue;
        }
        let at = chars.at - character.len_utf8();
        if character.is_whitespace() || matches!(character, '(' | ')') {
            return Ok(WordScan { end: at.max(before), operator });
        }
        if operator.is_none() && at > start && matches!(character, ':' | '=') {
            operator = Some(at);
        }
    }
    match chars.quote {
        Some(at) => Err(at),
        None => Ok(WordScan { end: text.len(), operator }),
    }
}

/// The texts between the `*` of `word`.
pub(crate) fn pieces(word: &str) -> Vec<String> {
    split(word, '*').into_iter().map(|(piece, _)| piece).collect()
}

/// The text of `word`, in which `*` is nothing special.
pub(crate) fn literal(word: &str) -> String {
    Chars::new(word, 0).map(|it| it.character).collect()
}

/// The names of a path; nothing when one is empty without quotes, or holds a `*` outside quotes.
pub(crate) fn names(word: &str) -> Option<Vec<String>> {
    if pieces(word).len() > 1 {
        return None;
    }
    let parts = split(word, '.').into_iter();
    parts.map(|(name, is_quoted)| (is_quoted || !name.is_empty()).then_some(name)).collect()
}

/// Whether quotes or backslashes stand in `word`.
pub(crate) fn is_plain(word: &str) -> bool {
    !word.contains(['"', '\\'])
}

/// The parts between the `separator` characters outside quotes, and whether a part has quotes.
fn split(word: &str, separator: char) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    let mut part = (String::new(), false);
    let mut chars = Chars::new(word, 0);
    while let Some(Char { character, is_literal }) = chars.next() {
        if character == separator && !is_literal {
            // A quote just passed belongs to the part that ends here.
            part.1 |= chars.passed_quote;
            parts.push(std::mem::take(&mut part));
        } else {
            part.1 |= is_literal || chars.passed_quote;
            part.0.push(character);
        }
    }
    part.1 |= chars.passed_quote;
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_at_space_or_parenthesis_outside_quotes() {
        for (text, word, operator) in [
            ("foo bar", "foo", None),
            ("a:b)c", "a:b", Some(1)),
            ("a:\"b c\"d) e", "a:\"b c\"d", Some(1)),
            ("\"a:b\"=c", "\"a:b\"=c", Some(5)),
            ("a\\ b c", "a\\ b", None),
            (":a=b", ":a=b", Some(2)),
            ("a\u{3000}b", "a", None),
            ("CORP\\alice", "CORP\\alice", None),
            ("a\"\" b", "a\"\"", None),
        ] {
            let scan = scan_word(text, 0).unwrap();
            assert_eq!((text.get(..scan.end), scan.operator), (Some(word), operator), "{text}");
        }
        assert_eq!(scan_word("ab\"c \\\" ", 0), Err(2));
    }

    #[test]
    fn quotes_and_backslashes_make_literal() {
        assert_eq!(pieces(r#"a*"b*"\*c*"#), ["a", "b**c", ""]);
        assert_eq!(literal(r#""a\"b\\"\u\*"#), r#"a"b\\u*"#);
        assert_eq!(names(r#"a."b.c".d\.e"#).unwrap(), ["a", "b.c", "d.e"]);
        assert_eq!(names(r#"a.""."#), None);
        assert_eq!(names(r#"a."""#).unwrap(), ["a", ""]);
        assert_eq!(names(r#""".a"#).unwrap(), ["", "a"]);
        assert_eq!(names("a.*"), None);
        assert_eq!(names("a."), None);
    }
}
