//! Indents JSON text without reading it: every number, string and key stays as it was delivered.
//!
//! Going through `serde_json::Value` was rejected: it rewrites long numbers and escapes.

/// Returns the JSON `text` with one member per line, indented by two spaces.
pub(crate) fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut chars = text.chars().filter(|c| !c.is_ascii_whitespace() || *c == ' ').peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' => {}
            '"' => string(&mut chars, &mut out),
            '{' | '[' => {
                out.push(c);
                while chars.next_if_eq(&' ').is_some() {}
                match chars.next_if(|next| matches!(next, '}' | ']')) {
                    Some(close) => out.push(close),
                    None => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push(c),
        }
    }
    out
}

/// Copies the rest of a string, up to its closing quote.
fn string(chars: &mut impl Iterator<Item = char>, out: &mut String) {
    out.push('"');
    let mut escaped = false;
    for c in chars {
        out.push(c);
        match c {
            '"' if !escaped => return,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Returns the JSON `text` on one line: line breaks, which JSON allows only between values, dropped.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use serde_json::Value;

    fn check(text: &str, expect: Expect) {
        expect.assert_eq(&indented(text));
    }

    #[test]
    fn members_stand_on_lines_of_their_own() {
        check(
            r#"{"a":[1, 2.50,{}],"b":"x, {\"y\"}: \\","c":[ ],"n":123456789012345678901234567890}"#,
            expect![[r#"
                {
                  "a": [
                    1,
                    2.50,
                    {}
                  ],
                  "b": "x, {\"y\"}: \\",
                  "c": [],
                  "n": 123456789012345678901234567890
                }"#]],
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Layout changes nothing: the value is the same, and so is our layout of any other layout.
        #[test]
        fn layout_keeps_the_value(value in any_json()) {
            let compact = value.to_string();
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(&indented(&compact), &pretty);
            prop_assert_eq!(&indented(&pretty), &pretty);
            let line = one_line(&pretty);
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        }
    }
}
