//! Records as text for the wire.

use std::borrow::Cow;
use trailhound_record::Event;

/// The record as text. Records are UTF-8; should one not be, the odd bytes show as U+FFFD.
pub(crate) fn record_text(event: &Event) -> Cow<'_, str> {
    String::from_utf8_lossy(&event.raw)
}

/// Returns JSON `text` without the white space between its tokens; everything else, the order of keys
/// and the spelling of numbers and texts included, is as it was.
pub(crate) fn compact_json(text: &str) -> Cow<'_, str> {
    let mut in_string = false;
    let mut escaped = false;
    let mut is_space = move |c: char| {
        let space = !in_string && matches!(c, ' ' | '\t' | '\n' | '\r');
        in_string = if in_string { escaped || c != '"' } else { c == '"' };
        escaped = in_string && !escaped && c == '\\';
        space
    };
    let mut skip = is_space;
    if !text.chars().any(&mut is_space) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|&c| !skip(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\\n\\t\\\\\"é]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[ a-z\\\\\"]{0,6}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Compacting a pretty-printed text gives the compact text; compacting that changes nothing.
        #[test]
        fn compacting_undoes_pretty_printing(value in any_json()) {
            let (pretty, compact) =
                (serde_json::to_string_pretty(&value).unwrap(), value.to_string());
            prop_assert_eq!(compact_json(&pretty), compact.as_str());
            prop_assert!(matches!(compact_json(&compact), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn numbers_texts_and_order_keep_their_spelling() {
        let text = "{ \"b\" : 1.50e+01 ,\n\t\"a\":\"\\u0041 \\\" \\\\\" , \"a\" : [ ] }";
        assert_eq!(compact_json(text), "{\"b\":1.50e+01,\"a\":\"\\u0041 \\\" \\\\\",\"a\":[]}");
    }
}
