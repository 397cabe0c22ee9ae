//! From an answer in botocore form to the XML of EC2's protocol.

use serde_json::Value;

use crate::shape::{Reference, Shape, Structure, Type};
use crate::table::{Operation, Service};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Writes the answer of `operation`: the members of `output` that its model has, and no others.
///
/// Shape: names are botocore's; a null, and a value that is not of its member's type, is left out.
/// Characters that XML cannot hold become U+FFFD.
pub fn answer(operation: &Operation, request_id: &str, output: &Value) -> String {
    let service = &operation.service;
    let name = &operation.name;
    let namespace = format!("http://ec2.amazonaws.com/doc/{}/", service.api_version);
    let mut writer = Writer { service, out: String::from(DECLARATION) };
    writer.out += &format!("<{name}Response xmlns=\"{namespace}\">");
    writer.text("requestId", request_id);
    let empty = Structure::default();
    writer.structure(operation.output().unwrap_or(&empty), output);
    writer.out += &format!("</{name}Response>");
    writer.out
}

/// Writes a refusal.
pub fn error_answer(code: &str, message: &str, request_id: &str) -> String {
    format!(
        "{DECLARATION}<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>\
         <RequestID>{}</RequestID></Response>",
        escaped(code),
        escaped(message),
        escaped(request_id)
    )
}

struct Writer<'a> {
    service: &'a Service,
    out: String,
}

impl Writer<'_> {
    fn text(&mut self, name: &str, text: &str) {
        self.out += &format!("<{name}>{}</{name}>", escaped(text));
    }

    fn structure(&mut self, structure: &Structure, value: &Value) {
        for member in &structure.members {
            if let Some(value) = value.get(&member.name) {
                self.value(&answer_name(member.wire_name()), &member.reference, value);
            }
        }
    }

    fn value(&mut self, name: &str, reference: &Reference, value: &Value) {
        let shape = match reference.of {
            Type::Shape(id) => self.service.shape(id),
            _ => None,
        };
        match (shape, value) {
            (Some(Shape::Structure(structure)), Value::Object(_)) => {
                self.out += &format!("<{name}>");
                self.structure(structure, value);
                self.out += &format!("</{name}>");
            }
            (Some(Shape::List { element, .. }), Value::Array(values)) => {
                self.out += &format!("<{name}>");
                for value in values {
                    self.value(element.wire_name.as_deref().unwrap_or("item"), element, value);
                }
                self.out += &format!("</{name}>");
            }
            (None, Value::String(text)) => self.text(name, text),
            (None, Value::Bool(_) | Value::Number(_)) => self.text(name, &value.to_string()),
            _ => {}
        }
    }
}

/// A member's name in EC2's answers: the tables hold no name that differs in its first letter's case only.
fn answer_name(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// Text between tags.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            // Parsers turn it into a line feed.
            '\r' => out += "&#13;",
            '\t' | '\n' => out.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}
