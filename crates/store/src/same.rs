//! Whether two records under one id say the same.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Whether two records say the same: equal bytes, or the same JSON with other white space, escapes or
/// member order. Numbers count as they are written and repeated keys each for themselves, so that
/// nothing that differs is taken for a repeat.
pub(crate) fn is_same_event(one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    let node = |body| serde_json::from_slice::<&RawValue>(body).ok().and_then(Node::of);
    node(one).is_some_and(|one| node(other).is_some_and(|other| one == other))
}

/// A JSON value, its members in the order of their keys.
#[derive(Debug, PartialEq)]
enum Node<'t> {
    /// A number or a literal, as written.
    Plain(&'t str),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Object(Vec<(Cow<'t, str>, Node<'t>)>),
}

impl<'t> Node<'t> {
    fn of(raw: &'t RawValue) -> Option<Self> {
        let text = raw.get();
        Some(match text.as_bytes().first()? {
            b'"' => Self::Text(serde_json::from_str::<Key<'t>>(text).ok()?.0),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::List(items.into_iter().map(Self::of).collect::<Option<_>>()?)
            }
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let mut members = members
                    .into_iter()
                    .map(|(key, value)| Some((key.0, Self::of(value)?)))
                    .collect::<Option<Vec<_>>>()?;
                members.sort_by(|one, other| one.0.cmp(&other.0));
                Self::Object(members)
            }
            _ => Self::Plain(text),
        })
    }
}

#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

/// The members of an object in their order, repeated keys included.
struct Members<'t>(Vec<(Key<'t>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Err(serde::de::Error::custom("a list where an object was expected"))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::is_same_event;

    #[test]
    fn spelling_does_not_matter_but_values_do() {
        for (one, other, expect) in [
            (r#"{"a":1,"b":[true,null]}"#, r#"{ "b" : [true, null], "a":1 }"#, true),
            (r#"{"a":"\u00e9"}"#, r#"{"a":"é"}"#, true),
            (r#"{"a":1}"#, r#"{"a":1.0}"#, false),
            (r#"{"a":9007199254740993}"#, r#"{"a":9007199254740992}"#, false),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#, false),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#, false),
            ("broken", "broken too", false),
        ] {
            assert_eq!(is_same_event(one.as_bytes(), other.as_bytes()), expect, "{one} {other}");
        }
    }
}
