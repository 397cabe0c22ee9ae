//! Paths into bodies: `Routes[0.0.0.0/0].GatewayId`.

use serde_json::{Map, Value};

use super::kinds::is_element;

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    Member(&'a str),
    Element(&'a str),
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            // Of keys that hold a bracket themselves the end is taken for the key's end.
            let (key, after) = match inside.split_once("].") {
                Some((key, after)) => (key, after),
                None => (inside.strip_suffix(']').unwrap_or(inside), ""),
            };
            steps.push(Step::Element(key));
            rest = after;
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (member, after) = rest.split_at(end);
        steps.push(Step::Member(member));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    steps
}

/// The value at `path` of `body`.
pub(crate) fn get<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = body;
    let mut list = "";
    for step in steps(path) {
        value = match step {
            Step::Member(member) => {
                list = member;
                value.get(member)?
            }
            Step::Element(key) => {
                let elements = value.as_array()?;
                elements.iter().find(|it| is_element(list, it, key))?
            }
        };
    }
    Some(value)
}

/// Writes the value at `path`, or removes it; what is on the way there is made.
pub(crate) fn set(body: &mut Value, path: &str, value: Option<&Value>) {
    set_at(body, "", &steps(path), value);
}

fn set_at(body: &mut Value, list: &str, steps: &[Step<'_>], value: Option<&Value>) {
    let Some((step, rest)) = steps.split_first() else { return };
    match step {
        Step::Member(member) => {
            if !body.is_object() {
                if value.is_none() {
                    return;
                }
                *body = Value::Object(Map::new());
            }
            let Some(members) = body.as_object_mut() else { return };
            match (rest.first(), value) {
                (None, Some(value)) => {
                    members.insert((*member).to_owned(), value.clone());
                }
                (None, None) => {
                    members.shift_remove(*member);
                }
                (Some(_), None) => {
                    if let Some(inner) = members.get_mut(*member) {
                        set_at(inner, member, rest, None);
                    }
                }
                (Some(_), Some(value)) => {
                    let inner = members.entry(*member).or_insert(Value::Null);
                    set_at(inner, member, rest, Some(value));
                }
            }
        }
        Step::Element(key) => {
            if !body.is_array() {
                if value.is_none() {
                    return;
                }
                *body = Value::Array(Vec::new());
            }
            let Some(elements) = body.as_array_mut() else { return };
            let at = elements.iter().position(|it| is_element(list, it, key));
            match (rest.is_empty(), at, value) {
                (true, Some(at), Some(value)) => {
                    elements.splice(at..=at, [value.clone()]).for_each(drop)
                }
                (true, None, Some(value)) => elements.push(value.clone()),
                (true, Some(at), None) => {
                    elements.remove(at);
                }
                (false, Some(at), value) => {
                    if let Some(inner) = elements.get_mut(at) {
                        set_at(inner, "", rest, value);
                    }
                }
                // What an element is called by is part of it: there is none to put a part into.
                (_, None, _) => {}
            }
        }
    }
}

/// Makes the element that `path` goes through, as `like` has it but with nothing in its lists.
pub(crate) fn make_way(body: &mut Value, path: &str, like: &Value) {
    let Some((element, _)) = path.split_once("].") else { return };
    let element = format!("{element}]");
    if get(body, &element).is_some() {
        return;
    }
    let Some(mut hollow) = get(like, &element).cloned() else { return };
    for value in hollow.as_object_mut().into_iter().flat_map(|members| members.values_mut()) {
        if let Some(list) = value.as_array_mut() {
            list.clear();
        }
    }
    set(body, &element, Some(&hollow));
}

/// Removes permissions of groups that let nobody in: they are there for their peers only.
pub(crate) fn drop_hollow(body: &mut Value) {
    for list in ["IpPermissions", "IpPermissionsEgress"] {
        if let Some(permissions) = body.get_mut(list).and_then(Value::as_array_mut) {
            permissions.retain(|permission| {
                let lists = permission.as_object().into_iter().flat_map(|it| it.values());
                lists.filter_map(Value::as_array).any(|peers| !peers.is_empty())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_to_a_value() {
        let body = json!({"Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}],
            "Options": {"DnsSupport": "enable"}});
        assert_eq!(get(&body, "Routes[0.0.0.0/0].GatewayId"), Some(&json!("igw-1")));
        assert_eq!(get(&body, "Options.DnsSupport"), Some(&json!("enable")));
        assert_eq!(get(&body, "Routes[10.0.0.0/8]"), None);
    }

    #[test]
    fn what_is_written_is_read_and_what_is_removed_is_not() {
        let mut body = json!({});
        let route = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"});
        set(&mut body, "Routes[0.0.0.0/0]", Some(&route));
        set(&mut body, "Routes[0.0.0.0/0].GatewayId", Some(&json!("igw-2")));
        set(&mut body, "Options.DnsSupport", Some(&json!("enable")));
        assert_eq!(get(&body, "Routes[0.0.0.0/0].GatewayId"), Some(&json!("igw-2")));
        set(&mut body, "Routes[0.0.0.0/0]", None);
        set(&mut body, "Options.DnsSupport", None);
        assert_eq!(body, json!({"Routes": [], "Options": {}}));
    }
}
