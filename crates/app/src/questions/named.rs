//! The questions by name, for pages and programs.

use trailhound_query::search::Query;
use trailhound_record::Timestamp;

use super::{Exposure, Logins, Question};

/// A question as a list shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Its name, as a command and in addresses.
    pub name: &'static str,
    /// What it asks.
    pub title: &'static str,
    /// What it is asked about: the parameter, and whether the question makes no sense without.
    pub parameters: &'static [(&'static str, bool)],
    /// Parameters that are said or not: the value is `true`.
    pub flags: &'static [&'static str],
}

const fn named(
    name: &'static str,
    title: &'static str,
    parameters: &'static [(&'static str, bool)],
    flags: &'static [&'static str],
) -> Named {
    Named { name, title, parameters, flags }
}

/// Every question.
pub const QUESTIONS: &[Named] = &[
    named(
        "who-deleted",
        "Who deleted, terminated or stopped a resource?",
        &[("resource", true)],
        &[],
    ),
    named(
        "who-created",
        "Who created a resource, with which key, from where?",
        &[("resource", true)],
        &[],
    ),
    named("key", "What did an access key do?", &[("key", true)], &[]),
    named("actor", "What did a user, role session or ARN do?", &[("name", true)], &[]),
    named("ip", "What came from an address or network?", &[("address", true)], &[]),
    named(
        "agents",
        "Which addresses and agents does a user or key use?",
        &[("principal", true)],
        &["new"],
    ),
    named("errors", "What was denied or failed, and which permission is missing?", &[], &[]),
    named(
        "logins",
        "Who signed in to the console, and how?",
        &[],
        &["failed", "no-mfa", "summary"],
    ),
    named("root", "What did the root user do?", &[], &[]),
    named("iam-changes", "Which IAM changes were made, and which raise rights?", &[], &[]),
    named("persistence", "What was made that lets somebody come back?", &[("actor", false)], &[]),
    named(
        "regions",
        "Which Regions were used; which are new or not approved?",
        &[("approved", false)],
        &["new"],
    ),
    named(
        "first-seen",
        "Which APIs did a user call for the first time; what off hours?",
        &[("actor", false)],
        &["off-hours"],
    ),
    named("tampering", "Was logging or monitoring switched off or changed?", &[], &[]),
    named(
        "exposure",
        "What was opened to the network, made public or shared?",
        &[],
        &["net", "data"],
    ),
    named(
        "reads",
        "Which data was read, how often, by whom?",
        &[("actor", false), ("resource", false)],
        &[],
    ),
    named("bulk-delete", "Who deleted or encrypted much in a short time?", &[], &[]),
    named(
        "cross-account",
        "Who from other accounts acted here; where did we act in others?",
        &[],
        &[],
    ),
    named("clickops", "What was changed by hand in the console?", &[], &[]),
    named("timeline", "What happened, action by action?", &[("search", true)], &["calls"]),
    named(
        "coverage",
        "Of which accounts, Regions and times are there events; what is missing?",
        &[],
        &[],
    ),
];

/// Why a question could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameQuestionError {
    /// There is no such question.
    #[error("there is no question `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// Its search is none.
    #[error("`{search}` is no search: {reason}")]
    Search {
        /// The text.
        search: String,
        /// Why.
        reason: String,
    },
    /// It needs a parameter.
    #[error("the question needs the parameter `{parameter}`")]
    Missing {
        /// The parameter.
        parameter: &'static str,
    },
}

impl Question {
    /// Reads a question: its name and parameters, of which `of` gives the values.
    ///
    /// # Errors
    /// [`NameQuestionError`] when there is no such question or a parameter is missing.
    pub fn named(
        name: &str,
        of: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, NameQuestionError> {
        let given = |parameter: &str| {
            of(parameter).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
        };
        let must = |parameter: &'static str| {
            given(parameter).ok_or(NameQuestionError::Missing { parameter })
        };
        let is = |flag: &str| given(flag).is_some_and(|value| value == "true" || value == "1");
        Ok(match name {
            "who-deleted" => Self::WhoDeleted(must("resource")?),
            "who-created" => Self::WhoCreated(must("resource")?),
            "key" => Self::Key(must("key")?),
            "actor" => Self::Actor(must("name")?),
            "ip" => Self::Ip(must("address")?),
            "agents" => Self::Agents { principal: must("principal")?, only_new: is("new") },
            "errors" => Self::Errors,
            "logins" => Self::Logins(match () {
                () if is("failed") && is("summary") => Logins::FailedSummary,
                () if is("failed") => Logins::Failed,
                () if is("no-mfa") => Logins::NoMfa,
                () if is("summary") => Logins::Summary,
                () => Logins::All,
            }),
            "root" => Self::Root,
            "iam-changes" => Self::IamChanges,
            "persistence" => Self::Persistence(given("actor")),
            "regions" => Self::Regions {
                approved: given("approved")
                    .map(|list| list.split(',').map(|name| name.trim().to_owned()).collect())
                    .unwrap_or_default(),
                only_new: is("new"),
            },
            "first-seen" => Self::FirstSeen { actor: given("actor"), off_hours: is("off-hours") },
            "tampering" => Self::Tampering,
            "exposure" => Self::Exposure(match () {
                () if is("net") => Exposure::Net,
                () if is("data") => Exposure::Data,
                () => Exposure::All,
            }),
            "reads" => Self::Reads { actor: given("actor"), resource: given("resource") },
            "bulk-delete" => Self::BulkDelete,
            "cross-account" => Self::CrossAccount,
            "clickops" => Self::Clickops,
            "timeline" => {
                let search = must("search")?;
                if let Err(error) = Query::parse(&search, Timestamp(0)) {
                    let reason = error.reason.to_string();
                    return Err(NameQuestionError::Search { search, reason });
                }
                Self::Timeline { search, has_calls: is("calls") }
            }
            "coverage" => Self::Coverage,
            _ => return Err(NameQuestionError::Unknown { name: name.to_owned() }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_in_the_list_can_be_asked() {
        for known in QUESTIONS {
            let given = Question::named(known.name, |_| Some("x".to_owned()));
            assert!(given.is_ok(), "{}", known.name);
            let bare = Question::named(known.name, |_| None);
            let needs = known.parameters.iter().find(|(_, must)| *must).map(|(name, _)| *name);
            match (bare, needs) {
                (Err(NameQuestionError::Missing { parameter }), Some(needed)) => {
                    assert_eq!(parameter, needed);
                }
                (bare, needs) => assert!(bare.is_ok() && needs.is_none(), "{}", known.name),
            }
        }
        let unknown = Question::named("when", |_| None);
        assert_eq!(unknown, Err(NameQuestionError::Unknown { name: "when".to_owned() }));
    }
}
