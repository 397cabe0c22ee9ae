//! The total order of stored events.

use serde::{Deserialize, Serialize};

/// The place of one event in the total order: ascending by time, then id, account and conflict. A
/// keyset page token holds one of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Event time in microseconds since the epoch; `i64::MIN` when it is not readable.
    pub event_time_micros: i64,
    /// The event's id, or the key that stands for it when it has none.
    pub event_key: String,
    /// The account that the event was delivered to; empty when it does not say.
    pub account_id: String,
    /// 0, or n for the n-th different body under this id.
    pub conflict: u32,
}
