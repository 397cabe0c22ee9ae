//! Events as a file for other tools.

pub use trailhound_store::export::{ExportError, ParquetExport};
