//! A place in the order of events, as text for the address bar.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use trailhound_app::lookup::Position;

/// Returns `position` as text that needs no escaping in an address.
pub(crate) fn to_text(position: &Position) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(position).unwrap_or_default())
}

/// Returns the position that `text` stands for.
pub(crate) fn parse(text: &str) -> Option<Position> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A position comes back from its text.
        #[test]
        fn positions_round_trip(
            event_time_micros in any::<i64>(),
            event_key in any::<String>(),
            account_id in "[0-9]{0,12}",
            conflict in any::<u32>(),
        ) {
            let position = Position { event_time_micros, event_key, account_id, conflict };
            let text = to_text(&position);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(parse(&text), Some(position));
        }

        /// Any text is a position or nothing; never a panic.
        #[test]
        fn any_text_is_a_position_or_nothing(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
