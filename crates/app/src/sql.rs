//! What an SQL engine is to those who ask it.
//!
//! The engine itself is in a crate that not every build has; who builds the binary gives it. Rejected
//! alternative: batches of Arrow in these types, which would bind everyone above to an engine's version.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// Runs read-only statements over the newest snapshot of one store.
pub trait StatementEngine: std::fmt::Debug + Send + Sync {
    /// Checks, plans and starts a statement. Blocks until that is done.
    ///
    /// # Errors
    /// [`StatementError`] when it is refused.
    fn start(&self, statement: &str) -> Result<Arc<dyn RunningStatement>, StatementError>;
}

/// A statement that was started. Dropping it ends it.
pub trait RunningStatement: Send + Sync {
    /// The names of its columns, in order; names may repeat.
    fn columns(&self) -> &[String];

    /// The next rows as text in Trino's form, null as nothing; no rows at the end. Blocks. Rows are given
    /// once: either here or by [`RunningStatement::next_values`].
    ///
    /// # Errors
    /// [`StatementError`]: the answer is not whole.
    fn next_texts(&self) -> Result<Option<Vec<Vec<Option<String>>>>, StatementError>;

    /// The next rows as JSON values: times as ISO 8601, structs and maps as objects. Blocks.
    ///
    /// # Errors
    /// As [`RunningStatement::next_texts`].
    fn next_values(&self) -> Result<Option<Vec<Vec<Value>>>, StatementError>;

    /// What it has cost so far.
    fn cost(&self) -> StatementCost;

    /// Ends it: who waits for rows gets [`StatementFailure::Cancelled`].
    fn cancel(&self);
}

/// What a statement has cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatementCost {
    /// Events that met its conditions.
    pub events_matched: u64,
    /// Events whose columns were read.
    pub events_scanned: u64,
    /// Compressed bytes of these.
    pub bytes_scanned: u64,
    /// Since it was given, until its end.
    pub elapsed: Duration,
}

/// Why a statement has no answer, or no whole one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct StatementError {
    /// What kind of failure it is.
    pub kind: StatementFailure,
    /// Why, for the one who asked.
    pub reason: String,
}

/// How a statement failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementFailure {
    /// It is not valid, or would do something else than read.
    Invalid,
    /// It asks another event data store.
    UnknownEventDataStore,
    /// A value cannot be cast or computed.
    Compute,
    /// It needs more memory or disk than it may use.
    Resources,
    /// It failed while it ran: an unreadable segment.
    Failed,
    /// It ran too long.
    TimedOut,
    /// It was cancelled.
    Cancelled,
}
