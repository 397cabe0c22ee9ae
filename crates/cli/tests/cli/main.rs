//! The real binary, in a folder of its own: what it prints, where, and how it ends.

mod env;
mod errors;
mod help;
mod import;
mod lookup;
mod serve;
mod show;
mod store;
mod up;
