//! One form for the parameters of a call, whichever of AWS's shapes they were recorded in.
//!
//! # Source
//! EC2 records of two shapes, observed in public logs: members in camelCase with lists as
//! `{"items":[…]}`, and one member `<Event>Request` with members in PascalCase, whose lists are objects or
//! arrays with `tag` and `content`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Returns `parameters` with wrappers and list objects undone and names in camelCase.
///
/// Shape: lists are arrays also when they have one element; `{"value": x}` is `x`; an empty list that was
/// recorded as `{}` stays an empty object, as nothing tells it from one.
pub fn normalize(parameters: &Value) -> Value {
    let inner = match parameters.as_object() {
        Some(members) if members.len() == 1 => members
            .iter()
            .next()
            .filter(|(name, value)| is_wrapper(name) && value.is_object())
            .map_or(parameters, |(_, value)| value),
        _ => parameters,
    };
    value(inner)
}

fn is_wrapper(name: &str) -> bool {
    let is_upper = name.starts_with(|c: char| c.is_ascii_uppercase());
    is_upper && (name.ends_with("Request") || name.ends_with("Req") || name.ends_with("Response"))
}

fn value(json: &Value) -> Value {
    match json {
        Value::Array(values) => Value::Array(values.iter().map(value).collect()),
        Value::Object(members) => object(members),
        other => other.clone(),
    }
}

fn object(members: &Map<String, Value>) -> Value {
    if members.len() == 1 {
        if let Some(list) = members.get("items").or_else(|| members.get("item")) {
            return match value(list) {
                Value::Array(values) => Value::Array(values),
                one => Value::Array(vec![one]),
            };
        }
        if let Some(plain) = members.get("value").filter(|it| !it.is_object() && !it.is_array()) {
            return plain.clone();
        }
    }
    // An element of a list of the wrapped shape carries its place, and its text when it is one.
    let has_place = members.get("tag").is_some_and(Value::is_number);
    if has_place && let Some(content) = members.get("content").filter(|_| members.len() == 2) {
        return content.clone();
    }
    let kept = members.iter().filter(|(name, _)| !(has_place && name.as_str() == "tag"));
    // In the order of the names, whatever order the JSON library keeps.
    let sorted: BTreeMap<_, _> = kept.map(|(name, member)| (camel(name), value(member))).collect();
    Value::Object(sorted.into_iter().collect())
}

/// `RouteTableId` and `routeTableId` are one name.
fn camel(name: &str) -> String {
    let mut chars = name.chars();
    match chars.next() {
        // An acronym such as `ARN` stays, and so do names that are keys of the user's own.
        Some(first)
            if first.is_ascii_uppercase()
                && chars.clone().next().is_some_and(|c| c.is_ascii_lowercase()) =>
        {
            first.to_ascii_lowercase().to_string() + chars.as_str()
        }
        _ => name.to_owned(),
    }
}

/// The text of a scalar; nothing for `null`, lists and objects.
pub fn scalar(json: &Value) -> Option<String> {
    match json {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(json.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The elements of a list; a single value counts as one, an absent or empty one as none.
pub fn list(json: Option<&Value>) -> Vec<&Value> {
    match json {
        Some(Value::Array(values)) => values.iter().collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(members)) if members.is_empty() => Vec::new(),
        Some(Value::String(text)) if text.is_empty() => Vec::new(),
        Some(one) => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(json: &str, expect: &Expect) {
        expect.assert_eq(&normalize(&serde_json::from_str(json).unwrap()).to_string());
    }

    #[test]
    fn both_shapes_of_ec2_become_one() {
        check(
            r#"{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"groups":{}}]}}"#,
            &expect![[
                r#"{"groupId":"sg-1","ipPermissions":[{"groups":{},"ipProtocol":"tcp","ipRanges":[{"cidrIp":"0.0.0.0/0"}]}]}"#
            ]],
        );
        check(
            r#"{"CreateNatGatewayRequest":{"SubnetId":"subnet-1","SecondaryAllocationId":{"tag":1,"content":"eipalloc-1"},"TagSpecification":{"tag":1,"ResourceType":"natgateway"}}}"#,
            &expect![[
                r#"{"secondaryAllocationId":"eipalloc-1","subnetId":"subnet-1","tagSpecification":{"resourceType":"natgateway"}}"#
            ]],
        );
        check(
            r#"{"subnetId":"subnet-1","mapPublicIpOnLaunch":{"value":true}}"#,
            &expect![[r#"{"mapPublicIpOnLaunch":true,"subnetId":"subnet-1"}"#]],
        );
    }

    #[test]
    fn odd_parameters_stay_what_they_are() {
        check("null", &expect!["null"]);
        check(r#""text""#, &expect![[r#""text""#]]);
        check(r#"{"items":"x"}"#, &expect![[r#"["x"]"#]]);
        check(
            r#"{"Policy":{"Version":"1"},"ARN":"a"}"#,
            &expect![[r#"{"ARN":"a","policy":{"version":"1"}}"#]],
        );
    }
}
