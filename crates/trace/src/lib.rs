//! Who and why: the accountable human or workload behind an event, with the evidence.
//!
//! It refuses to know files, clocks and protocols: callers give a
//! [`Snapshot`](trailhound_store::Snapshot) and events of it, and get findings that cite events.
//!
//! A chain index of its own was rejected: the segments' posting lists already lead from an access key to
//! the event that issued it, wherever and whenever that arrived, so a late event repairs every answer.
#![deny(missing_docs)]

pub mod actions;
pub mod actor;
pub mod attribute;
mod console;
pub mod identity;
mod identity_center;
mod issue;
mod issuers;
pub mod limits;
mod lookups;
pub mod who;
mod workload;

pub use actions::{Action, actions};
pub use actor::{Actor, Attribution, Evidence, Gap, How, Link, PersonKind, Strength, WorkloadKind};
pub use attribute::Tracer;
pub use identity::Identity;
pub use who::{Subject, Who};

#[cfg(test)]
mod tests;
