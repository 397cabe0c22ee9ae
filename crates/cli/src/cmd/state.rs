//! `trailhound state` and `trailhound diff`: what it looked like, and what changed in between.

use super::lookup::complete;
use super::path::{setter_text, time};
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::text::{counted, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use trailhound_app::lookup::Coverage;
use trailhound_app::path::Setter;
use trailhound_app::replay::Source;
use trailhound_app::state::{DiffFound, Side, StateFound, StateQuery, source_of};
use trailhound_record::Timestamp;

/// Arguments of `state`.
#[derive(Debug, Args)]
#[command(
    after_help = "Replays the stored changes up to the time, oldest first. Each value has the event that set it; what no\n\
    event told is `(not known)`, which is not the same as absent. A VPC's id means everything in it.\n\n\
    Examples:\n  trailhound state rtb-0123456789abcdef0 --at 2026-09-12T12:00Z\n  \
    trailhound state vpc-0123456789abcdef0 --output json"
)]
pub(crate) struct StateArgs {
    /// The resource's id, ARN or name
    resource: String,
    /// When [default: the newest state]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The account, where several are stored
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Property by property what differs between two times, with the event that set each value. A VPC's id\n\
    means everything in it.\n\n\
    Examples:\n  trailhound diff rtb-0123456789abcdef0 --from 2026-09-12 --to 2026-09-13T12:00Z"
)]
pub(crate) struct DiffArgs {
    /// The resource's id, ARN or name
    resource: String,
    /// The first time
    #[arg(long, value_name = "TIME")]
    from: String,
    /// The second time [default: the newest state]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// The account, where several are stored
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// Prints what a resource looked like.
pub(crate) fn cmd_state(ui: &mut Ui, global: &GlobalArgs, args: &StateArgs) -> CmdResult {
    let output = ui.output_among("state", &[Output::Table, Output::Json])?;
    let at = time(args.at.as_ref())?;
    let app = super::open_existing(global)?;
    let query =
        StateQuery { resource: args.resource.clone(), account_id: args.account.clone(), at };
    let found = app.state(&query)?;
    if found.resources.is_empty() {
        return Err(nothing(&args.resource, &found.coverage));
    }
    match output {
        Output::Json => write_json(ui, &format!("{:#}\n", state_json(&found)))?,
        _ => print_state(ui, &found)?,
    }
    tell(ui, found.events_read, &found.coverage);
    complete(&found.coverage)
}

fn nothing(resource: &str, coverage: &Coverage) -> CliError {
    CliError::failed(format!("nothing is known of `{resource}` at that time: it may be gone")).hint(
        format!(
            "`trailhound history {resource}` shows every event that named it; {}",
            coverage_text(coverage)
        ),
    )
}

fn tell(ui: &Ui, events_read: u64, coverage: &Coverage) {
    ui.note(&format!("{} replayed", counted(events_read, "event")));
    ui.note(&coverage_text(coverage));
}

fn print_state(ui: &mut Ui, found: &StateFound) -> Result<(), CliError> {
    for (key, resource) in &found.resources {
        let head =
            format!("{} {}  {} {}", key.resource_type, key.id, key.scope.account, key.scope.region);
        let head = ui.paint(Paint::Bold, &visible(&head));
        ui.line(head)?;
        for (path, value, source) in resource.properties() {
            let path = if path.is_empty() { "everything else" } else { path.as_str() };
            let value = value.map_or_else(|| "(not known)".to_owned(), value_text);
            ui.line(visible(&format!("  {path}  {value}")))?;
            if let Some(line) = source_text(source, &found.events) {
                let line = ui.paint(Paint::Dim, &visible(&line));
                ui.line(format!("      {line}"))?;
            }
        }
    }
    Ok(())
}

fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn source_text(source: &Source, events: &BTreeMap<String, Setter>) -> Option<String> {
    let of_event = |id: &String| events.get(id).map_or_else(|| format!("event {id}"), setter_text);
    match source {
        Source::Event { id } => Some(of_event(id)),
        Source::Inferred { id } => Some(format!("follows from: {}", of_event(id))),
        Source::Snapshot { id } => Some(format!("in the snapshot {id}")),
        Source::Unknown => None,
    }
}

fn state_json(found: &StateFound) -> Value {
    let resources: Vec<Value> = found
        .resources
        .iter()
        .map(|(key, resource)| {
            json!({"key": key, "body": resource.body, "sources": resource.sources})
        })
        .collect();
    json!({"resources": resources, "events": found.events})
}

/// Prints what changed between two times.
pub(crate) fn cmd_diff(ui: &mut Ui, global: &GlobalArgs, args: &DiffArgs) -> CmdResult {
    let output = ui.output_among("diff", &[Output::Table, Output::Json])?;
    let from = time(Some(&args.from))?.unwrap_or(Timestamp(0));
    let at = time(args.to.as_ref())?;
    let app = super::open_existing(global)?;
    let query =
        StateQuery { resource: args.resource.clone(), account_id: args.account.clone(), at };
    if at.is_some_and(|at| at <= from) {
        return Err(CliError::usage("--from is not before --to", "the first time comes first"));
    }
    let found = app.diff(&query, from)?;
    if !found.is_known {
        return Err(nothing(&args.resource, &found.coverage));
    }
    match output {
        Output::Json => {
            let json = json!({"differences": found.differences, "events": found.events});
            write_json(ui, &format!("{json:#}\n"))?;
        }
        _ => print_diff(ui, &found)?,
    }
    tell(ui, found.events_read, &found.coverage);
    complete(&found.coverage)?;
    Ok(Status::Done)
}

fn print_diff(ui: &mut Ui, found: &DiffFound) -> Result<(), CliError> {
    if found.differences.is_empty() {
        ui.line("nothing that replay follows differs")?;
    }
    for difference in &found.differences {
        let path = if difference.path.is_empty() { "all of it" } else { &difference.path };
        let head = format!("{} {path}", difference.key.id);
        let head = ui.paint(Paint::Bold, &visible(&head));
        ui.line(head)?;
        for (mark, side) in [("-", &difference.before), ("+", &difference.after)] {
            ui.line(visible(&format!("  {mark} {}", side_text(side))))?;
            if let Some(line) = source_of(side).and_then(|it| source_text(it, &found.events)) {
                let line = ui.paint(Paint::Dim, &visible(&line));
                ui.line(format!("      {line}"))?;
            }
        }
    }
    Ok(())
}

pub(super) fn side_text(side: &Side) -> String {
    match side {
        Side::Is { value, .. } => value_text(value),
        Side::Absent { .. } => "(none)".to_owned(),
        Side::Unknown => "(not known)".to_owned(),
    }
}
