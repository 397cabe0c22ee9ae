//! Turns delivered bytes into records, then events.
//!
//! A *record* is one JSON object as CloudTrail delivered it, its bytes kept. An *event* is its typed,
//! flat form. This crate is pure: it reads no file, no clock and no environment.
//!
//! It refuses to know how records are packed into files (`trailhound-source`) or where they are kept
//! (`trailhound-store`). Rejected alternative: `serde` structs per record; they cost three times the
//! time of the walk in [`walk`] and lose key order, white space and unknown fields.
#![deny(missing_docs)]

pub mod batch;
pub mod event;
pub mod field;
pub mod invariants;
pub mod key;
pub mod limits;
pub mod rebuild;
pub mod resources;
mod scan;
pub mod time;
pub mod token;
pub mod walk;

pub use batch::{Pushed, RowBatch};
pub use event::{Event, READ_VERBS, Resource};
pub use time::Timestamp;
pub use walk::ParseRecordError;

#[cfg(test)]
mod tests;
