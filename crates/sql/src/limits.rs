//! Every limit of SQL, in one place.

use std::time::Duration;

/// The longest statement, in characters.
///
/// # Source
/// CloudTrail API reference, `StartQuery`, `QueryStatement`: at most 10,000.
pub const STATEMENT_CHARS_MAX: usize = 10_000;
/// Literals of one `IN` list that are looked up in the index; longer lists are only compared.
pub(crate) const IN_LIST_MAX: usize = 64;
/// Batches that wait for a slow reader.
pub(crate) const BATCHES_AHEAD: usize = 2;
/// Stack of a thread that plans and runs statements: a long `OR` nests as deep as it is long.
pub(crate) const STACK_BYTES: usize = 64 << 20;

/// What statements may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Memory of all running statements together; beyond it they spill to disk, or fail.
    pub memory_bytes: usize,
    /// Spilled bytes of all running statements together.
    pub spill_bytes: u64,
    /// How long one statement may run.
    pub timeout: Duration,
    /// Threads that all statements share, and partitions of one.
    pub threads: usize,
    /// The largest answer that [`SqlEngine::run`](crate::SqlEngine::run) keeps, in bytes.
    pub result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            spill_bytes: 16 << 30,
            // CloudTrail Lake ends a query after an hour.
            timeout: Duration::from_secs(3_600),
            threads: std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8),
            result_bytes: 256 << 20,
        }
    }
}
