//! Form-encoded calls: the query protocol, and EC2's dialect of it.

use serde_json::Value;

use super::{encode, given, text};
use crate::shape::{Member, Reference, Shape, Structure, Type};
use crate::table::{Operation, Protocol, Service};

/// The body: the action, the version, and the parameters.
pub(super) fn body(operation: &Operation, structure: &Structure, input: &Value) -> String {
    let service = &operation.service;
    let mut writer = Writer { service, pairs: Vec::new() };
    writer.push("Action", &operation.name);
    writer.push("Version", &service.api_version);
    writer.structure(structure, input, "");
    let pairs: Vec<String> = writer
        .pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name, &[]), encode(value, &[])))
        .collect();
    pairs.join("&")
}

struct Writer<'a> {
    service: &'a Service,
    pairs: Vec<(String, String)>,
}

impl Writer<'_> {
    fn push(&mut self, name: &str, value: &str) {
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    fn is_ec2(&self) -> bool {
        self.service.protocol == Protocol::Ec2
    }

    fn structure(&mut self, structure: &Structure, input: &Value, prefix: &str) {
        for (member, value) in given(structure, input) {
            let name = self.name(member);
            let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            self.value(&member.reference, value, &path);
        }
    }

    fn name(&self, member: &Member) -> String {
        if !self.is_ec2() {
            return member.wire_name().to_owned();
        }
        if let Some(name) = &member.reference.query_name {
            return name.clone();
        }
        let mut chars = member.wire_name().chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
    }

    fn value(&mut self, reference: &Reference, value: &Value, path: &str) {
        let service = self.service;
        let shape = match reference.of {
            Type::Shape(id) => service.shape(id),
            _ => None,
        };
        match (shape, value) {
            (Some(Shape::Structure(structure)), _) => self.structure(structure, value, path),
            (Some(Shape::List { element, is_flat }), Value::Array(values)) => {
                self.list(element, values, *is_flat || reference.is_flat, path);
            }
            (Some(Shape::Map { key, value: of, is_flat }), Value::Object(entries)) => {
                let entry = if *is_flat || reference.is_flat { "" } else { ".entry" };
                let key = key.wire_name.as_deref().unwrap_or("key");
                let name = of.wire_name.as_deref().unwrap_or("value");
                for (number, (given, value)) in entries.iter().enumerate() {
                    let path = format!("{path}{entry}.{}", number + 1);
                    self.push(&format!("{path}.{key}"), given);
                    self.value(of, value, &format!("{path}.{name}"));
                }
            }
            _ => self.push(path, &text(reference, value)),
        }
    }

    fn list(&mut self, element: &Reference, values: &[Value], is_flat: bool, path: &str) {
        let path = match (self.is_ec2(), is_flat, &element.wire_name) {
            (true, _, _) | (false, true, None) => path.to_owned(),
            // The name of the elements stands for that of the list.
            (false, true, Some(name)) => match path.rsplit_once('.') {
                Some((before, _)) => format!("{before}.{name}"),
                None => name.clone(),
            },
            (false, false, name) => format!("{path}.{}", name.as_deref().unwrap_or("member")),
        };
        if values.is_empty() && !self.is_ec2() {
            // An empty list is said with an empty parameter.
            self.push(&path.replace(".member", ""), "");
        }
        for (number, value) in values.iter().enumerate() {
            self.value(element, value, &format!("{path}.{}", number + 1));
        }
    }
}
