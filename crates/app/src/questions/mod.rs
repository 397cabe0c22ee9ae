//! The questions that people ask of an audit trail, each answered by searches that the answer names.
//!
//! # Source
//! Public incident playbooks and query collections for CloudTrail; the lists of event names are theirs,
//! checked against AWS's API models.

mod access;
mod activity;
mod desk;
mod exposure;
mod named;
mod resources;
mod watch;

pub use named::{NameQuestionError, Named, QUESTIONS};
use serde::Serialize;
use serde_json::{Value, json};
use trailhound_query::Coverage;
use trailhound_query::search::TimeRange;

use crate::App;
use crate::lookup::LookupError;
use desk::Desk;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Who deleted, terminated or stopped this resource?
    WhoDeleted(String),
    /// Who created this resource, with which key, from where?
    WhoCreated(String),
    /// What did this access key do?
    Key(String),
    /// What did this user, role session or ARN do?
    Actor(String),
    /// What came from this address or network?
    Ip(String),
    /// Which addresses and agents does this user, key or ARN use; `only_new`: since the start of the range.
    Agents {
        /// A user, key or ARN.
        principal: String,
        /// Only those that the store does not know from before.
        only_new: bool,
    },
    /// What was denied or failed, for whom; which permission is missing?
    Errors,
    /// Who signed in to the console, and how?
    Logins(Logins),
    /// What did the root user do?
    Root,
    /// Which changes to IAM were made, and which of them raise somebody's rights?
    IamChanges,
    /// What was made that lets somebody come back; by whom, when one is named?
    Persistence(Option<String>),
    /// Which Regions were used?
    Regions {
        /// The approved ones; none for all.
        approved: Vec<String>,
        /// Only those that the store does not know from before the range.
        only_new: bool,
    },
    /// Which APIs did a user call for the first time?
    FirstSeen {
        /// The user; none for everyone.
        actor: Option<String>,
        /// Instead, what was done outside of working hours.
        off_hours: bool,
    },
    /// Was logging or monitoring switched off or changed?
    Tampering,
    /// What was opened to the network, or made public or shared?
    Exposure(Exposure),
    /// Which data was read, how often, by whom?
    Reads {
        /// The user.
        actor: Option<String>,
        /// The bucket or another resource.
        resource: Option<String>,
    },
    /// Who deleted or encrypted much in a short time?
    BulkDelete,
    /// Who from other accounts acted here; where did we act in others?
    CrossAccount,
    /// What was changed by hand in the console?
    Clickops,
    /// What happened, action by action?
    Timeline {
        /// The search for the events.
        search: String,
        /// Whether each action is followed by its calls.
        has_calls: bool,
    },
    /// Of which accounts, Regions and times are there events; what is missing?
    Coverage,
}

/// Which sign-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Logins {
    /// All of them.
    #[default]
    All,
    /// Those that failed, and from where many users were tried.
    Failed,
    /// Those without multi-factor authentication.
    NoMfa,
    /// By user and role: who came from where, how often.
    Summary,
    /// The same of those that failed.
    FailedSummary,
}

/// Which exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exposure {
    /// Both.
    #[default]
    All,
    /// Security groups, network ACLs, routes.
    Net,
    /// Buckets, snapshots, images, keys, functions, queues.
    Data,
}

/// The answer to a question.
#[derive(Debug, Default)]
pub struct Answer {
    /// The searches that it rests on, in the search language, times included.
    pub searches: Vec<String>,
    /// What was found.
    pub tables: Vec<Table>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// A table of an answer; it may have no rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub columns: Vec<&'static str>,
    /// Its rows, a text for each column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A row as one JSON object, with the table's title.
    pub fn row_json(&self, row: &[String]) -> Value {
        let title = ("table".to_owned(), json!(self.title));
        Value::Object(std::iter::once(title).chain(self.members(row)).collect())
    }

    fn members(&self, row: &[String]) -> Vec<(String, Value)> {
        let each = |(name, cell): (&&'static str, &String)| ((*name).to_owned(), json!(cell));
        self.columns.iter().zip(row).map(each).collect()
    }
}

impl Answer {
    /// The answer as JSON.
    pub fn json(&self) -> Value {
        let table = |table: &Table| {
            let row = |row: &Vec<String>| Value::Object(table.members(row).into_iter().collect());
            json!({"title": table.title, "rows": table.rows.iter().map(row).collect::<Vec<_>>()})
        };
        json!({
            "tables": self.tables.iter().map(table).collect::<Vec<_>>(),
            "notes": self.notes,
            "searches": self.searches,
        })
    }
}

impl App {
    /// Answers `question` from the events in `range`; tables have at most `limit` rows.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn answer(
        &self,
        question: &Question,
        range: TimeRange,
        limit: usize,
    ) -> Result<Answer, LookupError> {
        let mut desk = Desk::new(self, range, limit)?;
        match question {
            Question::WhoDeleted(resource) => resources::who_deleted(&mut desk, resource)?,
            Question::WhoCreated(resource) => resources::who_created(&mut desk, resource)?,
            Question::Key(key) => activity::of_key(&mut desk, key)?,
            Question::Actor(name) => activity::of_actor(&mut desk, name)?,
            Question::Ip(address) => activity::of_ip(&mut desk, address)?,
            Question::Agents { principal, only_new } => {
                activity::agents(&mut desk, principal, *only_new)?;
            }
            Question::Errors => access::errors(&mut desk)?,
            Question::Logins(which) => access::logins(&mut desk, *which)?,
            Question::Root => access::root(&mut desk)?,
            Question::IamChanges => access::iam_changes(&mut desk)?,
            Question::Persistence(actor) => access::persistence(&mut desk, actor.as_deref())?,
            Question::Regions { approved, only_new } => {
                watch::regions(&mut desk, approved, *only_new)?;
            }
            Question::FirstSeen { actor, off_hours } => match off_hours {
                true => watch::off_hours(&mut desk, actor.as_deref())?,
                false => watch::first_seen(&mut desk, actor.as_deref())?,
            },
            Question::Tampering => watch::tampering(&mut desk)?,
            Question::Exposure(which) => exposure::exposure(&mut desk, *which)?,
            Question::Reads { actor, resource } => {
                exposure::reads(&mut desk, actor.as_deref(), resource.as_deref())?;
            }
            Question::BulkDelete => watch::bulk_delete(&mut desk)?,
            Question::CrossAccount => access::cross_account(&mut desk)?,
            Question::Clickops => activity::clickops(&mut desk)?,
            Question::Timeline { search, has_calls } => {
                activity::timeline(&mut desk, search, *has_calls)?;
            }
            Question::Coverage => watch::coverage(&mut desk)?,
        }
        Ok(desk.into_answer())
    }
}
