//! A record's JSON, to look at: as a tree, and indented without changing a token.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One JSON value, keys in the record's order, repeated keys and the spelling of numbers kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// An object.
    Object(Vec<(String, Node)>),
    /// An array.
    List(Vec<Node>),
    /// A string.
    Text(String),
    /// A number, `true`, `false` or `null`, or what cannot be read, as it is written.
    Literal(String),
}

/// The members of an object, values unread.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Vec<(String, &'de RawValue)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

impl Node {
    /// Reads `json`; what is not JSON becomes one literal.
    pub(crate) fn parse(json: &str) -> Self {
        let json = json.trim();
        let literal = || Self::Literal(json.to_owned());
        match json.bytes().next() {
            Some(b'{') => match serde_json::from_str::<Members<'_>>(json) {
                Ok(Members(members)) => Self::Object(
                    members.into_iter().map(|(key, raw)| (key, Self::parse(raw.get()))).collect(),
                ),
                Err(_) => literal(),
            },
            Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(json) {
                Ok(values) => {
                    Self::List(values.into_iter().map(|raw| Self::parse(raw.get())).collect())
                }
                Err(_) => literal(),
            },
            Some(b'"') => serde_json::from_str(json).map_or_else(|_| literal(), Self::Text),
            _ => literal(),
        }
    }

    /// The members of an object; none for anything else.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The value under `path`, one key for each level.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| {
            node.members().iter().find(|(name, _)| name == key).map(|(_, value)| value)
        })
    }

    /// The text, number or truth value under `path`; nothing for null, empty text and nested values.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        match self.at(path)? {
            Self::Text(text) | Self::Literal(text) if !text.is_empty() && text != "null" => {
                Some(text)
            }
            _ => None,
        }
    }
}

/// Returns `json` indented by two spaces a level; every token stays as it is written.
pub(crate) fn indent(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut just_opened) = (0_usize, false);
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            text.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        let is_close = matches!(character, '}' | ']');
        if character.is_ascii_whitespace() {
            continue;
        }
        if is_close {
            depth = depth.saturating_sub(1);
        }
        if just_opened != is_close {
            break_line(&mut text, depth);
        }
        just_opened = matches!(character, '{' | '[');
        text.push(character);
        match character {
            '{' | '[' => depth += 1,
            ',' => break_line(&mut text, depth),
            ':' => text.push(' '),
            '"' => in_string = true,
            _ => {}
        }
    }
    text
}

/// Starts a new line at `depth`.
fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check_indent(json: &str, expect: Expect) {
        expect.assert_eq(&indent(json));
    }

    #[test]
    fn tokens_stay_as_written() {
        check_indent(
            r#" {"a":[],"b":{ },"n":1.50e2,"s":"\u003c{\"[,:","a":[1,{"c":null}]}"#,
            expect![[r#"
                {
                  "a": [],
                  "b": {},
                  "n": 1.50e2,
                  "s": "\u003c{\"[,:",
                  "a": [
                    1,
                    {
                      "c": null
                    }
                  ]
                }"#]],
        );
    }

    #[test]
    fn a_tree_keeps_order_repeats_and_numbers() {
        let node = Node::parse(r#"{"b":1.0,"a":{"x":"t"},"b":"\ud800","e":""}"#);
        assert_eq!(node.members().len(), 4);
        assert_eq!(node.text_at(&["b"]), Some("1.0"));
        assert_eq!(node.text_at(&["a", "x"]), Some("t"));
        assert_eq!(node.text_at(&["a"]), None);
        assert_eq!(node.text_at(&["e"]), None);
        assert_eq!(node.members()[2].1, Node::Literal(r#""\ud800""#.to_owned()));
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<String>().prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// An indented text is serde_json's pretty form of the same value.
        #[test]
        fn indented_like_serde_json(value in any_json()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(indent(&value.to_string()), pretty);
        }

        /// Any text is a tree; never a panic.
        #[test]
        fn any_text_is_a_tree(text in any::<String>()) {
            let _ = Node::parse(&text);
            let _ = indent(&text);
        }
    }
}
