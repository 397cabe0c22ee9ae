//! Network Insights: paths, analyses and access scopes, as EC2's API has them, over replayed state.
//!
//! What is asked is kept as files beside the table, in `_insights/`, each written whole and durably. An
//! analysis runs on a thread of its own, one after the other; one that was cut off by the end of its
//! process is taken up again by the next one that serves the store.
//!
//! Rejected: results in the events' table. They are ours, not AWS's, and no other engine needs them.
//!
//! # Source
//! EC2 API reference, the operations with "NetworkInsights" in their names; Reachability Analyzer guide,
//! "Quotas".

mod analyse;
mod error;
mod keep;
pub(crate) mod scope;
mod select;
mod types;
mod walk;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{App, now};
pub use error::{InsightsError, InsightsKind};
use keep::{Resource, Shelf};
pub use select::{Filter, Page, Place, Select};
pub use types::{
    AccessScope, AccessScopeAnalysis, AccessScopeContent, AccessScopePath, Analysis, CreatePath,
    CreateScope, Finding, InsightsPath, PacketHeaderStatement, PathFilter, PathStatement,
    PortRange, ResourceStatement, StartAnalysis, StartScopeAnalysis, Status, Tag, TagSpecification,
    ThroughResource,
};

/// Paths that are kept.
///
/// # Source
/// Reachability Analyzer guide, "Quotas"; the same for scopes is ours.
pub const PATHS_MAX: usize = 1_000;
/// Analyses that are kept, of paths; and as many of scopes.
pub const ANALYSES_MAX: usize = 10_000;
/// Analyses that may wait and run at one time.
pub const ANALYSES_AT_ONCE_MAX: usize = 100;
/// The tag of an analysis that says which state it is about.
pub const AT_TAG: &str = "trailhound:at";
/// How long a client token may be.
const TOKEN_LENGTH_MAX: usize = 64;

/// Who asks: paths, scopes and analyses belong to a Region, as AWS's do.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The Region that the request is signed for.
    pub region: String,
    /// The one account that the server shows, where it shows one.
    pub account_id: Option<String>,
}

impl Caller {
    fn arn(&self, kind: InsightsKind, id: &str) -> String {
        // The store holds many accounts: a path of ours belongs to none.
        let account = self.account_id.as_deref().unwrap_or("000000000000");
        format!("arn:aws:ec2:{}:{account}:{}/{id}", self.region, kind.arn_type())
    }
}

/// Paths, analyses and access scopes of one store. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct Insights {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    app: Arc<App>,
    shelves: Mutex<Shelves>,
    /// Held by the analysis that runs.
    turn: Mutex<()>,
    active: AtomicUsize,
    is_resumed: AtomicBool,
}

#[derive(Debug)]
struct Shelves {
    paths: Shelf<InsightsPath>,
    analyses: Shelf<Analysis>,
    scopes: Shelf<AccessScope>,
    scope_analyses: Shelf<AccessScopeAnalysis>,
}

impl Insights {
    /// The insights of a store; nothing is read yet.
    pub fn new(app: Arc<App>) -> Self {
        let folder = app.db().join("_insights");
        let shelves = Shelves {
            paths: Shelf::new(&folder),
            analyses: Shelf::new(&folder),
            scopes: Shelf::new(&folder),
            scope_analyses: Shelf::new(&folder),
        };
        let inner = Inner {
            app,
            shelves: Mutex::new(shelves),
            turn: Mutex::default(),
            active: AtomicUsize::new(0),
            is_resumed: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Keeps a path.
    ///
    /// # Errors
    /// [`InsightsError`] when it is no path that can be asked, or cannot be kept.
    pub fn create_path(
        &self,
        caller: &Caller,
        asked: &CreatePath,
    ) -> Result<InsightsPath, InsightsError> {
        let kind = InsightsKind::Path;
        let tags = types::tags(&asked.tag_specifications, kind)?;
        let mut shelves = self.shelves()?;
        let token = token(&asked.client_token)?;
        if let Some(kept) = shelves.paths.repeated(caller, token, asked)? {
            return Ok(kept.resource);
        }
        let id = keep::new_id(kind);
        let path = InsightsPath::new(caller.arn(kind, &id), id, asked, tags);
        // Whether it can be asked at all.
        walk::query(&path)?;
        shelves.paths.add(caller, token, asked, path, PATHS_MAX)
    }

    /// The paths that `select` asks for, oldest first.
    ///
    /// # Errors
    /// [`InsightsError::NotFound`] for an id that is not kept, or when a file cannot be read.
    pub fn paths(
        &self,
        caller: &Caller,
        select: &Select,
    ) -> Result<Page<InsightsPath>, InsightsError> {
        select.check(select::PATH_FILTERS)?;
        self.shelves()?.paths.page(caller, select, select::matches_path)
    }

    /// Removes a path that has no analyses.
    ///
    /// # Errors
    /// [`InsightsError::AnalysisExists`], or as [`Insights::paths`].
    pub fn delete_path(&self, caller: &Caller, id: &str) -> Result<(), InsightsError> {
        let mut shelves = self.shelves()?;
        shelves.paths.require(caller, id)?;
        if shelves.analyses.has_child_of(id)? {
            return Err(InsightsError::AnalysisExists { id: id.to_owned() });
        }
        shelves.paths.remove(id)
    }

    /// Starts an analysis of a path.
    ///
    /// # Errors
    /// As [`Insights::create_path`].
    pub fn start_analysis(
        &self,
        caller: &Caller,
        asked: &StartAnalysis,
    ) -> Result<Analysis, InsightsError> {
        let kind = InsightsKind::Analysis;
        let tags = types::tags(&asked.tag_specifications, kind)?;
        types::at(&tags)?;
        for (name, arns) in
            [("FilterInArns", &asked.filter_in_arns), ("FilterOutArns", &asked.filter_out_arns)]
        {
            if !arns.is_empty() {
                return Err(InsightsError::unsupported(format!(
                    "{name}: paths are not narrowed to resources; leave it out"
                )));
            }
        }
        let started = {
            let mut shelves = self.shelves()?;
            let token = token(&asked.client_token)?;
            if let Some(kept) = shelves.analyses.repeated(caller, token, asked)? {
                return Ok(kept.resource);
            }
            shelves.paths.require(caller, &asked.network_insights_path_id)?;
            self.reserve(kind)?;
            let id = keep::new_id(kind);
            let analysis = Analysis::new(caller.arn(kind, &id), id, asked, tags);
            shelves.analyses.add(caller, token, asked, analysis, ANALYSES_MAX)
        };
        let started = started.inspect_err(|_| self.release())?;
        self.run(Task::Path(started.id().to_owned()))?;
        Ok(started)
    }

    /// The analyses that `select` asks for, oldest first; `select.parent` is a path's id.
    ///
    /// # Errors
    /// As [`Insights::paths`].
    pub fn analyses(
        &self,
        caller: &Caller,
        select: &Select,
    ) -> Result<Page<Analysis>, InsightsError> {
        select.check(select::ANALYSIS_FILTERS)?;
        let mut shelves = self.shelves()?;
        if let Some(path) = &select.parent {
            shelves.paths.require(caller, path)?;
        }
        shelves.analyses.page(caller, select, select::matches_analysis)
    }

    /// Removes an analysis.
    ///
    /// # Errors
    /// As [`Insights::paths`].
    pub fn delete_analysis(&self, caller: &Caller, id: &str) -> Result<(), InsightsError> {
        let mut shelves = self.shelves()?;
        shelves.analyses.require(caller, id)?;
        shelves.analyses.remove(id)
    }

    /// Keeps an access scope.
    ///
    /// # Errors
    /// [`InsightsError::Unsupported`] when it asks what cannot be answered; as [`Insights::create_path`].
    pub fn create_scope(
        &self,
        caller: &Caller,
        asked: &CreateScope,
    ) -> Result<(AccessScope, AccessScopeContent), InsightsError> {
        let kind = InsightsKind::Scope;
        let tags = types::tags(&asked.tag_specifications, kind)?;
        scope::plan(&asked.match_paths, &asked.exclude_paths)?;
        let mut shelves = self.shelves()?;
        let token = token(&asked.client_token)?;
        if let Some(kept) = shelves.scopes.repeated(caller, token, asked)? {
            let content = kept.resource.content();
            return Ok((kept.resource, content));
        }
        let id = keep::new_id(kind);
        let made = AccessScope::new(caller.arn(kind, &id), id, asked, tags);
        let made = shelves.scopes.add(caller, token, asked, made, PATHS_MAX)?;
        let content = made.content();
        Ok((made, content))
    }

    /// The scopes that `select` asks for, oldest first.
    ///
    /// # Errors
    /// As [`Insights::paths`].
    pub fn scopes(
        &self,
        caller: &Caller,
        select: &Select,
    ) -> Result<Page<AccessScope>, InsightsError> {
        select.check(&[])?;
        self.shelves()?
            .scopes
            .page(caller, select, |scope, filter| filter.matches_tags(&scope.tags))
    }

    /// What a scope asks.
    ///
    /// # Errors
    /// As [`Insights::paths`].
    pub fn scope_content(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<AccessScopeContent, InsightsError> {
        Ok(self.shelves()?.scopes.require(caller, id)?.resource.content())
    }

    /// Removes a scope that has no analyses.
    ///
    /// # Errors
    /// [`InsightsError::ScopeInUse`], or as [`Insights::paths`].
    pub fn delete_scope(&self, caller: &Caller, id: &str) -> Result<(), InsightsError> {
        let mut shelves = self.shelves()?;
        shelves.scopes.require(caller, id)?;
        if shelves.scope_analyses.has_child_of(id)? {
            return Err(InsightsError::ScopeInUse { id: id.to_owned() });
        }
        shelves.scopes.remove(id)
    }

    /// Starts an analysis of a scope.
    ///
    /// # Errors
    /// As [`Insights::create_path`].
    pub fn start_scope_analysis(
        &self,
        caller: &Caller,
        asked: &StartScopeAnalysis,
    ) -> Result<AccessScopeAnalysis, InsightsError> {
        let kind = InsightsKind::ScopeAnalysis;
        let tags = types::tags(&asked.tag_specifications, kind)?;
        types::at(&tags)?;
        let started = {
            let mut shelves = self.shelves()?;
            let token = token(&asked.client_token)?;
            if let Some(kept) = shelves.scope_analyses.repeated(caller, token, asked)? {
                return Ok(kept.resource);
            }
            shelves.scopes.require(caller, &asked.network_insights_access_scope_id)?;
            self.reserve(kind)?;
            let id = keep::new_id(kind);
            let analysis = AccessScopeAnalysis::new(caller.arn(kind, &id), id, asked, tags);
            shelves.scope_analyses.add(caller, token, asked, analysis, ANALYSES_MAX)
        };
        let started = started.inspect_err(|_| self.release())?;
        self.run(Task::Scope(started.id().to_owned()))?;
        Ok(started)
    }

    /// The analyses of scopes that `select` asks for, oldest first; `select.parent` is a scope's id.
    ///
    /// # Errors
    /// As [`Insights::paths`].
    pub fn scope_analyses(
        &self,
        caller: &Caller,
        select: &Select,
    ) -> Result<Page<AccessScopeAnalysis>, InsightsError> {
        select.check(&[])?;
        let mut shelves = self.shelves()?;
        if let Some(scope) = &select.parent {
            shelves.scopes.require(caller, scope)?;
        }
        let matches = |it: &AccessScopeAnalysis, filter: &Filter| filter.matches_tags(&it.tags);
        shelves.scope_analyses.page(caller, select, matches)
    }

    /// An analysis of a scope, and `count` of its findings from `first` on.
    ///
    /// # Errors
    /// As [`Insights::paths`].
    pub fn findings(
        &self,
        caller: &Caller,
        id: &str,
        first: usize,
        count: usize,
    ) -> Result<(AccessScopeAnalysis, Vec<Finding>, Option<usize>), InsightsError> {
        let mut shelves = self.shelves()?;
        let analysis = shelves.scope_analyses.require(caller, id)?.resource;
        let all: Vec<Finding> = shelves.scope_analyses.more(id)?;
        let end = first.saturating_add(count).min(all.len());
        let next = (end < all.len()).then_some(end);
        Ok((analysis, all.get(first..end).unwrap_or_default().to_vec(), next))
    }

    /// Removes an analysis of a scope.
    ///
    /// # Errors
    /// As [`Insights::paths`].
    pub fn delete_scope_analysis(&self, caller: &Caller, id: &str) -> Result<(), InsightsError> {
        let mut shelves = self.shelves()?;
        shelves.scope_analyses.require(caller, id)?;
        shelves.scope_analyses.remove(id)
    }

    /// What is kept; the first time, what another process left running is taken up.
    fn shelves(&self) -> Result<MutexGuard<'_, Shelves>, InsightsError> {
        if !self.inner.is_resumed.swap(true, Ordering::SeqCst) {
            self.resume()?;
        }
        Ok(self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.inner.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resume(&self) -> Result<(), InsightsError> {
        let tasks: Vec<Task> = {
            let mut shelves = self.lock();
            let paths = shelves.analyses.running()?.into_iter().map(Task::Path);
            let paths: Vec<Task> = paths.collect();
            let scopes = shelves.scope_analyses.running()?.into_iter().map(Task::Scope);
            paths.into_iter().chain(scopes).collect()
        };
        for task in tasks {
            self.inner.active.fetch_add(1, Ordering::SeqCst);
            self.run(task)?;
        }
        Ok(())
    }

    fn reserve(&self, kind: InsightsKind) -> Result<(), InsightsError> {
        let active = self.inner.active.fetch_add(1, Ordering::SeqCst);
        if active >= ANALYSES_AT_ONCE_MAX {
            self.release();
            return Err(InsightsError::Limit { kind, max: ANALYSES_AT_ONCE_MAX });
        }
        Ok(())
    }

    fn release(&self) {
        self.inner.active.fetch_sub(1, Ordering::SeqCst);
    }

    /// Runs an analysis on a thread of its own, after those that were started before.
    fn run(&self, task: Task) -> Result<(), InsightsError> {
        let insights = self.clone();
        let work = move || {
            let turn = insights.inner.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let done =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| insights.perform(&task)));
            drop(turn);
            insights.release();
            match done {
                Ok(Ok(())) => {}
                Ok(Err(error)) => insights.give_up(&task, &error.to_string()),
                Err(_) => insights.give_up(&task, "it ended in a fault of ours; please report it"),
            }
        };
        let spawned = std::thread::Builder::new().name("analysis".to_owned()).spawn(work);
        spawned.map(|_| ()).map_err(|source| {
            self.release();
            InsightsError::Thread { source }
        })
    }

    fn perform(&self, task: &Task) -> Result<(), InsightsError> {
        match task {
            Task::Path(id) => {
                let found = self.lock().analyses.load(id)?;
                let Some(kept) = found else { return Ok(()) };
                let path = self.lock().paths.load(&kept.resource.network_insights_path_id)?;
                let mut analysis = kept.resource;
                match path {
                    Some(path) => analyse::analyse(&self.inner.app, &path.resource, &mut analysis),
                    None => analysis.fail("the path was deleted"),
                }
                analysis.end_date = Some(now().to_string());
                self.lock().analyses.replace(analysis)
            }
            Task::Scope(id) => {
                let found = self.lock().scope_analyses.load(id)?;
                let Some(kept) = found else { return Ok(()) };
                let of = &kept.resource.network_insights_access_scope_id;
                let scope = self.lock().scopes.load(of)?;
                let mut analysis = kept.resource;
                let findings = match scope {
                    Some(kept) => scope::analyse(&self.inner.app, &kept.resource, &mut analysis),
                    None => {
                        analysis.fail("the scope was deleted");
                        Vec::new()
                    }
                };
                analysis.end_date = Some(now().to_string());
                let mut shelves = self.lock();
                if shelves.scope_analyses.load(id)?.is_some() {
                    shelves.scope_analyses.put_more(id, &findings)?;
                }
                shelves.scope_analyses.replace(analysis)
            }
        }
    }

    /// An analysis that ended in our own fault says so, rather than to run for ever.
    fn give_up(&self, task: &Task, why: &str) {
        let mut shelves = self.lock();
        // When this cannot be written either, it stays running and is taken up at the next start.
        let _ = match task {
            Task::Path(id) => shelves.analyses.load(id).and_then(|found| {
                let Some(mut kept) = found else { return Ok(()) };
                kept.resource.fail(why);
                shelves.analyses.replace(kept.resource)
            }),
            Task::Scope(id) => shelves.scope_analyses.load(id).and_then(|found| {
                let Some(mut kept) = found else { return Ok(()) };
                kept.resource.fail(why);
                shelves.scope_analyses.replace(kept.resource)
            }),
        };
    }
}

/// An analysis to run.
enum Task {
    Path(String),
    Scope(String),
}

fn token(given: &Option<String>) -> Result<Option<&str>, InsightsError> {
    match given.as_deref() {
        Some(token) if token.is_empty() || token.len() > TOKEN_LENGTH_MAX => {
            let reason = format!("it is 1 to {TOKEN_LENGTH_MAX} characters long");
            Err(InsightsError::value("ClientToken", token, reason))
        }
        token => Ok(token),
    }
}

#[cfg(test)]
mod tests;
