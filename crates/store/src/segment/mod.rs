//! One immutable Parquet file and its index.

pub(crate) mod build;
pub(crate) mod columns;
pub mod index;
pub mod meet;
pub mod read;
pub mod scan;
