//! Looking events up, and showing one.

use crate::App;
use trailhound_query::LookupQuery as Query;
pub use trailhound_query::search;
pub use trailhound_query::{Category, Coverage, LookupPage, LookupQuery, Position, Scope};
use trailhound_record::Event;
use trailhound_store::TableError;

/// How many bodies one event id may show: copies in several accounts and conflicts.
const BODIES_MAX: usize = 1_000;

/// Why a lookup failed.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The store's table log could not be read.
    #[error("cannot read the store")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A snapshot that is kept with the store could not be read.
    #[error("cannot read the snapshot `{path}`")]
    Snapshot {
        /// Its file, or their folder.
        path: std::path::PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<TableError> for LookupError {
    fn from(error: TableError) -> Self {
        Self::Store(Box::new(error))
    }
}

impl App {
    /// Returns the newest `limit` events that match `query` and come after `after` (older than it).
    ///
    /// Sees every event whose import was acknowledged before the call, also by another process.
    ///
    /// # Errors
    /// [`LookupError::Store`] when the table log cannot be read. An unreadable segment is no error: the
    /// page's coverage names it.
    pub fn lookup(
        &self,
        query: &LookupQuery,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<LookupPage, LookupError> {
        let snapshot = self.store().snapshot()?;
        Ok(trailhound_query::lookup(&snapshot, query, after, limit))
    }

    /// Returns every stored body under `event_id`, in any account: more than one in case of a conflict
    /// or of one id in two accounts.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn events_by_id(&self, event_id: &str) -> Result<Vec<Event>, LookupError> {
        let query = Query { event_id: Some(event_id.to_owned()), ..Query::default() };
        Ok(self.lookup(&query, None, BODIES_MAX)?.events)
    }
}
