//! Insights as files: one each, written whole, found by a folder's listing.
//!
//! Another process may serve the same store: what it writes is seen, for a listing is read each time and
//! only files that were not seen before are opened.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Caller;
use super::error::{InsightsError, InsightsKind};
use super::select::{Filter, Page, Place, Select};
use super::types::Status;

/// The version of the files.
const FORMAT: u32 = 1;
/// How many digits an id has after its prefix.
const ID_DIGITS: usize = 17;

/// What a file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Kept<T> {
    format: u32,
    region: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_token: Option<String>,
    /// A hash of the request, by which its repetition is known.
    asked: String,
    pub(super) resource: T,
}

/// One of the four kinds.
pub(super) trait Resource: Clone + Serialize + DeserializeOwned {
    const KIND: InsightsKind;
    fn id(&self) -> &str;
    /// When it was made, by which lists are in order.
    fn created(&self) -> &str;
    /// What it is an analysis of.
    fn parent(&self) -> Option<&str> {
        None
    }
    fn status(&self) -> Option<Status> {
        None
    }
    /// When it ended.
    fn ended(&self) -> Option<&str> {
        None
    }
}

/// What is remembered of a file.
#[derive(Debug)]
struct Brief {
    created: String,
    region: String,
    client_token: Option<String>,
    asked: String,
    parent: Option<String>,
}

/// All of one kind.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    folder: PathBuf,
    briefs: BTreeMap<String, Brief>,
    of: PhantomData<T>,
}

/// A new id.
pub(super) fn new_id(kind: InsightsKind) -> String {
    let digits = Uuid::new_v4().simple().to_string();
    let digits: String = digits.chars().take(ID_DIGITS).collect();
    format!("{}-{digits}", kind.prefix())
}

/// Whether a text is an id of this kind; only such ones become names of files.
fn is_id(kind: InsightsKind, text: &str) -> bool {
    let digits = text.strip_prefix(kind.prefix()).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| {
        digits.len() == ID_DIGITS
            && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn hash(caller: &Caller, asked: &impl Serialize) -> String {
    let mut asked = serde_json::to_value(asked).unwrap_or_default();
    if let Some(members) = asked.as_object_mut() {
        members.remove("ClientToken");
    }
    let digest = Sha256::digest(format!("{}\n{asked}", caller.region));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl<T: Resource> Shelf<T> {
    pub(super) fn new(folder: &Path) -> Self {
        let folder = folder.join(T::KIND.arn_type());
        Self { folder, briefs: BTreeMap::new(), of: PhantomData }
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Takes notice of what was written and removed since.
    fn refresh(&mut self) -> Result<(), InsightsError> {
        let unreadable = |source| InsightsError::File { path: self.folder.clone(), source };
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.briefs.clear();
                return Ok(());
            }
            Err(error) => return Err(unreadable(error)),
        };
        let mut seen = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".json")) else {
                continue;
            };
            if is_id(T::KIND, id) {
                seen.push(id.to_owned());
            }
        }
        seen.sort_unstable();
        self.briefs.retain(|id, _| seen.binary_search(id).is_ok());
        for id in seen {
            if !self.briefs.contains_key(&id) {
                self.load(&id)?;
            }
        }
        Ok(())
    }

    /// The file of an id; nothing when there is none.
    pub(super) fn load(&mut self, id: &str) -> Result<Option<Kept<T>>, InsightsError> {
        if !is_id(T::KIND, id) {
            return Ok(None);
        }
        let path = self.file(id);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.briefs.remove(id);
                return Ok(None);
            }
            Err(source) => return Err(InsightsError::File { path, source }),
        };
        let kept: Kept<T> = serde_json::from_slice(&bytes)
            .map_err(|source| InsightsError::Damaged { path, source })?;
        let brief = Brief {
            created: kept.resource.created().to_owned(),
            region: kept.region.clone(),
            client_token: kept.client_token.clone(),
            asked: kept.asked.clone(),
            parent: kept.resource.parent().map(str::to_owned),
        };
        self.briefs.insert(id.to_owned(), brief);
        Ok(Some(kept))
    }

    /// The file of an id that must be there, in the caller's Region.
    pub(super) fn require(&mut self, caller: &Caller, id: &str) -> Result<Kept<T>, InsightsError> {
        let found = self.load(id)?.filter(|kept| kept.region == caller.region);
        found.ok_or_else(|| InsightsError::NotFound { kind: T::KIND, id: shown(id) })
    }

    /// What an earlier request with this client token made, when it asked the same.
    pub(super) fn repeated(
        &mut self,
        caller: &Caller,
        token: Option<&str>,
        asked: &impl Serialize,
    ) -> Result<Option<Kept<T>>, InsightsError> {
        let Some(token) = token else { return Ok(None) };
        self.refresh()?;
        let mut briefs = self.briefs.iter();
        let same = briefs.find(|(_, brief)| {
            brief.region == caller.region && brief.client_token.as_deref() == Some(token)
        });
        let Some((id, brief)) = same else { return Ok(None) };
        if brief.asked != hash(caller, asked) {
            return Err(InsightsError::TokenMismatch);
        }
        let id = id.clone();
        self.load(&id)
    }

    /// Keeps a new one; at most `max`.
    pub(super) fn add(
        &mut self,
        caller: &Caller,
        token: Option<&str>,
        asked: &impl Serialize,
        resource: T,
        max: usize,
    ) -> Result<T, InsightsError> {
        self.refresh()?;
        if self.briefs.len() >= max {
            return Err(InsightsError::Limit { kind: T::KIND, max });
        }
        let kept = Kept {
            format: FORMAT,
            region: caller.region.clone(),
            client_token: token.map(str::to_owned),
            asked: hash(caller, asked),
            resource,
        };
        self.write(&kept)?;
        Ok(kept.resource)
    }

    /// Writes one anew, unless it was removed.
    pub(super) fn replace(&mut self, resource: T) -> Result<(), InsightsError> {
        match self.load(resource.id())? {
            Some(kept) => self.write(&Kept { resource, ..kept }),
            None => Ok(()),
        }
    }

    fn write(&mut self, kept: &Kept<T>) -> Result<(), InsightsError> {
        let path = self.file(kept.resource.id());
        let bytes = serde_json::to_vec(kept)
            .map_err(|source| InsightsError::Damaged { path: path.clone(), source })?;
        trailhound_store::write_beside(&path, &bytes)
            .map_err(|source| InsightsError::File { path, source })?;
        self.load(kept.resource.id()).map(|_| ())
    }

    /// Removes one, with all that belongs to it.
    pub(super) fn remove(&mut self, id: &str) -> Result<(), InsightsError> {
        for path in [self.file(id), self.more_file(id)] {
            trailhound_store::remove_beside(&path)
                .map_err(|source| InsightsError::File { path, source })?;
        }
        self.briefs.remove(id);
        Ok(())
    }

    /// Whether any is an analysis of `parent`.
    pub(super) fn has_child_of(&mut self, parent: &str) -> Result<bool, InsightsError> {
        self.refresh()?;
        Ok(self.briefs.values().any(|brief| brief.parent.as_deref() == Some(parent)))
    }

    /// Those that run, by their files.
    pub(super) fn running(&mut self) -> Result<Vec<String>, InsightsError> {
        self.refresh()?;
        let ids: Vec<String> = self.briefs.keys().cloned().collect();
        let mut running = Vec::new();
        for id in ids {
            let kept = self.load(&id)?;
            if kept.is_some_and(|kept| kept.resource.status() == Some(Status::Running)) {
                running.push(id);
            }
        }
        Ok(running)
    }

    /// A page of those that `select` asks for.
    pub(super) fn page(
        &mut self,
        caller: &Caller,
        select: &Select,
        matches: impl Fn(&T, &Filter) -> bool,
    ) -> Result<Page<T>, InsightsError> {
        for id in &select.ids {
            self.require(caller, id)?;
        }
        self.refresh()?;
        let mut places: Vec<Place> = self
            .briefs
            .iter()
            .filter(|(id, brief)| {
                brief.region == caller.region
                    && (select.ids.is_empty() || select.ids.contains(id))
                    && (select.parent.is_none() || select.parent == brief.parent)
            })
            .map(|(id, brief)| Place { created: brief.created.clone(), id: id.clone() })
            .collect();
        places.sort_unstable();
        let first =
            select.after.as_ref().map_or(0, |after| places.partition_point(|it| it <= after));
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = None;
        for place in places.into_iter().skip(first) {
            let Some(kept) = self.load(&place.id)? else { continue };
            let it = kept.resource;
            if !select.is_in_time(it.created(), it.ended())
                || !select.filters.iter().all(|filter| matches(&it, filter))
            {
                continue;
            }
            if page.items.len() == select.limit {
                page.next = last;
                break;
            }
            page.items.push(it);
            last = Some(place);
        }
        Ok(page)
    }

    fn more_file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.findings.json"))
    }

    /// What belongs to one and is long.
    pub(super) fn more<M: DeserializeOwned + Default>(&self, id: &str) -> Result<M, InsightsError> {
        let path = self.more_file(id);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| InsightsError::Damaged { path, source }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(M::default()),
            Err(source) => Err(InsightsError::File { path, source }),
        }
    }

    pub(super) fn put_more(&self, id: &str, more: &impl Serialize) -> Result<(), InsightsError> {
        let path = self.more_file(id);
        let bytes = serde_json::to_vec(more)
            .map_err(|source| InsightsError::Damaged { path: path.clone(), source })?;
        trailhound_store::write_beside(&path, &bytes)
            .map_err(|source| InsightsError::File { path, source })
    }
}

/// An id as an error repeats it.
fn shown(id: &str) -> String {
    id.chars().take(100).collect()
}
