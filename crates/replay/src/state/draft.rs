//! A resource while an event changes it: each change also says where the value is known from.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::form::is_hidden;
use super::kinds::{element_key, is_element};
use super::path;
use super::resource::{Resource, Source, prefixes};

/// Elements that were removed and are remembered with their event. What goes beyond is known as the whole
/// resource is: absent when its creation was seen, otherwise not known.
const REMOVED_MAX: usize = 512;

/// A resource that is being changed.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) body: Map<String, Value>,
    sources: BTreeMap<String, Source>,
    source: Source,
}

impl Draft {
    /// A copy of `resource`; what is written from now on is known from `source`.
    pub(crate) fn new(resource: &Resource, source: Source) -> Self {
        let body = resource.body.as_object().cloned().unwrap_or_default();
        Self { body, sources: resource.sources.clone(), source }
    }

    /// The same of a resource that nobody else needs as it was.
    pub(crate) fn owned(resource: Resource, source: Source) -> Self {
        let body = match resource.body {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self { body, sources: resource.sources, source }
    }

    pub(crate) fn finish(mut self, has_hidden: bool) -> Resource {
        if has_hidden {
            let mut paths = Vec::new();
            scrub(&mut self.body, "", &mut paths);
            for path in paths {
                self.mark(&path, Source::Unknown);
            }
        }
        if self.sources.len() > REMOVED_MAX {
            self.forget_removed();
        }
        let mut resource = Resource { body: Value::Object(self.body), sources: self.sources };
        settle(&mut resource);
        resource
    }

    /// Writes what `write` writes, as known from `source`.
    pub(crate) fn known_from(&mut self, source: &Source, write: impl FnOnce(&mut Self)) {
        let own = std::mem::replace(&mut self.source, source.clone());
        write(self);
        self.source = own;
    }

    /// Says where everything at `path` is known from.
    pub(crate) fn mark(&mut self, path: &str, source: Source) {
        self.drop_below(path);
        self.sources.insert(path.to_owned(), source);
    }

    fn drop_below(&mut self, path: &str) {
        if path.is_empty() {
            self.sources.clear();
            return;
        }
        let first = path.to_owned();
        let below: Vec<String> = self
            .sources
            .range(first..)
            .map(|(known, _)| known)
            .take_while(|known| known.starts_with(path))
            .filter(|known| is_within(path, known))
            .cloned()
            .collect();
        for known in below {
            self.sources.remove(&known);
        }
    }

    fn source_of(&self, path: &str) -> Option<&Source> {
        prefixes(path).find_map(|prefix| self.sources.get(prefix))
    }

    fn is_known(&self, path: &str) -> bool {
        !matches!(self.source_of(path), None | Some(Source::Unknown))
    }

    /// Whether nothing below `path` is in doubt.
    fn is_whole(&self, path: &str) -> bool {
        let below =
            self.sources.range(path.to_owned()..).take_while(|(it, _)| it.starts_with(path));
        let mut below = below.filter(|(known, _)| is_within(path, known));
        self.is_known(path) && below.all(|(_, source)| *source != Source::Unknown)
    }

    pub(crate) fn get(&self, member: &str) -> Option<&Value> {
        self.body.get(member)
    }

    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.get(member).and_then(Value::as_str)
    }

    /// Sets a member whole.
    pub(crate) fn set(&mut self, member: &str, value: impl Into<Value>) {
        let value = value.into();
        // What was inferred and is now told is told.
        let is_told = matches!(self.source, Source::Event { .. })
            && matches!(self.source_of(member), Some(Source::Inferred { .. }));
        if self.body.get(member) == Some(&value) && self.is_whole(member) && !is_told {
            return;
        }
        self.body.insert(member.to_owned(), value);
        let source = self.source.clone();
        self.mark(member, source);
    }

    /// Writes a member of which only the part at `path` is new.
    pub(crate) fn replace_part(&mut self, member: &str, value: Value, path: &str) {
        self.body.insert(member.to_owned(), value);
        let source = self.source.clone();
        self.mark(path, source);
    }

    /// Writes a member whose parts were written before this.
    pub(crate) fn replace_quietly(&mut self, member: &str, value: Value) {
        self.body.insert(member.to_owned(), value);
    }

    /// Sets those members of a member that `parts` has; the others stay.
    pub(crate) fn set_parts(&mut self, member: &str, parts: Option<&Value>) {
        let mut whole = self.body.get(member).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        for (name, value) in parts.and_then(Value::as_object).into_iter().flatten() {
            let Some(members) = whole.as_object_mut() else { return };
            let path = format!("{member}.{name}");
            if members.get(name) == Some(value) && self.is_whole(&path) {
                continue;
            }
            members.insert(name.clone(), value.clone());
            self.replace_part(member, whole.clone(), &path);
        }
    }

    /// Removes a member of a member.
    pub(crate) fn unset_part(&mut self, member: &str, name: &str) {
        let members = self.body.get_mut(member).and_then(Value::as_object_mut);
        members.map(|members| members.shift_remove(name));
        let source = self.source.clone();
        self.mark(&format!("{member}.{name}"), source);
    }

    /// Sets a member when there is a value.
    pub(crate) fn set_some(&mut self, member: &str, value: Option<&Value>) {
        if let Some(value) = value {
            self.set(member, value.clone());
        }
    }

    /// From now on there is no such member.
    pub(crate) fn unset(&mut self, member: &str) {
        let was = self.body.shift_remove(member);
        if was.is_some() || !self.is_known(member) {
            let source = self.source.clone();
            self.mark(member, source);
        }
    }

    /// From now on nobody knows the member.
    pub(crate) fn forget(&mut self, member: &str) {
        self.body.shift_remove(member);
        self.mark(member, Source::Unknown);
    }

    /// What is not said is not known any more: only the elements and members that stay.
    pub(crate) fn forget_rest(&mut self) {
        let id = self.sources.clone();
        self.body.retain(|member, _| member.ends_with("Id") && id.contains_key(member));
        self.sources.retain(|path, _| self.body.contains_key(path));
        self.sources.insert(String::new(), Source::Unknown);
    }

    pub(crate) fn list(&self, member: &str) -> &[Value] {
        self.body.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn list_mut(&mut self, member: &str) -> Option<&mut Vec<Value>> {
        let list = self.body.entry(member.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut()
    }

    /// The element of a list with `key`.
    pub(crate) fn element(&self, member: &str, key: &str) -> Option<&Value> {
        self.list(member).iter().find(|it| is_element(member, it, key))
    }

    /// Puts an element into a list, in the place of the one with its key.
    pub(crate) fn put(&mut self, member: &str, element: Value) {
        let Some(key) = element_key(member, &element) else { return };
        let path = format!("{member}[{key}]");
        let is_known = self.is_whole(&path);
        let Some(list) = self.list_mut(member) else { return };
        let old = list.iter_mut().find(|it| is_element(member, it, &key));
        match old {
            Some(old) if *old == element && is_known => return,
            Some(old) => *old = element,
            None => list.push(element),
        }
        let source = self.source.clone();
        self.mark(&path, source);
    }

    /// Puts an element into a list, of which only the part at `path` is new.
    pub(crate) fn put_part(&mut self, member: &str, element: Value, path: &str) {
        let Some(key) = element_key(member, &element) else { return };
        let Some(list) = self.list_mut(member) else { return };
        match list.iter_mut().find(|it| is_element(member, it, &key)) {
            Some(old) if *old == element => {}
            Some(old) => *old = element,
            None => list.push(element),
        }
        let source = self.source.clone();
        self.mark(path, source);
    }

    /// Removes an element that has no part left, the last of which was at `path`.
    pub(crate) fn remove_part(&mut self, member: &str, key: &str, path: &str) {
        if let Some(list) = self.list_mut(member) {
            list.retain(|it| !is_element(member, it, key));
        }
        let source = self.source.clone();
        self.mark(path, source);
    }

    /// From now on it is known that there is nothing at `path`.
    pub(crate) fn mark_absent(&mut self, path: &str) {
        if !self.is_known(path) {
            let source = self.source.clone();
            self.mark(path, source);
        }
    }

    /// From now on a list may have elements that nobody knows of; those that are known stay.
    pub(crate) fn open(&mut self, member: &str) {
        let keys = self.list(member).iter().filter_map(|it| element_key(member, it));
        let known: Vec<(String, Source)> = keys
            .map(|key| format!("{member}[{key}]"))
            .filter_map(|path| self.source_of(&path).cloned().map(|source| (path, source)))
            .collect();
        self.mark(member, Source::Unknown);
        self.sources.extend(known);
    }

    /// Sets a member of an element.
    pub(crate) fn put_in(&mut self, member: &str, key: &str, name: &str, value: impl Into<Value>) {
        let value = value.into();
        let path = format!("{member}[{key}].{name}");
        let is_known = self.is_known(&path);
        let Some(list) = self.list_mut(member) else { return };
        let old = list.iter_mut().find(|it| is_element(member, it, key));
        let Some(old) = old.and_then(Value::as_object_mut) else { return };
        if old.get(name) == Some(&value) && is_known {
            return;
        }
        old.insert(name.to_owned(), value);
        let source = self.source.clone();
        self.mark(&path, source);
    }

    /// From now on an element has no such member.
    pub(crate) fn take_in(&mut self, member: &str, key: &str, name: &str, path: &str) {
        let Some(list) = self.list_mut(member) else { return };
        let old = list.iter_mut().find(|it| is_element(member, it, key));
        let Some(old) = old.and_then(Value::as_object_mut) else { return };
        if old.shift_remove(name).is_some() || !self.is_known(path) {
            let source = self.source.clone();
            self.mark(path, source);
        }
    }

    /// From now on nobody knows the member of an element.
    pub(crate) fn forget_in(&mut self, member: &str, key: &str, name: &str) {
        let path = format!("{member}[{key}].{name}");
        if let Some(list) = self.list_mut(member) {
            let old = list.iter_mut().find(|it| is_element(member, it, key));
            if let Some(old) = old.and_then(Value::as_object_mut) {
                old.shift_remove(name);
            }
        }
        self.mark(&path, Source::Unknown);
    }

    /// Removes the element of a list with `key`, and returns it.
    pub(crate) fn remove(&mut self, member: &str, key: &str) -> Option<Value> {
        let list = self.list_mut(member)?;
        let at = list.iter().position(|it| is_element(member, it, key));
        let old = at.map(|at| list.remove(at));
        let path = format!("{member}[{key}]");
        if old.is_some() || !self.is_known(&path) {
            let source = self.source.clone();
            self.mark(&path, source);
        }
        old
    }

    /// From now on nobody knows whether there is an element with `key`.
    pub(crate) fn doubt(&mut self, member: &str, key: &str) {
        self.remove(member, key);
        self.mark(&format!("{member}[{key}]"), Source::Unknown);
    }

    /// Removes the elements that `is_it` picks, and returns them.
    pub(crate) fn remove_if(&mut self, member: &str, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let picked = self.list(member).iter().filter(|it| is_it(it));
        let keys: Vec<String> = picked.filter_map(|it| element_key(member, it)).collect();
        keys.iter().filter_map(|key| self.remove(member, key)).collect()
    }

    /// Takes over what `other`, which was sighted under its real id, is known to have.
    pub(crate) fn overlay(&mut self, other: &Resource) {
        let mut body = Value::Object(std::mem::take(&mut self.body));
        for (at, source) in &other.sources {
            if at.is_empty() || *source == Source::Unknown {
                continue;
            }
            path::set(&mut body, at, path::get(&other.body, at));
            self.mark(at, source.clone());
        }
        if let Value::Object(members) = body {
            self.body = members;
        }
    }

    /// What is at `path` repeats `other`: it is as well known as that.
    pub(crate) fn mirror(&mut self, path: &str, other: &Resource) {
        if *other.source("") == Source::Unknown {
            self.mark(path, Source::Unknown);
        }
        for (below, source) in other.sources.iter().filter(|(below, _)| !below.is_empty()) {
            let source = match source {
                Source::Unknown => Source::Unknown,
                _ => self.source.clone(),
            };
            self.sources.insert(format!("{path}.{below}"), source);
        }
    }

    /// Drops the marks of elements that are not there any more.
    fn forget_removed(&mut self) {
        let body = &self.body;
        self.sources.retain(|path, source| {
            let Some((member, rest)) = path.split_once('[') else { return true };
            let key = rest.split_once(']').map_or(rest, |(key, _)| key);
            let list = body.get(member).and_then(Value::as_array);
            let is_there = |it: &Value| is_element(member, it, key);
            *source == Source::Unknown || list.is_some_and(|list| list.iter().any(is_there))
        });
    }
}

/// Where a part of an element that is not there is in doubt, the element is: it may be there with that part.
pub(crate) fn settle(resource: &mut Resource) {
    let doubts = resource.sources.iter().filter(|(_, source)| **source == Source::Unknown);
    let elements = doubts.filter_map(|(at, _)| at.split_once("].").map(|(it, _)| format!("{it}]")));
    let hidden: Vec<String> = elements
        .filter(|element| {
            path::get(&resource.body, element).is_none()
                && *resource.source(element) != Source::Unknown
        })
        .collect();
    resource.sources.extend(hidden.into_iter().map(|element| (element, Source::Unknown)));
}

/// Whether `path` is `prefix` or lies below it.
pub(crate) fn is_within(prefix: &str, path: &str) -> bool {
    match path.strip_prefix(prefix) {
        Some("") => true,
        Some(rest) => prefix.is_empty() || rest.starts_with(['.', '[']),
        None => false,
    }
}

/// Takes out values that AWS took out of the record, and says where they were.
fn scrub(members: &mut Map<String, Value>, path: &str, paths: &mut Vec<String>) {
    members.retain(|name, value| {
        let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::String(text) if is_hidden(text) => {
                paths.push(at);
                return false;
            }
            Value::Object(members) => scrub(members, &at, paths),
            Value::Array(values) => {
                for value in values {
                    let key = element_key(name, value).unwrap_or_default();
                    if let Value::Object(members) = value {
                        scrub(members, &format!("{at}[{key}]"), paths);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        true
    });
}
