//! One event being applied to a state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::call::Call;
use super::draft::Draft;
use super::kinds::{id_member, part_ids};
use super::resource::{Resource, Source};
use super::{Changed, Key, State};

/// A state while an event is applied to it.
#[derive(Debug)]
pub(crate) struct Fold<'a> {
    pub(crate) call: &'a Call,
    state: State,
    before: BTreeMap<Key, Option<Arc<Resource>>>,
    /// Whether it is told what changed: then nothing is changed in place.
    tells: bool,
}

impl<'a> Fold<'a> {
    pub(crate) fn new(mut state: State, call: &'a Call) -> Self {
        if !call.unknown.is_empty() {
            let name = format!("{}:{}", call.service, call.name);
            let count = state.unread.get(&name).copied().unwrap_or_default();
            state.unread.insert_mut(name, count + call.unknown.len() as u64);
        }
        Self { call, state, before: BTreeMap::new(), tells: true }
    }

    /// The same, but what changed is not told: what no other state shares is changed in place.
    pub(crate) fn in_place(state: State, call: &'a Call) -> Self {
        Self { tells: false, ..Self::new(state, call) }
    }

    /// The state after, and what changed, in the order of the keys.
    pub(crate) fn finish(self) -> (State, Vec<Changed>) {
        let mut changes = Vec::new();
        if !self.tells {
            return (self.state, changes);
        }
        for (key, before) in self.before {
            let after = self.state.resources.get(&key).cloned();
            if before != after {
                changes.push(Changed { key, before, after });
            }
        }
        (self.state, changes)
    }

    /// The event says so.
    pub(crate) fn said(&self) -> Source {
        Source::Event { id: self.call.event_id.clone() }
    }

    /// The event is the cause, and no record says so.
    pub(crate) fn inferred(&self) -> Source {
        Source::Inferred { id: self.call.event_id.clone() }
    }

    pub(crate) fn key(&self, kind: &'static str, id: &str) -> Key {
        Key { scope: self.call.scope.clone(), resource_type: kind, id: id.to_owned() }
    }

    pub(crate) fn get(&self, kind: &'static str, id: &str) -> Option<&Resource> {
        self.state.get(&self.key(kind, id))
    }

    /// The text of a member of a resource.
    pub(crate) fn text_of(&self, kind: &'static str, id: &str, member: &str) -> Option<String> {
        self.get(kind, id)?.body.get(member)?.as_str().map(str::to_owned)
    }

    /// The ids of the resources of these types that the event touched so far.
    pub(crate) fn touched(&self, kinds: &[&str]) -> BTreeSet<String> {
        let keys = self.before.keys().filter(|key| kinds.contains(&key.resource_type));
        keys.map(|key| key.id.clone()).collect()
    }

    pub(crate) fn is_gone(&self, kind: &'static str, id: &str) -> bool {
        self.state.gone.contains_key(&self.key(kind, id))
    }

    /// Whether a baseline had every resource of the type in this scope.
    pub(crate) fn is_complete(&self, kind: &'static str) -> bool {
        self.state.is_complete(&self.call.scope, kind)
    }

    /// Whether everything of the resource is known since its creation or a baseline.
    pub(crate) fn is_whole(&self, kind: &'static str, id: &str) -> bool {
        self.get(kind, id).is_some_and(|it| *it.source("") != Source::Unknown)
    }

    /// The ids of the resources of a type for which `is_it` holds.
    pub(crate) fn ids(&self, kind: &'static str, is_it: impl Fn(&Resource) -> bool) -> Vec<String> {
        let all = self.state.of_type(&self.call.scope, kind);
        all.filter(|(_, resource)| is_it(resource)).map(|(key, _)| key.id.clone()).collect()
    }

    /// The ids of the resources of a type that begin with `prefix`.
    pub(crate) fn ids_from(&self, kind: &'static str, prefix: &str) -> Vec<String> {
        let from = self.state.resources.range(self.key(kind, prefix)..).map(|(key, _)| key);
        let near = from.take_while(|key| {
            key.resource_type == kind && key.scope == self.call.scope && key.id.starts_with(prefix)
        });
        near.map(|key| key.id.clone()).collect()
    }

    /// The resource that gave `part` its id: the table of an association.
    pub(crate) fn owner(&self, part: &str) -> Option<Key> {
        self.state.parts.get(&(self.call.scope.clone(), part.to_owned())).cloned()
    }

    /// The id of the resource of type `kind` that gave `part` its id.
    pub(crate) fn owner_id(&self, kind: &'static str, part: &str) -> Option<String> {
        self.owner(part).filter(|key| key.resource_type == kind).map(|key| key.id)
    }

    /// Adds a resource, whose whole body this is.
    ///
    /// A repeat of the call that made it changes nothing. When it was sighted before, as calls of one
    /// second have no order, what they wrote stays.
    pub(crate) fn create(&mut self, kind: &'static str, id: &str, body: Value) {
        self.create_from(kind, id, body, self.said());
    }

    pub(crate) fn create_from(&mut self, kind: &'static str, id: &str, body: Value, from: Source) {
        let sighted = match self.get(kind, id) {
            Some(known) if *known.source("") != Source::Unknown => return,
            sighted => sighted.cloned(),
        };
        let mut body = match body {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        if let Some(member) = id_member(kind) {
            body.entry(member).or_insert_with(|| Value::String(id.to_owned()));
        }
        let sources = BTreeMap::from([(String::new(), from)]);
        let created = Resource { body: Value::Object(body), sources };
        let mut draft = Draft::new(&created, self.said());
        if let Some(sighted) = sighted {
            draft.overlay(&sighted);
        }
        self.store(kind, id, Some(draft.finish(self.call.has_hidden)));
    }

    /// Makes everything that is said of a resource known from this event: it is there and whole.
    pub(crate) fn recreate(&mut self, kind: &'static str, id: &str, body: Value) {
        self.store(kind, id, None);
        self.create(kind, id, body);
    }

    /// The resource is exactly this from now on, whatever it was; what stays stays known from before.
    pub(crate) fn replace(&mut self, kind: &'static str, id: &str, body: Value) {
        if self.get(kind, id).is_none_or(|known| *known.source("") == Source::Unknown) {
            self.recreate(kind, id, body);
            return;
        }
        let members = body.as_object().cloned().unwrap_or_default();
        self.edit(kind, id, |draft| {
            let gone = draft.body.keys().filter(|name| !members.contains_key(*name));
            for name in gone.cloned().collect::<Vec<String>>() {
                draft.unset(&name);
            }
            for (name, value) in &members {
                draft.set(name, value.clone());
            }
        });
    }

    /// Changes a resource; one whose creation was not seen is unknown but for what is written now.
    pub(crate) fn edit(&mut self, kind: &'static str, id: &str, write: impl FnOnce(&mut Draft)) {
        if id.is_empty() || (kind.starts_with("AWS::EC2::") && self.is_gone(kind, id)) {
            // EC2 never gives an id again: a call on one that is gone was made before it went.
            return;
        }
        let key = self.key(kind, id);
        let known = self.state.resources.get(&key).cloned();
        let parts = known.as_ref().map_or_else(Vec::new, |it| part_ids(kind, &it.body));
        if !self.tells {
            self.state.resources.remove_mut(&key);
        }
        let mut draft = match known.clone() {
            Some(shared) if self.tells => Draft::new(&shared, self.said()),
            Some(shared) => {
                drop(known);
                let own = Arc::try_unwrap(shared).unwrap_or_else(|shared| (*shared).clone());
                Draft::owned(own, self.said())
            }
            None => {
                let sources = BTreeMap::from([(String::new(), Source::Unknown)]);
                let unseen = Resource { body: Value::Object(Map::new()), sources };
                let mut draft = Draft::new(&unseen, self.said());
                if let Some(member) = id_member(kind) {
                    draft.set(member, id);
                }
                draft
            }
        };
        write(&mut draft);
        let after = Arc::new(draft.finish(self.call.has_hidden));
        if self.tells {
            self.store_arc(kind, id, Some(after));
        } else {
            self.state.put_over(key.clone(), &parts, Some(after));
            self.before.entry(key).or_insert(None);
        }
    }

    /// Changes a resource, when something is known of it.
    pub(crate) fn edit_known(
        &mut self,
        kind: &'static str,
        id: &str,
        write: impl FnOnce(&mut Draft),
    ) {
        if self.get(kind, id).is_some() {
            self.edit(kind, id, write);
        }
    }

    /// Removes a resource.
    pub(crate) fn delete(&mut self, kind: &'static str, id: &str) {
        if id.is_empty() {
            return;
        }
        self.store(kind, id, None);
        let source = self.said();
        self.state.gone.insert_mut(self.key(kind, id), source);
    }

    /// Moves what is known of `placeholder` to the real `id`, under which it may have been sighted.
    pub(crate) fn bind(&mut self, kind: &'static str, placeholder: &str, id: &str) {
        let (from, to) = (self.key(kind, placeholder), self.key(kind, id));
        if self.state.get(&from).is_none() {
            return;
        }
        for key in [&from, &to] {
            let before = self.state.resources.get(key).cloned();
            self.before.entry(key.clone()).or_insert(before);
        }
        bind(&mut self.state, &from, id);
    }

    /// Makes a resource unknown but for its id.
    pub(crate) fn forget(&mut self, kind: &'static str, id: &str) {
        self.edit(kind, id, Draft::forget_rest);
    }

    fn store(&mut self, kind: &'static str, id: &str, after: Option<Resource>) {
        self.store_arc(kind, id, after.map(Arc::new));
    }

    fn store_arc(&mut self, kind: &'static str, id: &str, after: Option<Arc<Resource>>) {
        let key = self.key(kind, id);
        let before = self.state.put(key.clone(), after);
        self.before.entry(key).or_insert(before);
    }
}

/// Moves what is known of a placeholder to the real `id`.
pub(crate) fn bind(state: &mut State, placeholder: &Key, id: &str) {
    let Some(known) = state.resources.get(placeholder).cloned() else { return };
    let real = Key { id: id.to_owned(), ..placeholder.clone() };
    let sighted = state.resources.get(&real).cloned();
    let mut draft = Draft::new(&known, known.source("").clone());
    replace_text(&mut draft.body, &placeholder.id, id);
    if let Some(sighted) = sighted {
        draft.overlay(&sighted);
    }
    state.put(placeholder.clone(), None);
    state.put(real, Some(Arc::new(draft.finish(false))));
}

/// Writes `to` wherever `from` stands.
fn replace_text(members: &mut Map<String, Value>, from: &str, to: &str) {
    for value in members.values_mut() {
        replace_in(value, from, to);
    }
}

fn replace_in(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(|value| replace_in(value, from, to)),
        Value::Object(members) => replace_text(members, from, to),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
