//! Import, store and look-up together, on real files: what goes in comes out, whatever happens.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod answers;
mod attribution;
mod bounds;
mod child;
mod faults;
mod kill;
mod order;
mod questions;
mod replay;
mod rows;
mod shared_data;
mod synthetic;
