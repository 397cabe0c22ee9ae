//! Where a replayed state and a snapshot of its time meet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::diff::{bound, ends};
use super::draft::settle;
use super::path;
use super::resource::{Resource, Source};
use super::{Changed, Key, Scope, State};

impl State {
    /// The state that `snapshot`, which describes this one's time, and the events before it tell together.
    ///
    /// Shape: values are the snapshot's. Where the events told the same, they stay known from their event,
    /// and so does what the snapshot does not describe. What it says otherwise, and what it should list
    /// and does not, is known from the snapshot: [`super::drift`] lists it.
    ///
    /// Returns what that changed beside it, also where only the source of a value is another.
    #[must_use]
    pub fn meet(&self, snapshot: &Self) -> (Self, Vec<Changed>) {
        self.meet_but(snapshot, |_| false)
    }

    /// The same of a snapshot that took a while: what events set meanwhile, which `is_meanwhile` knows, stays
    /// as they say.
    #[must_use]
    pub fn meet_but(
        &self,
        snapshot: &Self,
        is_meanwhile: impl Fn(&Source) -> bool,
    ) -> (Self, Vec<Changed>) {
        let mut state = bound(self, snapshot);
        for (key, told) in snapshot.resources.iter() {
            match state.resources.get(key) {
                Some(known) => {
                    let met = resources(known, told, &is_meanwhile);
                    state.put(key.clone(), Some(Arc::new(met)));
                }
                // Some resources are described for a while after their end.
                None if state
                    .gone
                    .get(key)
                    .is_some_and(|by| ends(&told.body) || is_meanwhile(by)) => {}
                None => {
                    state.put(key.clone(), Some(Arc::clone(told)));
                }
            }
        }
        for ((scope, kind), source) in snapshot.complete.iter() {
            let left = state.of_type(scope, kind).map(|(key, _)| key);
            let is_new =
                |key: &Key| state.resources.get(key).is_some_and(|it| is_meanwhile(it.source("")));
            let left: Vec<Key> = left
                .filter(|key| !snapshot.resources.contains_key(key) && !is_new(key))
                .cloned()
                .collect();
            for key in left {
                state.put(key.clone(), None);
                state.gone.insert_mut(key, source.clone());
            }
            state.complete.insert_mut((scope.clone(), kind), source.clone());
        }
        let changed = changes(self, &state);
        (state, changed)
    }

    /// The same, without saying of any type that all resources are here.
    #[must_use]
    pub fn in_parts(&self) -> Self {
        Self { complete: rpds::HashTrieMapSync::default(), ..self.clone() }
    }

    /// The resources of some scopes alone.
    #[must_use]
    pub fn within(&self, is_in: impl Fn(&Scope) -> bool) -> Self {
        let mut state = self.clone();
        for key in self.resources.keys().filter(|key| !is_in(&key.scope)) {
            state.put(key.clone(), None);
        }
        for place in self.complete.keys().filter(|(scope, _)| !is_in(scope)) {
            state.complete.remove_mut(place);
        }
        for key in self.gone.keys().filter(|key| !is_in(&key.scope)) {
            state.gone.remove_mut(key);
        }
        state
    }

    /// The accounts and Regions that something is known of.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        let of_types = self.complete.keys().map(|(scope, _)| scope.clone());
        self.resources.keys().map(|key| key.scope.clone()).chain(of_types).collect()
    }
}

/// What is another in `after` than in `before`.
fn changes(before: &State, after: &State) -> Vec<Changed> {
    let keys: BTreeSet<&Key> = before.resources.keys().chain(after.resources.keys()).collect();
    let of = |key: &&Key| (before.resources.get(*key), after.resources.get(*key));
    let is_other = |key: &&Key| match of(key) {
        (Some(one), Some(other)) => !Arc::ptr_eq(one, other) && one != other,
        _ => true,
    };
    let others = keys.into_iter().filter(is_other);
    others
        .map(|key| Changed {
            key: key.clone(),
            before: before.resources.get(key).cloned(),
            after: after.resources.get(key).cloned(),
        })
        .collect()
}

/// What both tell of one resource.
fn resources(
    known: &Resource,
    told: &Resource,
    is_meanwhile: &impl Fn(&Source) -> bool,
) -> Resource {
    let mut sources = BTreeMap::new();
    let whole = match known.source("") {
        Source::Unknown => told.source(""),
        known => known,
    };
    sources.insert(String::new(), whole.clone());
    let mut met = Resource { body: told.body.clone(), sources: BTreeMap::new() };
    // What only the events tell.
    for (at, value, source) in known.properties() {
        let is_told = path::get(&told.body, &at).is_some() || *told.source(&at) != Source::Unknown;
        if !is_told && value.is_some() {
            path::set(&mut met.body, &at, value);
            sources.insert(at, source.clone());
        } else if path::get(&told.body, &at).is_none() && value.is_some() {
            sources.insert(at.clone(), told.source(&at).clone());
        }
    }
    for (at, value, source) in told.properties() {
        match value {
            Some(value) => {
                let is_agreed = path::get(&known.body, &at) == Some(value);
                let agreed = Some(known.source(&at)).filter(|_| is_agreed);
                let by = agreed.filter(|it| **it != Source::Unknown).unwrap_or(source);
                sources.insert(at, by.clone());
            }
            // Neither tells it.
            None if path::get(&met.body, &at).is_none()
                && *known.source(&at) == Source::Unknown =>
            {
                sources.insert(at, Source::Unknown);
            }
            None if path::get(&met.body, &at).is_none() => {
                sources.insert(at.clone(), known.source(&at).clone());
            }
            None => {}
        }
    }
    // What was set while the snapshot was taken is as the event says.
    for (at, source) in known.sources.iter().filter(|(_, source)| is_meanwhile(source)) {
        if !at.is_empty() {
            path::make_way(&mut met.body, at, &known.body);
            path::set(&mut met.body, at, path::get(&known.body, at));
            sources.insert(at.clone(), source.clone());
        }
    }
    met.sources = sources;
    settle(&mut met);
    met
}
