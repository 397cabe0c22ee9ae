//! What the store holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use arrow_array::{Array, RecordBatch, StringArray};
use trailhound_query::search::{Expr, Flag, Query, Term, TimeRange};
use trailhound_query::{EventStream, LookupQuery};
use trailhound_record::Timestamp;
use trailhound_record::field::Field;
use trailhound_record::time::day_text;
use trailhound_store::Snapshot;

use crate::App;
use crate::lookup::LookupError;

/// A value and how many events have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The value; empty when the record does not say.
    pub value: String,
    /// Events.
    pub events: u64,
}

/// What the store holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stats {
    /// Events, conflicts included.
    pub events: u64,
    /// Events that are a different body under a known id.
    pub conflicts: u64,
    /// Live segments.
    pub segments: u64,
    /// Bytes of the live Parquet files.
    pub data_bytes: u64,
    /// Bytes of the live index files.
    pub index_bytes: u64,
    /// The table log's version.
    pub version: u64,
    /// Oldest and newest readable event time.
    pub oldest: Option<Timestamp>,
    /// See `oldest`.
    pub newest: Option<Timestamp>,
    /// Events whose time is not readable.
    pub events_without_time: u64,
    /// Events by account, most first.
    pub accounts: Vec<Count>,
    /// Events by region, most first.
    pub regions: Vec<Count>,
    /// Events by UTC date (`YYYY-MM-DD`), oldest first; days without events are absent.
    pub days: Vec<Count>,
    /// What retention dropped, oldest first: one sentence each.
    pub dropped: Vec<String>,
}

/// The first answer after an import.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Users by events, most first, at most ten.
    pub top_users: Vec<Count>,
    /// Event names by events, most first, at most ten.
    pub top_event_names: Vec<Count>,
    /// Event sources by events, most first, at most ten.
    pub top_event_sources: Vec<Count>,
    /// Failed calls.
    pub failed: u64,
    /// The newest successful writes, newest first, at most ten.
    pub last_changes: Vec<trailhound_record::Event>,
}

impl App {
    /// Counts what the store holds, from the index; reads no record.
    ///
    /// # Errors
    /// As [`App::lookup`], and when an index cannot be read or made anew.
    pub fn stats(&self) -> Result<Stats, LookupError> {
        let snapshot = self.store().snapshot()?;
        let mut cached = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stats) = cached.as_ref().filter(|stats| stats.version == snapshot.version()) {
            return Ok(stats.clone());
        }
        let stats = self.count(&snapshot)?;
        *cached = Some(stats.clone());
        Ok(stats)
    }

    fn count(&self, snapshot: &Snapshot) -> Result<Stats, LookupError> {
        let mut stats = Stats { version: snapshot.version(), ..Stats::default() };
        let (mut accounts, mut regions) = (HashMap::new(), HashMap::new());
        let mut days = BTreeMap::new();
        for segment in snapshot.segments() {
            let facts = segment.facts().map_err(|error| LookupError::Store(Box::new(error)))?;
            let entry = segment.entry();
            stats.segments += 1;
            stats.events += entry.rows;
            stats.data_bytes += entry.bytes;
            stats.index_bytes +=
                segment.index_bytes().map_err(|error| LookupError::Store(Box::new(error)))?;
            stats.conflicts += facts.conflicts;
            if let Some(day) = entry.day {
                *days.entry(day).or_insert(0) += entry.rows;
            }
            match entry.time_micros {
                Some((first, last)) => {
                    let (first, last) = (Timestamp(first), Timestamp(last));
                    stats.oldest = Some(stats.oldest.map_or(first, |oldest| oldest.min(first)));
                    stats.newest = Some(stats.newest.map_or(last, |newest| newest.max(last)));
                }
                None => stats.events_without_time += entry.rows,
            }
            for (sum, counts) in [(&mut accounts, facts.accounts), (&mut regions, facts.regions)] {
                for (value, events) in counts {
                    *sum.entry(value).or_insert(0) += events;
                }
            }
        }
        stats.accounts = most_first(accounts);
        stats.regions = most_first(regions);
        stats.days =
            days.into_iter().map(|(day, events)| Count { value: day_text(day), events }).collect();
        stats.dropped = self.store().retentions()?.into_iter().map(dropped).collect();
        Ok(stats)
    }

    /// The first answer: who did most, and the last changes. Reads a few columns of every segment.
    ///
    /// # Errors
    /// As [`App::lookup`], and when a segment cannot be read.
    pub fn summary(&self) -> Result<Summary, LookupError> {
        let snapshot = self.store().snapshot()?;
        let [mut users, mut names, mut sources] = [HashMap::new(), HashMap::new(), HashMap::new()];
        for segment in snapshot.segments() {
            let scanned = segment.scan_columns(&SUMMARY_FIELDS, |batch| {
                count_batch(batch, &mut users, &mut names, &mut sources);
            });
            scanned.map_err(|error| LookupError::Store(Box::new(error)))?;
        }
        // Also those without a code, which the segments' own counts leave out.
        let failed = Query::from(Expr::Term(Term::Is(Flag::Error)));
        let changes = LookupQuery { read_only: Some(false), ..LookupQuery::default() };
        Ok(Summary {
            top_users: top(users),
            top_event_names: top(names),
            top_event_sources: top(sources),
            failed: trailhound_query::columnar::count(&snapshot, &failed, TimeRange::default())
                .events,
            last_changes: EventStream::new(&snapshot, &changes, None)
                .map(|(_, event)| event)
                .filter(|event| !event.has_failed())
                .take(TOP)
                .collect(),
        })
    }
}

const TOP: usize = 10;

/// What a summary reads, in column order.
const SUMMARY_FIELDS: [Field; 7] = [
    Field::EventSource,
    Field::EventName,
    Field::UserIdentityType,
    Field::UserIdentityPrincipalId,
    Field::UserIdentityArn,
    Field::UserIdentityUserName,
    Field::UserIdentityInvokedBy,
];

type Counts = HashMap<String, u64>;

fn count_batch(batch: &RecordBatch, users: &mut Counts, names: &mut Counts, sources: &mut Counts) {
    let columns: Vec<Option<&StringArray>> =
        batch.columns().iter().map(|column| column.as_any().downcast_ref()).collect();
    let text = |column: usize, row: usize| {
        let column = columns.get(column).copied().flatten()?;
        column.is_valid(row).then(|| column.value(row)).filter(|value| !value.is_empty())
    };
    for row in 0..batch.num_rows() {
        add(sources, text(0, row).unwrap_or_default());
        add(names, text(1, row).unwrap_or_default());
        add(users, who(&|column| text(column, row)).as_str());
    }
}

/// Who acted, as a summary shows it: the user name of Event history; for AWS services their name.
fn who<'t>(text: &dyn Fn(usize) -> Option<&'t str>) -> String {
    let (principal, arn, user_name, invoked_by) = (text(3), text(4), text(5), text(6));
    let last_segment = || Some(arn?.rsplit_once('/')?.1);
    let session = || Some(principal?.split_once(':')?.1).filter(|session| !session.is_empty());
    let name = match text(2).unwrap_or_default() {
        "Root" => Some("root"),
        "AssumedRole" | "FederatedUser" => session().or_else(last_segment),
        "IAMUser" => user_name.or_else(last_segment),
        "AWSService" => invoked_by,
        "AWSAccount" => principal.or(Some("(another account)")),
        _ => user_name.or(invoked_by),
    };
    name.unwrap_or_default().to_owned()
}

fn add(counts: &mut Counts, value: &str) {
    match counts.get_mut(value) {
        Some(count) => *count += 1,
        None => {
            counts.insert(value.to_owned(), 1);
        }
    }
}

fn most_first(counts: HashMap<String, u64>) -> Vec<Count> {
    let mut counts: Vec<Count> =
        counts.into_iter().map(|(value, events)| Count { value, events }).collect();
    counts.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.value.cmp(&b.value)));
    counts
}

fn top(counts: Counts) -> Vec<Count> {
    let mut counts = most_first(counts);
    counts.truncate(TOP);
    counts
}

fn dropped((first_day_kept, events): (i32, u64)) -> String {
    format!("retention dropped {events} events before {}", day_text(first_day_kept))
}
