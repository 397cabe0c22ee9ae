//! What a resource looked like before and after each event that touched it.
//!
//! It takes events in order and knows no store. What it was not told it calls not known, never absent:
//! only a resource whose creation it saw has values that are known to be absent.
//!
//! [`inverse`] plans the way back from an event, as commands for a human to run.
#![deny(missing_docs)]

mod effects;
mod general;
pub mod history;
pub mod inverse;
mod network;
pub mod normalize;
pub mod state;

pub use effects::{Effects, Kind, Write, effects};
pub use history::{Before, Change, History, Step};
