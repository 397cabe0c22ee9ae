//! A case report: pinned events in order, with who did them, what they changed, and what proves it.

use sha2::{Digest, Sha256};
use trailhound_query::search::Query;
use trailhound_query::{Coverage, LookupQuery};
use trailhound_record::{Event, Timestamp};
use trailhound_replay::{Effects, effects};
use trailhound_trace::{Attribution, Tracer};

use crate::App;
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
    /// What it wrote, of the first resource that it names; the values before are in that one's history.
    pub effects: Option<(String, Effects)>,
    /// The SHA-256 of the record's bytes, in hexadecimal.
    pub sha256: String,
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
        let mut tracer = Tracer::new(snapshot);
        let entries =
            events.into_iter().map(|event| ReportEntry::new(event, &mut tracer)).collect();
        coverage.unreadable.extend(tracer.unreadable().iter().cloned());
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

impl ReportEntry {
    fn new(event: Event, tracer: &mut Tracer) -> Self {
        let attribution = tracer.attribute(&event);
        let digest = Sha256::digest(&event.raw);
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let named = event.resources.first().map(|found| found.resource_name.clone());
        let named = named.or_else(|| event.resource_ids.first().cloned());
        let effects = named.map(|name| {
            let effects = effects(&event, std::slice::from_ref(&name));
            (name, effects)
        });
        let effects = effects.filter(|(_, effects)| !effects.writes.is_empty());
        Self { event, attribution, effects, sha256 }
    }
}
