//! Answers questions over a snapshot of the store.
//!
//! It refuses to know files, clocks and protocols: callers give a [`Snapshot`](trailhound_store::Snapshot),
//! a [`LookupQuery`] and a place to start, and get events, newest first.
#![deny(missing_docs)]

pub mod columnar;
pub mod lookup;
mod matching;
mod stream;

pub use lookup::{Category, Coverage, LookupPage, LookupQuery, Position, Scope};
pub use stream::{EventStream, candidates, lookup};
pub use trailhound_search as search;
