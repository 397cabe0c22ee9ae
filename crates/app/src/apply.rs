//! Running a plan of the way back: one call after the other, each recorded, then looked at.
//!
//! A plan that leaves anything open is refused before the first call. Each call is recorded in the store
//! before the next is made, so that whatever happens, what was done is known and can be taken back itself.
//! It stops at the first call that fails and at the first result that is not as the plan says. Carrying on
//! past a failure was rejected: later calls rest on earlier ones.

mod record;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use trailhound_replay::inverse::{Options, Plan, Step};

use crate::App;
use crate::caller::{CallFailure, Caller, Identity};
use steps::Run;

/// How long is waited for AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a description to show what was just done: they lag behind.
    pub check: Duration,
    /// For a resource to be ready that a later call needs.
    pub wait: Duration,
    /// Between two looks.
    pub every: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            check: Duration::from_secs(20),
            wait: Duration::from_secs(15 * 60),
            every: Duration::from_secs(2),
        }
    }
}

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct ApplyQuery<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it was planned with.
    pub options: Options,
    /// How long is waited.
    pub patience: Patience,
}

/// What became of one step.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Outcome {
    /// It only read what a later step needs.
    Read,
    /// It was done; what it led to is looked at after a later step of the same event.
    Done {
        /// That step.
        checked_after: usize,
    },
    /// It was done, and the description shows what was to be seen.
    Verified,
    /// It was done, and nothing shows whether it did what it was to do.
    NotVerified {
        /// Why not.
        why: String,
    },
    /// It was done, and the description shows something else.
    Differs {
        /// The resource.
        id: String,
        /// The property; empty for the whole resource.
        path: String,
        /// What was to be there; nothing when nothing was to be.
        expected: Option<Value>,
        /// What is there; nothing when nothing is.
        found: Option<Value>,
    },
    /// It was done, and what it made did not become ready.
    NotReady {
        /// What is known of it.
        why: String,
    },
    /// The service refused it: nothing was done.
    Refused {
        /// The service's name of the refusal.
        code: String,
        /// What it says.
        message: String,
    },
    /// It was not sent: nothing was done.
    NotSent {
        /// Why.
        reason: String,
    },
    /// There was no answer: it is not known whether it was done.
    NoAnswer {
        /// What is known.
        reason: String,
    },
}

impl Outcome {
    /// Whether the next step may be taken.
    fn goes_on(&self) -> bool {
        matches!(self, Self::Read | Self::Done { .. } | Self::Verified | Self::NotVerified { .. })
    }

    /// Whether the call was carried out; nothing when that is not known.
    pub fn is_done(&self) -> Option<bool> {
        match self {
            Self::Refused { .. } | Self::NotSent { .. } => Some(false),
            Self::NoAnswer { .. } => None,
            _ => Some(true),
        }
    }
}

/// One step that was taken.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Taken {
    /// Its number in the plan.
    pub number: usize,
    /// The event that it takes back.
    pub undoes: String,
    /// The call: `ec2:ReplaceRoute`.
    pub call: String,
    /// The Region that it went to.
    pub region: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The event id of its own audit record; nothing for reads and for what was not sent.
    pub recorded_as: Option<String>,
    /// Why its record could not be stored, when it could not: then nothing more was done.
    pub record_error: Option<String>,
    /// The record that could not be stored: it is nowhere else.
    pub unstored_record: Option<Value>,
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Who called.
    pub identity: Identity,
    /// The steps that were taken, in order.
    pub taken: Vec<Taken>,
    /// The numbers of those that were not.
    pub left: Vec<usize>,
}

impl Applied {
    /// Whether every step was taken and did not fail.
    pub fn is_whole(&self) -> bool {
        self.left.is_empty()
            && self.taken.iter().all(|it| it.outcome.goes_on() && it.record_error.is_none())
    }

    /// Whether every change was seen to be as it was to be.
    pub fn is_verified(&self) -> bool {
        let is_open = |it: &Taken| matches!(it.outcome, Outcome::NotVerified { .. });
        self.is_whole() && !self.taken.iter().any(is_open)
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "variants are documented, fields are named by what they hold")]
pub enum ApplyError {
    /// There is no call in the plan.
    #[error("the plan has no call to make")]
    Nothing,
    /// Something must be known first.
    #[error("not known: {asks}")]
    Question { asks: String },
    /// Something was changed again since.
    #[error("{id} {path}: {why}")]
    Conflict { id: String, path: String, why: String },
    /// A step is held back.
    #[error("step {number} is held back: {why}")]
    Held { number: usize, why: String },
    /// The credentials are of another account than the plan.
    #[error("the plan is for account {planned}, the credentials are of account {found}")]
    OtherAccount { planned: String, found: String },
    /// Nobody knows whose credentials these are.
    #[error("cannot tell whose credentials these are")]
    Identity(#[source] CallFailure),
    /// No record could be written: so nothing is done.
    #[error("no record of the calls could be stored")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is heard of a plan while it runs.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// A step's call is about to be made.
    Calls(&'a Step),
    /// A step was taken.
    Took(&'a Taken),
}

impl App {
    /// Runs a plan: INVARIANT(UN-1) holds for planning, this is the explicit apply.
    ///
    /// Shape: steps in order; reads leave no record. Two calls are never in one second, as records have
    /// whole seconds and replay goes by them.
    ///
    /// # Errors
    /// [`ApplyError`]: then nothing was done. A step that fails is no error: the answer tells it.
    pub fn apply(
        &self,
        query: &ApplyQuery<'_>,
        caller: &dyn Caller,
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Applied, ApplyError> {
        let plan = query.plan;
        refuse_what_is_open(plan, &query.options)?;
        let identity = caller.identity().map_err(ApplyError::Identity)?;
        let accounts = plan.steps.iter().map(|step| &step.account);
        if let Some(planned) = accounts.into_iter().find(|it| **it != identity.account_id) {
            let (planned, found) = (planned.clone(), identity.account_id);
            return Err(ApplyError::OtherAccount { planned, found });
        }
        // Held to the end: whoever imports meanwhile must not keep a record of a call from being stored.
        let writer = self.store().writer().map_err(|error| ApplyError::Store(Box::new(error)))?;
        let mut run = Run {
            caller,
            writer,
            identity: &identity,
            patience: query.patience,
            answers: BTreeMap::new(),
            last_second: None,
        };
        let mut taken: Vec<Taken> = Vec::new();
        for step in &plan.steps {
            on_progress(Progress::Calls(step));
            let done = run.take(step, plan);
            on_progress(Progress::Took(&done));
            let goes_on = done.outcome.goes_on() && done.record_error.is_none();
            taken.push(done);
            if !goes_on {
                break;
            }
        }
        let last = taken.last().map_or(0, |it| it.number);
        for it in &mut taken {
            if let Outcome::Done { checked_after } = it.outcome
                && checked_after > last
            {
                let why = format!(
                    "it was to be looked at after step {checked_after}, which was not taken"
                );
                it.outcome = Outcome::NotVerified { why };
            }
        }
        let left = plan.steps.iter().skip(taken.len()).map(|step| step.number).collect();
        Ok(Applied { identity, taken, left })
    }
}

/// Refuses a plan that does not say all, or that says not to be run: [`App::apply`] would.
///
/// # Errors
/// [`ApplyError`], for what of it the plan alone tells.
pub fn refuse_what_is_open(plan: &Plan, options: &Options) -> Result<(), ApplyError> {
    if let Some(question) = plan.questions.first() {
        return Err(ApplyError::Question { asks: question.asks.clone() });
    }
    if let Some(conflict) = plan.conflicts.first().filter(|_| !options.overwrite_later_changes) {
        let changed = &conflict.changed;
        let (id, path) = (changed.key.id.clone(), changed.path.clone());
        return Err(ApplyError::Conflict { id, path, why: conflict.why.clone() });
    }
    let held = plan.steps.iter().find_map(|step| Some((step.number, step.held.clone()?)));
    if let Some((number, why)) = held {
        return Err(ApplyError::Held { number, why });
    }
    match plan.steps.is_empty() {
        true => Err(ApplyError::Nothing),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
