//! Texts of records, made safe to look at.
//!
//! Escaping for HTML is the templates' work. This module shows characters that would not be seen, or
//! that would change how their neighbours look: controls, direction marks, zero-width characters.

use std::fmt::Write;

use trailhound_app::hidden::is_hidden;

/// Returns `text` with every hidden character replaced by its code point, `⟨U+202E⟩`.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns at most `chars_max` characters of `text`, made visible, with `…` for the rest.
pub(crate) fn visible_start(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => visible(text.get(..at).unwrap_or_default()) + "…",
        None => visible(text),
    }
}

/// Returns the JSON text `json` with every hidden character inside it as a JSON escape, `\u202e`, and
/// how many there were. Line breaks and tabs between the values stay.
pub(crate) fn visible_json(json: &str) -> (String, usize) {
    let mut shown = String::with_capacity(json.len());
    let mut hidden = 0;
    for character in json.chars() {
        if is_hidden(character) && !matches!(character, '\n' | '\r' | '\t') {
            hidden += 1;
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    (shown, hidden)
}

/// Returns `text` as the value of an input field: a page cannot hold U+0000.
pub(crate) fn field_value(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// Returns `number` with a comma between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns `number` and the noun in the form that fits: `1 event`, `2 events`.
pub(crate) fn count_of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_are_shown_by_code_point() {
        assert_eq!(visible("a\u{202e}b\0c\r\n"), "a⟨U+202E⟩b⟨U+0000⟩c⟨U+000D⟩⟨U+000A⟩");
        assert_eq!(visible("zero\u{200b}width\u{feff}"), "zero⟨U+200B⟩width⟨U+FEFF⟩");
        assert_eq!(visible("żółć 日本 🐕"), "żółć 日本 🐕");
    }

    #[test]
    fn long_texts_are_cut_by_character() {
        assert_eq!(visible_start("żółć", 2), "żó…");
        assert_eq!(visible_start("żółć", 4), "żółć");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count_of(1, "event", "events"), "1 event");
    }

    proptest! {
        /// What is shown hides nothing.
        #[test]
        fn shown_texts_hide_nothing(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(is_hidden));
        }

        /// A JSON text means the same after its hidden characters became escapes.
        #[test]
        fn shown_json_means_the_same(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let (shown, _) = visible_json(&json);
            prop_assert!(!shown.chars().any(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
