//! A resource over time: the moments at which it changed, what it looked like at one of them, and what differs
//! between two times. One replay answers all of it.

use std::collections::BTreeMap;

use trailhound_query::Coverage;
use trailhound_record::Timestamp;
use trailhound_replay::state::Difference;

use crate::App;
use crate::lookup::LookupError;
use crate::path::Setter;
use crate::replay::{Key, Moment, Replay, ReplayQuery, Resource};
use crate::state::{about, is_about, source_of};

/// Which resource, and when.
#[derive(Debug, Clone, Default)]
pub struct MomentsQuery {
    /// Its id, ARN or name; a VPC's id means everything in it too.
    pub resource: String,
    /// The account, where one alone is wanted.
    pub account_id: Option<String>,
    /// When; the newest state when absent.
    pub at: Option<Timestamp>,
    /// The earlier time of a difference; none is taken when absent.
    pub from: Option<Timestamp>,
}

/// When a resource changed, and what it looked like.
#[derive(Debug)]
pub struct MomentsFound {
    /// The changes of the resource, oldest first.
    pub moments: Vec<MomentOf>,
    /// The resource, or what is in the VPC, at the time that was asked for.
    pub resources: Vec<(Key, Resource)>,
    /// What differs since the earlier time, where one was asked for.
    pub differences: Option<Vec<Difference>>,
    /// The events that values are known from, by id.
    pub events: BTreeMap<String, Setter>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// A change of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MomentOf {
    /// When; nothing when its record has no readable time.
    pub at: Option<Timestamp>,
    /// The event's id.
    pub event_id: String,
    /// The event's name.
    pub event_name: String,
}

impl App {
    /// Says when a resource changed, what it looked like at a time, and what differs since an earlier one.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn moments(&self, query: &MomentsQuery) -> Result<MomentsFound, LookupError> {
        let replay = self.replay(&ReplayQuery {
            account_id: query.account_id.clone(),
            services: Vec::new(),
            until: None,
            ..ReplayQuery::default()
        })?;
        let state = query.at.map_or(replay.last(), |at| replay.at(at));
        let resources = about(state, &query.resource);
        let differences = query.from.map(|from| differences(&replay, query, from));
        let known = resources.iter().flat_map(|(_, resource)| resource.sources.values());
        let sides = differences.iter().flatten();
        let sides = sides.flat_map(|it| [source_of(&it.before), source_of(&it.after)]).flatten();
        let events = self.events_of_sources(known.chain(sides))?;
        Ok(MomentsFound {
            moments: moments(&replay, &query.resource),
            resources,
            differences,
            events,
            events_read: replay.events_read,
            coverage: replay.coverage,
        })
    }
}

fn moments(replay: &Replay, wanted: &str) -> Vec<MomentOf> {
    let is_of = |moment: &&Moment| {
        moment.changed.iter().any(|changed| {
            let sides = [changed.before.as_deref(), changed.after.as_deref()];
            let mut sides = sides.into_iter().flatten();
            changed.key.id == wanted || sides.any(|side| is_about(wanted, &changed.key, side))
        })
    };
    let moment = |moment: &Moment| MomentOf {
        at: moment.at,
        event_id: moment.event_id.clone(),
        event_name: moment.event_name.clone(),
    };
    replay.moments().iter().filter(is_of).map(moment).collect()
}

fn differences(replay: &Replay, query: &MomentsQuery, from: Timestamp) -> Vec<Difference> {
    let before = replay.at(from);
    let after = query.at.map_or(replay.last(), |at| replay.at(at));
    let both = [before, after].into_iter();
    let keys: Vec<Key> =
        both.flat_map(|state| about(state, &query.resource)).map(|(key, _)| key).collect();
    let mut differences = trailhound_replay::state::diff(before, after);
    differences.retain(|difference| keys.contains(&difference.key));
    differences
}
