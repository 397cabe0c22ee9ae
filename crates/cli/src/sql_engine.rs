//! The SQL engine for those who ask through the façade: the commands that serve.

use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::sql::StatementEngine;

use crate::error::CliError;

/// No engine: this build has none.
#[cfg(not(feature = "sql"))]
pub(crate) fn engine(_: &Arc<App>) -> Result<Option<Arc<dyn StatementEngine>>, CliError> {
    Ok(None)
}

/// The engine over `app`.
///
/// # Errors
/// When its threads or its folder cannot be made, or the table log cannot be read.
#[cfg(feature = "sql")]
pub(crate) fn engine(app: &Arc<App>) -> Result<Option<Arc<dyn StatementEngine>>, CliError> {
    let engine = with_engine::open(Arc::clone(app), trailhound_sql::Limits::default())?;
    Ok(Some(Arc::new(with_engine::Engine(engine))))
}

#[cfg(feature = "sql")]
pub(crate) use with_engine::open;

#[cfg(feature = "sql")]
mod with_engine {
    use crate::error::CliError;
    use serde_json::Value;
    use std::sync::Arc;
    use trailhound_app::App;
    use trailhound_app::sql::{
        RunningStatement, StatementCost, StatementEngine, StatementError, StatementFailure,
    };
    use trailhound_sql::arrow::array::RecordBatch;
    use trailhound_sql::print::{json_values, rows};
    use trailhound_sql::{EventDataStoreNames, Limits, QueryError, SharedAnswer, SqlEngine};

    /// The engine over `app`, whose event data store it knows by name.
    pub(crate) fn open(app: Arc<App>, limits: Limits) -> Result<SqlEngine, CliError> {
        let store = app.event_data_store()?;
        let names = EventDataStoreNames { id: store.id, arn: store.arn };
        Ok(SqlEngine::new(Arc::new(move || app.snapshot()), names, limits)?)
    }

    #[derive(Debug)]
    pub(super) struct Engine(pub(super) SqlEngine);

    struct Running(SharedAnswer);

    impl StatementEngine for Engine {
        fn start(&self, statement: &str) -> Result<Arc<dyn RunningStatement>, StatementError> {
            let answer = self.0.share_blocking(statement).map_err(failure)?;
            Ok(Arc::new(Running(answer)))
        }
    }

    impl Running {
        fn next<T>(&self, read: impl Fn(&RecordBatch) -> T) -> Result<Option<T>, StatementError> {
            let batch = self.0.next_blocking().transpose().map_err(failure)?;
            Ok(batch.as_ref().map(read))
        }
    }

    impl RunningStatement for Running {
        fn columns(&self) -> &[String] {
            self.0.columns()
        }

        fn next_texts(&self) -> Result<Option<Vec<Vec<Option<String>>>>, StatementError> {
            self.next(rows)
        }

        fn next_values(&self) -> Result<Option<Vec<Vec<Value>>>, StatementError> {
            self.next(json_values)
        }

        fn cost(&self) -> StatementCost {
            let cost = self.0.statistics();
            StatementCost {
                events_matched: cost.events_matched,
                events_scanned: cost.events_scanned,
                bytes_scanned: cost.bytes_scanned,
                elapsed: cost.elapsed,
            }
        }

        fn cancel(&self) {
            self.0.cancel();
        }
    }

    fn failure(error: QueryError) -> StatementError {
        let kind = match &error {
            QueryError::UnknownEventDataStore { .. } => StatementFailure::UnknownEventDataStore,
            QueryError::TimedOut { .. } => StatementFailure::TimedOut,
            QueryError::Cancelled => StatementFailure::Cancelled,
            QueryError::Run { .. } => StatementFailure::Compute,
            QueryError::Resources { .. } => StatementFailure::Resources,
            error if error.is_invalid_statement() => StatementFailure::Invalid,
            _ => StatementFailure::Failed,
        };
        StatementError { kind, reason: error.to_string() }
    }
}
