//! The table log: which segments are live. A Delta Lake table, through `deltalake-core`.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, Remove};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::durable::DurableStore;
use crate::schema;

/// Why the table log could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The folder cannot be made or opened.
    #[error("cannot open the folder `{folder}`")]
    Folder {
        /// The store's folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The log could not be read or written.
    #[error("cannot {doing} the table log")]
    Log {
        /// `read`, `create`, `write`.
        doing: &'static str,
        /// Why.
        source: Box<DeltaTableError>,
    },
    /// A live file's entry in the log lacks what we write there.
    #[error("the table log's entry of `{path}` is not ours: {reason}")]
    Entry {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

fn log_error(doing: &'static str) -> impl Fn(DeltaTableError) -> TableError {
    move |source| TableError::Log { doing, source: Box::new(source) }
}

/// One live segment, as the log names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentEntry {
    /// The data file, relative to the table's folder.
    pub path: String,
    /// The UTC date of its events, days since the epoch; nothing when they have no readable time.
    pub day: Option<i32>,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// The first and last event time, in microseconds; nothing without readable times.
    pub time_micros: Option<(i64, i64)>,
}

/// The statistics that we write into the log: those of the Delta protocol for `event_time`, and ours.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    num_records: u64,
    #[serde(default)]
    min_values: HashMap<String, serde_json::Value>,
    #[serde(default)]
    max_values: HashMap<String, serde_json::Value>,
    #[serde(default)]
    null_count: HashMap<String, serde_json::Value>,
}

/// What a commit is for: kept in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitKind {
    /// New events.
    Append,
    /// The same rows in other files.
    Compact,
    /// Whole days dropped: all before this date, days since the epoch.
    Retain {
        /// The first day that was kept.
        first_day_kept: i32,
        /// Events dropped.
        events: u64,
    },
}

/// The log of one table.
#[derive(Debug)]
pub(crate) struct Table {
    folder: PathBuf,
    runtime: LogRuntime,
    inner: DeltaTable,
}

/// The runtime that the log's library needs. Dropped in the background: a store may be dropped in
/// asynchronous code, where a runtime must not wait for its threads.
#[derive(Debug)]
struct LogRuntime(Option<Runtime>);

impl LogRuntime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.0 {
            Some(runtime) => runtime.block_on(future),
            None => unreachable!("the runtime is there until it is dropped"),
        }
    }
}

impl Drop for LogRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Table {
    /// Opens the table in `folder`; makes it when there is none.
    pub(crate) fn open_or_create(folder: &Path) -> Result<Self, TableError> {
        let at = |source| TableError::Folder { folder: folder.to_owned(), source };
        crate::durable::create_folders(folder).map_err(at)?;
        let folder = folder.canonicalize().map_err(at)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("table-log")
            .enable_all()
            .build()
            .map_err(at)?;
        let runtime = LogRuntime(Some(runtime));
        let exists = folder.join("_delta_log").is_dir()
            && std::fs::read_dir(folder.join("_delta_log"))
                .map_err(at)?
                .flatten()
                .any(|entry| entry.path().extension().is_some_and(|is| is == "json"));
        let url = url::Url::from_directory_path(&folder)
            .map_err(|()| at(std::io::Error::other("the path is not absolute")))?;
        // The library wants the store's root to be that of the location's path.
        let store = DurableStore::new(Path::new("/"))
            .map_err(|source| log_error("open")(DeltaTableError::from(source)))?;
        let mut table = DeltaTableBuilder::from_url(url.clone())
            .map_err(log_error("open"))?
            .with_storage_backend(Arc::new(store), url)
            .build()
            .map_err(log_error("open"))?;
        if exists {
            runtime.block_on(table.load()).map_err(log_error("read"))?;
        } else {
            table = runtime.block_on(create(&table)).map_err(log_error("create"))?;
        }
        Ok(Self { folder, runtime, inner: table })
    }

    /// The table's folder, absolute.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The version that was read last.
    pub(crate) fn version(&self) -> u64 {
        self.inner.version().unwrap_or_default()
    }

    /// The table's id and when it was made, in microseconds.
    pub(crate) fn identity(&self) -> Result<(String, i64), TableError> {
        let metadata = self.inner.snapshot().map_err(log_error("read"))?.metadata();
        let created_ms = metadata.created_time().unwrap_or_default();
        Ok((metadata.id().to_owned(), created_ms.saturating_mul(1_000)))
    }

    /// Whether the log has a later version than the one read; costs one look at the file system.
    pub(crate) fn is_behind(&self) -> bool {
        let next = format!("_delta_log/{:020}.json", self.version() + 1);
        self.folder.join(next).exists()
    }

    /// Reads what other processes have committed since.
    pub(crate) fn refresh(&mut self) -> Result<(), TableError> {
        let Self { runtime, inner, .. } = self;
        runtime.block_on(inner.update_incremental(None)).map_err(log_error("read"))
    }

    /// The live segments, in no order.
    pub(crate) fn entries(&self) -> Result<Vec<SegmentEntry>, TableError> {
        let state = self.inner.snapshot().map_err(log_error("read"))?;
        let log_store = self.inner.log_store();
        let views = state.snapshot().file_views(log_store.as_ref(), None);
        let views: Vec<_> =
            self.runtime.block_on(views.try_collect()).map_err(log_error("read"))?;
        views
            .iter()
            .map(|view| {
                let path = view.path().into_owned();
                let day = view.partition_values_map().remove(schema::EVENT_DATE).flatten();
                entry(path, view.size(), day.as_deref(), view.stats().as_deref())
            })
            .collect()
    }

    /// Makes `added` live and `removed` not, all or nothing, durably.
    pub(crate) fn commit(
        &mut self,
        added: &[SegmentEntry],
        removed: &[SegmentEntry],
        kind: &CommitKind,
    ) -> Result<(), TableError> {
        let is_change = *kind != CommitKind::Compact;
        let now_ms = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64);
        let mut actions: Vec<Action> =
            removed.iter().map(|entry| Action::Remove(remove(entry, is_change, now_ms))).collect();
        actions.extend(added.iter().map(|entry| Action::Add(add(entry, is_change, now_ms))));
        let Self { runtime, inner, .. } = self;
        let state = inner.snapshot().map_err(log_error("read"))?;
        let commit = CommitBuilder::from(CommitProperties::default().with_metadata(metadata(kind)))
            .with_actions(actions)
            .build(Some(state.snapshot()), inner.log_store(), operation(kind));
        runtime.block_on(async { commit.await }).map_err(log_error("write"))?;
        runtime.block_on(inner.update_incremental(None)).map_err(log_error("read"))
    }

    /// The segments that brought new events with some versions, live or not by now: compaction brings
    /// none.
    pub(crate) fn appended(
        &self,
        versions: RangeInclusive<u64>,
    ) -> Result<Vec<SegmentEntry>, TableError> {
        let mut entries = Vec::new();
        for version in versions {
            let path = self.folder.join(format!("_delta_log/{version:020}.json"));
            let at = |source| TableError::Folder { folder: path.clone(), source };
            let text = std::fs::read_to_string(&path).map_err(at)?;
            for line in text.lines() {
                let action: LogAction =
                    serde_json::from_str(line).map_err(|error| at(std::io::Error::other(error)))?;
                let Some(add) = action.add.filter(|add| add.data_change) else { continue };
                let day = add.partition_values.get(schema::EVENT_DATE).cloned().flatten();
                entries.push(entry(add.path, add.size, day.as_deref(), add.stats.as_deref())?);
            }
        }
        Ok(entries)
    }

    /// What retention dropped, oldest first: the first day kept and the events dropped.
    pub(crate) fn retentions(&self) -> Result<Vec<(i32, u64)>, TableError> {
        let history: Vec<_> = self
            .runtime
            .block_on(self.inner.history(None).try_collect())
            .map_err(log_error("read"))?;
        let number = |info: &HashMap<String, serde_json::Value>, key: &str| {
            info.get(key).and_then(serde_json::Value::as_i64)
        };
        let mut dropped: Vec<(i32, u64)> = history
            .iter()
            .filter_map(|info| {
                let day = number(&info.info, RETAINED_FROM)?;
                let events = number(&info.info, DROPPED_EVENTS)?;
                Some((i32::try_from(day).ok()?, events.unsigned_abs()))
            })
            .collect();
        dropped.reverse();
        Ok(dropped)
    }
}

/// A line of the log, as far as it says which files were added.
///
/// # Source
/// Delta transaction log protocol, "Add File and Remove File".
#[derive(serde::Deserialize)]
struct LogAction {
    add: Option<LogAdd>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogAdd {
    path: String,
    size: i64,
    data_change: bool,
    partition_values: HashMap<String, Option<String>>,
    stats: Option<String>,
}

const RETAINED_FROM: &str = "trailhound.firstDayKept";
const DROPPED_EVENTS: &str = "trailhound.droppedEvents";

async fn create(table: &DeltaTable) -> Result<DeltaTable, DeltaTableError> {
    let mut create = CreateBuilder::new()
        .with_log_store(table.log_store())
        .with_table_name("trailhound_events")
        .with_partition_columns([schema::EVENT_DATE])
        .with_save_mode(SaveMode::Ignore)
        // The only column with statistics: without this, writers would collect them for 32 columns.
        .with_configuration([("delta.dataSkippingStatsColumns", Some("event_time"))]);
    for (name, data_type) in schema::delta_columns() {
        create = create.with_column(name, data_type, true, None);
    }
    create.await
}

fn operation(kind: &CommitKind) -> DeltaOperation {
    match kind {
        CommitKind::Append | CommitKind::Compact => DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(vec![schema::EVENT_DATE.to_owned()]),
            predicate: None,
        },
        CommitKind::Retain { first_day_kept, .. } => DeltaOperation::Delete {
            predicate: Some(format!(
                "{} < '{}'",
                schema::EVENT_DATE,
                trailhound_record::time::day_text(*first_day_kept)
            )),
        },
    }
}

fn metadata(kind: &CommitKind) -> Vec<(String, serde_json::Value)> {
    match kind {
        CommitKind::Retain { first_day_kept, events } => vec![
            (RETAINED_FROM.to_owned(), (*first_day_kept).into()),
            (DROPPED_EVENTS.to_owned(), (*events).into()),
        ],
        CommitKind::Append | CommitKind::Compact => Vec::new(),
    }
}

fn partition(entry: &SegmentEntry) -> HashMap<String, Option<String>> {
    let date = entry.day.map(trailhound_record::time::day_text);
    HashMap::from([(schema::EVENT_DATE.to_owned(), date)])
}

fn add(entry: &SegmentEntry, data_change: bool, now_ms: i64) -> Add {
    Add {
        path: entry.path.clone(),
        partition_values: partition(entry),
        size: entry.bytes as i64,
        modification_time: now_ms,
        data_change,
        stats: serde_json::to_string(&stats(entry)).ok(),
        ..Add::default()
    }
}

fn remove(entry: &SegmentEntry, data_change: bool, now_ms: i64) -> Remove {
    Remove {
        path: entry.path.clone(),
        data_change,
        deletion_timestamp: Some(now_ms),
        extended_file_metadata: Some(true),
        partition_values: Some(partition(entry)),
        size: Some(entry.bytes as i64),
        ..Remove::default()
    }
}

/// The time range in the log is rounded outwards to milliseconds, as the Delta protocol does.
fn stats(entry: &SegmentEntry) -> Stats {
    let column = "event_time".to_owned();
    let text = |millis: i64| {
        chrono::DateTime::from_timestamp_millis(millis)
            .unwrap_or_default()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
            .into()
    };
    let mut stats = Stats {
        num_records: entry.rows,
        min_values: HashMap::new(),
        max_values: HashMap::new(),
        null_count: HashMap::new(),
    };
    let nulls = if entry.time_micros.is_none() { entry.rows } else { 0 };
    stats.null_count.insert(column.clone(), nulls.into());
    if let Some((first, last)) = entry.time_micros {
        stats.min_values.insert(column.clone(), text(first.div_euclid(1_000)));
        stats
            .max_values
            .insert(column, text(last.div_euclid(1_000) + i64::from(last % 1_000 != 0)));
    }
    stats
}

fn entry(
    path: String,
    size: i64,
    date: Option<&str>,
    stats: Option<&str>,
) -> Result<SegmentEntry, TableError> {
    let wrong = |reason: &str| TableError::Entry { path: path.clone(), reason: reason.to_owned() };
    let stats: Stats = serde_json::from_str(stats.ok_or_else(|| wrong("it has no statistics"))?)
        .map_err(|error| wrong(&error.to_string()))?;
    let day = match date {
        None | Some("") => None,
        Some(date) => {
            let date = format!("{date}T00:00:00Z");
            let at = trailhound_record::Timestamp::parse(&date);
            Some(at.ok_or_else(|| wrong("its date is not a date"))?.day())
        }
    };
    let micros = |values: &HashMap<String, serde_json::Value>| {
        let text = values.get("event_time")?.as_str()?.to_owned();
        chrono::DateTime::parse_from_rfc3339(&text).ok().map(|at| at.timestamp_micros())
    };
    Ok(SegmentEntry {
        day,
        bytes: size.unsigned_abs(),
        rows: stats.num_records,
        time_micros: micros(&stats.min_values).zip(micros(&stats.max_values)),
        path,
    })
}
