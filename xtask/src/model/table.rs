//! One service's table: its operations, and the shapes that they reach.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Protocols that the tables know, the one that is written first when a service has several.
const PROTOCOLS: [&str; 5] = ["ec2", "query", "json", "rest-json", "rest-xml"];

/// The table as text.
pub(crate) fn write(
    service: &str,
    version: &str,
    model: &Value,
    operations: &[String],
) -> Result<String> {
    let mut head = head(service, model);
    head.insert("botocore".to_owned(), json!(version));
    let (mut reached, mut written) = (BTreeSet::new(), BTreeSet::new());
    let mut rows = BTreeMap::new();
    for name in operations {
        let found = model.pointer(&format!("/operations/{name}"));
        let operation = found.with_context(|| format!("no operation `{name}`"))?;
        rows.insert(name.clone(), row(name, operation));
        for side in ["input", "output"] {
            if let Some(shape) = text(operation, &format!("/{side}/shape")) {
                reach(model, shape, &mut reached);
                if side == "input" {
                    reach(model, shape, &mut written);
                }
            }
        }
    }
    let mut shapes = BTreeMap::new();
    for name in reached {
        let shape = model.pointer(&format!("/shapes/{name}")).context("a shape is missing")?;
        let mut compact = compact(model, shape);
        if let (Some(members), false) = (compact.as_object_mut(), written.contains(&name)) {
            members.remove("required");
        }
        shapes.insert(name.clone(), compact);
    }
    let mut out = String::from("{\n");
    for (key, value) in &head {
        out += &format!("{}:{value},\n", json!(key));
    }
    out += &format!("\"operations\":{{\n{}\n}},\n", lines(&rows));
    out += &format!("\"shapes\":{{\n{}\n}}\n}}\n", lines(&shapes));
    Ok(out)
}

fn lines(rows: &BTreeMap<String, Value>) -> String {
    let lines: Vec<String> =
        rows.iter().map(|(name, row)| format!("{}:{row}", json!(name))).collect();
    lines.join(",\n")
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn head(service: &str, model: &Value) -> Map<String, Value> {
    let of = |name: &str| text(model, &format!("/metadata/{name}"));
    let listed = model.pointer("/metadata/protocols").and_then(Value::as_array);
    let mut protocols = listed.into_iter().flatten().filter_map(Value::as_str);
    let protocol = protocols.find(|name| PROTOCOLS.contains(name)).or_else(|| of("protocol"));
    let mut head = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            head.insert(name.to_owned(), json!(value));
        }
    };
    let prefix = of("endpointPrefix");
    put("service", Some(service));
    put("signing_name", of("signingName").or(prefix));
    put("endpoint_prefix", prefix);
    put("global_endpoint", of("globalEndpoint"));
    put("protocol", protocol);
    put("api_version", of("apiVersion"));
    put("json_version", of("jsonVersion"));
    put("target_prefix", of("targetPrefix"));
    head
}

/// What is uncommon of an operation: a table's reader knows the usual method and names of shapes.
fn row(name: &str, operation: &Value) -> Value {
    let mut row = Map::new();
    let method = text(operation, "/http/method").unwrap_or("POST");
    let uri = text(operation, "/http/requestUri").unwrap_or("/");
    if (method, uri) != ("POST", "/") {
        row.insert("http".to_owned(), json!(format!("{method} {uri}")));
    }
    for (key, pointer) in [
        ("in", "/input/shape"),
        ("out", "/output/shape"),
        ("root", "/input/locationName"),
        ("ns", "/input/xmlNamespace/uri"),
    ] {
        if let Some(value) = text(operation, pointer) {
            row.insert(key.to_owned(), json!(value));
        }
    }
    for (key, endings) in [("in", ["Request", "Input"]), ("out", ["Result", "Response"])] {
        let usual = endings.map(|ending| json!(format!("{name}{ending}")));
        if row.get(key).is_some_and(|shape| usual.contains(shape)) {
            row.remove(key);
        }
    }
    if operation.pointer("/httpChecksum/requestChecksumRequired") == Some(&json!(true))
        || operation.get("httpChecksumRequired") == Some(&json!(true))
    {
        row.insert("checksum".to_owned(), json!(true));
    }
    Value::Object(row)
}

/// The shapes that `name` reaches, itself included; scalars are written where they are used.
fn reach(model: &Value, name: &str, reached: &mut BTreeSet<String>) {
    let Some(shape) = model.pointer(&format!("/shapes/{name}")) else { return };
    if scalar(shape).is_some() || !reached.insert(name.to_owned()) {
        return;
    }
    let members = shape.get("members").and_then(Value::as_object);
    for member in members.into_iter().flat_map(Map::values) {
        if let Some(next) = text(member, "/shape") {
            reach(model, next, reached);
        }
    }
    for side in ["/member/shape", "/key/shape", "/value/shape"] {
        if let Some(next) = text(shape, side) {
            reach(model, next, reached);
        }
    }
}

/// The type's name when the shape is a scalar.
fn scalar(shape: &Value) -> Option<&'static str> {
    Some(match text(shape, "/type")? {
        "string" | "character" => "string",
        "integer" | "long" | "short" | "byte" => "integer",
        "double" | "float" | "bigdecimal" => "number",
        "boolean" => "boolean",
        "timestamp" => "timestamp",
        "blob" => "blob",
        _ => return None,
    })
}

fn compact(model: &Value, shape: &Value) -> Value {
    let mut out = Map::new();
    match text(shape, "/type") {
        Some("structure") => {
            let members = shape.get("members").and_then(Value::as_object);
            let members: Map<String, Value> = members
                .into_iter()
                .flatten()
                .map(|(name, member)| (name.clone(), reference(model, name, member)))
                .collect();
            out.insert("members".to_owned(), Value::Object(members));
            for name in ["required", "payload"] {
                if let Some(value) = shape.get(name).filter(|it| **it != json!([])) {
                    out.insert(name.to_owned(), value.clone());
                }
            }
        }
        Some("list") => {
            let member = shape.get("member").unwrap_or(&Value::Null);
            let mut of = reference(model, "", member);
            if let Some(traits) = of.as_object_mut() {
                // The names that the protocols give by themselves.
                let is_ec2 = text(model, "/metadata/protocol") == Some("ec2");
                let usual = if is_ec2 { "item" } else { "member" };
                let is_usual = |name: &mut Value| *name == json!(usual);
                if traits.get_mut("name").is_some_and(is_usual) && traits.len() == 2 {
                    of = traits.get("is").cloned().unwrap_or_default();
                }
            }
            out.insert("list".to_owned(), of);
        }
        _ => {
            for side in ["key", "value"] {
                let of = shape.get(side).unwrap_or(&Value::Null);
                out.insert(side.to_owned(), reference(model, "", of));
            }
        }
    }
    for (key, name) in [("flat", "flattened"), ("root", "locationName")] {
        if let Some(value) = shape.get(name) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(format) = text(shape, "/timestampFormat") {
        out.insert("format".to_owned(), json!(format));
    }
    Value::Object(out)
}

/// The type alone as text, or an object when the member has traits.
fn reference(model: &Value, field: &str, member: &Value) -> Value {
    let name = text(member, "/shape").unwrap_or_default();
    let shape = model.pointer(&format!("/shapes/{name}"));
    let own = shape.and_then(scalar);
    let mut out = Map::new();
    out.insert("is".to_owned(), json!(own.unwrap_or(name)));
    for (key, pointer) in [
        ("name", "/locationName"),
        ("query", "/queryName"),
        ("at", "/location"),
        ("flat", "/flattened"),
        ("attribute", "/xmlAttribute"),
        ("ns", "/xmlNamespace/uri"),
        ("prefix", "/xmlNamespace/prefix"),
        ("format", "/timestampFormat"),
    ] {
        if let Some(value) = member.pointer(pointer) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    for (key, pointer) in [("ns", "/xmlNamespace/uri"), ("prefix", "/xmlNamespace/prefix")] {
        // What is said of the type is said of its uses, unless these say otherwise.
        if let Some(value) = shape.and_then(|shape| shape.pointer(pointer)) {
            out.entry(key).or_insert_with(|| value.clone());
        }
    }
    if text(model, "/metadata/protocol") == Some("ec2") {
        omit_common(field, &mut out);
    }
    let format = shape.and_then(|shape| text(shape, "/timestampFormat"));
    if let (Some(format), true) = (format, own.is_some()) {
        out.entry("format").or_insert_with(|| json!(format));
    }
    if out.len() == 1 { json!(own.unwrap_or(name)) } else { Value::Object(out) }
}

/// Leaves out what EC2's protocol does by itself: it writes names with a capital.
fn omit_common(field: &str, out: &mut Map<String, Value>) {
    let capital = |text: &str| {
        let mut chars = text.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
    };
    let is_usual = |out: &Map<String, Value>, key: &str| {
        let given: Option<String> = out.get(key).and_then(Value::as_str).map(capital);
        given.is_some_and(|given| given == field)
    };
    if is_usual(out, "name") {
        out.remove("name");
    }
    // With a name that is not usual the usual one must be said.
    if is_usual(out, "query") && !out.contains_key("name") {
        out.remove("query");
    }
    if out.get("flat") == Some(&json!(true)) {
        // Its lists are always flat.
        out.remove("flat");
    }
}
