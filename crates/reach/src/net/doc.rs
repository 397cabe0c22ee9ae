//! Reads a body in the shape of AWS's description, and what is not known of it.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde_json::Value;

/// An id, shared between all that refer to it.
pub type Id = Arc<str>;

/// One resource as AWS describes it, for [`super::Network::with`].
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    /// An element of the list that the matching describe call answers with, in its PascalCase.
    pub json: &'a Value,
    /// The paths whose value is not known.
    ///
    /// Shape: `State` is a member, `Attachment.Status` a member of a member, `Routes[0.0.0.0/0]` the
    /// element of a list that holds this text. `Routes` says that the list in `json` may lack elements.
    /// `""` is all that is not in `json`: other members, and other elements of every list, except of a
    /// list named as `=Groups`, which is whole.
    pub unknown: &'a [String],
}

/// A value, or that it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// It is this.
    Known(T),
    /// Nothing says what it is.
    Unknown,
}

impl<T> Field<T> {
    /// The value where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Field::Known(value) => Some(value),
            Field::Unknown => None,
        }
    }

    /// Turns the value into another.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Field::Known(value) => Field::Known(turn(value)),
            Field::Unknown => Field::Unknown,
        }
    }
}

/// A list, and whether there may be more elements than are known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct List<T> {
    /// The elements that are known.
    pub items: Vec<T>,
    /// Whether no other element can exist, apart from those in `unknown`.
    pub is_complete: bool,
    /// The keys of elements that may be there or not, and whose values are not known.
    pub unknown: Vec<String>,
}

impl<T> List<T> {
    /// Whether it is known in full.
    pub fn is_whole(&self) -> bool {
        self.is_complete && self.unknown.is_empty()
    }

    /// Keeps what `turn` makes of each element.
    pub fn filter_map<U>(self, turn: impl FnMut(T) -> Option<U>) -> List<U> {
        let items = self.items.into_iter().filter_map(turn).collect();
        List { items, is_complete: self.is_complete, unknown: self.unknown }
    }
}

/// A part of a body, with the paths below it that are not known.
#[derive(Debug, Clone)]
pub(crate) struct Doc<'a> {
    json: &'a Value,
    unknown: Vec<&'a str>,
}

impl<'a> From<Body<'a>> for Doc<'a> {
    fn from(body: Body<'a>) -> Self {
        Doc { json: body.json, unknown: body.unknown.iter().map(String::as_str).collect() }
    }
}

impl<'a> Doc<'a> {
    fn is_named(&self, path: &str) -> bool {
        self.unknown.contains(&path)
    }

    /// Whether what is not in the JSON is not known.
    fn is_open(&self) -> bool {
        self.is_named("")
    }

    /// Whether any path at or below `name` is unknown.
    pub(crate) fn has_unknown_below(&self, name: &str) -> bool {
        self.unknown.iter().any(|path| {
            path.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Whether the JSON has the member at all.
    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.json.get(name).is_some_and(|value| !value.is_null())
    }

    fn value(&self, name: &str) -> Field<Option<&'a Value>> {
        match self.json.get(name).filter(|value| !value.is_null()) {
            _ if self.is_named(name) => Field::Unknown,
            Some(value) => Field::Known(Some(value)),
            None if self.is_open() => Field::Unknown,
            None => Field::Known(None),
        }
    }

    /// A text; an empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Field<Option<Id>> {
        self.value(name).map(|value| {
            value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(Id::from)
        })
    }

    /// A text that is there, whatever may be unknown of it.
    pub(crate) fn some_text(&self, name: &str) -> Option<&'a str> {
        self.json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A yes or no, `default` where it is known to be absent.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Field<bool> {
        self.value(name).map(|value| value.and_then(Value::as_bool).unwrap_or(default))
    }

    /// A whole number, also where it is written as text.
    pub(crate) fn number(&self, name: &str) -> Field<Option<i64>> {
        self.value(name).map(|value| {
            value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
        })
    }

    /// A block of addresses.
    pub(crate) fn cidr(&self, name: &str) -> Option<IpNet> {
        self.some_text(name).and_then(parse_cidr)
    }

    /// An address.
    pub(crate) fn address(&self, name: &str) -> Option<IpAddr> {
        self.some_text(name).and_then(|text| text.parse().ok())
    }

    /// A member that is an object; an object that is there is known apart from paths named below it.
    pub(crate) fn child(&self, name: &str) -> Field<Option<Doc<'a>>> {
        if self.is_named(name) {
            return Field::Unknown;
        }
        self.value(name)
            .map(|value| value.map(|json| Doc { json, unknown: below(&self.unknown, name, ".") }))
    }

    /// A member that is a list of objects.
    pub(crate) fn list(&self, name: &str) -> List<Doc<'a>> {
        self.values(name).filter_map(|(json, key_paths)| Some(Doc { json, unknown: key_paths }))
    }

    /// A member that is a list of texts.
    pub(crate) fn texts(&self, name: &str) -> List<Id> {
        self.values(name).filter_map(|(json, _)| json.as_str().map(Id::from))
    }

    fn values(&self, name: &str) -> List<(&'a Value, Vec<&'a str>)> {
        let exempt = self.unknown.iter().any(|path| path.strip_prefix('=') == Some(name));
        let is_complete = !self.is_named(name) && (!self.is_open() || exempt);
        let bracketed = below(&self.unknown, name, "[");
        let keyed: Vec<(&str, &str)> =
            bracketed.iter().filter_map(|path| path.rsplit_once(']')).collect();
        let mut unknown: Vec<String> = Vec::new();
        for (key, rest) in &keyed {
            if rest.is_empty() {
                unknown.push((*key).to_owned());
            }
        }
        let elements = self.json.get(name).and_then(Value::as_array);
        let items = elements.into_iter().flatten().filter_map(|json| {
            let own = |key: &str| holds(json, key);
            if unknown.iter().any(|key| own(key)) {
                return None;
            }
            let paths = keyed.iter().filter(|(key, _)| own(key));
            Some((json, paths.filter_map(|(_, rest)| rest.strip_prefix('.')).collect()))
        });
        let items = items.collect();
        List { items, is_complete, unknown }
    }
}

/// The paths below `name`, with what leads there taken off.
fn below<'a>(paths: &[&'a str], name: &str, joint: &str) -> Vec<&'a str> {
    paths.iter().filter_map(|path| path.strip_prefix(name)?.strip_prefix(joint)).collect()
}

/// Whether an element of a list is named by `key`: it is this text or has a member that is.
fn holds(json: &Value, key: &str) -> bool {
    let is_key = |value: &Value| match value {
        Value::String(text) => text == key,
        Value::Number(number) => number.to_string() == key,
        _ => false,
    };
    is_key(json) || json.as_object().is_some_and(|members| members.values().any(is_key))
}

/// A block of addresses; a bare address is a block of one.
pub(crate) fn parse_cidr(text: &str) -> Option<IpNet> {
    let parsed = text.parse::<IpNet>().ok();
    parsed.map(|net| net.trunc()).or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_unknown_is_never_absent() {
        let json =
            json!({"State": "available", "Routes": [{"DestinationCidrBlock": "10.0.0.0/8"}]});
        let unknown = |paths: &[&str]| paths.iter().map(|&p| p.to_owned()).collect::<Vec<_>>();
        let read = |paths: &[&str], name: &str| {
            Doc::from(Body { json: &json, unknown: &unknown(paths) }).text(name)
        };
        assert_eq!(read(&[], "State"), Field::Known(Some("available".into())));
        assert_eq!(read(&["State"], "State"), Field::Unknown);
        assert_eq!(read(&[], "VpcId"), Field::Known(None));
        assert_eq!(read(&[""], "VpcId"), Field::Unknown);
        let routes = |paths: &[&str]| {
            let paths = unknown(paths);
            let list = Doc::from(Body { json: &json, unknown: &paths }).list("Routes");
            (list.items.len(), list.is_complete, list.unknown)
        };
        assert_eq!(routes(&[]), (1, true, vec![]));
        assert_eq!(routes(&["Routes"]), (1, false, vec![]));
        assert_eq!(routes(&[""]), (1, false, vec![]));
        assert_eq!(routes(&["", "=Routes"]), (1, true, vec![]));
        let keyed = vec!["10.0.0.0/8".to_owned()];
        assert_eq!(routes(&["Routes[10.0.0.0/8]"]), (0, true, keyed));
        assert_eq!(routes(&["Routes[10.0.0.0/8].State"]), (1, true, vec![]));
    }
}
