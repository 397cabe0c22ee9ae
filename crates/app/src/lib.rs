//! The façade: one method per use case, plain structs in and out.
//!
//! It takes no HTTP request, no terminal and no environment; `api`, `web` and `cli` convert.
#![deny(missing_docs)]

pub mod apply;
pub mod caller;
pub mod changes;
pub mod count;
pub mod export;
pub mod exposure;
pub mod hidden;
pub mod history;
pub mod import;
pub mod insights;
pub mod lake;
pub mod live;
pub mod lookup;
pub mod maintain;
pub mod moments;
mod network;
pub mod path;
pub mod path_json;
pub mod picture;
mod pipeline;
pub mod questions;
pub mod replay;
pub mod report;
pub mod search;
pub mod snapshot;
pub mod sql;
pub mod state;
pub mod stats;
pub mod undo;
pub mod watch;
pub mod who;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use trailhound_record::Timestamp;
pub use trailhound_store::TableError;
use trailhound_store::{Snapshot, Store};

/// A Trailhound: the store in one folder and what can be asked of it. Cheap to share behind an `Arc`;
/// every method takes `&self` and may be called from several threads; all of them block.
#[derive(Debug)]
pub struct App {
    store: Store,
    token_key: [u8; 32],
    stats: Mutex<Option<stats::Stats>>,
    replays: Mutex<Vec<replay::Kept>>,
    keeps_replays: std::sync::atomic::AtomicBool,
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or its table log cannot be read or made.
    #[error("cannot open the store")]
    Store(#[source] Box<TableError>),
    /// The store's secret cannot be read or made.
    #[error("cannot read or make the store's secret `{path}`")]
    Secret {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl App {
    /// Opens the store in the folder `db`; makes an empty one when there is none.
    ///
    /// # Errors
    /// [`OpenError`] when the folder cannot be read or made, or holds another kind of table.
    pub fn open(db: &Path) -> Result<Self, OpenError> {
        let store = Store::open(db).map_err(|error| OpenError::Store(Box::new(error)))?;
        let token_key = token_key(store.folder())?;
        Ok(Self {
            store,
            token_key,
            stats: Mutex::default(),
            replays: Mutex::default(),
            keeps_replays: false.into(),
        })
    }

    /// The folder that holds the store, absolute.
    pub fn db(&self) -> &Path {
        self.store.folder()
    }

    /// A secret of this store, made once and kept with it: page tokens are signed with it.
    pub fn token_key(&self) -> [u8; 32] {
        self.token_key
    }

    /// The newest snapshot of the store, for engines that read it themselves.
    ///
    /// # Errors
    /// [`TableError`] when the table log cannot be read.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, TableError> {
        self.store.snapshot()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

/// The present moment.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// Reads the store's secret, or makes it. Two processes may try at once: the first file stays.
fn token_key(folder: &Path) -> Result<[u8; 32], OpenError> {
    let path = folder.join("_index").join("token.key");
    let secret = |source| OpenError::Secret { path: path.clone(), source };
    for _ in 0..2 {
        match std::fs::read(&path) {
            Ok(bytes) => {
                let wrong = || std::io::Error::other("it is not 32 bytes long; remove it");
                return bytes.try_into().map_err(|_| secret(wrong()));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(secret(error)),
        }
        let mut key = [0; 32];
        let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        for (part, half) in key.chunks_mut(16).zip(halves) {
            part.copy_from_slice(half.as_bytes());
        }
        trailhound_store::write_secret(&path, &key).map_err(secret)?;
    }
    Err(secret(std::io::Error::other("it vanishes")))
}
