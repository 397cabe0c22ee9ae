//! `trailhound undo`: the way back from events, as text for a person to read and run.

use super::apply::{self, ApplyArgs};
use super::lookup::complete;
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::text::{counted, visible};
use crate::time_range::{RangeArgs, parse_range};
use crate::ui::Ui;
use clap::{Args, ValueEnum};
use trailhound_app::now;
use trailhound_app::undo::{Class, Options, Undo, UndoQuery, render};

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// A shell script of AWS CLI commands
    Script,
    /// JSON, with every value and where it is known from
    Json,
    /// A Python script for boto3
    Boto3,
    /// What to do where Terraform or CloudFormation manages the resources
    Terraform,
}

/// Arguments of `undo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Prints the calls that take the events back, the newest event first; only --apply makes\n\
    them. Each value that is put back is known from an event or a snapshot; where one is not known\n\
    there is a question instead of a command. What was changed again since is a conflict: nothing\n\
    overwrites it unless --overwrite says so. The exit code is 3 when something is left: a question,\n\
    a conflict, an event without a way back or one that had changed nothing.\n\n\
    --apply shows the plan, asks, makes the calls with the credentials that the AWS CLI would take,\n\
    writes an audit record of each into the store, and looks at the result. It stops at the first\n\
    that is not as it was to be. What it did can be taken back itself. The exit code is 3, too, when\n\
    a result is otherwise or could not be looked at.\n\n\
    Examples:\n  trailhound undo 4f1c2d3e-0000-4000-8000-123456789abc\n  \
    trailhound undo --resource rtb-0123456789abcdef0 --since 2h\n  \
    trailhound undo --actor dave --since 2h --as boto3\n  \
    trailhound undo 4f1c2d3e-0000-4000-8000-123456789abc --apply --profile ops"
)]
pub(crate) struct UndoArgs {
    /// The events to take back, by id
    #[arg(value_name = "EVENT_ID", required_unless_present_any = ["actor", "resource"])]
    events: Vec<String>,
    /// Take back what this person, role or key did; needs --since
    #[arg(long, value_name = "NAME", requires = "since", conflicts_with = "events")]
    actor: Option<String>,
    /// Take back what was done to this resource; needs --since
    #[arg(long, value_name = "RESOURCE", requires = "since", conflicts_with = "events")]
    resource: Option<String>,
    /// Not before this time
    #[arg(long, value_name = "TIME", conflicts_with = "events")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME", conflicts_with = "events")]
    until: Option<String>,
    /// The account, where several are stored
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// How the plan is written
    #[arg(long = "as", value_enum, value_name = "FORM", default_value = "script")]
    form: Form,
    /// Overwrite what was changed again since
    #[arg(long)]
    overwrite: bool,
    /// Take back what looks like containment too: a key disabled, a policy that denies
    #[arg(long)]
    undo_containment: bool,
    #[command(flatten)]
    apply: ApplyArgs,
}

/// Prints the way back.
pub(crate) fn cmd_undo(ui: &mut Ui, global: &GlobalArgs, args: &UndoArgs) -> CmdResult {
    let form = match ui.output_among("undo", &[Output::Table, Output::Json])? {
        Output::Json => Form::Json,
        _ => args.form,
    };
    let range = parse_range(
        RangeArgs { since: args.since.as_deref(), until: args.until.as_deref(), range: None },
        now(),
    )?;
    let app = super::open_existing(global)?;
    let options = Options {
        overwrite_later_changes: args.overwrite,
        undo_containment: args.undo_containment,
    };
    let query = UndoQuery {
        events: args.events.clone(),
        actor: args.actor.clone(),
        resource: args.resource.clone(),
        account_id: args.account.clone(),
        since: range.start,
        until: range.end,
        options,
    };
    let undo = app.undo(&query)?;
    let plan_again = || Ok(app.undo(&query)?.plan);
    refuse(args, &undo)?;
    let is_json_result = args.apply.apply && form == Form::Json;
    if !is_json_result {
        print(ui, form, &undo, args.apply.apply)?;
    }
    tell(ui, &undo);
    complete(&undo.coverage)?;
    if args.apply.apply && undo.is_cut {
        return Err(CliError::failed(
            "nothing was done: more events match than one plan takes back",
        )
        .hint("take fewer: --since and --until say from when to when"));
    }
    // Whoever is asked must see what for; standard output is for the result.
    let shown = is_json_result.then(|| render::script(&undo.plan));
    let open = match is_open(&undo) {
        true => Status::Finding,
        false => Status::Done,
    };
    match args.apply.apply {
        true => Ok(
            match apply::run(
                ui,
                &app,
                &apply::Asked { plan: &undo.plan, shown, plan_again: &plan_again },
                options,
                &args.apply,
            )? {
                Status::Done => open,
                other => other,
            },
        ),
        false => Ok(open),
    }
}

/// Refuses what no plan can be made for.
fn refuse(args: &UndoArgs, undo: &Undo) -> Result<(), CliError> {
    if let Some(id) = undo.missing.first() {
        return Err(CliError::failed(format!("no event has the id `{id}`"))
            .hint(coverage_text(&undo.coverage)));
    }
    if undo.events.is_empty() {
        return Err(nothing(args, undo));
    }
    if undo.accounts.len() > 1 {
        let accounts = undo.accounts.join(", ");
        return Err(CliError::failed(format!("the events are of several accounts: {accounts}"))
            .hint(
                "one set of credentials calls in one account: --account ID takes back those of one",
            ));
    }
    if args.actor.is_some() && undo.actors.len() > 1 {
        let actors = undo.actors.join("; ");
        return Err(CliError::failed(visible(&format!("several have that name: {actors}")))
            .hint("name one of them whole, as it stands here"));
    }
    Ok(())
}

/// Whether something is left that the plan does not take back.
fn is_open(undo: &Undo) -> bool {
    let plan = &undo.plan;
    !plan.questions.is_empty()
        || !plan.conflicts.is_empty()
        || !undo.changed_nothing.is_empty()
        || undo.is_cut
        || plan.events.iter().any(|event| event.class == Class::Irreversible)
        || plan.steps.iter().any(|step| step.held.is_some())
}

fn nothing(args: &UndoArgs, undo: &Undo) -> CliError {
    match undo.changed_nothing.as_slice() {
        [] => CliError::failed("no event that changed something matches")
            .hint(coverage_text(&undo.coverage)),
        [id, ..] => {
            CliError::failed(format!("the event `{id}` changed nothing: it failed or only read"))
                .hint(format!("trailhound show {}", args.events.first().unwrap_or(id)))
        }
    }
}

/// What a script says of itself, which is not so where it is about to be run.
const NOT_RUN: &str = "# Nothing was run. Read it, then run it yourself.";

fn print(ui: &mut Ui, form: Form, undo: &Undo, is_applied: bool) -> Result<(), CliError> {
    let text = match form {
        Form::Script => render::script(&undo.plan),
        Form::Boto3 => render::boto3(&undo.plan),
        Form::Terraform => render::terraform(&undo.plan),
        Form::Json => {
            let json =
                render::json(&undo.plan).map_err(|error| CliError::failed(error.to_string()))?;
            return Ok(write_json(ui, &format!("{json}\n"))?);
        }
    };
    if text.trim().is_empty() {
        ui.line("# nothing here is known to be managed by Terraform or CloudFormation")?;
    }
    for line in text.lines() {
        let line =
            if is_applied && line == NOT_RUN { "# These calls are to be made." } else { line };
        // Names in records are hostile; the script quotes them, the terminal must not obey them.
        let line = if ui.is_terminal() { visible(line).into_owned() } else { line.to_owned() };
        ui.line(line)?;
    }
    Ok(())
}

fn tell(ui: &Ui, undo: &Undo) {
    let plan = &undo.plan;
    ui.note(&format!(
        "{} planned for with {}; {}; {} replayed",
        counted(plan.events.len() as u64, "event"),
        counted(plan.steps.len() as u64, "call"),
        match plan.class {
            Class::Exact => "the same state comes back",
            Class::Compensating => "the function comes back under new ids",
            Class::Partial => "a part of it cannot come back",
            Class::Irreversible => "there is no way back for a part of it",
        },
        counted(undo.events_read, "event"),
    ));
    for id in &undo.changed_nothing {
        ui.warn(&format!("the event {id} changed nothing: it failed or only read"));
    }
    for event in plan.events.iter().filter(|event| event.class == Class::Irreversible) {
        ui.warn(&visible(&format!("no way back from {} ({})", event.event, event.event_id)));
    }
    if undo.is_cut {
        ui.warn("more events match than one plan takes back: the newest are in it");
    }
    for question in &plan.questions {
        ui.warn(&visible(&format!("not known: {}", question.asks)));
    }
    for conflict in &plan.conflicts {
        ui.warn(&visible(&format!(
            "{} {}: {}",
            conflict.changed.key.id, conflict.changed.path, conflict.why
        )));
    }
    ui.note(&coverage_text(&undo.coverage));
}
