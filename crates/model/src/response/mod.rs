//! An HTTP answer in botocore form, whatever protocol its service speaks.
//!
//! # Source
//! The AWS query, EC2, JSON, REST JSON and REST XML protocols as botocore 1.44 reads them
//! (`botocore/parsers.py`).

mod xml;

use serde_json::{Map, Value, json};

use crate::shape::{Location, Member, Reference, Shape, Structure, Type};
use crate::table::{Operation, Protocol, Service};
use xml::Element;

/// What the service answered when it refused a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// The HTTP status.
    pub status: u16,
    /// Its name: `InvalidRouteTableID.NotFound`.
    pub code: String,
    /// What it says.
    pub message: String,
}

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "variants are documented, fields are named by what they hold")]
pub enum ParseResponseError {
    /// The service refused the call.
    #[error(transparent)]
    Refused(#[from] ServiceError),
    /// The body is not what the protocol has.
    #[error("the answer to `{operation}` cannot be read: {reason}")]
    Malformed { operation: String, reason: String },
}

/// Reads the answer to `operation`: `status`, headers by lower-case name, and body.
///
/// Shape: an object with the members that the answer has, by their botocore names; lists are arrays, also
/// when they have one element. Members that the model does not have are left out.
///
/// # Errors
/// When the service refused the call, or the body is not of its protocol.
pub fn response(
    operation: &Operation,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Value, ParseResponseError> {
    let is_json = matches!(operation.service.protocol, Protocol::Json | Protocol::RestJson);
    if !(200..300).contains(&status) {
        let error = if is_json { json_error(headers, body) } else { xml_error(body) };
        let (code, message) = error.unwrap_or_default();
        let code = if code.is_empty() { format!("HTTP {status}") } else { code };
        return Err(ServiceError { status, code, message }.into());
    }
    let empty = Structure::default();
    let output = operation.output().unwrap_or(&empty);
    let mut members = of_headers(output, status, headers);
    let malformed = |reason: String| ParseResponseError::Malformed {
        operation: operation.name.clone(),
        reason,
    };
    if is_json {
        members.extend(of_json(&operation.service, output, body).map_err(malformed)?);
    } else {
        members.extend(of_xml(operation, output, body).map_err(malformed)?);
    }
    Ok(Value::Object(members))
}

/// The members of an answer that stand in its status and headers.
fn of_headers(output: &Structure, status: u16, headers: &[(String, String)]) -> Map<String, Value> {
    let mut members = Map::new();
    for member in &output.members {
        let name = member.wire_name().to_ascii_lowercase();
        let found = match member.reference.location {
            Some(Location::Status) => Some(json!(status)),
            Some(Location::Header) => {
                let value = headers.iter().find(|(header, _)| *header == name);
                value.map(|(_, text)| scalar(&member.reference, text))
            }
            Some(Location::Uri | Location::Query | Location::Headers) | None => None,
        };
        if let Some(value) = found {
            members.insert(member.name.clone(), value);
        }
    }
    members
}

/// The member that is the whole body.
fn payload(output: &Structure) -> Option<&Member> {
    let name = output.payload.as_ref()?;
    output.members.iter().find(|member| member.name == *name)
}

fn of_json(
    service: &Service,
    output: &Structure,
    body: &[u8],
) -> Result<Map<String, Value>, String> {
    if let Some(member) = payload(output)
        && !matches!(member.reference.of, Type::Shape(_))
    {
        let text = String::from_utf8_lossy(body).into_owned();
        return Ok(Map::from_iter([(member.name.clone(), Value::String(text))]));
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let json: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if let Some(member) = payload(output) {
        let value = from_json(service, &member.reference, &json);
        return Ok(Map::from_iter([(member.name.clone(), value)]));
    }
    Ok(structure_of_json(service, output, &json))
}

fn structure_of_json(service: &Service, structure: &Structure, json: &Value) -> Map<String, Value> {
    let given = structure.members.iter().filter_map(|member| {
        let value = json.get(member.wire_name()).filter(|value| !value.is_null())?;
        Some((member.name.clone(), from_json(service, &member.reference, value)))
    });
    given.collect()
}

fn from_json(service: &Service, reference: &Reference, json: &Value) -> Value {
    let Type::Shape(id) = reference.of else { return json.clone() };
    match (service.shape(id), json) {
        (Some(Shape::Structure(structure)), Value::Object(_)) => {
            Value::Object(structure_of_json(service, structure, json))
        }
        (Some(Shape::List { element, .. }), Value::Array(values)) => {
            values.iter().map(|value| from_json(service, element, value)).collect()
        }
        (Some(Shape::Map { value, .. }), Value::Object(members)) => {
            let members = members
                .iter()
                .map(|(name, member)| (name.clone(), from_json(service, value, member)));
            Value::Object(members.collect())
        }
        _ => json.clone(),
    }
}

fn of_xml(
    operation: &Operation,
    output: &Structure,
    body: &[u8],
) -> Result<Map<String, Value>, String> {
    let service = &operation.service;
    if let Some(member) = payload(output)
        && !matches!(member.reference.of, Type::Shape(_))
    {
        let text = String::from_utf8_lossy(body).into_owned();
        return Ok(Map::from_iter([(member.name.clone(), Value::String(text))]));
    }
    // What is answered where nothing is to be answered means nothing.
    let has_body = output.members.iter().any(|member| member.reference.location.is_none());
    if !has_body || body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let root = xml::parse(body)?;
    if let Some(member) = payload(output) {
        let value = from_xml(service, &member.reference, &root);
        return Ok(Map::from_iter([(member.name.clone(), value)]));
    }
    let wrapper = (service.protocol == Protocol::Query)
        .then(|| root.child(&format!("{}Result", operation.name)))
        .flatten();
    Ok(structure_of_xml(service, output, wrapper.unwrap_or(&root)))
}

fn structure_of_xml(
    service: &Service,
    structure: &Structure,
    element: &Element,
) -> Map<String, Value> {
    let mut members = Map::new();
    for member in &structure.members {
        let reference = &member.reference;
        if reference.location.is_some() {
            continue;
        }
        let is_member =
            |name: &str| structure.member(name).is_some_and(|found| std::ptr::eq(found, member));
        if reference.is_attribute {
            let found = element.attributes.iter().find(|(name, _)| is_member(name));
            members.extend(found.map(|(_, text)| (member.name.clone(), scalar(reference, text))));
            continue;
        }
        let found: Vec<&Element> =
            element.children.iter().filter(|child| is_member(&child.name)).collect();
        let Some(first) = found.first() else { continue };
        let value = match flat_element(service, reference) {
            Some(of) => found.iter().map(|child| from_xml(service, of, child)).collect(),
            None => from_xml(service, reference, first),
        };
        members.insert(member.name.clone(), value);
    }
    members
}

/// Of a list without an element around it: what its elements are.
fn flat_element<'a>(service: &'a Service, reference: &'a Reference) -> Option<&'a Reference> {
    let Type::Shape(id) = reference.of else { return None };
    match service.shape(id)? {
        // EC2's calls have flat lists, its answers never.
        _ if service.protocol == Protocol::Ec2 => None,
        Shape::List { element, is_flat } => (*is_flat || reference.is_flat).then_some(element),
        Shape::Structure(_) | Shape::Map { .. } => None,
    }
}

fn from_xml(service: &Service, reference: &Reference, element: &Element) -> Value {
    let shape = match reference.of {
        Type::Shape(id) => service.shape(id),
        _ => None,
    };
    match shape {
        None => scalar(reference, &element.text),
        Some(Shape::Structure(structure)) => {
            Value::Object(structure_of_xml(service, structure, element))
        }
        Some(Shape::List { element: of, .. }) => {
            element.children.iter().map(|child| from_xml(service, of, child)).collect()
        }
        Some(Shape::Map { key, value, .. }) => {
            let entries = element.children.iter().filter_map(|entry| {
                let name = entry.child(key.wire_name.as_deref().unwrap_or("key"))?;
                let held = entry.child(value.wire_name.as_deref().unwrap_or("value"))?;
                Some((name.text.clone(), from_xml(service, value, held)))
            });
            Value::Object(entries.collect())
        }
    }
}

/// A scalar's value from its text; a text that is not of the type stays a text.
fn scalar(reference: &Reference, text: &str) -> Value {
    let parsed = match reference.of {
        Type::Integer => text.parse::<i64>().ok().map(|number| json!(number)),
        Type::Number => text.parse::<f64>().ok().map(|number| json!(number)),
        Type::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        Type::String | Type::Timestamp | Type::Blob | Type::Shape(_) => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn json_error(headers: &[(String, String)], body: &[u8]) -> Option<(String, String)> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let header = headers.iter().find(|(name, _)| name == "x-amzn-errortype");
    let code = header
        .map(|(_, text)| text.as_str())
        .or_else(|| text("__type"))
        .or_else(|| text("code"))
        .or_else(|| text("Code"))?;
    // `com.amazonaws…#Name` and `Name:http://…`.
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    let message = text("message").or_else(|| text("Message")).unwrap_or_default();
    Some((code.to_owned(), message.to_owned()))
}

fn xml_error(body: &[u8]) -> Option<(String, String)> {
    let root = xml::parse(body).ok()?;
    let error = root.find("Error", 3)?;
    let text = |name: &str| error.child(name).map(|it| it.text.clone()).unwrap_or_default();
    Some((text("Code"), text("Message")))
}

#[cfg(test)]
mod tests;
