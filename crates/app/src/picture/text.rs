//! Texts in a picture: safe, and broken into lines, as nothing wraps them there.

use crate::hidden::is_hidden;

/// So many lines one text may have.
const LINES_MAX: usize = 4;

/// Returns `text` with every character that is not seen, or that changes how others are seen, as its code
/// point: `⟨U+202E⟩`.
pub(super) fn seen(text: &str) -> String {
    let shown = |character: char| match is_hidden(character) {
        true => format!("⟨U+{:04X}⟩", u32::from(character)),
        false => character.to_string(),
    };
    text.chars().map(shown).collect()
}

/// `text` as the content of an element or of an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Breaks `text` into lines of at most `columns`, at spaces where there are some; the rest of a long text is
/// an ellipsis.
pub(super) fn lines(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in seen(text).split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if width(&line) + wide(character) > columns {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
        if lines.len() > LINES_MAX {
            break;
        }
    }
    lines.push(line);
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        if let Some(last) = lines.last_mut() {
            while width(last) + 1 > columns {
                last.pop();
            }
            last.push('…');
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn width(text: &str) -> usize {
    text.chars().map(wide).sum()
}

/// How many columns a character takes: those of East Asia and pictures take two.
fn wide(character: char) -> usize {
    if matches!(character, '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{FFDC}' | '\u{1F000}'..) {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_break_at_spaces_else_anywhere_and_end() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(lines("日本語", 4), ["日本", "語"]);
        let long = lines(&"x".repeat(1_000), 10);
        assert_eq!((long.len(), long[3].as_str()), (LINES_MAX, "xxxxxxxxx…"));
        assert!(lines("", 10).is_empty());
    }

    #[test]
    fn nothing_is_hidden_or_markup() {
        assert_eq!(seen("a\u{202e}b\u{0}"), "a⟨U+202E⟩b⟨U+0000⟩");
        assert_eq!(escaped("<a b='\"&'>"), "&lt;a b=&#39;&quot;&amp;&#39;&gt;");
    }
}
