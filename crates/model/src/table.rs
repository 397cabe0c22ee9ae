//! One service's table, read from its text.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::shape::{Location, Member, Reference, Shape, ShapeId, Structure, Type};

/// How a service speaks over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Form-encoded calls, EC2's dialect.
    Ec2,
    /// Form-encoded calls.
    Query,
    /// JSON calls with a target header.
    Json,
    /// Resources with JSON bodies.
    RestJson,
    /// Resources with XML bodies.
    RestXml,
}

/// What a service's operations have in common.
#[derive(Debug)]
pub struct Service {
    /// Botocore's name of the service.
    pub id: String,
    /// The name in the credential scope of a signature.
    pub signing_name: String,
    /// The first part of the host name.
    pub endpoint_prefix: String,
    /// The host of a service that has one for all Regions.
    pub global_endpoint: Option<String>,
    /// How it speaks.
    pub protocol: Protocol,
    /// The version of its API.
    pub api_version: String,
    /// What comes before the operation in `X-Amz-Target`.
    pub target_prefix: Option<String>,
    /// Of `application/x-amz-json`.
    pub json_version: Option<String>,
    pub(crate) shapes: Vec<Shape>,
}

impl Service {
    /// The shape with `id`.
    pub fn shape(&self, id: ShapeId) -> Option<&Shape> {
        self.shapes.get(id.0)
    }

    /// The structure with `id`, when it is one.
    pub fn structure(&self, id: ShapeId) -> Option<&Structure> {
        match self.shape(id) {
            Some(Shape::Structure(structure)) => Some(structure),
            Some(Shape::List { .. } | Shape::Map { .. }) | None => None,
        }
    }
}

/// One operation of a service.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// The service.
    pub service: Arc<Service>,
    /// The HTTP method.
    pub method: String,
    /// The path, with `{Member}` where a member goes.
    pub uri: String,
    /// What it takes.
    pub input: Option<ShapeId>,
    /// What it gives.
    pub output: Option<ShapeId>,
    /// The name of the XML element around the whole input.
    pub root: Option<String>,
    /// The namespace of that element.
    pub namespace: Option<String>,
    /// Whether the body must come with a checksum.
    pub needs_checksum: bool,
}

impl Operation {
    /// The structure that it takes.
    pub fn input(&self) -> Option<&Structure> {
        self.service.structure(self.input?)
    }

    /// The structure that it gives.
    pub fn output(&self) -> Option<&Structure> {
        self.service.structure(self.output?)
    }
}

#[derive(Deserialize)]
struct Text {
    service: String,
    signing_name: String,
    endpoint_prefix: String,
    global_endpoint: Option<String>,
    protocol: Protocol,
    api_version: String,
    target_prefix: Option<String>,
    json_version: Option<String>,
    operations: Map<String, Value>,
    shapes: Map<String, Value>,
}

/// Reads a table; the text is ours, and a test reads every one.
pub(crate) fn read(text: &str) -> Result<HashMap<String, Operation>, serde_json::Error> {
    let text: Text = serde_json::from_str(text)?;
    let ids: HashMap<&str, ShapeId> =
        text.shapes.keys().enumerate().map(|(id, name)| (name.as_str(), ShapeId(id))).collect();
    let shapes = text.shapes.values().map(|value| shape(value, &ids)).collect();
    let service = Arc::new(Service {
        id: text.service,
        signing_name: text.signing_name,
        endpoint_prefix: text.endpoint_prefix,
        global_endpoint: text.global_endpoint,
        protocol: text.protocol,
        api_version: text.api_version,
        target_prefix: text.target_prefix,
        json_version: text.json_version,
        shapes,
    });
    let rows = text.operations.iter();
    Ok(rows.map(|(name, row)| (name.clone(), operation(name, row, &service, &ids))).collect())
}

fn text_of(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn operation(
    name: &str,
    row: &Value,
    service: &Arc<Service>,
    ids: &HashMap<&str, ShapeId>,
) -> Operation {
    let http = text_of(row, "http").unwrap_or_else(|| "POST /".to_owned());
    let (method, uri) = http.split_once(' ').unwrap_or(("POST", "/"));
    let named = |side: &str, endings: [&str; 2]| match text_of(row, side) {
        Some(shape) => ids.get(shape.as_str()).copied(),
        None => {
            let usual = endings.map(|ending| format!("{name}{ending}"));
            usual.iter().find_map(|shape| ids.get(shape.as_str()).copied())
        }
    };
    Operation {
        name: name.to_owned(),
        service: Arc::clone(service),
        method: method.to_owned(),
        uri: uri.to_owned(),
        input: named("in", ["Request", "Input"]),
        output: named("out", ["Result", "Response"]),
        root: text_of(row, "root"),
        namespace: text_of(row, "ns"),
        needs_checksum: row.get("checksum").is_some(),
    }
}

fn shape(value: &Value, ids: &HashMap<&str, ShapeId>) -> Shape {
    let is_flat = value.get("flat").is_some();
    let of = |side: &str| reference(value.get(side).unwrap_or(&Value::Null), ids);
    if value.get("list").is_some() {
        return Shape::List { element: of("list"), is_flat };
    }
    if value.get("key").is_some() {
        return Shape::Map { key: of("key"), value: of("value"), is_flat };
    }
    let required = value.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|it| it.as_str() == Some(name)));
    let members = value.get("members").and_then(Value::as_object);
    let members = members.into_iter().flatten().map(|(name, member)| Member {
        name: name.clone(),
        reference: reference(member, ids),
        is_required: is_required(name),
    });
    Shape::Structure(Structure { members: members.collect(), payload: text_of(value, "payload") })
}

fn reference(value: &Value, ids: &HashMap<&str, ShapeId>) -> Reference {
    let name = value.as_str().or_else(|| value.get("is").and_then(Value::as_str));
    let of = match name.unwrap_or_default() {
        "string" => Type::String,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "timestamp" => Type::Timestamp,
        "blob" => Type::Blob,
        // A table whose generator forgot a shape fails `every_table_is_whole`.
        shape => ids.get(shape).copied().map_or(Type::String, Type::Shape),
    };
    let location = match value.get("at").and_then(Value::as_str) {
        Some("uri") => Some(Location::Uri),
        Some("querystring") => Some(Location::Query),
        Some("header") => Some(Location::Header),
        Some("headers") => Some(Location::Headers),
        Some("statusCode") => Some(Location::Status),
        _ => None,
    };
    Reference {
        of,
        wire_name: text_of(value, "name"),
        query_name: text_of(value, "query"),
        location,
        is_flat: value.get("flat").is_some(),
        is_attribute: value.get("attribute").is_some(),
        namespace: text_of(value, "ns"),
        namespace_prefix: text_of(value, "prefix"),
    }
}
