//! What the store holds.

use crate::App;
use crate::lookup::LookupError;
use trailhound_record::Timestamp;

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
    /// As [`App::lookup`].
    pub fn stats(&self) -> Result<Stats, LookupError> {
        todo!()
    }

    /// The first answer: who did most, and the last changes.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn summary(&self) -> Result<Summary, LookupError> {
        todo!()
    }
}
