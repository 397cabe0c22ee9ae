//! Networks, questions and what must be answered.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

mod brute;
mod common;
mod features;
mod luhring;
mod nets;
mod properties;
mod simulated;
mod story;
mod unknown;
