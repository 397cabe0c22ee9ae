//! Answers read-only SQL over a snapshot, in CloudTrail Lake's column shape.
//!
//! The one crate that names DataFusion: it costs a first build many minutes, so everything else does
//! without it, and the command stands behind a feature. One statement sees one snapshot (invariant
//! QU-1); there is one table, `events`, and no way to another file, address or setting.
//!
//! It refuses to know protocols and terminals: callers get record batches, or rows of text.
#![deny(missing_docs)]

mod answer;
mod convert;
mod engine;
mod error;
mod functions;
pub mod limits;
pub mod print;
mod prune;
mod rewrite;
mod schema;
mod statement;
mod table;
mod table_name;
mod unnest;
mod yielding;

pub use answer::{Answer, AnswerStream, SharedAnswer, Statistics};
pub use engine::{Snapshots, SqlEngine};
pub use error::{QueryError, StartEngineError};
pub use limits::Limits;
pub use statement::{EVENTS_TABLE, EventDataStoreNames};

/// The batches that answers come in, and their types.
pub use datafusion::arrow;

#[cfg(test)]
mod tests;
