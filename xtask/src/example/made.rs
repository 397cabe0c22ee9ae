//! The calls of the story's networks, as they were really made.
//!
//! `calls.json` has what a simulator of EC2 was asked and what it answered, scene by scene; the program that
//! made the calls is `tests/oracle/example_calls.py`. Where ids, addresses and times differed from run to run
//! it has `${kind:name}`, and the story's own are put there.

use super::actor::NAT_ADDRESS;
use super::clock::iso;
use super::random::{Rng, principal_id, resource_id};
use super::record::Call;
use super::world::Network;
use serde_json::{Value, json};
use std::sync::LazyLock;

static SCENES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("calls.json")).unwrap_or_default());

/// The calls of a scene in their order, at a time; none when there is no such scene.
pub(crate) fn calls(scene: &str, now: u64) -> Vec<Call> {
    let made = SCENES.get(scene).and_then(Value::as_array).into_iter().flatten();
    made.map(|made| call(made, now)).collect()
}

/// The only call of a scene.
pub(crate) fn call_of(scene: &str, now: u64) -> Call {
    let fallback = || Call::read("ec2", "DescribeVpcs", Value::Null);
    calls(scene, now).into_iter().next().unwrap_or_else(fallback)
}

fn call(made: &'static Value, now: u64) -> Call {
    let name = made.get("name").and_then(Value::as_str).unwrap_or_default();
    let is_wrapped = made.get("is_wrapped") == Some(&Value::Bool(true));
    let part = |member: &str| {
        let mut value = made.get(member).cloned().unwrap_or_default();
        fill(&mut value, now, is_wrapped);
        value
    };
    match is_wrapped {
        true => Call::ec2_wrapped(name, part("request"), part("response")),
        false => Call::ec2(name, part("request"), part("response")),
    }
}

fn fill(value: &mut Value, now: u64, is_wrapped: bool) {
    match value {
        Value::String(text) if text == "${time:}" => {
            *value = match is_wrapped {
                true => json!(iso(now).replace('Z', ".000Z")),
                false => json!(now * 1_000),
            };
        }
        Value::String(text) => *text = filled(text),
        Value::Array(values) => values.iter_mut().for_each(|it| fill(it, now, is_wrapped)),
        Value::Object(members) => members.values_mut().for_each(|it| fill(it, now, is_wrapped)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with the story's ids.
fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (named, end) = after.split_once('}').unwrap_or((after, ""));
        let (kind, name) = named.split_once(':').unwrap_or((named, ""));
        out.push_str(before);
        out.push_str(&id(kind, name));
        rest = end;
    }
    out + rest
}

/// What the story calls something.
fn id(kind: &str, name: &str) -> String {
    let subnet = |name: &str| {
        let (network, place) = name.split_once('/').unwrap_or((name, ""));
        let (tier, zone) = place.split_once('-').unwrap_or((place, ""));
        Network::named(network).subnet(tier, zone)
    };
    match kind {
        "subnet" => subnet(name),
        "rtbassoc" => resource_id(kind, &subnet(name)),
        "eni" | "eni-attach" | "r" => resource_id(kind, &resource_id("i", name)),
        "profile" => principal_id("AIPA", name),
        "address" if name == "shop" => NAT_ADDRESS.to_owned(),
        "address" => "198.51.100.42".to_owned(),
        "ip" => name.to_owned(),
        "dns" => format!("ip-{}.ec2.internal", name.replace('.', "-")),
        "mac" => "02:00:5e:00:53:01".to_owned(),
        "token" => {
            let own = if matches!(name, "shop" | "lab") { "nat" } else { "i" };
            Rng::named(&resource_id(own, name)).uuid().to_uppercase()
        }
        _ => resource_id(kind, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::actor::SHOP;
    use crate::example::world::shop;

    #[test]
    fn the_fatal_call_names_the_storys_resources() {
        let call = format!("{:?}", call_of("fatal", 0));
        assert!(call.contains(&shop().private_table) && call.contains(&resource_id("igw", "shop")));
    }

    #[test]
    fn nothing_is_left_to_be_put_in() {
        for scene in SCENES.as_object().unwrap().keys() {
            let text = format!("{:?}", calls(scene, 1));
            assert!(!text.contains("${") && text.len() > 2, "{scene}: {text}");
        }
        assert!(SCENES.to_string().contains(SHOP));
    }
}
