//! Replayed state: what resources looked like at a time, and what changed them.

use std::ops::ControlFlow;

use trailhound_query::search::Query;
use trailhound_query::{Coverage, LookupQuery};
use trailhound_record::{Event, Timestamp};
use trailhound_replay::state::in_order;
pub use trailhound_replay::state::{Changed, Key, Known, Lookup, Resource, Scope, Source, State};

use crate::App;
use crate::lookup::LookupError;

/// Which events are replayed.
#[derive(Debug, Clone, Default)]
pub struct ReplayQuery {
    /// The account, where one alone is wanted.
    pub account_id: Option<String>,
    /// Services by the first part of their event source, `ec2`; all when empty.
    pub services: Vec<String>,
    /// Events after this time are left out.
    pub until: Option<Timestamp>,
}

/// What events made of the resources, one after the other.
#[derive(Debug)]
pub struct Replay {
    /// The state before the first event: the baseline, or nothing known.
    pub first: State,
    /// The events that changed something, in the order in which they were applied.
    pub moments: Vec<Moment>,
    /// How many events were read to find them.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// An event that changed something.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Its event id.
    pub event_id: String,
    /// Its name: `ReplaceRoute`.
    pub event_name: String,
    /// When it was; nothing when its record has no readable time.
    pub at: Option<Timestamp>,
    /// Its account.
    pub account_id: Option<String>,
    /// Whether another change has the same time: which of them came first is not recorded.
    pub is_tie: bool,
    /// What it changed.
    pub changed: Vec<Changed>,
    /// The state after it.
    pub after: State,
}

impl Replay {
    /// The state at the end of all that was replayed.
    pub fn last(&self) -> &State {
        self.moments.last().map_or(&self.first, |moment| &moment.after)
    }

    /// The state at `at`: after every event of that time and before.
    pub fn at(&self, at: Timestamp) -> &State {
        let later = self.moments.partition_point(|moment| moment.at.is_none_or(|it| it <= at));
        self.before(later)
    }

    /// The state before the moment with this index.
    pub fn before(&self, index: usize) -> &State {
        let earlier = index.checked_sub(1).and_then(|index| self.moments.get(index));
        earlier.map_or(&self.first, |moment| &moment.after)
    }

    /// The moment of an event.
    pub fn find(&self, event_id: &str) -> Option<usize> {
        self.moments.iter().position(|moment| moment.event_id == event_id)
    }
}

impl App {
    /// Replays the events that changed something, oldest first.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn replay(&self, query: &ReplayQuery) -> Result<Replay, LookupError> {
        let search = Query::parse(&search(query), Timestamp(0)).ok();
        let end = query.until.map(|at| Timestamp(at.0.saturating_add(1)));
        let lookup = LookupQuery {
            account_id: query.account_id.clone(),
            end,
            search,
            ..LookupQuery::default()
        };
        let mut fold = Fold { state: State::new(), moments: Vec::new(), waiting: Vec::new() };
        let mut events_read = 0;
        let coverage = self.lookup_oldest_first(&lookup, |events| {
            events_read += events.len() as u64;
            for event in events {
                fold.push(event);
            }
            ControlFlow::Continue(())
        })?;
        fold.flush();
        Ok(Replay { first: State::new(), moments: fold.moments, events_read, coverage })
    }
}

/// The search for what may have changed something.
fn search(query: &ReplayQuery) -> String {
    let writes = "-is:read -is:error -is:insight";
    match query.services.as_slice() {
        [] => writes.to_owned(),
        services => format!("{writes} service:({})", services.join(" OR ")),
    }
}

/// Events applied one after the other, those of one second in the order in which they depend on each other.
struct Fold {
    state: State,
    moments: Vec<Moment>,
    /// Events of one time, not applied yet.
    waiting: Vec<Event>,
}

impl Fold {
    fn push(&mut self, event: &Event) {
        if self.waiting.first().is_some_and(|first| first.event_time != event.event_time) {
            self.flush();
        }
        self.waiting.push(event.clone());
    }

    fn flush(&mut self) {
        let mut events = std::mem::take(&mut self.waiting);
        // Trails of several accounts or Regions deliver one call more than once.
        in_order(&mut events);
        let first = self.moments.len();
        for event in &events {
            let (state, changed) = self.state.apply(event);
            // Also without a change: it counts what it did not understand.
            self.state = state;
            if changed.is_empty() {
                continue;
            }
            self.moments.push(Moment {
                event_id: event.event_id.clone().unwrap_or_default(),
                event_name: event.event_name.clone().unwrap_or_default(),
                at: event.event_time,
                account_id: event.account_id.clone(),
                is_tie: false,
                changed,
                after: self.state.clone(),
            });
        }
        let tied = self.moments.get_mut(first..).unwrap_or_default();
        let is_tie = tied.len() > 1;
        tied.iter_mut().for_each(|moment| moment.is_tie = is_tie);
    }
}
