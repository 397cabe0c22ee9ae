//! Snapshots of an account: what describe and list calls said at a time, kept with the store.
//!
//! A snapshot is one file in the store's folder `_snapshots`, with the answers as they were printed. Replay
//! goes back from the first of an account and Region, and meets each at its time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use trailhound_record::Timestamp;
use trailhound_replay::state::{Difference, Scope, SnapshotOptions, State, drift, read_snapshot};

use crate::App;
use crate::lookup::{Coverage, LookupError};
use crate::path::{Setter, event_of};
use crate::replay::{ReplayQuery, Source};
use crate::state::source_of;

/// The folder of snapshots within the store's.
const FOLDER: &str = "_snapshots";

/// What describe and list calls answered.
#[derive(Debug, Clone)]
pub struct Taken {
    /// When the first of them was made.
    pub at: Timestamp,
    /// When the last of them was made: what changed in between may be in one answer and not in another.
    pub until: Timestamp,
    /// Whether a list has all there is: what it lacks is gone. Filtered ones have not.
    pub is_whole: bool,
    /// Whose account it is; when absent, the documents say it.
    pub account: Option<String>,
    /// Which Region; when absent, the documents say it.
    pub region: Option<String>,
    /// The answers, each with a name; folders in it that are called like an account or Region count.
    pub documents: Vec<(String, Vec<u8>)>,
}

/// What was taken in.
#[derive(Debug, Clone)]
pub struct SnapshotReport {
    /// The name by which values say where they are known from.
    pub name: String,
    /// When it was taken.
    pub at: Timestamp,
    /// Whether it was not stored before.
    pub is_new: bool,
    /// How many resources it describes, by type.
    pub resources: BTreeMap<&'static str, u64>,
    /// Documents and lists that say nothing that replay follows, each with the reason.
    pub skipped: Vec<(String, String)>,
}

/// A snapshot that is kept with the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) name: String,
    /// When it was begun, as RFC 3339 has it.
    taken_at: String,
    /// When it was ended.
    taken_until: String,
    is_whole: bool,
    account: String,
    region: String,
    documents: BTreeMap<String, String>,
}

/// Why a snapshot could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The documents do not say whose account or which Region they describe.
    #[error("the documents do not tell the {what}")]
    NoScope {
        /// What is missing.
        what: &'static str,
    },
    /// None of the documents describes anything.
    #[error("nothing in it describes a resource")]
    Empty {
        /// Why each document was not read.
        skipped: Vec<(String, String)>,
    },
    /// The file could not be written.
    #[error("cannot write the snapshot `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What is stored could not be read.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

/// Which snapshot the replayed state is held against.
#[derive(Debug, Clone)]
pub enum Against {
    /// One that is kept with the store, by name.
    Stored(String),
    /// This one, which is not kept.
    Taken(Taken),
}

/// What a snapshot says otherwise than the events.
#[derive(Debug)]
pub struct Drift {
    /// The snapshot's name.
    pub name: String,
    /// When it was taken.
    pub at: Timestamp,
    /// Properties that both tell, and differently: a change that no stored event told.
    pub differences: Vec<Difference>,
    /// The events that set what is no more, by id.
    pub events: BTreeMap<String, Setter>,
    /// How many resources both tell of.
    pub compared: u64,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

impl Stored {
    fn new(taken: &Taken) -> Result<(Self, Vec<(String, String)>), SnapshotError> {
        let mut skipped = Vec::new();
        let mut documents = BTreeMap::new();
        for (name, bytes) in &taken.documents {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    documents.insert(name.clone(), text.to_owned());
                }
                Err(error) => skipped.push((name.clone(), format!("it is not text: {error}"))),
            }
        }
        let told = Owners::of(documents.values());
        let named = |given: &Option<String>, told: &BTreeSet<String>, what| {
            let only = if told.len() == 1 { told.first().cloned() } else { None };
            given.clone().or(only).ok_or(SnapshotError::NoScope { what })
        };
        let account = named(&taken.account, &told.accounts, "account")?;
        let region = named(&taken.region, &told.regions, "Region")?;
        let taken_until = taken.until.max(taken.at).to_string();
        let is_whole = taken.is_whole;
        let whole = if is_whole { "whole" } else { "parts" }.to_owned();
        let mut hash = Sha256::new();
        let told = [&account, &region, &taken_until, &whole].into_iter();
        for part in told.chain(documents.iter().flat_map(|(a, b)| [a, b])) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest: String = hash.finalize().iter().take(4).map(|it| format!("{it:02x}")).collect();
        let taken_at = taken.at.to_string();
        let compact: String = taken_at.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("{compact}-{digest}");
        Ok((Self { name, taken_at, taken_until, is_whole, account, region, documents }, skipped))
    }

    /// When it was begun.
    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::parse(&self.taken_at).unwrap_or(Timestamp(0))
    }

    /// When it was ended: it is met after the events until then.
    fn until(&self) -> Timestamp {
        Timestamp::parse(&self.taken_until).unwrap_or_else(|| self.at())
    }

    /// The snapshot as replay meets it, without what only a whole list tells where it is not whole.
    pub(crate) fn told(self) -> Told {
        let read = self.read().state;
        let state = if self.is_whole { read } else { read.in_parts() };
        Told { from: self.at(), until: self.until(), name: self.name, state }
    }

    pub(crate) fn read(&self) -> trailhound_replay::state::Snapshot {
        let scope = Scope { account: self.account.clone(), region: self.region.clone() };
        let options = SnapshotOptions { name: self.name.clone(), scope };
        let documents = self.documents.iter();
        read_snapshot(
            documents.map(|(name, text)| (name.clone(), text.clone().into_bytes())),
            &options,
        )
    }
}

/// A snapshot that replay meets.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// When it was begun: later events may be in it, or not.
    pub(crate) from: Timestamp,
    /// When it was ended.
    pub(crate) until: Timestamp,
    pub(crate) name: String,
    pub(crate) state: State,
}

/// Accounts and Regions that descriptions name as their resources' own.
#[derive(Default)]
struct Owners {
    accounts: BTreeSet<String>,
    regions: BTreeSet<String>,
}

impl Owners {
    fn of<'a>(documents: impl Iterator<Item = &'a String>) -> Self {
        let mut told = Self::default();
        for text in documents {
            let Ok(Value::Object(lists)) = serde_json::from_str::<Value>(text) else { continue };
            for element in lists.values().filter_map(Value::as_array).flatten() {
                told.element(element);
            }
        }
        told
    }

    fn element(&mut self, element: &Value) {
        let text = |name: &str| element.get(name).and_then(Value::as_str);
        // Images, peers and endpoints name other accounts: only what cannot be another's counts.
        let is_own = element.get("VpcId").is_some() || element.get("InternetGatewayId").is_some();
        if let Some(owner) = text("OwnerId").filter(|_| is_own) {
            self.accounts.insert(owner.to_owned());
        }
        if let Some(zone) = text("AvailabilityZone") {
            self.regions.extend(zone.get(..zone.len().saturating_sub(1)).map(str::to_owned));
        }
    }
}

impl App {
    /// Keeps what describe and list calls said, durably: replay knows it from then on.
    ///
    /// # Errors
    /// [`SnapshotError`]; then nothing was kept.
    pub fn take_snapshot(&self, taken: &Taken) -> Result<SnapshotReport, SnapshotError> {
        let (stored, mut skipped) = Stored::new(taken)?;
        let read = stored.read();
        skipped.extend(read.skipped);
        if read.state.is_empty() {
            return Err(SnapshotError::Empty { skipped });
        }
        let mut resources = BTreeMap::new();
        for (key, _) in read.state.iter() {
            *resources.entry(key.resource_type).or_insert(0) += 1;
        }
        let path = self.db().join(FOLDER).join(format!("{}.json", stored.name));
        let text = serde_json::to_vec(&stored).unwrap_or_default();
        let is_new = match trailhound_store::write_new(&path, &text) {
            Ok(()) => true,
            // Its name has a digest of its content.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => false,
            Err(source) => return Err(SnapshotError::Write { path, source }),
        };
        Ok(SnapshotReport { name: stored.name, at: taken.at, is_new, resources, skipped })
    }

    /// The names and times of the snapshots that are kept, the oldest first.
    ///
    /// # Errors
    /// [`LookupError::Snapshot`] when one cannot be read.
    pub fn snapshots(&self) -> Result<Vec<(String, Timestamp)>, LookupError> {
        Ok(self.stored()?.iter().map(|it| (it.name.clone(), it.at())).collect())
    }

    /// The names of the snapshots that are kept.
    pub(crate) fn snapshot_files(&self) -> Result<BTreeSet<PathBuf>, LookupError> {
        let folder = self.db().join(FOLDER);
        let broken =
            |source| LookupError::Snapshot { path: folder.clone(), source: Box::new(source) };
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(BTreeSet::new());
            }
            entries => entries.map_err(broken)?,
        };
        let mut files = BTreeSet::new();
        for entry in entries {
            let path = entry.map_err(broken)?.path();
            // Others are being written.
            let is_hidden =
                path.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
            if !is_hidden && path.extension().is_some_and(|it| it == "json") {
                files.insert(path);
            }
        }
        Ok(files)
    }

    pub(crate) fn stored(&self) -> Result<Vec<Stored>, LookupError> {
        let mut all = Vec::new();
        for path in self.snapshot_files()? {
            let broken = |source: Box<dyn std::error::Error + Send + Sync>| LookupError::Snapshot {
                path: path.clone(),
                source,
            };
            let bytes = std::fs::read(&path).map_err(|error| broken(error.into()))?;
            let stored: Stored =
                serde_json::from_slice(&bytes).map_err(|error| broken(error.into()))?;
            all.push(stored);
        }
        all.sort_by(|one, other| (one.at(), &one.name).cmp(&(other.at(), &other.name)));
        Ok(all)
    }

    /// Holds the replayed state against a snapshot: what differs is a change that no stored event told.
    ///
    /// Shape: snapshots that are kept from before it count for replay, it and later ones do not.
    ///
    /// # Errors
    /// As [`App::take_snapshot`]; nothing when no snapshot has that name.
    pub fn drift(&self, against: &Against) -> Result<Option<Drift>, SnapshotError> {
        let stored = match against {
            Against::Taken(taken) => Stored::new(taken)?.0,
            Against::Stored(name) => match self.stored()?.into_iter().find(|it| it.name == *name) {
                Some(stored) => stored,
                None => return Ok(None),
            },
        };
        let (name, at) = (stored.name.clone(), stored.at());
        let snapshot = stored.told();
        let replay = self.replay(&ReplayQuery {
            until: Some(snapshot.until),
            snapshots_before: Some(at),
            ..ReplayQuery::default()
        })?;
        let told = &snapshot.state;
        let mut differences = drift(replay.last(), told);
        // What events of meanwhile set may be in the snapshot or not.
        let meanwhile = replay.since(at);
        let is_of = |source: &Source| event_of(source).is_some_and(|id| meanwhile.contains(id));
        differences.retain(|it| !source_of(&it.before).is_some_and(is_of));
        let sources = differences.iter().filter_map(|it| source_of(&it.before));
        let events = self.events_of_sources(sources)?;
        let compared = told.iter().filter(|(key, _)| replay.last().get(key).is_some()).count();
        Ok(Some(Drift {
            name,
            at,
            differences,
            events,
            compared: compared as u64,
            events_read: replay.events_read,
            coverage: replay.coverage,
        }))
    }
}

/// Of each account and Region the first snapshot that tells of it.
pub(crate) fn earliest(snapshots: &[Told]) -> Vec<Told> {
    let mut seen = BTreeSet::new();
    let mut first = Vec::new();
    for told in snapshots {
        let new: BTreeSet<Scope> = told.state.scopes().difference(&seen).cloned().collect();
        if !new.is_empty() {
            let state = told.state.within(|scope| new.contains(scope));
            first.push(Told { state, ..told.clone() });
            seen.extend(new);
        }
    }
    first
}
