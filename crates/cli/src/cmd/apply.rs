//! `trailhound undo --apply`: runs a plan after showing it and asking.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};

use clap::Args;
use serde_json::{Value, json};
use trailhound_app::App;
use trailhound_app::apply::{
    Applied, ApplyError, ApplyQuery, Outcome, Patience, Progress, Taken, refuse_what_is_open,
};
use trailhound_app::caller::{Caller, Identity};
use trailhound_app::undo::{Options, Plan};
use trailhound_aws::Settings;

use crate::aws_caller::AwsCaller;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::table::{Column, Layout};
use crate::text::{counted, visible};
use crate::ui::Ui;

/// Arguments of `undo` that make it call AWS.
#[derive(Debug, Args)]
#[command(next_help_heading = "Apply")]
pub(crate) struct ApplyArgs {
    /// Make the calls, record each in the store and look at the result
    #[arg(long)]
    pub(crate) apply: bool,
    /// Do not ask
    #[arg(long, requires = "apply")]
    yes: bool,
    /// The profile of the AWS configuration that says whose credentials these are
    #[arg(long, value_name = "NAME", requires = "apply")]
    profile: Option<String>,
    /// Where to send the calls instead of AWS
    #[arg(long, value_name = "URL", requires = "apply")]
    endpoint_url: Option<String>,
}

/// The plan that somebody is asked about.
pub(super) struct Asked<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// The plan as text, where it was not printed and the result is JSON.
    pub(super) shown: Option<String>,
    /// Plans again: while somebody thinks, something may be changed.
    pub(super) plan_again: &'a dyn Fn() -> Result<Plan, CliError>,
}

/// Asks, runs the plan, and tells what became of each step.
///
/// # Errors
/// When the plan may not be run, or somebody said no.
pub(super) fn run(
    ui: &mut Ui,
    app: &App,
    asked: &Asked<'_>,
    options: Options,
    args: &ApplyArgs,
) -> CmdResult {
    let (plan, is_json) = (asked.plan, asked.shown.is_some());
    refuse_what_is_open(plan, &options).map_err(|error| refused(&error))?;
    if !args.yes && !std::io::stdin().is_terminal() {
        return Err(CliError::usage(
            "there is nobody to ask: nothing was done",
            "--yes makes the calls without asking",
        ));
    }
    let caller = AwsCaller::connect(&Settings {
        profile: args.profile.clone(),
        // Who calls is asked where the first call goes.
        region: plan.steps.first().map(|step| step.region.clone()),
        endpoint_url: args.endpoint_url.clone(),
    })?;
    ui.flush()?;
    if !args.yes {
        for line in asked.shown.iter().flat_map(|text| text.lines()) {
            writeln!(std::io::stderr(), "{}", visible(line))?;
        }
        let identity = caller.identity().map_err(|error| refused(&ApplyError::Identity(error)))?;
        ask(plan, &identity, caller.endpoint_url())?;
        if (asked.plan_again)()? != *plan {
            return Err(CliError::failed("nothing was done: the plan is another one by now")
                .hint("something was changed while it was asked about; run the command again"));
        }
    }
    let query = ApplyQuery { plan, options, patience: Patience::default() };
    let applied = app
        .apply(&query, &caller, &mut |progress| tell(ui, &progress))
        .map_err(|error| refused(&error))?;
    match is_json {
        true => write_json(ui, &format!("{:#}\n", to_json(plan, &applied)))?,
        false => print(ui, &applied)?,
    }
    ui.flush()?;
    finish(ui, &applied)
}

/// Waits for a `yes`.
fn ask(plan: &Plan, identity: &Identity, endpoint: Option<&str>) -> Result<(), CliError> {
    let mut err = std::io::stderr().lock();
    let arn = visible(&identity.arn);
    let place = endpoint.map(|url| format!(" at {}", visible(url))).unwrap_or_default();
    let calls = counted(plan.steps.len() as u64, "call");
    let regions: BTreeSet<&String> = plan.steps.iter().map(|step| &step.region).collect();
    let regions: Vec<&str> = regions.into_iter().map(String::as_str).collect();
    let regions = visible(&regions.join(", ")).into_owned();
    write!(err, "Make {calls} as {arn} in {regions}{place}? Type yes: ")?;
    err.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    match line.trim() {
        "yes" => Ok(()),
        _ => Err(CliError::failed("nothing was done: the answer was not yes")),
    }
}

fn refused(error: &ApplyError) -> CliError {
    let hint = match error {
        ApplyError::Nothing => "the plan says why",
        ApplyError::Question { .. } => {
            "import what would tell it, or make the calls by hand with the value that you know"
        }
        ApplyError::Conflict { .. } => "--overwrite puts back what was there before the event",
        ApplyError::Held { .. } => "--undo-containment, if that is what holds it back",
        ApplyError::OtherAccount { .. } => "--profile NAME takes other credentials",
        ApplyError::Identity(_) => "`aws sts get-caller-identity` asks the same",
        ApplyError::Store(_) => "another import may be running",
    };
    let mut text = format!("nothing was done: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    CliError::failed(text).hint(hint)
}

fn tell(ui: &Ui, progress: &Progress<'_>) {
    match progress {
        Progress::Calls(step) => {
            ui.note(&format!("step {}: {}:{} …", step.number, step.service, step.operation));
        }
        Progress::Took(taken) => {
            ui.note(&format!("step {}: {}", taken.number, outcome_text(&taken.outcome)));
        }
    }
}

/// What became of a step, in words.
fn outcome_text(outcome: &Outcome) -> String {
    let value =
        |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
    match outcome {
        Outcome::Read => "read".to_owned(),
        Outcome::Done { checked_after } => format!("done; looked at after step {checked_after}"),
        Outcome::Verified => "done and verified".to_owned(),
        Outcome::NotVerified { why } => format!("done, not verified: {why}"),
        Outcome::Differs { id, path, .. } if path.is_empty() => {
            format!("done, but {id} is not as it was to be")
        }
        Outcome::Differs { id, path, expected, found } => {
            format!("done, but {id} {path} is {}, and was to be {}", value(found), value(expected))
        }
        Outcome::NotReady { why } => format!("done, but what it made is not ready: {why}"),
        Outcome::Refused { code, message } => format!("refused: {code}: {message}"),
        Outcome::NotSent { reason } => format!("not sent: {reason}"),
        Outcome::NoAnswer { reason } => {
            format!("no answer, it is not known whether it was done: {reason}")
        }
    }
}

fn print(ui: &mut Ui, applied: &Applied) -> Result<(), CliError> {
    let columns =
        Column::all(&[("step", 4, 0), ("call", 20, 0), ("result", 20, 0), ("record", 36, 1)]);
    let rows: Vec<Vec<String>> = applied.taken.iter().map(row).collect();
    let layout = Layout::fit(&columns, &rows, ui.width());
    let titles: Vec<String> = columns.iter().map(|column| column.title.clone()).collect();
    ui.line("")?;
    for row in std::iter::once(&titles).chain(&rows) {
        ui.line(layout.line(row, |_, text| text.to_owned()))?;
    }
    Ok(())
}

fn row(taken: &Taken) -> Vec<String> {
    vec![
        taken.number.to_string(),
        taken.call.clone(),
        outcome_text(&taken.outcome),
        taken.recorded_as.clone().unwrap_or_default(),
    ]
}

fn to_json(plan: &Plan, applied: &Applied) -> Value {
    json!({
        "account": applied.identity.account_id,
        "caller": applied.identity.arn,
        "is_whole": applied.is_whole(),
        "is_verified": applied.is_verified(),
        "steps": applied.taken,
        "left": applied.left,
        "plan": plan,
    })
}

/// The exit code, and what to do next.
fn finish(ui: &Ui, applied: &Applied) -> CmdResult {
    for taken in &applied.taken {
        if let (Some(error), Some(record)) = (&taken.record_error, &taken.unstored_record) {
            ui.warn(&format!("the record of step {} could not be stored: {error}", taken.number));
            ui.warn(&format!("it is nowhere else: {record}"));
        }
    }
    if !applied.left.is_empty() {
        let left: Vec<String> = applied.left.iter().map(ToString::to_string).collect();
        ui.warn(&format!("stopped; these steps were not taken: {}", left.join(", ")));
    }
    let done = applied.taken.iter().filter(|it| it.outcome.is_done() != Some(false));
    let ids: Vec<&str> = done.rev().filter_map(|it| it.recorded_as.as_deref()).collect();
    if !ids.is_empty() {
        ui.note(&format!("to take this back: trailhound undo {}", ids.join(" ")));
    }
    let is_failed =
        |it: &Taken| it.record_error.is_some() || !matches!(it.outcome.is_done(), Some(true));
    Ok(match applied {
        _ if applied.is_verified() => Status::Done,
        _ if applied.taken.iter().any(is_failed) => Status::Failed,
        _ => Status::Finding,
    })
}
