//! One immutable Parquet file and its index.

pub(crate) mod build;
pub(crate) mod columns;
pub mod find;
pub mod index;
pub mod read;
mod scan;
