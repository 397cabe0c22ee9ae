//! Looking events up, and showing one.

use crate::App;
pub use trailhound_query::lookup::{Category, Coverage, LookupPage, LookupQuery, Position};
use trailhound_record::Event;

/// Why a lookup failed.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The store's table log could not be read.
    #[error("cannot read the store")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
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
        _query: &LookupQuery,
        _after: Option<&Position>,
        _limit: usize,
    ) -> Result<LookupPage, LookupError> {
        todo!()
    }

    /// Returns every stored body under `event_id`, in any account: more than one in case of a conflict
    /// or of one id in two accounts.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn events_by_id(&self, _event_id: &str) -> Result<Vec<Event>, LookupError> {
        todo!()
    }

    /// A secret of this store, made once and kept with it: page tokens are signed with it.
    pub fn token_key(&self) -> [u8; 32] {
        todo!()
    }
}
