//! Why a statement has no answer.

use std::time::Duration;

use datafusion::error::DataFusionError;
use trailhound_store::TableError;

use crate::limits::STATEMENT_CHARS_MAX;

/// Why the engine could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartEngineError {
    /// No folder for spilled data, or no threads.
    #[error("cannot make {what}")]
    Io {
        /// What was to be made.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// The engine refuses its settings.
    #[error("the SQL engine does not start: {reason}")]
    Settings {
        /// What it says.
        reason: String,
    },
}

/// Why a statement has no answer, or no whole one.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Nothing but white space and comments.
    #[error("there is no statement")]
    Empty,
    /// Longer than Lake allows.
    #[error("the statement has {chars} characters, at most {STATEMENT_CHARS_MAX} are allowed")]
    TooLong {
        /// Its length.
        chars: usize,
    },
    /// More than one statement.
    #[error("there are {count} statements, one SELECT is allowed")]
    Several {
        /// How many.
        count: usize,
    },
    /// It would do something else than read.
    #[error("only SELECT is allowed, not `{statement}`")]
    NotSelect {
        /// How it starts.
        statement: String,
    },
    /// It is no SQL.
    #[error("{reason}")]
    Syntax {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// It asks another event data store than this one.
    #[error("there is no event data store `{id}` here")]
    UnknownEventDataStore {
        /// The UUID or ARN.
        id: String,
    },
    /// It names a table that is not there.
    #[error("there is no table `{name}`, only `events` and `configuration_items`")]
    UnknownTable {
        /// The name.
        name: String,
    },
    /// A column, function or type does not fit.
    #[error("{reason}")]
    Invalid {
        /// What the planner says.
        reason: String,
    },
    /// The table log could not be read.
    #[error("{reason}")]
    Snapshot {
        /// Why, with its causes.
        reason: String,
    },
    /// Reading failed: a segment is unreadable.
    #[error("{reason}")]
    Unreadable {
        /// Which, and why.
        reason: String,
    },
    /// Computing failed: a value cannot be cast.
    #[error("{reason}")]
    Run {
        /// Why.
        reason: String,
    },
    /// It needs more memory or disk than it may use.
    #[error("the statement needs more than it may use: {reason}")]
    Resources {
        /// Which limit.
        reason: String,
    },
    /// It ran too long.
    #[error("the statement was ended after {} s", .after.as_secs())]
    TimedOut {
        /// The limit.
        after: Duration,
    },
    /// Somebody cancelled it.
    #[error("the statement was cancelled")]
    Cancelled,
    /// The engine is being shut down, or failed by a fault of its own: the answer is not whole.
    #[error("the SQL engine stopped before the end of the answer")]
    Stopped,
}

impl QueryError {
    /// Whether the statement itself is at fault: what `StartQuery` answers at once, as
    /// `InvalidQueryStatementException`.
    pub fn is_invalid_statement(&self) -> bool {
        matches!(
            self,
            Self::Empty
                | Self::TooLong { .. }
                | Self::Several { .. }
                | Self::NotSelect { .. }
                | Self::Syntax { .. }
                | Self::UnknownTable { .. }
                | Self::Invalid { .. }
        )
    }

    pub(crate) fn snapshot(error: &TableError) -> Self {
        Self::Snapshot { reason: chain(error) }
    }

    /// A failure before anything was read.
    pub(crate) fn plan(error: &DataFusionError) -> Self {
        Self::Invalid { reason: reason(error) }
    }

    pub(crate) fn run(error: &DataFusionError) -> Self {
        let reason = reason(error);
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::Resources { reason },
            DataFusionError::External(_) => Self::Unreadable { reason },
            // The engine has no kind of its own for a full spill folder.
            _ if reason.contains("max_temp_directory_size") => {
                Self::Resources { reason: "no room is left for spilled data".to_owned() }
            }
            _ => Self::Run { reason },
        }
    }
}

/// What the engine says, without its own prefixes and traces.
fn reason(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::External(source) => chain(source.as_ref()),
        root => {
            let message = root.message();
            let text = message.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default();
            // What it says next is how to change a setting that cannot be changed here.
            let text = text.split(" Column names are case sensitive").next().unwrap_or_default();
            // The list of every column would bury the one that is wrong.
            let lines = text.lines().filter(|line| !line.starts_with("Valid fields are"));
            lines.collect::<Vec<_>>().join(" ").trim().trim_end_matches('.').to_owned()
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
