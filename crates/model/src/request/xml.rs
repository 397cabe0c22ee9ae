//! XML bodies.

use serde_json::Value;

use super::{given, text};
use crate::shape::{Reference, Shape, Structure, Type};
use crate::table::Service;

/// The whole input as one element.
pub(super) fn root(
    service: &Service,
    name: &str,
    namespace: Option<&str>,
    structure: &Structure,
    input: &Value,
) -> String {
    let mut out = String::new();
    let attribute = namespace.map(|uri| format!(" xmlns=\"{}\"", escape(uri)));
    members(service, structure, input, name, attribute.unwrap_or_default(), &mut out);
    out
}

/// One value as an element.
pub(super) fn element(
    service: &Service,
    name: &str,
    reference: &Reference,
    value: &Value,
) -> String {
    let mut out = String::new();
    write(service, name, reference, value, &mut out);
    out
}

fn write(service: &Service, name: &str, reference: &Reference, value: &Value, out: &mut String) {
    let shape = match reference.of {
        Type::Shape(id) => service.shape(id),
        _ => None,
    };
    match (shape, value) {
        (Some(Shape::Structure(structure)), _) => {
            members(service, structure, value, name, namespace(reference), out);
        }
        (Some(Shape::List { element, is_flat }), Value::Array(values)) => {
            let is_flat = *is_flat || reference.is_flat;
            let each = element.wire_name.as_deref().unwrap_or("member");
            let each = if is_flat { name } else { each };
            let around = (!is_flat).then_some(name);
            tag(around, &namespace(reference), out, |out| {
                for value in values {
                    write(service, each, element, value, out);
                }
            });
        }
        (Some(Shape::Map { key, value: of, .. }), Value::Object(entries)) => {
            let key_name = key.wire_name.as_deref().unwrap_or("key");
            let value_name = of.wire_name.as_deref().unwrap_or("value");
            tag(Some(name), "", out, |out| {
                for (given, value) in entries {
                    tag(Some("entry"), "", out, |out| {
                        tag(Some(key_name), "", out, |out| *out += &escape(given));
                        write(service, value_name, of, value, out);
                    });
                }
            });
        }
        _ => tag(Some(name), "", out, |out| *out += &escape(&text(reference, value))),
    }
}

fn members(
    service: &Service,
    structure: &Structure,
    value: &Value,
    name: &str,
    mut attributes: String,
    out: &mut String,
) {
    for (member, value) in given(structure, value).filter(|(it, _)| it.reference.is_attribute) {
        let value = escape(&text(&member.reference, value));
        attributes += &format!(" {}=\"{value}\"", member.wire_name());
    }
    tag(Some(name), &attributes, out, |out| {
        for (member, value) in given(structure, value) {
            let reference = &member.reference;
            if !reference.is_attribute && reference.location.is_none() {
                write(service, member.wire_name(), reference, value, out);
            }
        }
    });
}

fn tag(name: Option<&str>, attributes: &str, out: &mut String, inner: impl FnOnce(&mut String)) {
    if let Some(name) = name {
        *out += &format!("<{name}{attributes}>");
    }
    inner(out);
    if let Some(name) = name {
        *out += &format!("</{name}>");
    }
}

fn namespace(reference: &Reference) -> String {
    let Some(uri) = &reference.namespace else { return String::new() };
    let prefix = reference.namespace_prefix.as_ref().map(|prefix| format!(":{prefix}"));
    format!(" xmlns{}=\"{}\"", prefix.unwrap_or_default(), escape(uri))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
