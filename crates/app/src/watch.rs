//! Declared paths that must, or must never, work, asked again whenever something is imported.
//!
//! A watch keeps the answer of each path with its read set. After a commit, what was stored is replayed,
//! and only paths whose read set a new change meets are asked again; the change that flipped the verdict is
//! found as [`App::blame_path`] finds it. An event that comes late changes the past: from there on the
//! changes count as new.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use trailhound_reach::{Answer, Query, Timeline, Verdict, Versions, blame};
use trailhound_record::{Event, Timestamp};

use crate::lookup::LookupError;
use crate::network::Assumption;
use crate::path::SERVICES;
use crate::replay::{Moment, Replay, ReplayQuery};
use crate::{App, now};

/// Paths that one watch takes.
pub const WATCHED_MAX: usize = 1_000;

/// What is declared of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// Packets get there, and their answers back.
    Work,
    /// They never do.
    NeverWork,
}

/// A declared path.
#[derive(Debug, Clone)]
pub struct WatchedPath {
    /// What it is called.
    pub name: String,
    /// What is asked.
    pub query: Query,
    /// What is declared.
    pub must: Must,
}

/// How a path stands to what is declared of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is as declared.
    Holds,
    /// It is not.
    Violated,
    /// It is not known: something is missing, or packets leave what is recorded.
    Unknown,
}

impl Must {
    /// How a verdict stands to it.
    ///
    /// Where no answer gets back, a path does not work.
    pub fn standing(self, verdict: Verdict) -> Standing {
        match (verdict, self) {
            (Verdict::Unknown | Verdict::Boundary, _) => Standing::Unknown,
            (Verdict::Reachable, Self::Work) => Standing::Holds,
            (Verdict::Reachable, Self::NeverWork) => Standing::Violated,
            (Verdict::ForwardOnly | Verdict::Unreachable, Self::Work) => Standing::Violated,
            (Verdict::ForwardOnly | Verdict::Unreachable, Self::NeverWork) => Standing::Holds,
        }
    }
}

/// What is known of one path.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its place among the declared ones.
    pub path: usize,
    /// How it stands.
    pub standing: Standing,
    /// The answer before, where it changed.
    pub before: Option<Answer>,
    /// The answer.
    pub after: Answer,
    /// The change that made it so; nothing where it always was, or no single change did.
    pub by: Option<Breaker>,
    /// The snapshot that told what no event did, where one made it so.
    pub snapshot: Option<String>,
}

/// The change that flipped a verdict.
#[derive(Debug, Clone)]
pub struct Breaker {
    /// The event.
    pub event: Event,
    /// Who made it, in words.
    pub actor: String,
    /// Whether it is older than events that were known before it came.
    pub is_late: bool,
    /// Whether another change has the same time: which came first is not recorded.
    pub is_tie: bool,
    /// How long after the event it is told.
    pub lag_seconds: Option<i64>,
}

/// A watch over declared paths.
#[derive(Debug)]
pub struct Watch {
    paths: Vec<WatchedPath>,
    account_id: Option<String>,
    version: Version,
    answers: Vec<Answer>,
    /// What the changes are called that were replayed, in their order.
    changes: Vec<String>,
    assumed: Vec<Assumption>,
    /// Flips that were told: the path, the event, and the verdict after it.
    told: HashSet<(usize, String, Verdict)>,
    asked: u64,
}

/// The version of the table, and the snapshots beside it.
type Version = (u64, BTreeSet<PathBuf>);

/// What a watch knows after a commit, ready to be compared.
struct Seen {
    replay: Replay,
    /// So many changes, from the oldest on, are those of before.
    same: usize,
    /// Whether changes of before are not where they were.
    is_moved: bool,
    /// The changes that came after later ones were known, in order.
    late: Vec<usize>,
}

impl App {
    /// Asks every path, and returns how each stands, with the change that last made it so.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn watch(
        &self,
        paths: Vec<WatchedPath>,
        account_id: Option<String>,
    ) -> Result<(Watch, Vec<Told>), LookupError> {
        let version = version(self)?;
        let mut watch = Watch {
            paths,
            account_id,
            version,
            answers: Vec::new(),
            changes: Vec::new(),
            assumed: Vec::new(),
            told: HashSet::new(),
            asked: 0,
        };
        let seen = watch.replayed(self)?;
        let mut told = Vec::new();
        for (place, path) in watch.paths.iter().enumerate() {
            let found = blame(seen.timeline(), &path.query, 0, seen.timeline().len());
            watch.asked += found.evaluations as u64;
            for flip in &found.flips {
                if let Some(moment) = seen.replay.moments().get(flip.change) {
                    watch.told.insert((place, name_of(moment), flip.after.verdict));
                }
            }
            let last = found.flips.iter().find(|it| it.before.verdict != it.after.verdict);
            let by = last.map(|flip| seen.breaker(self, flip.change)).transpose()?.flatten();
            told.push(Told {
                path: place,
                standing: path.must.standing(found.bad.verdict),
                before: last.map(|flip| flip.before.clone()),
                after: found.bad.clone(),
                by,
                snapshot: last.and_then(|flip| seen.snapshot(flip.change)),
            });
            watch.answers.push(found.bad);
        }
        watch.remember(seen);
        Ok((watch, told))
    }
}

impl Watch {
    /// The declared paths.
    pub fn paths(&self) -> &[WatchedPath] {
        &self.paths
    }

    /// How many states were asked so far.
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// What the answers assume.
    pub fn assumed(&self) -> &[Assumption] {
        &self.assumed
    }

    /// Looks for new events, and returns every verdict that changed, oldest change first.
    ///
    /// # Errors
    /// As [`App::lookup`]; the next poll looks again.
    pub fn poll(&mut self, app: &App) -> Result<Vec<Told>, LookupError> {
        let version = version(app)?;
        if version == self.version {
            return Ok(Vec::new());
        }
        let seen = self.replayed(app)?;
        let before = (self.answers.clone(), self.told.clone());
        let mut told = Vec::new();
        let asked = (0..self.paths.len())
            .try_for_each(|place| self.ask_again(app, place, &seen, &mut told));
        if let Err(error) = asked {
            // Nobody saw what was found so far: the next poll finds it again.
            (self.answers, self.told) = before;
            return Err(error);
        }
        self.version = version;
        self.remember(seen);
        Ok(told)
    }

    fn replayed(&self, app: &App) -> Result<Seen, LookupError> {
        let replay = app.replay(&ReplayQuery {
            account_id: self.account_id.clone(),
            services: SERVICES.iter().map(|&it| it.to_owned()).collect(),
            ..ReplayQuery::default()
        })?;
        if let Some(segment) = replay.coverage.unreadable.first() {
            let why = format!("segment {segment} cannot be read: run `trailhound verify`");
            return Err(LookupError::Store(why.into()));
        }
        let both = self.changes.iter().zip(replay.moments());
        let same = both.take_while(|(known, moment)| **known == name_of(moment)).count();
        let moved = self.changes.get(same..).unwrap_or_default();
        let known: HashSet<&str> = moved.iter().map(String::as_str).collect();
        let tail = || replay.moments().iter().enumerate().skip(same);
        let is_known = |moment: &Moment| known.contains(name_of(moment).as_str());
        // Of one second, none is late: which of them came first is not recorded.
        let newest = tail().rfind(|(_, moment)| is_known(moment));
        let newest = newest.and_then(|(_, moment)| moment.at);
        let late = tail()
            .filter(|(_, moment)| !is_known(moment))
            .filter(|(_, moment)| newest.zip(moment.at).is_some_and(|(newest, at)| at < newest))
            .map(|(place, _)| place)
            .collect();
        let is_moved = !moved.is_empty();
        Ok(Seen { replay, same, is_moved, late })
    }

    fn remember(&mut self, seen: Seen) {
        self.changes = seen.replay.moments().iter().map(name_of).collect();
        self.assumed = seen.assumed().to_vec();
    }

    /// Asks a path again where a change met what its answer rests on, and tells each flip once.
    fn ask_again(
        &mut self,
        app: &App,
        place: usize,
        seen: &Seen,
        told: &mut Vec<Told>,
    ) -> Result<(), LookupError> {
        let (Some(path), Some(old)) = (self.paths.get(place), self.answers.get(place)) else {
            return Ok(());
        };
        let end = seen.timeline().len();
        let is_touched = |change: usize| {
            let touched = seen.timeline().touched(change);
            old.read_set.is_met_by(touched, &seen.timeline().network(change + 1))
        };
        let is_met = (seen.same..end).any(is_touched)
            // What is assumed is no change of its own, and a late event moves the past.
            || ((seen.is_moved || seen.assumed() != self.assumed)
                && old.read_set.differs_in(&seen.timeline().network(end)));
        if !is_met {
            return Ok(());
        }
        let found = blame(seen.timeline(), &path.query, seen.same, end);
        self.asked += found.evaluations as u64;
        let flips = found.flips.iter().rev();
        let before = told.len();
        for flip in flips.filter(|flip| flip.before.verdict != flip.after.verdict) {
            let Some(moment) = seen.replay.moments().get(flip.change) else { continue };
            let key = (place, name_of(moment), flip.after.verdict);
            if !self.told.insert(key) {
                continue;
            }
            told.push(Told {
                path: place,
                standing: path.must.standing(flip.after.verdict),
                before: Some(flip.before.clone()),
                after: flip.after.clone(),
                by: seen.breaker(app, flip.change)?,
                snapshot: moment.snapshot.clone(),
            });
        }
        // A late event may flip what was told to be mended long ago: the present has the last word.
        let last_word = told.get(before..).unwrap_or_default().last();
        let last_word = last_word.map_or(old.verdict, |it| it.after.verdict);
        if last_word != found.bad.verdict {
            let newest = found.flips.iter().find(|it| it.before.verdict != it.after.verdict);
            told.push(Told {
                path: place,
                standing: path.must.standing(found.bad.verdict),
                before: Some(newest.map_or(old, |flip| &flip.before).clone()),
                after: found.bad.clone(),
                by: newest.map(|flip| seen.breaker(app, flip.change)).transpose()?.flatten(),
                snapshot: newest.and_then(|flip| seen.snapshot(flip.change)),
            });
        }
        if let Some(answer) = self.answers.get_mut(place) {
            *answer = found.bad;
        }
        Ok(())
    }
}

/// What is there to be replayed.
fn version(app: &App) -> Result<Version, LookupError> {
    Ok((app.snapshot()?.version(), app.snapshot_files()?))
}

/// What tells a change from others.
fn name_of(moment: &Moment) -> String {
    match &moment.snapshot {
        Some(name) => format!("snapshot {name}"),
        None => moment.event_id.clone(),
    }
}

impl Seen {
    fn timeline(&self) -> &Timeline<usize> {
        &self.replay.versioned().timeline
    }

    fn assumed(&self) -> &[Assumption] {
        &self.replay.versioned().assumed
    }

    /// The snapshot that told a change, where no event did.
    fn snapshot(&self, change: usize) -> Option<String> {
        self.replay.moments().get(change)?.snapshot.clone()
    }

    /// The event of a change, with who made it.
    fn breaker(&self, app: &App, change: usize) -> Result<Option<Breaker>, LookupError> {
        let Some(moment) = self.replay.moments().get(change) else { return Ok(None) };
        if moment.snapshot.is_some() {
            return Ok(None);
        }
        let Some(event) = app.event(&moment.event_id)? else { return Ok(None) };
        let actor = app.tracer()?.attribute(&event).line();
        let is_late = self.late.binary_search(&change).is_ok();
        let since = |at: Timestamp| now().seconds().saturating_sub(at.seconds());
        let lag_seconds = event.event_time.map(since);
        Ok(Some(Breaker { event, actor, is_late, is_tie: moment.is_tie, lag_seconds }))
    }
}
