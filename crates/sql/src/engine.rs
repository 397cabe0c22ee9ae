//! Runs statements: on threads of its own, within limits, until the answer is whole or nobody wants it.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, col, lit};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use futures::StreamExt;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::Instant;
use trailhound_store::{Snapshot, TableError};

use crate::answer::{Answer, AnswerStream, Meter, SharedAnswer};
use crate::error::{QueryError, StartEngineError};
use crate::functions;
use crate::limits::{BATCHES_AHEAD, Limits, STACK_BYTES};
use crate::schema::{CONFIGURATION_ITEMS, EVENTS};
use crate::statement::{
    CONFIGURATION_ITEMS_TABLES, EVENTS_TABLE, EventDataStoreNames, Parsed, parse,
};
use crate::table::{EventsTable, ScanCounts};
use crate::yielding::{Wanted, YieldOften};

/// Gives the newest snapshot of the store.
pub type Snapshots = Arc<dyn Fn() -> Result<Arc<Snapshot>, TableError> + Send + Sync>;

/// Answers statements over the newest snapshot; cheap to share behind an [`Arc`].
pub struct SqlEngine {
    inner: Arc<Inner>,
    /// Dropped in the background: an engine may be dropped in asynchronous code.
    runtime: Option<Runtime>,
}

impl std::fmt::Debug for SqlEngine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SqlEngine").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}

struct Inner {
    snapshots: Snapshots,
    names: EventDataStoreNames,
    limits: Limits,
    runtime_env: Arc<RuntimeEnv>,
    /// Holds spilled data; removed with the engine.
    _spill: TempDir,
    is_pruning: bool,
}

impl SqlEngine {
    /// Starts threads; opens nothing yet.
    ///
    /// # Errors
    /// [`StartEngineError`] when there is no folder for spilled data, or no threads.
    pub fn new(
        snapshots: Snapshots,
        names: EventDataStoreNames,
        limits: Limits,
    ) -> Result<Self, StartEngineError> {
        let io = |what| move |source| StartEngineError::Io { what, source };
        let spill = tempfile::Builder::new()
            .prefix("trailhound-sql-")
            .tempdir()
            .map_err(io("a folder for spilled data"))?;
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![spill.path().to_owned()]))
            .with_max_temp_directory_size(limits.spill_bytes);
        let runtime_env = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|error| StartEngineError::Settings { reason: error.to_string() })?;
        // The local file system is there by default. Nothing names it, and now nothing can.
        runtime_env
            .deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())
            .map_err(|error| StartEngineError::Settings { reason: error.to_string() })?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(limits.threads.max(1))
            .thread_name("sql")
            .thread_stack_size(STACK_BYTES)
            .enable_time()
            .build()
            .map_err(io("threads for SQL"))?;
        let inner =
            Inner { snapshots, names, limits, runtime_env, _spill: spill, is_pruning: true };
        Ok(Self { inner: Arc::new(inner), runtime: Some(runtime) })
    }

    /// The same engine without the index: for tests that compare.
    #[cfg(test)]
    pub(crate) fn without_pruning(mut self) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.is_pruning = false;
        }
        self
    }

    /// Checks a statement: whether it would be run at all.
    ///
    /// # Errors
    /// [`QueryError`] as [`SqlEngine::query`] before its first row.
    pub async fn check(&self, statement: &str) -> Result<(), QueryError> {
        self.query(statement).await.map(drop)
    }

    /// Starts a statement. Dropping the answer ends it.
    ///
    /// Shape: batches in the order of the statement, if it has one; without ORDER BY, in none.
    /// As of: the newest snapshot at the time of the call.
    ///
    /// # Errors
    /// [`QueryError`] when the statement is refused or the snapshot cannot be read.
    pub async fn query(&self, statement: &str) -> Result<AnswerStream, QueryError> {
        let Some(runtime) = &self.runtime else { return Err(QueryError::Stopped) };
        let (inner, statement) = (Arc::clone(&self.inner), statement.to_owned());
        // Planning nests as deep as the statement; these threads have the stack for it.
        let started = runtime.spawn(async move { inner.start(&statement).await });
        started.await.map_err(|_| QueryError::Stopped)?
    }

    /// As [`SqlEngine::query`], for callers without a runtime.
    ///
    /// # Errors
    /// As [`SqlEngine::query`].
    pub fn query_blocking(&self, statement: &str) -> Result<AnswerStream, QueryError> {
        let Some(runtime) = &self.runtime else { return Err(QueryError::Stopped) };
        runtime.block_on(self.query(statement))
    }

    /// As [`SqlEngine::query_blocking`], for a reader whom others watch and stop.
    ///
    /// # Errors
    /// As [`SqlEngine::query`].
    pub fn share_blocking(&self, statement: &str) -> Result<SharedAnswer, QueryError> {
        let Some(runtime) = &self.runtime else { return Err(QueryError::Stopped) };
        let stream = runtime.block_on(self.query(statement))?;
        Ok(SharedAnswer::new(stream, runtime.handle().clone()))
    }

    /// Runs a statement to its end and keeps the answer.
    ///
    /// # Errors
    /// [`QueryError`]; [`QueryError::Resources`] when the answer is larger than
    /// [`Limits::result_bytes`].
    pub async fn run(&self, statement: &str) -> Result<Answer, QueryError> {
        let mut stream = self.query(statement).await?;
        let (mut batches, mut bytes) = (Vec::new(), 0);
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            bytes += batch.get_array_memory_size();
            if bytes > self.inner.limits.result_bytes {
                let limit = self.inner.limits.result_bytes;
                let reason = format!("an answer of more than {limit} bytes");
                return Err(QueryError::Resources { reason });
            }
            batches.push(batch);
        }
        let statistics = stream.statistics();
        Ok(Answer { columns: stream.columns().to_vec(), batches, statistics })
    }
}

impl Drop for SqlEngine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Inner {
    async fn start(self: Arc<Self>, statement: &str) -> Result<AnswerStream, QueryError> {
        let started = Instant::now();
        let wanted = Arc::new(Wanted::until((started + self.limits.timeout).into_std()));
        let Parsed { statement, names } = parse(statement, &self.names)?;
        // The table log has a runtime of its own, and none may wait on a thread of another.
        let snapshots = Arc::clone(&self.snapshots);
        let snapshot = tokio::task::spawn_blocking(move || snapshots()).await;
        let snapshot = snapshot
            .map_err(|_| QueryError::Stopped)?
            .map_err(|error| QueryError::snapshot(&error))?;
        let counts = Arc::new(ScanCounts::default());
        let state =
            self.session(&snapshot, &counts, &wanted).map_err(|error| QueryError::plan(&error))?;
        for table in
            state.resolve_table_references(&statement).map_err(|error| QueryError::plan(&error))?
        {
            let name = table.to_string();
            let is_known =
                name == EVENTS_TABLE || CONFIGURATION_ITEMS_TABLES.contains(&name.as_str());
            if !is_known {
                return Err(QueryError::UnknownTable { name });
            }
        }
        let plan = async {
            let plan = state.statement_to_plan(statement).await?;
            // The statement is a SELECT already: this lock is the engine's own.
            read_only().verify_plan(&plan)?;
            let is_explained = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
            let physical = state.create_physical_plan(&plan).await?;
            let names = if is_explained { None } else { names };
            datafusion::error::Result::Ok((physical, names))
        };
        let (plan, names) = plan.await.map_err(|error| QueryError::plan(&error))?;
        let schema = plan.schema();
        let columns = match names {
            Some(names) if names.len() == schema.fields().len() => names,
            _ => schema.fields().iter().map(|field| field.name().clone()).collect(),
        };
        let schema = renamed(&schema, &columns);
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let produced = Arc::clone(&plan);
        let task = state.task_ctx();
        let deadline = started + self.limits.timeout;
        let (renamed, until) = (Arc::clone(&schema), Arc::clone(&wanted));
        tokio::spawn(async move {
            self.produce(produced, task, renamed, (deadline, until), sender).await;
        });
        let meter = Meter::new(plan, counts, started);
        Ok(AnswerStream::new(schema, columns, receiver, meter, wanted))
    }

    fn session(
        &self,
        snapshot: &Arc<Snapshot>,
        counts: &Arc<ScanCounts>,
        wanted: &Arc<Wanted>,
    ) -> datafusion::error::Result<SessionState> {
        let mut config = SessionConfig::new()
            .with_target_partitions(self.limits.threads.max(1))
            .with_information_schema(false);
        // Times are UTC, and texts are one type: functions of our own need no second one.
        config.options_mut().sql_parser.map_string_types_to_utf8view = false;
        // What a sort keeps aside for merging must fit beside what it sorts.
        config.options_mut().execution.sort_spill_reservation_bytes =
            (self.limits.memory_bytes / 32).min(10 << 20);
        // Sorts of several partitions keep all memory from the merge behind them; one can spill.
        config.options_mut().optimizer.repartition_sorts = false;
        let mut state = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.runtime_env))
            .with_physical_optimizer_rule(Arc::new(YieldOften(Arc::clone(wanted))))
            .with_table_factories(Default::default())
            .with_file_formats(Vec::new())
            // `generate_series` and its like would make rows of nothing, without end.
            .with_table_function_list(Vec::new())
            .build();
        for name in functions::MADE_OF_NOTHING {
            state.deregister_udf(name)?;
        }
        for function in functions::all() {
            state.register_udf(function)?;
        }
        let context = SessionContext::new_with_state(state);
        let table = |columns| {
            let partitions = self.limits.threads.max(1);
            let (snapshot, counts) = (Arc::clone(snapshot), Arc::clone(counts));
            let mut table = EventsTable::new(snapshot, columns, counts, partitions);
            table.is_pruning = self.is_pruning;
            Arc::new(table)
        };
        context.register_table(EVENTS_TABLE, table(EVENTS))?;
        for name in CONFIGURATION_ITEMS_TABLES {
            let source = provider_as_source(table(CONFIGURATION_ITEMS));
            let is_item = col("eventcategory").eq(lit("ConfigurationItem"));
            let plan = LogicalPlanBuilder::scan(name, source, None)?.filter(is_item)?.build()?;
            context.register_table(name, Arc::new(ViewTable::new(plan, None)))?;
        }
        Ok(context.state())
    }

    async fn produce(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        task: Arc<datafusion::execution::TaskContext>,
        schema: SchemaRef,
        (deadline, wanted): (Instant, Arc<Wanted>),
        sender: mpsc::Sender<Produced>,
    ) {
        let mut stream = match execute_stream(plan, task) {
            Ok(stream) => stream,
            Err(error) => {
                // Nobody left to tell is no failure.
                let _ = sender.send(Err(QueryError::run(&error))).await;
                return;
            }
        };
        loop {
            let next = async {
                let Some(batch) = stream.next().await else { return Ok(None) };
                let batch = batch.map_err(|error| QueryError::run(&error))?;
                let (_, arrays, rows) = batch.into_parts();
                let options =
                    datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
                RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)
                    .map(Some)
                    .map_err(|error| QueryError::Run { reason: error.to_string() })
            };
            let next = tokio::select! {
                () = sender.closed() => return,
                next = tokio::time::timeout_at(deadline, next) => next,
            };
            let timed_out = || Err(QueryError::TimedOut { after: self.limits.timeout });
            let item = match next {
                Ok(Err(_)) if wanted.is_late() => timed_out(),
                Ok(item) => item,
                Err(_) => timed_out(),
            };
            let is_last = !matches!(item, Ok(Some(_)));
            if sender.send(item).await.is_err() || is_last {
                return;
            }
        }
    }
}

/// What a running statement says: a batch, its end, or its failure. A channel that closes without one
/// of the last two is a failure of ours, not an end.
pub(crate) type Produced = Result<Option<RecordBatch>, QueryError>;

fn read_only() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// `schema` with other names for its columns.
fn renamed(schema: &Schema, names: &[String]) -> SchemaRef {
    let field = |(field, name): (&Arc<Field>, &String)| field.as_ref().clone().with_name(name);
    Arc::new(Schema::new(schema.fields().iter().zip(names).map(field).collect::<Vec<_>>()))
}
