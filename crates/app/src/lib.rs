//! The façade: one method per use case, plain structs in and out.
//!
//! It takes no HTTP request, no terminal and no environment; `api`, `web` and `cli` convert.
#![deny(missing_docs)]

pub mod import;
pub mod lookup;
pub mod stats;

use std::path::{Path, PathBuf};

/// A Trailhound: the store in one folder and what can be asked of it. Cheap to share behind an `Arc`;
/// every method takes `&self` and may be called from several threads; all of them block.
#[derive(Debug)]
pub struct App {
    db: PathBuf,
}

impl App {
    /// The folder that holds the store.
    pub fn db(&self) -> &Path {
        &self.db
    }
}
