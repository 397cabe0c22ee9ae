//! The properties of one resource, event after event.

use std::collections::BTreeMap;

use serde::Serialize;
use trailhound_record::{Event, Timestamp};

use crate::effects::{Kind, Write, effects, set};
use crate::network::RULE_IDS;

/// What a property was before an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// This, as an earlier event said.
    Value(String),
    /// There was none: an earlier event removed it, or made the resource without it.
    Absent,
    /// No earlier event said.
    NotKnown,
}

/// One property that an event changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The property, `routes[0.0.0.0/0]`.
    pub path: String,
    /// What it was.
    pub before: Before,
    /// What it is from then on; nothing when it was removed.
    pub after: Option<String>,
}

/// What one event did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What kind of thing.
    pub kind: Kind,
    /// The properties that it wrote.
    pub changes: Vec<Change>,
}

/// Folds the events of one resource, oldest first.
#[derive(Debug)]
pub struct History {
    resource: Vec<String>,
    properties: BTreeMap<String, Property>,
    /// Whether its creation was seen: then a member that no event put in one of [`WHOLE_LISTS`] is absent.
    is_whole: bool,
}

/// What is known of a property.
#[derive(Debug)]
struct Property {
    value: Option<String>,
    written_at: Option<Timestamp>,
}

/// The lists that are known whole once the creation of their resource was seen: its event tells what they
/// start with.
const WHOLE_LISTS: &[&str] = &[
    "routes[",
    "ingress[",
    "egress[",
    "associations[",
    "tags[",
    "rolePolicy[",
    "userPolicy[",
    "groupPolicy[",
    "user[",
];

impl History {
    /// Of the resource that has the names `resource`: its id, its ARN.
    pub fn new(resource: Vec<String>) -> Self {
        Self { resource, properties: BTreeMap::new(), is_whole: false }
    }

    /// Takes the next event.
    pub fn push(&mut self, event: &Event) -> Step {
        let done = effects(event, &self.resource);
        if done.is_partial {
            self.forget();
        }
        if done.kind == Kind::Create {
            self.properties.clear();
            self.is_whole = true;
        }
        let writes: Vec<Write> =
            done.writes.into_iter().flat_map(|write| self.parts_of(write)).collect();
        let mut changes = Vec::new();
        for write in writes {
            let before = self.before(&write, done.kind, event.event_time);
            let property = Property { value: write.after.clone(), written_at: event.event_time };
            let is_own = write.path.starts_with(RULE_IDS);
            self.properties.insert(write.path.clone(), property);
            if !is_own {
                changes.push(Change { path: write.path, before, after: write.after });
            }
        }
        if done.kind == Kind::Delete {
            self.forget();
        }
        Step { kind: done.kind, changes }
    }

    fn forget(&mut self) {
        self.properties.clear();
        self.is_whole = false;
    }

    fn before(&self, write: &Write, kind: Kind, at: Option<Timestamp>) -> Before {
        let is_whole_list = WHOLE_LISTS.iter().any(|list| write.path.starts_with(list));
        match self.properties.get(&write.path) {
            // Times have whole seconds: of two calls in one, nobody knows which came first.
            Some(known) if at.is_some() && known.written_at == at && kind != Kind::Create => {
                Before::NotKnown
            }
            Some(Property { value: Some(value), .. }) => Before::Value(value.clone()),
            Some(Property { value: None, .. }) => Before::Absent,
            None if write.is_new || kind == Kind::Create => Before::Absent,
            // A member that is removed was there, whoever put it there.
            None if self.is_whole && is_whole_list && write.after.is_some() => Before::Absent,
            None => Before::NotKnown,
        }
    }

    /// What is removed with its parts is removed part by part; a rule that is named by its id is the rule.
    fn parts_of(&mut self, write: Write) -> Vec<Write> {
        if write.after.is_some() {
            return vec![write];
        }
        if write.path.starts_with(RULE_IDS) {
            let rule = self.properties.get(&write.path).and_then(|known| known.value.clone());
            return match rule {
                Some(rule) => vec![set(rule, None), write],
                None => {
                    // Some rule went: which, nobody said. What is known of the rules is not known any more.
                    self.properties.retain(|path, _| !path.contains("gress["));
                    self.is_whole = false;
                    let id = write.path.trim_start_matches(RULE_IDS).trim_end_matches(']');
                    vec![set(format!("rule {id}"), None)]
                }
            };
        }
        if self.properties.contains_key(&write.path) {
            return vec![write];
        }
        let inside = format!("{}.", write.path);
        let below = self.properties.range(inside.clone()..);
        let parts: Vec<Write> = below
            .take_while(|(path, _)| path.starts_with(&inside))
            .filter(|(_, known)| known.value.is_some())
            .map(|(path, _)| set(path, None))
            .collect();
        if parts.is_empty() { vec![write] } else { parts }
    }
}

impl Change {
    /// What it was, for people.
    pub fn before_text(&self) -> String {
        match &self.before {
            Before::Value(value) => value.clone(),
            Before::Absent => "(none)".to_owned(),
            Before::NotKnown => "(not known)".to_owned(),
        }
    }

    /// What it is from then on, for people.
    pub fn after_text(&self) -> String {
        self.after.clone().unwrap_or_else(|| "(none)".to_owned())
    }

    /// Whether the property is another than before, or may be.
    pub fn is_real(&self) -> bool {
        match &self.before {
            Before::Value(value) => self.after.as_ref() != Some(value),
            Before::Absent => self.after.is_some(),
            Before::NotKnown => true,
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} -> {}", self.path, self.before_text(), self.after_text())
    }
}

#[cfg(test)]
mod tests;
