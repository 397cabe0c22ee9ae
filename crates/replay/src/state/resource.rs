//! One resource, and where each of its values is known from.

use std::collections::BTreeMap;

use serde_json::Value;

use super::kinds::element_key;

/// Where a value is known from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Source {
    /// The event that set it says so.
    Event {
        /// Its event id.
        id: String,
    },
    /// AWS does this after the event without a record of its own.
    Inferred {
        /// The event id of the cause.
        id: String,
    },
    /// A description of the resource says so.
    Snapshot {
        /// The snapshot's name.
        id: String,
    },
    /// Nothing says what it is.
    Unknown,
}

/// What is known of one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Known<'a> {
    /// It is this.
    Is(&'a Value, &'a Source),
    /// It is known that there is none.
    Absent(&'a Source),
    /// Nothing is known; never the same as absent.
    Unknown,
}

/// The lists of permissions of a security group, and those of a permission's peers.
pub(super) const PERMISSIONS: &[&str] = &["IpPermissions", "IpPermissionsEgress"];
pub(super) const PEERS: &[&str] = &["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];

/// One resource as AWS describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// The body in the shape of AWS's description: `{"RouteTableId": …, "Routes": […]}`.
    ///
    /// Values that are not known are left out here and have [`Source::Unknown`] in `sources`.
    pub body: Value,
    /// Where values are known from, by path; the longest prefix of a path counts.
    ///
    /// Shape: `""` is the whole resource, `Tags` a member, `Routes[0.0.0.0/0]` the element of a list with
    /// that key, `Routes[0.0.0.0/0].NatGatewayId` a member of it. A resource whose creation was not seen
    /// has `""` → [`Source::Unknown`]: what is not in its body may be there.
    pub sources: BTreeMap<String, Source>,
}

impl Resource {
    /// Where the value at `path` is known from.
    pub fn source(&self, path: &str) -> &Source {
        let found = prefixes(path).find_map(|prefix| self.sources.get(prefix));
        found.unwrap_or(&Source::Unknown)
    }

    /// The properties, each with its path, its value and where that is known from, in the body's order; then
    /// the paths of which nothing is known.
    ///
    /// Shape: a list whose elements have names is a property for each, `Routes[0.0.0.0/0]`.
    pub fn properties(&self) -> Vec<(String, Option<&Value>, &Source)> {
        let mut properties = Vec::new();
        for (name, value) in self.body.as_object().into_iter().flatten() {
            let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let keys: Option<Vec<String>> =
                elements.iter().map(|element| element_key(name, element)).collect();
            match keys.filter(|keys| !keys.is_empty()) {
                Some(keys) => {
                    for (key, element) in keys.iter().zip(elements) {
                        let path = format!("{name}[{key}]");
                        match PERMISSIONS.contains(&name.as_str()) {
                            true => self.peers(&path, element, &mut properties),
                            false => {
                                let source = self.source(&path);
                                properties.push((path, Some(element), source));
                            }
                        }
                    }
                }
                // An empty list of which nothing is known is told below, as not known.
                None if elements.is_empty()
                    && value.is_array()
                    && *self.source(name) == Source::Unknown => {}
                None => properties.push((name.clone(), Some(value), self.source(name))),
            }
        }
        let unknown = self.sources.iter().filter(|(_, source)| **source == Source::Unknown);
        properties.extend(unknown.map(|(path, source)| (path.clone(), None, source)));
        properties
    }

    /// The peers of a permission, which events set one by one.
    fn peers<'a>(
        &'a self,
        path: &str,
        permission: &'a Value,
        properties: &mut Vec<(String, Option<&'a Value>, &'a Source)>,
    ) {
        for list in PEERS {
            let peers = permission.get(list).and_then(Value::as_array).into_iter().flatten();
            for peer in peers {
                let key = element_key(list, peer).unwrap_or_default();
                let path = format!("{path}.{list}[{key}]");
                let source = self.source(&path);
                properties.push((path, Some(peer), source));
            }
        }
    }

    /// What is known of the member `name` of the body.
    pub fn member(&self, name: &str) -> Known<'_> {
        match (self.body.get(name), self.source(name)) {
            (_, Source::Unknown) => Known::Unknown,
            (Some(value), source) => Known::Is(value, source),
            (None, source) => Known::Absent(source),
        }
    }
}

/// A path and the paths that it lies below, the longest first; the last is the empty one.
pub(crate) fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let cuts = path.char_indices().rev().filter(|(_, letter)| matches!(letter, '.' | '['));
    let below = cuts.filter_map(|(at, _)| path.get(..at)).filter(|prefix| !prefix.is_empty());
    std::iter::once(path).chain(below).chain((!path.is_empty()).then_some(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_longest_prefix_of_a_path_says_where_it_is_known_from() {
        let event = |id: &str| Source::Event { id: id.to_owned() };
        let sources = [
            ("", Source::Unknown),
            ("Routes[0.0.0.0/0]", event("e1")),
            ("VpcId", event("e2")),
            ("Vpc", event("e3")),
        ];
        let sources = sources.map(|(path, source)| (path.to_owned(), source)).into();
        let table = Resource { body: json!({"VpcId": "vpc-1", "Tags": []}), sources };
        assert_eq!(table.source("Routes[0.0.0.0/0].GatewayId"), &event("e1"));
        assert_eq!(table.source("Routes[10.0.0.0/16]"), &Source::Unknown);
        assert_eq!(table.source("VpcId"), &event("e2"));
        assert_eq!(table.member("VpcId"), Known::Is(&json!("vpc-1"), &event("e2")));
        assert_eq!(table.member("Tags"), Known::Unknown);
        assert_eq!(table.member("Main"), Known::Unknown);
    }
}
