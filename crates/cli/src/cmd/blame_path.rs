//! `trailhound blame-path`: which change broke a path, who made it, and the way back.

use super::lookup::complete;
use super::path::{Ends, answer_json, print_answer, tell_assumed, time};
use super::state::side_text;
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::text::{counted, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use serde_json::{Value, json};
use trailhound_app::path::{BlameQuery, Blamed, Flip, Trial, UndoTested, Untold, Verdict};
use trailhound_app::picture::words;
use trailhound_app::undo::render;

/// Arguments of `blame-path`.
#[derive(Debug, Args)]
#[command(
    after_help = "Asks the path before and after every change that touched what its answer rests on. Prints the change\n\
    that broke it with who made it, the path before and after, and the way back, which is tried on the\n\
    newest state first. The exit code is 3 unless it works at the window's end.\n\n\
    Examples:\n  trailhound blame-path i-0123456789abcdef0 203.0.113.10 --port 443\n  \
    trailhound blame-path i-0123456789abcdef0 203.0.113.10 --good 2026-09-10 --bad 2026-09-12"
)]
pub(crate) struct BlamePathArgs {
    #[command(flatten)]
    ends: Ends,
    /// When it worked [default: the beginning of what is stored]
    #[arg(long, value_name = "TIME")]
    good: Option<String>,
    /// When it was broken [default: the newest state]
    #[arg(long, value_name = "TIME")]
    bad: Option<String>,
}

/// Prints which change broke a path.
pub(crate) fn cmd_blame_path(ui: &mut Ui, global: &GlobalArgs, args: &BlamePathArgs) -> CmdResult {
    let output = ui.output_among("blame-path", &[Output::Table, Output::Json])?;
    let (good, bad) = (time(args.good.as_ref())?, time(args.bad.as_ref())?);
    if good.zip(bad).is_some_and(|(good, bad)| good >= bad) {
        return Err(CliError::usage(
            "--good is not before --bad",
            "the window goes from when it worked to when it was broken",
        ));
    }
    if let Some(query) = args.ends.exposure() {
        return super::exposure::cmd_blame_exposure(ui, global, &query, good, bad);
    }
    let query = args.ends.query()?;
    let app = super::open_existing(global)?;
    let blamed =
        app.blame_path(&BlameQuery { query, account_id: args.ends.account(), good, bad })?;
    match output {
        Output::Json => write_json(ui, &format!("{:#}\n", blamed_json(&blamed)?))?,
        _ => print_blamed(ui, &args.ends.text(), &blamed)?,
    }
    tell_assumed(ui, &blamed.assumed);
    ui.note(&format!(
        "{} replayed, {} in the window, {} asked",
        counted(blamed.events_read, "event"),
        counted(blamed.changes as u64, "change"),
        counted(blamed.evaluations as u64, "state"),
    ));
    ui.note(&coverage_text(&blamed.coverage));
    complete(&blamed.coverage)?;
    Ok(if blamed.last.verdict == Verdict::Reachable { Status::Done } else { Status::Finding })
}

/// Whether it works now, and if not, why.
pub(super) fn print_symptom(ui: &mut Ui, title: &str, blamed: &Blamed) -> Result<(), CliError> {
    let head = format!("{title}: {}", words::verdict(&blamed.last));
    let head = ui.paint(Paint::Bold, &visible(&head));
    ui.line(head)?;
    if let Some(first) = blamed.last.explanations.first() {
        ui.line(format!("  {}", words::code(first.explanation_code)))?;
    }
    Ok(())
}

fn print_blamed(ui: &mut Ui, title: &str, blamed: &Blamed) -> Result<(), CliError> {
    print_symptom(ui, title, blamed)?;
    let Some(culprit) = blamed.culprit() else {
        if let Some(untold) = blamed.untold_culprit() {
            return print_untold(ui, untold);
        }
        ui.line(match (blamed.first.verdict, blamed.last.verdict) {
            (_, Verdict::Reachable) => {
                "it works at the window's end: no change in the window broke it"
            }
            (Verdict::Reachable, _) => "from some change on it is not known whether it works",
            (Verdict::Unknown, _) => "it is not known whether it ever worked: see what is missing",
            _ => "it did not work at the window's start either",
        })?;
        print_answer(ui, &blamed.last, &Default::default())?;
        return Ok(());
    };
    ui.line("")?;
    let is_mended = blamed.last.verdict == Verdict::Reachable;
    let title = if is_mended { "it works again; last broken by" } else { "broken by" };
    print_flip(ui, title, culprit)?;
    ui.line("")?;
    print_paths(ui, culprit, blamed)?;
    print_others(ui, culprit, blamed)?;
    if let Some(tested) = &blamed.undo {
        ui.line("")?;
        print_way_back(ui, tested)?;
    }
    Ok(())
}

/// The other changes that were asked about: those that flipped the answer, and the innocent.
fn print_others(ui: &mut Ui, culprit: &Flip, blamed: &Blamed) -> Result<(), CliError> {
    let others: Vec<&Flip> =
        blamed.flips.iter().filter(|flip| !std::ptr::eq(*flip, culprit)).collect();
    if !others.is_empty() {
        ui.line("")?;
        ui.line("the answer also changed with:")?;
    }
    for flip in others {
        let at = flip.event.event_time.map(|at| at.to_string()).unwrap_or_default();
        let name = flip.event.event_name.as_deref().unwrap_or("?");
        let id = flip.event.event_id.as_deref().unwrap_or("?");
        let (before, after) = (words::verdict(&flip.before), words::verdict(&flip.after));
        ui.line(visible(&format!(
            "  {at} {name} by {} ({id}): {before} before, {after} after",
            flip.attribution.line()
        )))?;
    }
    if !blamed.innocent.is_empty() {
        ui.line("")?;
        ui.line("checked, and innocent:")?;
        for moment in &blamed.innocent {
            let at = moment.at.map(|at| at.to_string()).unwrap_or_default();
            ui.line(visible(&format!("  {at} {} ({})", moment.event_name, moment.event_id)))?;
        }
    }
    Ok(())
}

/// The plan, and what trying it showed.
pub(super) fn print_way_back(ui: &mut Ui, tested: &UndoTested) -> Result<(), CliError> {
    let head = match &tested.after {
        Trial::Answered(answer) => {
            let verdict = words::verdict(answer);
            format!("the way back, tried on the newest state; after it: {verdict}")
        }
        Trial::NewIds => "the way back makes new ids, so it could not be tried here:".to_owned(),
        Trial::Incomplete => "the way back is not whole, so it was not tried:".to_owned(),
        Trial::NoCalls => "there is nothing to call:".to_owned(),
    };
    let head = ui.paint(Paint::Bold, &head);
    ui.line(head)?;
    for line in render::script(&tested.undo.plan).lines() {
        ui.line(visible(line))?;
    }
    Ok(())
}

/// Tells of a change that only a snapshot shows.
fn print_untold(ui: &mut Ui, untold: &Untold) -> Result<(), CliError> {
    let at = untold.at.map(|at| at.to_string()).unwrap_or_default();
    let line = format!(
        "broken by a change that no stored event tells: the snapshot {} of {at} shows it",
        untold.snapshot
    );
    let line = ui.paint(Paint::Bold, &visible(&line));
    ui.line(line)?;
    ui.line(format!("  before, as the events tell: {}", words::verdict(&untold.before)))?;
    print_answer(ui, &untold.before, &Default::default())?;
    ui.line(format!("  in the snapshot: {}", words::verdict(&untold.after)))?;
    print_answer(ui, &untold.after, &Default::default())?;
    ui.line(visible(&format!(
        "  `trailhound drift --snapshot {}` lists what differs",
        untold.snapshot
    )))?;
    Ok(())
}

/// Who broke it, when, from where, with what, and what it changed.
pub(super) fn print_flip(ui: &mut Ui, title: &str, flip: &Flip) -> Result<(), CliError> {
    let event = &flip.event;
    let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    let at = event.event_time.map(|at| at.to_string()).unwrap_or_default();
    let line =
        format!("{title} {} at {at} by {}", part(&event.event_name), flip.attribution.line());
    let line = ui.paint(Paint::Bold, &visible(&line));
    ui.line(line)?;
    ui.line(visible(&format!(
        "  from {} with {}, account {}, {} (event {})",
        part(&event.source_ip_address),
        part(&event.user_agent),
        part(&event.account_id),
        part(&event.aws_region),
        part(&event.event_id)
    )))?;
    for step in flip.attribution.steps() {
        ui.line(visible(&format!("  {step}")))?;
    }
    for difference in &flip.differences {
        let path = if difference.path.is_empty() { "all of it" } else { &difference.path };
        ui.line(visible(&format!(
            "  {} {path}: {} → {}",
            difference.key.id,
            side_text(&difference.before),
            side_text(&difference.after)
        )))?;
    }
    if flip.is_tie {
        ui.line("  another change has the same second: which came first is not recorded")?;
    }
    Ok(())
}

/// The path before and after the change, with what the change itself set.
pub(super) fn print_paths(ui: &mut Ui, flip: &Flip, blamed: &Blamed) -> Result<(), CliError> {
    let (_, mut set_by) = blamed.set_by.clone().unwrap_or_default();
    set_by.retain(|_, set_by| flip.event.event_id.as_ref() == Some(&set_by.event.event_id));
    for (when, answer, set_by) in
        [("before", &flip.before, &Default::default()), ("after", &flip.after, &set_by)]
    {
        let head = format!("{when}: {}", words::verdict(answer));
        let head = ui.paint(Paint::Bold, &head);
        ui.line(head)?;
        print_answer(ui, answer, set_by)?;
    }
    Ok(())
}

fn blamed_json(blamed: &Blamed) -> Result<Value, CliError> {
    let mut flips = Vec::new();
    for flip in &blamed.flips {
        flips.push(json!({
            "event_id": flip.event.event_id,
            "event_name": flip.event.event_name,
            "event_time": flip.event.event_time.map(|at| at.to_string()),
            "account_id": flip.event.account_id,
            "aws_region": flip.event.aws_region,
            "source_ip_address": flip.event.source_ip_address,
            "user_agent": flip.event.user_agent,
            "who": flip.attribution,
            "is_tie": flip.is_tie,
            "changed": flip.differences,
            "before": answer_json(&flip.before)?,
            "after": answer_json(&flip.after)?,
        }));
    }
    let culprit = blamed.culprit().and_then(|flip| flip.event.event_id.clone());
    let mut untold = Vec::new();
    for it in &blamed.untold {
        untold.push(json!({
            "snapshot": it.snapshot,
            "at": it.at.map(|at| at.to_string()),
            "before": answer_json(&it.before)?,
            "after": answer_json(&it.after)?,
        }));
    }
    let innocent: Vec<&String> = blamed.innocent.iter().map(|moment| &moment.event_id).collect();
    let tested = blamed.undo.as_ref();
    Ok(json!({
        "verdict": blamed.last.verdict,
        "culprit": culprit,
        "flips": flips,
        "untold": untold,
        "innocent": innocent,
        "changes": blamed.changes,
        "evaluations": blamed.evaluations,
        "undo": tested.map(|tested| &tested.undo.plan),
        "assumed": blamed.assumed,
        "after_undo": tested.and_then(|tested| match &tested.after {
            Trial::Answered(answer) => Some(answer.verdict),
            Trial::NewIds | Trial::Incomplete | Trial::NoCalls => None,
        }),
    }))
}
