//! Inverses that need more than a line of the table.

pub(super) mod access;
pub(super) mod addresses;
pub(super) mod associations;
pub(super) mod balancers;
pub(super) mod compute;
pub(super) mod data;
pub(super) mod edge;
pub(super) mod endpoints;
pub(super) mod gateways;
pub(super) mod groups;
pub(super) mod routes;
pub(super) mod subnets;
pub(super) mod tags;

use serde_json::{Value, json};

use super::case::{Case, Words};
use super::expr::{Missing, Worth};
use super::types::{Ref, Used};
use crate::state::{Key, Source};

impl Case<'_> {
    /// Adds a step made by code; members that are absent are left out.
    pub(super) fn add(&mut self, operation: &str, members: Vec<(&str, Worth)>) -> Option<usize> {
        let words = Words::of(operation);
        self.add_words(&words, members)
    }

    /// Does `work` with another resource in place of what the event is about.
    pub(super) fn about<T>(&mut self, key: &Key, work: impl FnOnce(&mut Self) -> T) -> T {
        let about = self.about.replace(key.clone());
        let kind = std::mem::replace(&mut self.about_type, key.resource_type);
        let numbers = std::mem::take(&mut self.numbers);
        let done = work(self);
        let made = std::mem::replace(&mut self.numbers, numbers);
        if self.numbers.is_empty() && about.as_ref() == Some(key) {
            // What the event is about: its new identity is the one that is looked at.
            self.numbers = made;
        }
        self.about = about;
        self.about_type = kind;
        done
    }

    /// Asks for what `text` says.
    pub(super) fn ask_for(&mut self, asks: impl Into<String>, path: &str, is_blocking: bool) {
        let operation = Words::of(self.row.undo.first().copied().unwrap_or_default()).operation;
        let missing = Missing { asks: asks.into(), path: path.to_owned(), inferred: None };
        self.ask(missing, operation, is_blocking);
    }

    /// The answer of the first call of this resource.
    pub(super) fn new_identity(&self) -> Option<Ref> {
        let step = self.numbers.first().copied().flatten()?;
        Some(Ref { at: String::new(), step, path: self.row.new_id.to_owned() })
    }
}

/// The answer of an earlier step as a value.
pub(super) fn answer(of: &Ref) -> Worth {
    Worth::Is {
        value: Value::Null,
        refs: vec![Ref { at: String::new(), ..of.clone() }],
        uses: vec![],
    }
}

/// A text as a value.
pub(super) fn text(value: &str) -> Worth {
    Worth::plain(json!(value))
}

/// A value of a resource from before.
pub(super) fn used(key: &Key, path: String, value: Value, source: Source) -> Worth {
    let uses = vec![Used { key: key.clone(), path, value: value.clone(), source }];
    Worth::Is { value, refs: Vec::new(), uses }
}

/// The elements of a list; none when it is not one.
pub(super) fn elements(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}
