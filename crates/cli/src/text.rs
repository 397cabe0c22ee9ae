//! Cloud text is hostile: making it visible on terminals, safe in CSV, and short.

use std::borrow::Cow;
use std::fmt::Write;
pub(crate) use trailhound_app::hidden::is_hidden;
use unicode_width::UnicodeWidthChar;

/// Returns `text` on one line with every hidden character written out: `\n`, `\u{1b}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().fold(String::with_capacity(text.len() + 8), |mut out, c| {
        if is_hidden(c) {
            out.extend(c.escape_default())
        } else {
            out.push(c)
        }
        out
    }))
}

/// Returns the JSON `text` with every hidden character but line breaks and tabs as `\uXXXX`: the same
/// JSON value, since outside strings JSON has no such characters.
pub(crate) fn visible_json(text: &str) -> Cow<'_, str> {
    let must = |c: char| is_hidden(c) && !matches!(c, '\n' | '\r' | '\t');
    if !text.contains(must) {
        return Cow::Borrowed(text);
    }
    let mut units = [0; 2];
    Cow::Owned(text.chars().fold(String::with_capacity(text.len() + 8), |mut out, c| {
        if must(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        out
    }))
}

/// How many terminal cells `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Returns `text`, or as much of its start as fits `cells` with a `…` behind it.
pub(crate) fn cut(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let mut left = cells.saturating_sub(1);
    let mut out = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        out.push(c);
    }
    if cells > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// Returns `text` broken at spaces into lines of at most `cells`, the second and later ones indented. A word
/// that is longer stays whole.
pub(crate) fn wrapped(text: &str, cells: Option<usize>) -> String {
    const INDENT: &str = "    ";
    let Some(cells) = cells else { return text.to_owned() };
    let mut out = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let wide = width(word);
        if used > 0 && used + 1 + wide > cells {
            out.push('\n');
            out.push_str(INDENT);
            used = INDENT.len();
        } else if !out.is_empty() {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += wide;
    }
    out
}

/// Returns `cell` so that no spreadsheet takes it for a formula: with a leading apostrophe when it
/// starts with `=`, `+`, `-`, `@`, a tab or a carriage return.
///
/// # Source
/// OWASP, "CSV Injection".
pub(crate) fn csv_guard(cell: &str) -> Cow<'_, str> {
    let is_number = cell.parse::<f64>().is_ok()
        && cell.bytes().all(|it| it.is_ascii_digit() || b"-.eE".contains(&it));
    if !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return Cow::Owned(format!("'{cell}"));
    }
    Cow::Borrowed(cell)
}

/// Returns `number` with a comma between groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns `count noun`, with an `s` unless it is one.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A text as one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    if is_shell_word(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Whether `text` can be pasted into any shell as one word, unquoted.
pub(crate) fn is_shell_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '~', '='])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/@+=,".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_at_spaces() {
        let text = "the search: event:(A OR B OR CCCCCCCCCCCCCCCCCCCCCCCCCC) -is:read";
        assert_eq!(wrapped(text, None), text);
        assert_eq!(
            wrapped(text, Some(24)),
            "the search: event:(A OR\n    B OR\n    CCCCCCCCCCCCCCCCCCCCCCCCCC)\n    -is:read"
        );
    }
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check_visible(text: &str, expect: Expect) {
        expect.assert_eq(&visible(text));
    }

    fn check_cut(text: &str, cells: usize, expect: Expect) {
        expect.assert_eq(&cut(text, cells));
    }

    #[test]
    fn control_ansi_and_bidi_characters_are_written_out() {
        check_visible("plain ünïcode 名前", expect!["plain ünïcode 名前"]);
        check_visible("a\nb\tc\r", expect![[r"a\nb\tc\r"]]);
        check_visible("\u{1b}[31mred\u{1b}[0m", expect![[r"\u{1b}[31mred\u{1b}[0m"]]);
        check_visible("user\u{202e}nimda", expect![[r"user\u{202e}nimda"]]);
        check_visible(
            "c1 \u{9b}2J, zero\u{200b}width",
            expect![[r"c1 \u{9b}2J, zero\u{200b}width"]],
        );
    }

    #[test]
    fn long_text_is_cut_by_character_and_cell() {
        check_cut("alice", 5, expect!["alice"]);
        check_cut("alice", 4, expect!["ali…"]);
        check_cut("名前名前", 5, expect!["名前…"]);
        check_cut("名前名前", 4, expect!["名…"]);
        check_cut("alice", 1, expect!["…"]);
        check_cut("alice", 0, expect![""]);
    }

    #[test]
    fn formulas_get_an_apostrophe() {
        let guarded: Vec<_> =
            ["=1+1", "+1", "-1+1", "-1.5", "@SUM(A1)", "\t=1", "\r=1", "a=1", "", "'=1"]
                .iter()
                .map(|cell| csv_guard(cell))
                .collect();
        assert_eq!(
            guarded,
            ["'=1+1", "'+1", "'-1+1", "-1.5", "'@SUM(A1)", "'\t=1", "'\r=1", "a=1", "", "'=1"]
        );
    }

    #[test]
    fn thousands_are_grouped() {
        let all = [0, 999, 1_000, 12_345, 999_999, 1_000_000, u64::MAX].map(grouped);
        expect!["0 999 1,000 12,345 999,999 1,000,000 18,446,744,073,709,551,615"]
            .assert_eq(&all.join(" "));
    }

    #[test]
    fn only_harmless_texts_are_shell_words() {
        assert!(
            ["alice", "i-0abc", "a@example.com", "arn:aws:iam::123456789012:user/alice"]
                .into_iter()
                .all(is_shell_word)
        );
        assert!(
            !["", "-x", "a b", "$(id)", "a;b", "a'b", "`id`", "~root", "名"]
                .into_iter()
                .any(is_shell_word)
        );
    }

    proptest! {
        /// Nothing that a terminal acts on is left.
        #[test]
        fn visible_text_has_no_hidden_characters(text in any::<String>()) {
            prop_assert!(!visible(&text).contains(is_hidden));
        }

        /// What is shown instead is the same JSON.
        #[test]
        fn visible_json_is_the_same_value(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let shown = visible_json(&json);
            prop_assert!(!shown.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }

        /// A cut text fits and is a prefix of the whole.
        #[test]
        fn cut_text_fits(text in any::<String>(), cells in 0_usize..40) {
            let short = cut(&text, cells);
            prop_assert!(width(&short) <= cells || width(&text) <= cells);
            let start = short.strip_suffix('…').unwrap_or(&short);
            prop_assert!(text.starts_with(start));
        }

        /// A guarded cell never starts a formula, and taking the apostrophe off gives the cell back.
        #[test]
        fn guarded_cells_are_no_formulas(cell in "[=+@\t\r'a-z-]{0,5}") {
            let guarded = csv_guard(&cell);
            prop_assert!(!guarded.starts_with(['=', '+', '-', '@', '\t', '\r']));
            prop_assert!(guarded == cell || guarded.strip_prefix('\'') == Some(&cell));
        }
    }
}
