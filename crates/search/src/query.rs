//! A query: its tree, and what it can be asked.

use std::fmt::{Display, Formatter};
use std::ops::Range;
use std::sync::Arc;

use trailhound_record::{Event, Timestamp};

use crate::ast::Expr;
use crate::error::ParseQueryError;
use crate::eval::{Plan, Seen};
use crate::highlight::Highlighter;
use crate::parse;
use crate::requirement::{self, Requirement, TimeRange};

/// A query, read and made ready. Cheap to clone, free to share between threads.
///
/// ```
/// use trailhound_record::{Event, Timestamp};
/// use trailhound_search::Query;
///
/// let query = Query::parse("event:Delete* -user:alice", Timestamp(0))?;
/// let record = br#"{"eventName":"DeleteTrail","userIdentity":{"userName":"bob"}}"#;
/// assert!(query.matches(&Event::parse(record.to_vec(), 0)?));
/// assert_eq!(query.to_string(), "event:Delete* -user:alice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    expr: Expr,
    plan: Arc<Plan>,
    highlighter: Arc<Highlighter>,
}

impl Query {
    /// Reads `text`. Ages such as `since:2h` and words such as `today` are counted back from `now`. A
    /// text of white space asks for every event.
    ///
    /// # Errors
    /// [`ParseQueryError`], with the place in `text`.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, ParseQueryError> {
        parse::parse(text, now).map(Self::from)
    }

    /// What the query says.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Whether `event` matches: the reference for every other way of answering.
    pub fn matches(&self, event: &Event) -> bool {
        self.plan.matches(&Seen::new(event))
    }

    /// The range in which every match lies, by the `since:` and `until:` that bound the whole query.
    /// When it is not open on both sides, events without a readable time do not match.
    pub fn time_range(&self) -> TimeRange {
        requirement::time_range(&self.expr)
    }

    /// What every match meets: for the index (QU-2).
    pub fn requirement(&self) -> Requirement {
        requirement::requirement(&self.expr)
    }

    /// The parts of `text` that the query's texts and values match, terms under `-` left out: in bytes,
    /// between characters, in order, apart from each other.
    pub fn highlights(&self, text: &str) -> Vec<Range<usize>> {
        self.highlighter.find(text)
    }
}

impl From<Expr> for Query {
    fn from(expr: Expr) -> Self {
        let plan = Arc::new(Plan::new(&expr));
        let highlighter = Arc::new(Highlighter::new(&expr));
        Self { expr, plan, highlighter }
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl Eq for Query {}

/// The canonical form: parsed again it is the same query.
impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.expr.fmt(f)
    }
}
