//! CloudTrail Lake: the store as one event data store, and the queries over it.
//!
//! A query is a statement that runs on a thread of its own while its asker comes back for status and
//! rows. Queries and their rows are kept in memory: for seven days as AWS keeps them, but no more of them
//! than [`QUERIES_KEPT_MAX`] and [`RESULT_BYTES_KEPT_MAX`], oldest first out, and none over a restart.
//!
//! # Source
//! API reference, "StartQuery", "DescribeQuery", "GetQueryResults", "CancelQuery", "ListQueries"; user
//! guide, "CloudTrail Lake".

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trailhound_record::Timestamp;
use trailhound_store::TableError;
use uuid::Uuid;

use crate::sql::{
    RunningStatement, StatementCost, StatementEngine, StatementError, StatementFailure,
};
use crate::{App, now};

/// Queries that may be queued and running at one time.
///
/// # Source
/// API reference, `MaxConcurrentQueriesException`.
pub const QUERIES_AT_ONCE_MAX: usize = 10;
/// How long a query and its rows are kept.
///
/// # Source
/// User guide, "View query results".
pub const QUERY_KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Queries that are kept; the oldest ended one goes first.
pub const QUERIES_KEPT_MAX: usize = 1_000;
/// The largest result that is kept of one query, in bytes of memory; a larger one fails.
pub const RESULT_BYTES_MAX: usize = 128 << 20;
/// All results that are kept together, in bytes of memory; the oldest go first.
pub const RESULT_BYTES_KEPT_MAX: usize = 512 << 20;

/// What the store is called as an event data store. Both stay for the life of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDataStore {
    /// Its UUID, in lower case: that of the table.
    pub id: String,
    /// Its ARN. It names a Region and the account `000000000000`, for the store holds all of both.
    pub arn: String,
    /// When the table was made.
    pub created: Timestamp,
}

impl App {
    /// What the store is called as an event data store.
    ///
    /// # Errors
    /// [`TableError`] when the table log cannot be read.
    pub fn event_data_store(&self) -> Result<EventDataStore, TableError> {
        let (id, created_micros) = self.store().identity()?;
        let id = id.to_ascii_lowercase();
        let arn = format!("arn:aws:cloudtrail:us-east-1:000000000000:eventdatastore/{id}");
        Ok(EventDataStore { id, arn, created: Timestamp(created_micros) })
    }
}

/// The state of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryStatus {
    /// It is being planned.
    Queued,
    /// It runs.
    Running,
    /// It ran to its end.
    Finished,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It ran too long; the rows until then are kept.
    TimedOut,
}

impl QueryStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Finished,
        Self::Failed,
        Self::Cancelled,
        Self::TimedOut,
    ];

    /// AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::TimedOut => "TIMED_OUT",
        }
    }

    /// Whether it is queued or running.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// What is known of a query.
#[derive(Debug, Clone)]
pub struct QueryState {
    /// Its id, a UUID.
    pub id: String,
    /// The statement.
    pub statement: String,
    /// When it was started.
    pub created: Timestamp,
    /// Its status.
    pub status: QueryStatus,
    /// Why it failed.
    pub error: Option<String>,
    /// What it has cost so far.
    pub cost: StatementCost,
    /// Rows of its result; none before its end.
    pub rows: usize,
}

/// Some rows of a query's result.
#[derive(Debug, Clone)]
pub struct ResultPage {
    /// The query.
    pub query: QueryState,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, as text in Trino's form; null is nothing.
    pub rows: Vec<Vec<Option<String>>>,
    /// The first row after them, if there is one.
    pub next: Option<usize>,
}

/// Why a query was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartQueryError {
    /// This build has no engine.
    #[error("there is no SQL engine in this build")]
    NoEngine,
    /// Too many are queued or running.
    #[error("{QUERIES_AT_ONCE_MAX} queries are queued or running")]
    TooMany,
    /// The statement is refused.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// There is no thread for it.
    #[error("cannot start a thread for the query")]
    Thread(#[source] std::io::Error),
}

/// Why a query could not be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelQueryError {
    /// It is not known, or no longer.
    #[error("there is no such query")]
    NotFound,
    /// It has ended.
    #[error("the query has ended")]
    Inactive,
}

/// The queries of one process. Cheap to clone; clones are the same queries.
#[derive(Clone)]
pub struct Queries {
    engine: Option<Arc<dyn StatementEngine>>,
    kept: Arc<Mutex<VecDeque<Kept>>>,
}

impl std::fmt::Debug for Queries {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Queries").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// A query, newest last.
struct Kept {
    state: QueryState,
    running: Option<Arc<dyn RunningStatement>>,
    columns: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
    bytes: usize,
}

impl Queries {
    /// None yet. Without an engine none can be started.
    pub fn new(engine: Option<Arc<dyn StatementEngine>>) -> Self {
        Self { engine, kept: Arc::default() }
    }

    /// The engine that runs them.
    pub fn engine(&self) -> Option<&Arc<dyn StatementEngine>> {
        self.engine.as_ref()
    }

    /// Starts a query and returns its id. Blocks until the statement is planned.
    ///
    /// # Errors
    /// [`StartQueryError`].
    pub fn start(&self, statement: &str) -> Result<String, StartQueryError> {
        let engine = self.engine.as_ref().ok_or(StartQueryError::NoEngine)?;
        let id = self.reserve(statement)?;
        let started = engine.start(statement).map_err(StartQueryError::from).and_then(|running| {
            self.change(&id, |kept| {
                kept.columns = running.columns().to_vec();
                kept.running = Some(Arc::clone(&running));
                // It may have been cancelled meanwhile.
                match kept.state.status {
                    QueryStatus::Queued => kept.state.status = QueryStatus::Running,
                    _ => running.cancel(),
                }
            });
            let (queries, of) = (self.clone(), id.clone());
            std::thread::Builder::new()
                .name("query".to_owned())
                .spawn(move || queries.collect(&of, running.as_ref()))
                .map_err(StartQueryError::Thread)
        });
        match started {
            Ok(_) => Ok(id),
            Err(error) => {
                self.lock().retain(|kept| kept.state.id != id);
                Err(error)
            }
        }
    }

    /// What is known of a query; nothing when it is not known, or no longer.
    pub fn describe(&self, id: &str) -> Option<QueryState> {
        self.lock().iter().find(|kept| kept.state.id == id).map(Kept::now)
    }

    /// At most `count` rows of a query's result, from row `first` on; none while it runs.
    pub fn results(&self, id: &str, first: usize, count: usize) -> Option<ResultPage> {
        let queries = self.lock();
        let kept = queries.iter().find(|kept| kept.state.id == id)?;
        let end = first.saturating_add(count).min(kept.rows.len());
        Some(ResultPage {
            query: kept.now(),
            columns: kept.columns.clone(),
            rows: kept.rows.get(first..end).unwrap_or_default().to_vec(),
            next: (end < kept.rows.len()).then_some(end),
        })
    }

    /// Ends a query; the rows that it has found are dropped.
    ///
    /// # Errors
    /// [`CancelQueryError`].
    pub fn cancel(&self, id: &str) -> Result<QueryState, CancelQueryError> {
        let mut queries = self.lock();
        let kept = queries.iter_mut().find(|kept| kept.state.id == id);
        let kept = kept.ok_or(CancelQueryError::NotFound)?;
        if !kept.state.status.is_active() {
            return Err(CancelQueryError::Inactive);
        }
        kept.state.status = QueryStatus::Cancelled;
        if let Some(running) = kept.running.take() {
            kept.state.cost = running.cost();
            running.cancel();
        }
        Ok(kept.now())
    }

    /// Every query that is kept, newest first.
    pub fn list(&self) -> Vec<QueryState> {
        self.lock().iter().rev().map(Kept::now).collect()
    }

    /// A place for a query, if one more may run.
    fn reserve(&self, statement: &str) -> Result<String, StartQueryError> {
        let mut queries = self.lock();
        let active = queries.iter().filter(|kept| kept.state.status.is_active()).count();
        if active >= QUERIES_AT_ONCE_MAX {
            return Err(StartQueryError::TooMany);
        }
        let state = QueryState {
            id: Uuid::new_v4().to_string(),
            statement: statement.to_owned(),
            created: now(),
            status: QueryStatus::Queued,
            error: None,
            cost: StatementCost::default(),
            rows: 0,
        };
        let id = state.id.clone();
        let (columns, rows) = (Vec::new(), Vec::new());
        queries.push_back(Kept { state, running: None, columns, rows, bytes: 0 });
        Ok(id)
    }

    /// Runs a query to its end and keeps its rows.
    fn collect(&self, id: &str, running: &dyn RunningStatement) {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let failure = loop {
            match running.next_texts() {
                Ok(Some(more)) => {
                    bytes += more.iter().map(|row| row_bytes(row)).sum::<usize>();
                    rows.extend(more);
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
            if bytes > RESULT_BYTES_MAX {
                let reason = format!(
                    "the result takes more than {RESULT_BYTES_MAX} bytes of memory: select less, or set a LIMIT"
                );
                break Some(StatementError { kind: StatementFailure::Failed, reason });
            }
        };
        let cost = running.cost();
        running.cancel();
        self.change(id, |kept| {
            kept.running = None;
            if !kept.state.status.is_active() {
                return;
            }
            kept.state.cost = cost;
            let kind = failure.as_ref().map(|error| error.kind);
            kept.state.status = match kind {
                None => QueryStatus::Finished,
                Some(StatementFailure::TimedOut) => QueryStatus::TimedOut,
                Some(StatementFailure::Cancelled) => QueryStatus::Cancelled,
                Some(_) => QueryStatus::Failed,
            };
            kept.state.error = failure.map(|error| error.reason);
            if matches!(kept.state.status, QueryStatus::Finished | QueryStatus::TimedOut) {
                kept.state.rows = rows.len();
                (kept.rows, kept.bytes) = (rows, bytes);
            }
        });
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.lock().iter_mut().find(|kept| kept.state.id == id) {
            change(kept);
        }
    }

    /// The queries, those that are kept no longer left out.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        let mut queries = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut queries, now());
        queries
    }
}

/// Drops what is too old or too much: ended queries only, the oldest first.
fn forget(queries: &mut VecDeque<Kept>, at: Timestamp) {
    let kept_micros = i64::try_from(QUERY_KEPT.as_micros()).unwrap_or(i64::MAX);
    let oldest = at.0.saturating_sub(kept_micros);
    let mut bytes: usize = queries.iter().map(|kept| kept.bytes).sum();
    let mut count = queries.len();
    queries.retain(|kept| {
        let is_too_much =
            count > QUERIES_KEPT_MAX || (bytes > RESULT_BYTES_KEPT_MAX && kept.bytes > 0);
        let goes = !kept.state.status.is_active() && (is_too_much || kept.state.created.0 < oldest);
        if goes {
            count -= 1;
            bytes -= kept.bytes;
        }
        !goes
    });
}

/// Memory of a row, roughly.
fn row_bytes(row: &[Option<String>]) -> usize {
    let cell = size_of::<Option<String>>();
    cell + row.iter().map(|text| cell + text.as_ref().map_or(0, String::len)).sum::<usize>()
}

impl Kept {
    fn now(&self) -> QueryState {
        let mut state = self.state.clone();
        if let Some(running) = &self.running {
            state.cost = running.cost();
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ended query, `days` old, with a result of `bytes`.
    fn kept(id: usize, status: QueryStatus, days: i64, bytes: usize) -> Kept {
        let state = QueryState {
            id: id.to_string(),
            statement: String::new(),
            created: Timestamp(-days * 24 * 3_600 * 1_000_000),
            status,
            error: None,
            cost: StatementCost::default(),
            rows: 0,
        };
        Kept { state, running: None, columns: Vec::new(), rows: Vec::new(), bytes }
    }

    #[track_caller]
    fn check(queries: Vec<Kept>, expect: &[&str]) {
        let mut queries = VecDeque::from(queries);
        forget(&mut queries, Timestamp(0));
        let ids: Vec<_> = queries.iter().map(|kept| kept.state.id.as_str()).collect();
        assert_eq!(ids, expect);
    }

    #[test]
    fn ended_queries_go_after_seven_days() {
        use QueryStatus::{Failed, Finished, Running};
        check(
            vec![kept(0, Running, 9, 0), kept(1, Finished, 8, 1), kept(2, Failed, 6, 0)],
            &["0", "2"],
        );
    }

    #[test]
    fn large_results_push_out_the_oldest_ones() {
        let half = RESULT_BYTES_KEPT_MAX / 2;
        let finished = |id, bytes| kept(id, QueryStatus::Finished, 0, bytes);
        check(
            vec![finished(0, 0), finished(1, half), finished(2, half), finished(3, half)],
            &["0", "2", "3"],
        );
    }

    #[test]
    fn no_more_are_kept_than_allowed() {
        let mut queries: VecDeque<_> =
            (0..QUERIES_KEPT_MAX + 2).map(|id| kept(id, QueryStatus::Finished, 0, 0)).collect();
        forget(&mut queries, Timestamp(0));
        assert_eq!(queries.len(), QUERIES_KEPT_MAX);
        assert_eq!(queries.front().map(|kept| kept.state.id.as_str()), Some("2"));
    }

    #[test]
    fn without_an_engine_nothing_starts() {
        let started = Queries::new(None).start("SELECT 1");
        assert!(matches!(started, Err(StartQueryError::NoEngine)));
    }
}
