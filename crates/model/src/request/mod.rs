//! A call as an HTTP request, in the protocol of its service.
//!
//! # Source
//! The AWS query, EC2, JSON, REST JSON and REST XML protocols as botocore 1.44 serialises them
//! (`botocore/serialize.py`).

mod form;
mod rest;
mod xml;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::shape::{Location, Reference, Shape, Structure, Type};
use crate::table::{Operation, Protocol, Service};

/// An HTTP request without host, signature and checksum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The path, percent-encoded.
    pub path: String,
    /// Names and values of the query, not encoded.
    pub query: Vec<(String, String)>,
    /// Headers that the protocol needs.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a call cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "variants are documented, fields are named by what they hold")]
pub enum SerializeRequestError {
    /// A member that the call needs is not given.
    #[error("`{operation}` needs `{member}`")]
    Missing { operation: String, member: String },
    /// A member is given that the operation does not have.
    #[error("`{operation}` has no member `{member}`")]
    Unknown { operation: String, member: String },
}

/// Writes a call of `operation` with `input`, which is in botocore form.
///
/// Shape: times are given as the protocol has them, text or seconds; nothing is converted. The checksum
/// that [`Operation::needs_checksum`] speaks of is the sender's to add.
///
/// # Errors
/// When a required member is missing, or a member is not the operation's.
pub fn request(operation: &Operation, input: &Value) -> Result<HttpRequest, SerializeRequestError> {
    let empty = Structure::default();
    let structure = operation.input().unwrap_or(&empty);
    check(operation, structure, input)?;
    let mut request = HttpRequest {
        method: operation.method.clone(),
        path: operation.uri.clone(),
        ..HttpRequest::default()
    };
    let service = &operation.service;
    match service.protocol {
        Protocol::Ec2 | Protocol::Query => {
            let form = "application/x-www-form-urlencoded; charset=utf-8";
            request.headers.push(("Content-Type".to_owned(), form.to_owned()));
            request.body = form::body(operation, structure, input).into_bytes();
        }
        Protocol::Json => {
            let version = service.json_version.as_deref().unwrap_or("1.0");
            let target = service.target_prefix.as_deref().unwrap_or(&service.id);
            let target = format!("{target}.{}", operation.name);
            let json = format!("application/x-amz-json-{version}");
            request.headers.push(("Content-Type".to_owned(), json));
            request.headers.push(("X-Amz-Target".to_owned(), target));
            request.body = to_json(service, structure, input).to_string().into_bytes();
        }
        Protocol::RestJson | Protocol::RestXml => {
            rest::write(operation, structure, input, &mut request);
        }
    }
    Ok(request)
}

fn check(
    operation: &Operation,
    structure: &Structure,
    input: &Value,
) -> Result<(), SerializeRequestError> {
    let operation = || operation.name.clone();
    let given = |name: &str| input.get(name).is_some_and(|value| !value.is_null());
    if let Some(member) = structure.members.iter().find(|it| it.is_required && !given(&it.name)) {
        let member = member.name.clone();
        return Err(SerializeRequestError::Missing { operation: operation(), member });
    }
    let is_member = |name: &str| structure.members.iter().any(|it| it.name == name);
    let mut names = input.as_object().into_iter().flat_map(Map::keys);
    match names.find(|name| !is_member(name)) {
        Some(member) => {
            Err(SerializeRequestError::Unknown { operation: operation(), member: member.clone() })
        }
        None => Ok(()),
    }
}

/// The members of `input` that `structure` has and that are given, in its order.
fn given<'a>(
    structure: &'a Structure,
    input: &'a Value,
) -> impl Iterator<Item = (&'a crate::shape::Member, &'a Value)> {
    let members = structure.members.iter();
    members.filter_map(|member| {
        input.get(&member.name).filter(|value| !value.is_null()).map(|value| (member, value))
    })
}

/// The text of a scalar on the wire.
fn text(reference: &Reference, value: &Value) -> String {
    match value {
        Value::String(text) if reference.of == Type::Blob => STANDARD.encode(text),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The members that go into a JSON body, under their names on the wire.
fn to_json(service: &Service, structure: &Structure, input: &Value) -> Value {
    let in_body = given(structure, input).filter(|(member, _)| member.reference.location.is_none());
    let members = in_body.map(|(member, value)| {
        (member.wire_name().to_owned(), json_value(service, &member.reference, value))
    });
    Value::Object(members.collect())
}

fn json_value(service: &Service, reference: &Reference, value: &Value) -> Value {
    let shape = match reference.of {
        Type::Shape(id) => service.shape(id),
        Type::Blob => return json!(text(reference, value)),
        Type::String | Type::Integer | Type::Number | Type::Boolean | Type::Timestamp => None,
    };
    match (shape, value) {
        (Some(Shape::Structure(structure)), Value::Object(_)) => to_json(service, structure, value),
        (Some(Shape::List { element, .. }), Value::Array(values)) => {
            values.iter().map(|value| json_value(service, element, value)).collect()
        }
        (Some(Shape::Map { value: of, .. }), Value::Object(entries)) => {
            let entries = entries.iter();
            entries.map(|(key, value)| (key.clone(), json_value(service, of, value))).collect()
        }
        _ => value.clone(),
    }
}

/// Percent-encodes all but the unreserved characters, and `also`.
fn encode(text: &str, also: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let is_plain = character.is_ascii_alphanumeric()
            || "-_.~".contains(character)
            || also.contains(&character);
        if is_plain {
            out.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

fn is_at(member: &crate::shape::Member, location: Location) -> bool {
    member.reference.location == Some(location)
}

#[cfg(test)]
mod tests;
