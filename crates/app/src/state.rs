//! What a resource looked like at a time, and what changed between two times.

use std::collections::BTreeMap;

use serde_json::Value;
use trailhound_query::{Coverage, LookupQuery};
use trailhound_record::Timestamp;
pub use trailhound_replay::state::{Difference, Side};

use crate::App;
use crate::lookup::LookupError;
use crate::path::Setter;
use crate::replay::{Key, ReplayQuery, Resource, Source, State};

/// Which resource, and when.
#[derive(Debug, Clone)]
pub struct StateQuery {
    /// Its id, ARN or name; a VPC's id means everything in it too.
    pub resource: String,
    /// The account, where one alone is wanted.
    pub account_id: Option<String>,
    /// When; the newest state when absent.
    pub at: Option<Timestamp>,
}

/// What resources looked like.
#[derive(Debug)]
pub struct StateFound {
    /// The resources, in the order of their types and ids.
    pub resources: Vec<(Key, Resource)>,
    /// The events that values are known from, by id.
    pub events: BTreeMap<String, Setter>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What changed between two times.
#[derive(Debug)]
pub struct DiffFound {
    /// The properties that differ, in the order of resources and paths.
    pub differences: Vec<Difference>,
    /// Whether anything is known of the resource at either time.
    pub is_known: bool,
    /// The events that values are known from, by id.
    pub events: BTreeMap<String, Setter>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

impl App {
    /// Says what a resource looked like at a time.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn state(&self, query: &StateQuery) -> Result<StateFound, LookupError> {
        let replay = self.replay(&ReplayQuery {
            account_id: query.account_id.clone(),
            services: Vec::new(),
            until: query.at,
            ..ReplayQuery::default()
        })?;
        let resources = about(replay.last(), &query.resource);
        let sources = resources.iter().flat_map(|(_, resource)| resource.sources.values());
        let events = self.events_of_sources(sources)?;
        let (events_read, coverage) = (replay.events_read, replay.coverage);
        Ok(StateFound { resources, events, events_read, coverage })
    }

    /// Says what of a resource differs between two times, and which event set each value.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn diff(&self, query: &StateQuery, from: Timestamp) -> Result<DiffFound, LookupError> {
        let replay = self.replay(&ReplayQuery {
            account_id: query.account_id.clone(),
            services: Vec::new(),
            until: query.at,
            ..ReplayQuery::default()
        })?;
        let (before, after) = (replay.at(from), replay.last());
        let keys: Vec<Key> = [before, after]
            .into_iter()
            .flat_map(|state| about(state, &query.resource))
            .map(|(key, _)| key)
            .collect();
        let mut differences = trailhound_replay::state::diff(before, after);
        differences.retain(|difference| keys.contains(&difference.key));
        let sources =
            differences.iter().flat_map(|it| [source_of(&it.before), source_of(&it.after)]);
        let events = self.events_of_sources(sources.flatten())?;
        let (events_read, coverage) = (replay.events_read, replay.coverage);
        let is_known = !keys.is_empty();
        Ok(DiffFound { differences, is_known, events, events_read, coverage })
    }

    /// The events that values are known from, with who made each.
    pub(crate) fn events_of_sources<'a>(
        &self,
        sources: impl Iterator<Item = &'a Source>,
    ) -> Result<BTreeMap<String, Setter>, LookupError> {
        let mut tracer = self.tracer()?;
        let mut events = BTreeMap::new();
        for source in sources {
            let (Source::Event { id } | Source::Inferred { id }) = source else { continue };
            if events.contains_key(id) {
                continue;
            }
            let query = LookupQuery { event_id: Some(id.clone()), ..LookupQuery::default() };
            let event = self.lookup(&query, None, 1)?.events.into_iter().next();
            events.insert(id.clone(), Setter::of(id, event.as_ref(), &mut tracer));
        }
        Ok(events)
    }
}

/// Where a side is known from.
pub fn source_of(side: &Side) -> Option<&Source> {
    match side {
        Side::Is { source, .. } | Side::Absent { source } => Some(source),
        Side::Unknown => None,
    }
}

/// The resources that `wanted` names: by id, by the end of an ARN, by name; of a VPC everything in it.
pub(crate) fn about(state: &State, wanted: &str) -> Vec<(Key, Resource)> {
    let found = state.iter().filter(|(key, resource)| is_about(wanted, key, resource));
    found.map(|(key, resource)| (key.clone(), resource.clone())).collect()
}

/// Whether `wanted` names a resource, or the VPC that it is in.
pub(crate) fn is_about(wanted: &str, key: &Key, resource: &Resource) -> bool {
    let bare = wanted.rsplit(['/', ':']).next().unwrap_or(wanted);
    // `arn:aws:SERVICE:REGION:ACCOUNT:…`; either may be empty.
    let part = |place: usize| wanted.split(':').nth(place).filter(|text| !text.is_empty());
    let is_of_arn = wanted.starts_with("arn:")
        && key.id == bare
        && part(3).is_none_or(|region| key.scope.region == region)
        && part(4).is_none_or(|account| key.scope.account == account);
    let is_named = key.id == wanted || is_of_arn;
    is_named || has_name(&resource.body, wanted) || is_in_vpc(&resource.body, wanted)
}

fn has_name(body: &Value, wanted: &str) -> bool {
    let tags = body.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    tags.into_iter().any(|tag| {
        text(tag, "Key").as_deref() == Some("Name") && text(tag, "Value").as_deref() == Some(wanted)
    })
}

/// Whether a resource says that it is in a VPC, or attached to it.
fn is_in_vpc(body: &Value, vpc: &str) -> bool {
    if !vpc.starts_with("vpc-") {
        return false;
    }
    let says = |value: &Value| value.get("VpcId").and_then(Value::as_str) == Some(vpc);
    let attached = body.get("Attachments").and_then(Value::as_array).into_iter().flatten();
    says(body) || attached.into_iter().any(says)
}
