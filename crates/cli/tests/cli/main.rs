//! The real binary, in a folder of its own: what it prints, where, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod env;
mod errors;
mod help;
mod import;
mod lookup;
mod search;
mod serve;
mod show;
mod snapshot;
mod sql;
mod store;
mod story;
mod trace;
mod up;
mod variants;
mod watch;
