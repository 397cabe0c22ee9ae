//! A case report: pinned events in order, with who did them, what they changed, and what proves it.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use trailhound_query::search::Query;
use trailhound_query::{Coverage, LookupQuery};
use trailhound_record::time::MICROS_PER_SECOND;
use trailhound_record::{Event, Timestamp};
use trailhound_replay::{Before, Change, effects};
use trailhound_store::Snapshot;
use trailhound_trace::{Attribution, Tracer};

use crate::App;
use crate::history::{HistoryQuery, Told};
use crate::lookup::LookupError;

/// So many events a report may have.
pub const EVENTS_MAX: usize = 1_000;

/// Which events, and what to call it.
#[derive(Debug, Clone, Default)]
pub struct ReportQuery {
    /// What happened, in the reader's words.
    pub title: String,
    /// Events by id.
    pub event_ids: Vec<String>,
    /// Further events, by a search.
    pub search: Option<Query>,
}

/// A report.
#[derive(Debug)]
pub struct Report {
    /// What happened, in the reader's words.
    pub title: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The events, oldest first.
    pub entries: Vec<ReportEntry>,
    /// Ids under which the store holds nothing.
    pub missing: Vec<String>,
    /// Whether more events matched the search than a report holds.
    pub is_cut: bool,
    /// The search, as it can be run again.
    pub search: Option<String>,
    /// Version of the store's table.
    pub version: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// One event of a report.
#[derive(Debug)]
pub struct ReportEntry {
    /// The event.
    pub event: Event,
    /// Who stands behind it.
    pub attribution: Attribution,
    /// What it changed, of the first resource that it changed.
    pub changes: Option<ResourceChanges>,
    /// The SHA-256 of the record's bytes, in hexadecimal.
    pub sha256: String,
}

/// What one event changed of one resource.
#[derive(Debug, Clone)]
pub struct ResourceChanges {
    /// Its id, ARN or name.
    pub resource: String,
    /// Each property, before and after; before is not known where no event of the store says.
    pub changes: Vec<Change>,
    /// Whether another change has the same time: which of them came first is not known.
    pub is_tie: bool,
}

/// Why the digests that prove the completeness of log files were not checked.
pub const DIGESTS: &str = "not checked: digest files are not imported yet";

/// So many events of a resource are read to know the values before, and so many names of an event tried.
const HISTORY_MAX: usize = 2_000;
const NAMES_MAX: usize = 8;

impl Report {
    /// How far the store reaches: its newest event, and how much older than the report that is.
    pub fn watermark(&self) -> Option<String> {
        let (_, newest) = self.coverage.times_stored?;
        let seconds = (self.made_at.0 - newest.0).max(0) / MICROS_PER_SECOND;
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        let age = match (days, hours, minutes) {
            (0, 0, 0) => "less than a minute".to_owned(),
            (0, 0, minutes) => format!("{minutes} min"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} d {hours} h"),
        };
        Some(format!(
            "Its newest event is of {newest}, {age} before this report. CloudTrail delivers about five minutes \
             after a call and does not promise it: what came later is not in the report"
        ))
    }
}

impl App {
    /// Makes a report of pinned events.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn report(&self, query: &ReportQuery, made_at: Timestamp) -> Result<Report, LookupError> {
        let snapshot = self.store().snapshot()?;
        let mut coverage = Coverage::of(&snapshot);
        let (mut events, mut missing) = (Vec::new(), Vec::new());
        for id in &query.event_ids {
            let by_id = LookupQuery { event_id: Some(id.clone()), ..LookupQuery::default() };
            let page = trailhound_query::lookup(&snapshot, &by_id, None, EVENTS_MAX);
            coverage.add_once(&page.coverage);
            if page.events.is_empty() {
                missing.push(id.clone());
            }
            events.extend(page.events);
        }
        let mut is_cut = false;
        if let Some(search) = &query.search {
            let found = LookupQuery { search: Some(search.clone()), ..LookupQuery::default() };
            let page = trailhound_query::lookup(&snapshot, &found, None, EVENTS_MAX);
            coverage.add_once(&page.coverage);
            is_cut = page.next.is_some();
            events.extend(page.events);
        }
        crate::history::in_order(&mut events);
        let version = snapshot.version();
        let mut tracer = Tracer::new(std::sync::Arc::clone(&snapshot));
        let end = events.iter().filter_map(|event| event.event_time).max();
        let mut before = Histories { app: self, snapshot: &snapshot, end, told: HashMap::new() };
        let entry = |event: Event| ReportEntry {
            attribution: tracer.attribute(&event),
            changes: before.changes_of(&event),
            sha256: Sha256::digest(&event.raw).iter().map(|byte| format!("{byte:02x}")).collect(),
            event,
        };
        let entries = events.into_iter().map(entry).collect();
        for told in before.told.values() {
            coverage.unreadable.extend(told.coverage.unreadable.iter().cloned());
        }
        coverage.unreadable.extend(tracer.unreadable().iter().cloned());
        coverage.unreadable.sort();
        coverage.unreadable.dedup();
        Ok(Report {
            title: query.title.clone(),
            made_at,
            entries,
            missing,
            is_cut,
            search: query.search.as_ref().map(ToString::to_string),
            version,
            coverage,
        })
    }
}

/// Histories of the resources of a report, each told once.
struct Histories<'a> {
    app: &'a App,
    snapshot: &'a Snapshot,
    /// The newest event of the report: later ones change nothing of what was before.
    end: Option<Timestamp>,
    told: HashMap<(String, Option<String>, Option<String>), Told>,
}

impl Histories<'_> {
    fn changes_of(&mut self, event: &Event) -> Option<ResourceChanges> {
        let listed = event.resources.iter().map(|it| (&it.resource_name, &it.resource_type));
        let ids = event.resource_ids.iter().map(|id| (id, &None));
        let mut names = listed.chain(ids).take(NAMES_MAX);
        let (resource, kind, writes) = names.find_map(|(name, kind)| {
            let writes = effects(event, std::slice::from_ref(name)).writes;
            (!writes.is_empty()).then_some((name, kind, writes))
        })?;
        let told = self.told(resource, kind, event.account_id.as_ref());
        let is_it = |other: &Event| {
            (&other.event_id, other.conflict, &other.account_id)
                == (&event.event_id, event.conflict, &event.account_id)
        };
        let found = told.steps.iter().find(|step| is_it(&step.event));
        let (changes, is_tie) = match found {
            Some(found) => (found.step.changes.clone(), found.is_tie),
            // Not within what was read: what was before is not known.
            None => {
                let change = |write: trailhound_replay::Write| Change {
                    path: write.path,
                    before: Before::NotKnown,
                    after: write.after,
                };
                (writes.into_iter().map(change).collect(), false)
            }
        };
        Some(ResourceChanges { resource: resource.clone(), changes, is_tie })
    }

    fn told(&mut self, resource: &str, kind: &Option<String>, account: Option<&String>) -> &Told {
        let key = (resource.to_owned(), kind.clone(), account.cloned());
        let (app, snapshot, end) = (self.app, self.snapshot, self.end);
        self.told.entry(key).or_insert_with(|| {
            let query = HistoryQuery {
                resource: resource.to_owned(),
                resource_type: kind.clone(),
                account_id: account.cloned(),
                end: end.map(|at| Timestamp(at.0.saturating_add(1))),
                limit: HISTORY_MAX,
                ..HistoryQuery::default()
            };
            app.told(snapshot, &query)
        })
    }
}
