//! Paths into JSON bodies: `Routes[0.0.0.0/0].NatGatewayId`, `Groups[].GroupId`, `Rules[#0].RuleArn`.

use std::fmt;

use serde_json::Value;

/// The members that tell the elements of a list apart; the first that an element has is its key.
const KEY_MEMBERS: &[&str] = &[
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "DestinationPrefixListId",
    "RouteTableAssociationId",
    "NetworkAclAssociationId",
    "SecurityGroupRuleId",
    "PrefixListId",
    "GrantId",
    "AssociationId",
    "TransitGatewayAttachmentId",
    "OutsideIpAddress",
    "PolicyArn",
    "PolicyName",
    "ParameterName",
    "ProcessName",
    "VersionId",
    "Key",
    "Sid",
    "Cidr",
    "cidr",
    "VpcId",
    "VPCId",
    "TargetId",
    "GatewayId",
    "GroupId",
    "SubnetId",
    "PrivateIpAddress",
    "PrivateIp",
    "Ipv6Address",
    "UserName",
    "RoleName",
    "Id",
    "Name",
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Member(String),
    Each,
    At(usize),
    Key(String),
}

/// A way into a JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Path(Vec<Segment>);

impl Path {
    /// Reads a path of a table; `fill` says what goes in for `{…}`.
    ///
    /// Nothing comes back when `fill` has nothing for a place. What is filled in is one key, whatever
    /// characters it has.
    pub(crate) fn parse(text: &str, fill: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let mut segments = Vec::new();
        let mut name = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '.' => push_name(&mut segments, &mut name),
                '[' => {
                    push_name(&mut segments, &mut name);
                    let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    segments.push(bracket(&inner, &fill)?);
                }
                c => name.push(c),
            }
        }
        push_name(&mut segments, &mut name);
        Some(Self(segments))
    }

    /// Reads a path that has nothing to fill in.
    pub(crate) fn of(text: &str) -> Self {
        Self::parse(text, |_| None).unwrap_or_default()
    }

    /// Whether it leads to the whole.
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path up to where it fans out, as provenance is kept for it: an element that is known by
    /// several names (an association by its id and by its subnet) has one that counts there.
    pub(crate) fn prefix_in(&self, body: &Value) -> String {
        let mut prefix = Self::default();
        let (mut at, mut list) = (Some(body), "");
        for segment in &self.0 {
            match segment {
                Segment::Each | Segment::At(_) => break,
                Segment::Member(name) => {
                    list = name;
                    at = at.and_then(|it| it.get(name));
                    prefix.0.push(segment.clone());
                }
                Segment::Key(key) => {
                    let found = at.and_then(|it| element(it, key));
                    let is_list = at.is_some_and(Value::is_array);
                    let name = found.filter(|_| is_list).and_then(|it| name_in(list, it));
                    prefix.0.push(match at {
                        // What a map calls a value is kept as a member's name.
                        Some(Value::Object(_)) => Segment::Member(key.clone()),
                        _ => Segment::Key(name.unwrap_or_else(|| key.clone())),
                    });
                    at = found;
                }
            }
        }
        prefix.to_string()
    }

    /// The value there; nothing when there is none, or null.
    pub(crate) fn find(&self, body: &Value) -> Option<Value> {
        find(&self.0, body)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Member(name) if at == 0 => write!(f, "{name}")?,
                Segment::Member(name) => write!(f, ".{name}")?,
                Segment::Each => write!(f, "[]")?,
                Segment::At(at) => write!(f, "[{at}]")?,
                Segment::Key(key) => write!(f, "[{key}]")?,
            }
        }
        Ok(())
    }
}

fn push_name(segments: &mut Vec<Segment>, name: &mut String) {
    if !name.is_empty() {
        segments.push(Segment::Member(std::mem::take(name)));
    }
}

fn bracket(inner: &str, fill: &impl Fn(&str) -> Option<String>) -> Option<Segment> {
    if inner.is_empty() {
        return Some(Segment::Each);
    }
    if let Some(at) = inner.strip_prefix('#') {
        return at.parse().ok().map(Segment::At);
    }
    let place = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    Some(Segment::Key(match place {
        Some(place) => fill(place)?,
        None => inner.to_owned(),
    }))
}

fn find(segments: &[Segment], body: &Value) -> Option<Value> {
    let Some((first, rest)) = segments.split_first() else {
        return Some(body.clone()).filter(|body| !body.is_null());
    };
    match first {
        Segment::Member(name) => find(rest, body.get(name)?),
        Segment::At(at) => find(rest, body.get(*at)?),
        Segment::Key(key) => find(rest, element(body, key)?),
        Segment::Each => {
            let fans_out_again = rest.contains(&Segment::Each);
            let found = body.as_array()?.iter().filter_map(|element| find(rest, element));
            let values: Vec<Value> = match fans_out_again {
                true => found
                    .flat_map(|inner| match inner {
                        Value::Array(values) => values,
                        one => vec![one],
                    })
                    .collect(),
                false => found.collect(),
            };
            Some(Value::Array(values))
        }
    }
}

/// The element of a list with a key; of an object, the member with that name.
fn element<'a>(body: &'a Value, key: &str) -> Option<&'a Value> {
    match body {
        Value::Object(members) => members.get(key),
        Value::Array(elements) => {
            let is_it = |it: &&Value| element_key(it).as_deref() == Some(key);
            let has_it = |it: &&Value| {
                let names = KEY_MEMBERS.iter().filter_map(|name| it.get(*name)?.as_str());
                names.into_iter().any(|name| name == key)
            };
            elements.iter().find(is_it).or_else(|| elements.iter().find(has_it))
        }
        _ => None,
    }
}

/// What tells an element of a list apart from the others; its text when it is a scalar.
///
/// Shape: entries of network ACLs have `ingress 100` and `egress 100`, as a number alone is in use twice.
pub fn element_key(element: &Value) -> Option<String> {
    if let (Some(number), Some(egress)) =
        (element.get("RuleNumber"), element.get("Egress").and_then(Value::as_bool))
    {
        let direction = if egress { "egress" } else { "ingress" };
        return Some(format!("{direction} {number}"));
    }
    match element {
        Value::Object(members) => {
            KEY_MEMBERS.iter().find_map(|name| members.get(*name)).and_then(scalar_text)
        }
        one => scalar_text(one),
    }
}

/// The name by which a state keeps where an element of the list `list` is known from.
fn name_in(list: &str, element: &Value) -> Option<String> {
    crate::state::element_key(list, element).or_else(|| element_key(element))
}

/// The text of a scalar.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Puts `value` at a dotted path of members, and returns the JSON pointer of the place.
pub(crate) fn put(input: &mut Value, members: &str, value: Value) -> String {
    let mut at = input;
    let mut pointer = String::new();
    for name in members.split('.') {
        if !at.is_object() {
            *at = Value::Object(serde_json::Map::new());
        }
        pointer = format!("{pointer}/{}", escape(name));
        // The line above made it an object, so indexing by a name adds the member.
        let Value::Object(inner) = at else { return pointer };
        at = inner.entry(name.to_owned()).or_insert(Value::Null);
    }
    *at = value;
    pointer
}

/// A name as a part of a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(path: &str, body: &Value, expected: Option<Value>) {
        assert_eq!(Path::of(path).find(body), expected, "{path}");
    }

    #[test]
    fn elements_are_found_by_their_keys() {
        let body = json!({
            "Routes": [
                {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
                {"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1"},
            ],
            "Entries": [
                {"RuleNumber": 100, "Egress": true, "Protocol": "6"},
                {"RuleNumber": 100, "Egress": false, "Protocol": "17"},
            ],
            "Groups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}],
            "SubnetIds": ["subnet-1"],
            "Tags": null,
        });
        check("Routes[10.0.0.0/16].GatewayId", &body, Some(json!("local")));
        check("Routes[::/0].GatewayId", &body, Some(json!("igw-1")));
        check("Entries[ingress 100].Protocol", &body, Some(json!("17")));
        check("Groups[].GroupId", &body, Some(json!(["sg-1", "sg-2"])));
        check("Groups[#1].GroupId", &body, Some(json!("sg-2")));
        check("SubnetIds[subnet-1]", &body, Some(json!("subnet-1")));
        check("Routes[0.0.0.0/0]", &body, None);
        check("Tags", &body, None);
    }

    #[test]
    fn what_is_filled_in_is_one_key_whatever_it_holds() {
        let path = Path::parse("Tags[{key}].Value", |_| Some("a].b[c".to_owned())).unwrap();
        let body = json!({"Tags": [{"Key": "a].b[c", "Value": "x"}]});
        assert_eq!(path.find(&body), Some(json!("x")));
        assert_eq!(Path::parse("Tags[{key}]", |_| None), None);
        assert_eq!(Path::of("Groups[].GroupId").prefix_in(&body), "Groups");
    }

    #[test]
    fn an_element_of_several_names_has_one_that_counts() {
        let body = json!({
            "Associations": [{"RouteTableAssociationId": "rtbassoc-1", "SubnetId": "subnet-1"}],
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}],
        });
        let path = Path::of("Associations[rtbassoc-1].SubnetId");
        assert_eq!(path.find(&body), Some(json!("subnet-1")));
        assert_eq!(path.prefix_in(&body), "Associations[subnet-1].SubnetId");
        assert_eq!(Path::of("Associations[other]").prefix_in(&body), "Associations[other]");
        assert_eq!(crate::state::permission_key(&body["IpPermissions"][0]), "tcp 22");
    }

    #[test]
    fn members_are_put_in_place() {
        let mut input = json!({});
        assert_eq!(put(&mut input, "Options.Dns", json!(true)), "/Options/Dns");
        put(&mut input, "Options.Ecmp", json!(1));
        assert_eq!(input, json!({"Options": {"Dns": true, "Ecmp": 1}}));
    }
}
