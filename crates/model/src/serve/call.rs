//! From the pairs of a form to a call's input in botocore form.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::shape::{Member, Reference, Shape, Structure, Type};
use crate::table::{Operation, Service};

/// So many parts a parameter's name may have: AWS's have six at most.
const DEPTH_MAX: usize = 16;

/// Why a call cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "variants are documented, fields are named by what they hold")]
pub enum ReadCallError {
    /// A parameter that the operation does not have.
    #[error("the parameter {name} is not recognized")]
    Unknown { name: String },
    /// A parameter that the operation needs is not given.
    #[error("the request must contain the parameter {name}")]
    Missing { name: String },
    /// A value is not of its parameter's type.
    #[error("the parameter {name} takes {takes}")]
    Value { name: String, takes: &'static str },
    /// A parameter is given twice.
    #[error("the parameter {name} is given more than once")]
    Repeated { name: String },
}

/// Reads the pairs of a call of `operation`, without `Action` and `Version`.
///
/// Shape: an object with the members that are given, by their botocore names; a list's elements are in the
/// order of their numbers, which may have holes. Numbers and booleans are of their types, times are texts.
///
/// # Errors
/// When a parameter is not the operation's, is missing, given twice, or not of its type.
pub fn read_call(
    operation: &Operation,
    pairs: &[(String, String)],
) -> Result<Value, ReadCallError> {
    let mut root = Node::default();
    for (name, value) in pairs {
        root.put(name, value)?;
    }
    let empty = Structure::default();
    let structure = operation.input().unwrap_or(&empty);
    let read = Reader { service: &operation.service };
    read.structure(structure, &root, "").map(Value::Object)
}

/// The parameters whose names begin alike.
#[derive(Default)]
struct Node<'a> {
    value: Option<&'a str>,
    below: BTreeMap<&'a str, Node<'a>>,
}

impl<'a> Node<'a> {
    fn put(&mut self, name: &'a str, value: &'a str) -> Result<(), ReadCallError> {
        let mut node = self;
        for (depth, part) in name.split('.').enumerate() {
            if depth == DEPTH_MAX {
                return Err(ReadCallError::Unknown { name: name.to_owned() });
            }
            node = node.below.entry(part).or_default();
        }
        match node.value.replace(value) {
            None => Ok(()),
            Some(_) => Err(ReadCallError::Repeated { name: name.to_owned() }),
        }
    }

    /// The name of any parameter that is at or below this node.
    fn any(&self, path: &str) -> String {
        match self.below.iter().next() {
            Some((part, node)) if self.value.is_none() => node.any(&joined(path, part)),
            _ => path.to_owned(),
        }
    }
}

fn joined(path: &str, part: &str) -> String {
    if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") }
}

struct Reader<'a> {
    service: &'a Service,
}

impl Reader<'_> {
    fn structure(
        &self,
        structure: &Structure,
        node: &Node<'_>,
        path: &str,
    ) -> Result<Map<String, Value>, ReadCallError> {
        let mut members = Map::new();
        for (part, below) in &node.below {
            let path = joined(path, part);
            let named = structure.members.iter().find(|member| query_name(member) == *part);
            let Some(member) = named else {
                return Err(ReadCallError::Unknown { name: below.any(&path) });
            };
            let value = self.value(&member.reference, below, &path)?;
            members.insert(member.name.clone(), value);
        }
        let missing = |member: &&Member| member.is_required && !members.contains_key(&member.name);
        if let Some(member) = structure.members.iter().find(missing) {
            return Err(ReadCallError::Missing { name: joined(path, &query_name(member)) });
        }
        Ok(members)
    }

    fn value(
        &self,
        reference: &Reference,
        node: &Node<'_>,
        path: &str,
    ) -> Result<Value, ReadCallError> {
        let shape = match reference.of {
            Type::Shape(id) => self.service.shape(id),
            _ => None,
        };
        let is_leaf = node.below.is_empty();
        match shape {
            None if is_leaf => scalar(reference.of, node.value.unwrap_or_default(), path),
            None => Err(ReadCallError::Unknown { name: node.below_name(path) }),
            Some(_) if node.value.is_some() => {
                Err(ReadCallError::Value { name: path.to_owned(), takes: "parts, and no value" })
            }
            Some(Shape::Structure(structure)) => {
                self.structure(structure, node, path).map(Value::Object)
            }
            Some(Shape::List { element, .. }) => self.list(element, node, path),
            // EC2 has no maps in its calls.
            Some(Shape::Map { .. }) => Err(ReadCallError::Unknown { name: path.to_owned() }),
        }
    }

    fn list(
        &self,
        element: &Reference,
        node: &Node<'_>,
        path: &str,
    ) -> Result<Value, ReadCallError> {
        let mut numbered = BTreeMap::new();
        for (part, below) in &node.below {
            let path = joined(path, part);
            let number = part.parse::<u32>().ok().filter(|number| *number > 0);
            let Some(number) = number.filter(|number| number.to_string() == *part) else {
                return Err(ReadCallError::Unknown { name: below.any(&path) });
            };
            numbered.insert(number, self.value(element, below, &path)?);
        }
        Ok(numbered.into_values().collect())
    }
}

impl Node<'_> {
    fn below_name(&self, path: &str) -> String {
        self.below
            .iter()
            .next()
            .map_or_else(|| path.to_owned(), |(part, node)| node.any(&joined(path, part)))
    }
}

/// A member's name in EC2's calls.
fn query_name(member: &Member) -> String {
    if let Some(name) = &member.reference.query_name {
        return name.clone();
    }
    let mut chars = member.wire_name().chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn scalar(of: Type, text: &str, path: &str) -> Result<Value, ReadCallError> {
    let wrong = |takes| ReadCallError::Value { name: path.to_owned(), takes };
    match of {
        Type::Integer => {
            text.parse::<i64>().map(|it| json!(it)).map_err(|_| wrong("a whole number"))
        }
        Type::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(json!(number)),
            _ => Err(wrong("a number")),
        },
        // Clients in other languages than botocore's write a capital letter.
        Type::Boolean => match text {
            "true" | "True" => Ok(json!(true)),
            "false" | "False" => Ok(json!(false)),
            _ => Err(wrong("true or false")),
        },
        Type::String | Type::Timestamp | Type::Blob | Type::Shape(_) => Ok(json!(text)),
    }
}
