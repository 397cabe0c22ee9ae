//! What names a resource: the places that a new identity leaves behind, and what an undo also touches.

use serde_json::Value;

use super::case::Case;
use super::path::element_key;
use super::prior::Prior;
use super::table;
use super::types::Place;
use crate::state::{Key, Scope};

/// The most places that are told.
const PLACES_MAX: usize = 200;

/// Every place in `state` that names `key`, in order.
pub(crate) fn places(state: &dyn Prior, scope: &Scope, key: &Key) -> Vec<Place> {
    let mut found = Vec::new();
    for kind in table::types() {
        for (owner, resource) in state.resources(scope, kind) {
            if owner != key {
                walk(owner, &resource.body, String::new(), &key.id, &mut found);
            }
        }
    }
    found.sort();
    found.dedup();
    found.truncate(PLACES_MAX);
    found
}

fn walk(owner: &Key, value: &Value, path: String, id: &str, found: &mut Vec<Place>) {
    match value {
        Value::String(text) if text == id => {
            found.push(Place { key: owner.clone(), path, names: id.to_owned() });
        }
        Value::Array(values) => {
            for element in values {
                let name = element_key(element).unwrap_or_default();
                walk(owner, element, format!("{path}[{name}]"), id, found);
            }
        }
        Value::Object(members) => {
            for (name, inner) in members {
                let inner_path =
                    if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(owner, inner, inner_path, id, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Case<'_> {
    /// Lists what names an identity that does not come back, less what the steps change.
    pub(super) fn list_rewiring(&mut self) {
        let Some(key) = self.about.clone() else { return };
        let mut all = places(self.now, &self.scope, &key);
        all.extend(places(self.before, &self.scope, &key));
        all.sort();
        all.dedup();
        let is_done = |place: &Place| {
            self.steps.iter().any(|step| {
                let names_owner = step.input.as_object().is_some_and(|members| {
                    members.values().any(|value| value.as_str() == Some(&place.key.id))
                });
                let has_key = step.input.as_object().is_some_and(|members| {
                    members
                        .values()
                        .filter_map(Value::as_str)
                        .any(|it| place.path.contains(&format!("[{it}]")) && it != place.key.id)
                });
                names_owner && has_key
            })
        };
        let left: Vec<Place> = all.into_iter().filter(|place| !is_done(place)).collect();
        self.rewire.extend(left);
        self.rewire.sort();
        self.rewire.dedup();
        // A place within another tells it better.
        let told = self.rewire.clone();
        self.rewire.retain(|place| {
            let inner = format!("{}.", place.path);
            !told.iter().any(|it| it.key == place.key && it.path.starts_with(&inner))
        });
    }

    /// Tells what else an undo touches: what names its target now.
    pub(super) fn list_blast_radius(&mut self) {
        const TOLD_MAX: usize = 20;
        let Some(key) = self.about.clone() else { return };
        let named_by = places(self.now, &self.scope, &key);
        let mut owners: Vec<String> = named_by.iter().map(|it| it.key.id.clone()).collect();
        if let Some(resource) = self.now.resource(&key) {
            for association in
                resource.body.get("Associations").and_then(Value::as_array).into_iter().flatten()
            {
                let subnet = association.get("SubnetId").and_then(Value::as_str);
                owners.extend(subnet.map(str::to_owned));
            }
        }
        owners.sort();
        owners.dedup();
        let count = owners.len();
        owners.truncate(TOLD_MAX);
        if !owners.is_empty() {
            let more = if count > TOLD_MAX {
                format!(" and {} more", count - TOLD_MAX)
            } else {
                String::new()
            };
            self.blast_radius.push(format!("{} is used by {}{more}", key.id, owners.join(", ")));
        }
    }
}
