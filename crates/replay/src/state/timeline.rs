//! Many events: the state at a time, forward, backward, and with states kept on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use trailhound_record::{Event, Timestamp};

use super::draft::{Draft, settle};
use super::path;
use super::resource::{Resource, Source};
use super::{Changed, State};

/// Puts events into the order in which they happened.
///
/// Shape: by time, which has whole seconds; within a second what makes an id comes before what uses it,
/// and what ends one after; then by event id. Repeats of an event id are dropped.
pub fn in_order(events: &mut Vec<Event>) {
    events.sort_by(|one, other| {
        (one.event_time, &one.event_id).cmp(&(other.event_time, &other.event_id))
    });
    events.dedup_by(|one, other| one.event_id.is_some() && one.event_id == other.event_id);
    let mut ordered = Vec::with_capacity(events.len());
    let mut second: Vec<Event> = Vec::new();
    for event in events.drain(..) {
        if second.first().is_some_and(|first| first.event_time != event.event_time) {
            ordered.append(&mut by_dependency(std::mem::take(&mut second)));
        }
        second.push(event);
    }
    ordered.append(&mut by_dependency(second));
    *events = ordered;
}

/// What an event needs to be there, makes, and ends.
struct Uses {
    needs: BTreeSet<String>,
    makes: BTreeSet<String>,
    is_end: bool,
}

fn by_dependency(events: Vec<Event>) -> Vec<Event> {
    if events.len() < 2 {
        return events;
    }
    let mut waiting: Vec<(Uses, Event)> =
        events.into_iter().map(|event| (uses(&event), event)).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let waits = |at: usize| {
            let others = || waiting.iter().enumerate().filter(|(other, _)| *other != at);
            let Some((own, _)) = waiting.get(at) else { return false };
            let for_making = others().any(|(_, (it, _))| !it.makes.is_disjoint(&own.needs));
            let for_use = own.is_end
                && others().any(|(_, (it, _))| !it.is_end && !it.needs.is_disjoint(&own.needs));
            for_making || for_use
        };
        // Calls that wait for each other in a circle keep the order of their ids.
        let next = (0..waiting.len()).find(|at| !waits(*at)).unwrap_or(0);
        ordered.push(waiting.remove(next).1);
    }
    ordered
}

fn uses(event: &Event) -> Uses {
    let name = event.event_name.as_deref().unwrap_or_default();
    let is_end = ["Delete", "Terminate", "Release"].iter().any(|verb| name.starts_with(verb));
    let is_start = ["Create", "Run", "Allocate"].iter().any(|verb| name.starts_with(verb));
    let record: Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    let ids = |part: &str| {
        let mut ids = BTreeSet::new();
        texts(record.get(part).unwrap_or(&Value::Null), &mut ids);
        ids.retain(|id| event.resource_ids.contains(id));
        ids
    };
    let (needs, told) = (ids("requestParameters"), ids("responseElements"));
    let gives_part = ["Associate", "Attach", "Replace"].iter().any(|verb| name.starts_with(verb));
    let makes = if is_start || gives_part { &told - &needs } else { BTreeSet::new() };
    Uses { needs, makes, is_end }
}

fn texts(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            out.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, out)),
        Value::Object(members) => members.values().for_each(|value| texts(value, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The state at `time`: `baseline` and the events up to it, which are in order.
pub fn state_at<'a, I>(events: I, baseline: &State, time: Timestamp) -> State
where
    I: IntoIterator<Item = &'a Event>,
{
    let before =
        events.into_iter().take_while(|event| event.event_time.is_none_or(|at| at <= time));
    before.fold(baseline.clone(), State::replay)
}

impl State {
    /// Goes back from a state to the one before `events`, which are in order and led to it.
    ///
    /// Shape: what an event made is absent before it; what it ended was there, and is known as far as
    /// events before it in the stream tell; what it set is unknown, unless those events tell.
    #[must_use]
    pub fn back(&self, events: &[Event]) -> Self {
        let first = self.undone(&changes(events, &Self::new()));
        // What an event did depends on what was there: with what is known now it can be told better.
        self.undone(&changes(events, &first))
    }

    /// Goes back over changes that led to this state, the oldest first, each with the id of its event.
    ///
    /// Shape: as [`State::back`], which takes events.
    #[must_use]
    pub fn undone<T: AsRef<str>, C: AsRef<[Changed]>>(&self, changes: &[(T, C)]) -> Self {
        let mut state = self.clone();
        for (id, changed) in changes.iter().rev() {
            let changed = changed.as_ref();
            changed.iter().for_each(|change| super::ec2::doubt(&mut state, change));
            for change in changed {
                undo(&mut state, change, id.as_ref());
            }
        }
        let ids: BTreeSet<&str> = changes.iter().map(|(id, _)| id.as_ref()).collect();
        sweep(&mut state, &ids);
        state
    }
}

/// What each event changed, from `state` on.
fn changes(events: &[Event], from: &State) -> Vec<(String, Vec<Changed>)> {
    let mut state = from.clone();
    let mut changes = Vec::with_capacity(events.len());
    for event in events {
        let (next, changed) = state.apply(event);
        let id = event.event_id.clone().unwrap_or_default();
        changes.push((id, changed));
        state = next;
    }
    changes
}

/// What is still known from one of the events was not known before it.
fn sweep(state: &mut State, events: &BTreeSet<&str>) {
    let is_by = |source: &Source| match source {
        Source::Event { id } | Source::Inferred { id } => events.contains(id.as_str()),
        Source::Snapshot { .. } | Source::Unknown => false,
    };
    let left = state.resources.iter().filter(|(_, it)| it.sources.values().any(is_by));
    let left: Vec<(super::Key, Arc<Resource>)> =
        left.map(|(key, resource)| (key.clone(), Arc::clone(resource))).collect();
    for (key, resource) in left {
        let id_member = super::kinds::id_member(key.resource_type);
        let mut body = resource.body.clone();
        let mut draft = Draft::new(&resource, Source::Unknown);
        for (at, _) in resource.sources.iter().filter(|(_, source)| is_by(source)) {
            if id_member != Some(at.as_str()) {
                path::set(&mut body, at, None);
                draft.mark(at, Source::Unknown);
            }
        }
        let mut resource = draft.finish(false);
        path::drop_hollow(&mut body);
        resource.body = body;
        // What knows the resource knows its id.
        if *resource.source("") != Source::Unknown
            && let Some(id) = id_member
        {
            resource.sources.remove(id);
        }
        settle(&mut resource);
        state.put(key, Some(Arc::new(resource)));
    }
}

fn undo(state: &mut State, change: &Changed, event: &str) {
    let is_by = |source: &Source| match source {
        Source::Event { id } | Source::Inferred { id } => id == event,
        Source::Snapshot { .. } | Source::Unknown => false,
    };
    let Some(after) = &change.after else {
        // It ended: before, it was there.
        let before = change.before.clone();
        let unknown = || {
            let sources = BTreeMap::from([(String::new(), Source::Unknown)]);
            Arc::new(Resource { body: Value::Object(serde_json::Map::new()), sources })
        };
        state.put(change.key.clone(), Some(before.unwrap_or_else(unknown)));
        return;
    };
    if change.before.is_none() && is_by(after.source("")) {
        // Made by the event.
        state.put(change.key.clone(), None);
        let source = after.source("").clone();
        state.gone.insert_mut(change.key.clone(), source);
        return;
    }
    let Some(known) = state.resources.get(&change.key).cloned() else { return };
    let mut body = known.body.clone();
    let mut draft = Draft::new(&known, Source::Unknown);
    for (at, source) in &after.sources {
        let was = change.before.as_ref().map(|before| before.source(at));
        if was == Some(source) || at.is_empty() || !(is_by(source) || *source == Source::Unknown) {
            continue;
        }
        let is_id = super::kinds::id_member(change.key.resource_type) == Some(at.as_str());
        if is_id {
            continue;
        }
        match (&change.before, was) {
            (Some(before), Some(was)) if *was != Source::Unknown => {
                path::make_way(&mut body, at, &before.body);
                path::set(&mut body, at, path::get(&before.body, at));
                draft.mark(at, was.clone());
            }
            _ => {
                path::set(&mut body, at, None);
                draft.mark(at, Source::Unknown);
            }
        }
    }
    path::drop_hollow(&mut body);
    let mut resource = draft.finish(false);
    resource.body = body;
    settle(&mut resource);
    state.put(change.key.clone(), Some(Arc::new(resource)));
}

/// States kept while events are applied, so that the state at any time is near.
///
/// States share what they have in common: keeping one costs what changed since the one before.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    every: usize,
    states: Vec<State>,
    times: Vec<Option<Timestamp>>,
}

impl Checkpoints {
    /// Applies `events`, which are in order, to `baseline` and keeps a state each `every` events.
    pub fn new(events: &[Event], baseline: &State, every: usize) -> Self {
        let every = every.max(1);
        let mut states = vec![baseline.clone()];
        let mut state = baseline.clone();
        for (number, event) in events.iter().enumerate() {
            state = state.replay(event);
            if (number + 1) % every == 0 {
                states.push(state.clone());
            }
        }
        let times = events.iter().map(|event| event.event_time).collect();
        Self { every, states, times }
    }

    /// The state after the first `count` of the events, which are those it was made of.
    pub fn after(&self, events: &[Event], count: usize) -> State {
        let count = count.min(self.times.len());
        let at = (count / self.every).min(self.states.len().saturating_sub(1));
        let state = self.states.get(at).cloned().unwrap_or_default();
        let rest = events.get(at * self.every..count).unwrap_or_default();
        rest.iter().fold(state, State::replay)
    }

    /// The state at `time`: after the events up to it.
    pub fn at(&self, events: &[Event], time: Timestamp) -> State {
        let count = self.times.partition_point(|at| at.is_none_or(|at| at <= time));
        self.after(events, count)
    }
}
