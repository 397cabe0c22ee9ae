//! Calls of resources: the path, the query and headers, and a body of JSON or XML.

use serde_json::Value;

use super::{HttpRequest, encode, given, is_at, text, to_json, xml};
use crate::shape::{Location, Member, Structure, Type};
use crate::table::{Operation, Protocol};

pub(super) fn write(
    operation: &Operation,
    structure: &Structure,
    input: &Value,
    request: &mut HttpRequest,
) {
    let (path, fixed) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
    request.path = fill(operation, path, structure, input);
    for pair in fixed.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        request.query.push((name.to_owned(), value.to_owned()));
    }
    for (member, value) in given(structure, input) {
        match member.reference.location {
            Some(Location::Query) => in_query(member, value, request),
            Some(Location::Header) => {
                let header = (member.wire_name().to_owned(), text(&member.reference, value));
                request.headers.push(header);
            }
            Some(Location::Headers) => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let name = format!("{}{name}", member.wire_name());
                    request.headers.push((name, text(&member.reference, value)));
                }
            }
            Some(Location::Uri | Location::Status) | None => {}
        }
    }
    body(operation, structure, input, request);
}

/// Puts members into the path: `{Bucket}`, and `{Key+}`, whose slashes stay.
///
/// Shape: Route 53 answers ids with what they are of, `/hostedzone/Z1`, and takes them without.
fn fill(operation: &Operation, path: &str, structure: &Structure, input: &Value) -> String {
    let mut out = path.to_owned();
    let is_route53 = operation.service.id == "route53";
    for (member, value) in given(structure, input).filter(|(it, _)| is_at(it, Location::Uri)) {
        let name = member.wire_name();
        let value = text(&member.reference, value);
        let value = match value.rsplit_once('/') {
            Some((_, last)) if is_route53 && name.ends_with("Id") => last.to_owned(),
            _ => value,
        };
        out = out.replace(&format!("{{{name}}}"), &encode(&value, &[]));
        out = out.replace(&format!("{{{name}+}}"), &encode(&value, &['/']));
    }
    out
}

fn in_query(member: &Member, value: &Value, request: &mut HttpRequest) {
    let name = || member.wire_name().to_owned();
    match value {
        Value::Array(values) => {
            let values = values.iter().map(|value| (name(), text(&member.reference, value)));
            request.query.extend(values);
        }
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| (key.clone(), text(&member.reference, value)));
            request.query.extend(entries);
        }
        value => request.query.push((name(), text(&member.reference, value))),
    }
}

fn body(operation: &Operation, structure: &Structure, input: &Value, request: &mut HttpRequest) {
    let service = &operation.service;
    let is_json = service.protocol == Protocol::RestJson;
    let payload = structure.payload.as_deref();
    let payload =
        payload.and_then(|name| structure.members.iter().find(|member| member.name == name));
    let kind = if is_json { "application/json" } else { "application/xml" };
    let mut put = |body: String| {
        request.headers.push(("Content-Type".to_owned(), kind.to_owned()));
        request.body = body.into_bytes();
    };
    if let Some(member) = payload {
        let Some(value) = input.get(&member.name) else { return };
        match member.reference.of {
            Type::Shape(id) if is_json => {
                if let Some(of) = service.structure(id) {
                    put(to_json(service, of, value).to_string());
                }
            }
            Type::Shape(_) => {
                put(xml::element(service, member.wire_name(), &member.reference, value))
            }
            // Text and bytes are the body as they are.
            _ => {
                request.body =
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned).into()
            }
        }
        return;
    }
    let has_body = structure.members.iter().any(|member| member.reference.location.is_none());
    if !has_body {
        return;
    }
    if is_json {
        put(to_json(service, structure, input).to_string());
    } else {
        let root = operation.root.as_deref().unwrap_or(&operation.name);
        put(xml::root(service, root, operation.namespace.as_deref(), structure, input));
    }
}
