//! Trailhound's search language: read, printed, and evaluated on one event.
//!
//! One page describes the language: `docs/search.md`. This crate is pure: it is given an event and the
//! time, and reads no file, no clock and no environment. It refuses to know where events are kept:
//! [`Query::requirement`] says what an index may prune by, [`Query::matches`] decides. Rejected
//! alternative: a parser library; the grammar is small, and places and suggestions in errors are most
//! of the work.
#![deny(missing_docs)]

mod ast;
pub mod column;
mod error;
mod eval;
mod field;
mod highlight;
mod json;
pub mod limits;
mod parse;
mod pattern;
mod print;
mod query;
mod requirement;
mod sql;
mod time_word;
mod value;
mod word;

pub use ast::{Bound, Comparison, Expr, Number, Path, Term, Test};
pub use error::{ParseQueryError, ParseQueryReason};
pub use field::{FieldInfo, Flag, SearchField, fields};
pub use pattern::Pattern;
pub use query::Query;
pub use requirement::{Requirement, TimeRange};
pub use time_word::{TIME_ACCEPTED, parse_time};

#[cfg(test)]
mod tests;
