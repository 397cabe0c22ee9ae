//! Replayed state: what resources looked like at a time, and what changed them.

use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use trailhound_query::search::Query;
use trailhound_query::{Coverage, LookupQuery};
use trailhound_reach::{Network, Versions};
use trailhound_record::{Event, Timestamp};
use trailhound_replay::state::in_order;
pub use trailhound_replay::state::{Changed, Key, Known, Lookup, Resource, Scope, Source, State};

use crate::App;
use crate::lookup::LookupError;
use crate::network::{Assumption, Versioned, assumptions, network, versioned};
use crate::path::event_of;
use crate::snapshot::{Told, earliest};

/// Which events are replayed.
#[derive(Debug, Clone, Default)]
pub struct ReplayQuery {
    /// The account, where one alone is wanted.
    pub account_id: Option<String>,
    /// Services by the first part of their event source, `ec2`; all when empty.
    pub services: Vec<String>,
    /// Events after this time are left out.
    pub until: Option<Timestamp>,
    /// Snapshots of this time and later do not count; all count when absent.
    pub snapshots_before: Option<Timestamp>,
}

/// What events made of the resources, one after the other. A copy shares everything.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The state before the first event: as far as snapshots tell it, or nothing known.
    pub first: State,
    moments: Arc<Vec<Moment>>,
    /// How many of the moments count.
    end: usize,
    /// The network after each moment, once somebody asked.
    versioned: Arc<OnceLock<Versioned>>,
    /// Whether more questions are to come.
    is_kept: bool,
    /// How many events were read to find them.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// An event that changed something, or a snapshot that told what no event did.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Its event id; empty for a snapshot.
    pub event_id: String,
    /// Its name: `ReplaceRoute`; empty for a snapshot.
    pub event_name: String,
    /// The snapshot's name, when no event is the cause.
    pub snapshot: Option<String>,
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

impl Moment {
    /// The event's id, or the snapshot's name.
    pub fn id(&self) -> &str {
        self.snapshot.as_deref().unwrap_or(&self.event_id)
    }
}

impl Replay {
    /// What changed something, in the order in which it was applied.
    pub fn moments(&self) -> &[Moment] {
        self.moments.get(..self.end).unwrap_or(&self.moments)
    }

    /// The state at the end of all that was replayed.
    pub fn last(&self) -> &State {
        self.moments().last().map_or(&self.first, |moment| &moment.after)
    }

    /// The state at `at`: after every event of that time and before.
    pub fn at(&self, at: Timestamp) -> &State {
        self.before(self.count_until(at))
    }

    /// The events from a time on, by id.
    pub(crate) fn since(&self, from: Timestamp) -> BTreeSet<String> {
        ids_since(self.moments(), from)
    }

    /// How many moments there are up to `at`.
    fn count_until(&self, at: Timestamp) -> usize {
        self.moments().partition_point(|moment| moment.at.is_none_or(|it| it <= at))
    }

    /// How many moments there are up to the start of a window; none where it starts with the store.
    pub(crate) fn count_until_good(&self, good: Option<Timestamp>) -> usize {
        let is_before =
            |moment: &Moment| moment.at.is_none_or(|at| good.is_some_and(|good| at <= good));
        self.moments().partition_point(is_before)
    }

    /// The state before the moment with this index.
    pub fn before(&self, index: usize) -> &State {
        let earlier = index.checked_sub(1).and_then(|index| self.moments().get(index));
        earlier.map_or(&self.first, |moment| &moment.after)
    }

    /// The network after each moment.
    pub(crate) fn versioned(&self) -> &Versioned {
        self.versioned.get_or_init(|| versioned(&Self { end: self.moments.len(), ..self.clone() }))
    }

    /// The network at the end, and what is assumed of it.
    pub(crate) fn network(&self) -> (Network, Vec<Assumption>) {
        let assumed = assumptions(self.last());
        let network = match self.is_kept {
            true => self.versioned().timeline.network(self.end),
            false => network(self.last(), &assumed),
        };
        (network, assumed)
    }

    /// The moment of an event.
    pub fn find(&self, event_id: &str) -> Option<usize> {
        self.moments().iter().position(|moment| moment.event_id == event_id)
    }
}

/// A replay that is kept for the next question.
#[derive(Debug)]
pub(crate) struct Kept {
    version: u64,
    snapshots: BTreeSet<PathBuf>,
    account_id: Option<String>,
    replay: Replay,
}

/// Of so many accounts' replays one each is kept.
const KEPT_MAX: usize = 4;
/// A replay of more moments is not kept: those of large tables and groups take some 40 KB each.
const KEPT_MOMENTS_MAX: usize = 150_000;

impl App {
    /// From now on keeps what was replayed, for all services, so that the next question about any time is
    /// answered from memory until the store changes: for programs that answer many.
    pub fn keep_replays(&self) {
        self.keeps_replays.store(true, Ordering::Relaxed);
    }

    /// Replays the events that changed something, oldest first.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn replay(&self, query: &ReplayQuery) -> Result<Replay, LookupError> {
        if !self.keeps_replays.load(Ordering::Relaxed) || query.snapshots_before.is_some() {
            return self.replay_anew(query);
        }
        let mut replay = self.kept(query.account_id.as_ref())?;
        if let Some(until) = query.until {
            replay.end = replay.count_until(until);
        }
        Ok(replay)
    }

    /// The replay of everything in an account, or in all, as of now.
    fn kept(&self, account_id: Option<&String>) -> Result<Replay, LookupError> {
        let mut all = self.replays.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Both are read before the events: what comes in between is seen the next time.
        let (version, snapshots) = (self.store().snapshot()?.version(), self.snapshot_files()?);
        all.retain(|kept| kept.version == version && kept.snapshots == snapshots);
        if let Some(kept) = all.iter().find(|kept| kept.account_id.as_ref() == account_id) {
            return Ok(kept.replay.clone());
        }
        let account_id = account_id.cloned();
        let query = ReplayQuery { account_id: account_id.clone(), ..ReplayQuery::default() };
        let replay = Replay { is_kept: true, ..self.replay_anew(&query)? };
        if replay.moments.len() > KEPT_MOMENTS_MAX {
            return Ok(replay);
        }
        if all.len() == KEPT_MAX {
            all.remove(0);
        }
        all.push(Kept { version, snapshots, account_id, replay: replay.clone() });
        Ok(replay)
    }

    fn replay_anew(&self, query: &ReplayQuery) -> Result<Replay, LookupError> {
        let mut stored = self.stored()?;
        stored.retain(|it| query.snapshots_before.is_none_or(|before| it.at() < before));
        let is_wanted = |scope: &Scope| {
            query.account_id.as_ref().is_none_or(|account| scope.account == *account)
        };
        let snapshots: Vec<Told> = stored
            .into_iter()
            .map(|it| {
                let told = it.told();
                Told { state: told.state.within(is_wanted), ..told }
            })
            .collect();
        // A snapshot tells of all services: what their events did since must be replayed, too.
        let services = if snapshots.is_empty() { query.services.clone() } else { Vec::new() };
        let query = &ReplayQuery { services, ..query.clone() };
        let (first, unreadable) = self.first_state(query, &snapshots)?;
        let told = snapshots.into_iter().filter(|it| query.until.is_none_or(|at| it.until <= at));
        let mut fold = Fold::new(first.clone(), told.collect());
        let (events_read, mut coverage) = self.fold(query, query.until, &mut fold)?;
        // Going back rests on events that the answer itself may not need.
        let known: BTreeSet<String> = coverage.unreadable.iter().cloned().collect();
        coverage.unreadable.extend(unreadable.difference(&known).cloned());
        let moments = fold.finish(query.until);
        let end = moments.len();
        Ok(Replay {
            first,
            moments: Arc::new(moments),
            end,
            versioned: Arc::default(),
            is_kept: false,
            events_read,
            coverage,
        })
    }

    /// The state before the first event: that of the snapshots, without what the events until then did.
    fn first_state(
        &self,
        query: &ReplayQuery,
        snapshots: &[Told],
    ) -> Result<(State, BTreeSet<String>), LookupError> {
        let (mut first, mut unreadable) = (State::new(), BTreeSet::new());
        for Told { from, until, state: snapshot, .. } in earliest(snapshots) {
            let mut before = State::new();
            // What an event did depends on what was there: the second time that is known better.
            for _ in 0..2 {
                let mut fold = Fold::new(before.clone(), Vec::new());
                unreadable.extend(self.fold(query, Some(until), &mut fold)?.1.unreadable);
                let moments = fold.finish(None);
                let ids = ids_since(&moments, from);
                let is_meanwhile =
                    |source: &Source| event_of(source).is_some_and(|id| ids.contains(id));
                let last = moments.last().map_or(&before, |it| &it.after);
                let met = last.meet_but(&snapshot, is_meanwhile).0;
                let met = met.within(|scope| snapshot.scopes().contains(scope));
                let changes: Vec<(&str, &[Changed])> =
                    moments.iter().map(|it| (it.event_id.as_str(), &*it.changed)).collect();
                before = met.undone(&changes);
            }
            first = first.meet(&before).0;
        }
        Ok((first, unreadable))
    }

    /// Applies the events until a time.
    fn fold(
        &self,
        query: &ReplayQuery,
        until: Option<Timestamp>,
        fold: &mut Fold,
    ) -> Result<(u64, Coverage), LookupError> {
        let search = Query::parse(&search(query), Timestamp(0)).ok();
        let end = until.map(|at| Timestamp(at.0.saturating_add(1)));
        let lookup = LookupQuery {
            account_id: query.account_id.clone(),
            end,
            search,
            ..LookupQuery::default()
        };
        let mut events_read = 0;
        let coverage = self.lookup_oldest_first(&lookup, |events| {
            events_read += events.len() as u64;
            for event in events {
                fold.push(event);
            }
            ControlFlow::Continue(())
        })?;
        fold.flush();
        Ok((events_read, coverage))
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

/// The events from a time on.
fn ids_since(moments: &[Moment], from: Timestamp) -> BTreeSet<String> {
    let later = moments.iter().rev().take_while(|it| it.at.is_none_or(|at| at >= from));
    later.map(|it| it.event_id.clone()).collect()
}

/// Events applied one after the other, those of one second in the order in which they depend on each other.
struct Fold {
    state: State,
    moments: Vec<Moment>,
    /// Events of one time, not applied yet.
    waiting: Vec<Event>,
    /// Snapshots that are still to come, the oldest first.
    snapshots: VecDeque<Told>,
}

impl Fold {
    fn new(state: State, snapshots: Vec<Told>) -> Self {
        Self { state, moments: Vec::new(), waiting: Vec::new(), snapshots: snapshots.into() }
    }

    fn push(&mut self, event: &Event) {
        if self.waiting.first().is_some_and(|first| first.event_time != event.event_time) {
            self.flush();
        }
        if self.waiting.is_empty()
            && let Some(at) = event.event_time
        {
            self.meet(|taken| taken < at);
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
                snapshot: None,
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

    /// Meets the snapshots of times for which `is_due` holds.
    fn meet(&mut self, is_due: impl Fn(Timestamp) -> bool) {
        while self.snapshots.front().is_some_and(|it| is_due(it.until)) {
            let Some(Told { from, until, name, state }) = self.snapshots.pop_front() else {
                return;
            };
            let ids = ids_since(&self.moments, from);
            let is_meanwhile =
                |source: &Source| event_of(source).is_some_and(|id| ids.contains(id));
            let (state, changed) = self.state.meet_but(&state, is_meanwhile);
            self.state = state;
            self.moments.push(Moment {
                event_id: String::new(),
                event_name: String::new(),
                snapshot: Some(name),
                at: Some(until),
                account_id: None,
                is_tie: false,
                changed,
                after: self.state.clone(),
            });
        }
    }

    /// All that changed something; snapshots after the last event count up to `until`.
    fn finish(mut self, until: Option<Timestamp>) -> Vec<Moment> {
        self.meet(|taken| until.is_none_or(|until| taken <= until));
        self.moments
    }
}
