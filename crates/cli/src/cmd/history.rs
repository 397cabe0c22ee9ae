//! `trailhound history`: what touched a resource, what that changed, who did it, what lies near.

use super::lookup::{Limit, complete};
use super::stats::labelled;
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult};
use crate::event_output::{write_csv, write_json};
use crate::field::{EventField, time_text};
use crate::table::{Column, Layout};
use crate::text::{counted, visible};
use crate::time_range::{RangeArgs, parse_range};
use crate::ui::{Paint, Ui};
use clap::Args;
use trailhound_app::history::{Change, Entry, HistoryQuery, Kind, Related, ResourceHistory};
use trailhound_app::now;

/// How many events of a resource are told when nothing else is said.
const EVENTS_MAX: u64 = 200;
/// How far `--related` goes without a number.
const HOPS: &str = "1";

/// Arguments of `history`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every event that named the resource, oldest first: what it was (create, change, delete, touch),\n\
    who stands behind it, and with --diff each property before and after. Calls that failed are marked\n\
    and changed nothing; calls that only read are counted, not shown.\n\n\
    A property that no event of the store wrote is `(not known)` before its first change.\n\n\
    Examples:\n  trailhound history rtb-0123456789abcdef0 --diff\n  \
    trailhound history arn:aws:iam::123456789012:role/Deploy --since 7d\n  \
    trailhound history i-0123456789abcdef0 --related 2"
)]
pub(crate) struct HistoryArgs {
    /// The resource's id, ARN or name
    resource: String,
    /// Show each property that changed, before and after
    #[arg(long)]
    diff: bool,
    /// Show what lies near it, up to N steps away: resources that events name together
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = HOPS,
        value_parser = clap::value_parser!(u8).range(1..=4))]
    related: Option<u8>,
    /// The resource's type, where several have the name: `AWS::IAM::Role`
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: Option<String>,
    /// The resource's account, where several have the name
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Show calls that only read too
    #[arg(long)]
    reads: bool,
    /// Not before this time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// From A until before B; either may be left out; one date is that day
    #[arg(long, value_name = "A..B", conflicts_with_all = ["since", "until"])]
    range: Option<String>,
    /// Tell at most N events, the newest, or `all` [default: 200]
    #[arg(long, value_name = "N")]
    limit: Option<Limit>,
}

/// Prints a resource's history.
pub(crate) fn cmd_history(ui: &mut Ui, global: &GlobalArgs, args: &HistoryArgs) -> CmdResult {
    let output = ui.output().unwrap_or(Output::Table);
    let range = parse_range(
        RangeArgs {
            since: args.since.as_deref(),
            until: args.until.as_deref(),
            range: args.range.as_deref(),
        },
        now(),
    )?;
    let app = super::open_existing(global)?;
    let limit = args.limit.map_or(EVENTS_MAX, |limit| limit.0);
    let found = app.history(&HistoryQuery {
        resource: args.resource.clone(),
        resource_type: args.resource_type.clone(),
        account_id: args.account.clone(),
        start: range.start,
        end: range.end,
        has_reads: args.reads,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        hops: usize::from(args.related.unwrap_or(0)),
    })?;
    if found.entries.is_empty() && found.reads_hidden == 0 {
        return Err(CliError::failed(format!("no event names the resource `{}`", args.resource))
            .hint(format!(
                "names match exactly; `trailhound search '{}'` finds parts of them; {}",
                args.resource,
                coverage_text(&found.coverage)
            )));
    }
    match output {
        Output::Table => print_table(ui, &found, args.diff)?,
        Output::Json => write_json(ui, &format!("{:#}\n", found.json()))?,
        Output::Ndjson => {
            for entry in &found.entries {
                write_json(ui, &format!("{}\n", entry.json()))?;
            }
        }
        Output::Csv | Output::Svg => print_csv(ui, &found)?,
    }
    tell(ui, &found);
    complete(&found.coverage)
}

const TITLES: [(&str, usize, u8); 7] = [
    ("event_time", 20, 0),
    ("kind", 6, 0),
    ("event_name", 12, 0),
    ("actor", 12, 0),
    ("source_ip_address", 15, 2),
    ("error_code", 8, 1),
    ("event_id", 36, 3),
];

fn cells(entry: &Entry) -> Vec<String> {
    let event = &entry.event;
    vec![
        EventField::EventTime.text(event),
        kind_text(entry.step.kind).to_owned(),
        EventField::EventName.text(event),
        entry.attribution.line(),
        EventField::SourceIpAddress.text(event),
        EventField::ErrorCode.text(event),
        EventField::EventId.text(event),
    ]
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Create => "create",
        Kind::Change => "change",
        Kind::Delete => "delete",
        Kind::Touch => "touch",
        Kind::Read => "read",
        Kind::Failed => "failed",
    }
}

fn print_table(ui: &mut Ui, found: &ResourceHistory, has_diff: bool) -> Result<(), CliError> {
    let kind = found.resource_type.as_deref().unwrap_or("of a type that no event says");
    labelled(ui, "resource", &visible(&format!("{} ({kind})", found.names.join(", "))))?;
    let rows: Vec<Vec<String>> = found.entries.iter().map(cells).collect();
    let layout = Layout::fit(&Column::all(&TITLES), &rows, ui.width());
    let titles = TITLES.map(|(title, ..)| title.to_owned());
    let header = layout.line(&titles, |_, text| ui.paint(Paint::Bold, text));
    ui.line(header)?;
    for (entry, row) in found.entries.iter().zip(&rows) {
        let is_failed = entry.step.kind == Kind::Failed;
        let paint = if is_failed { Paint::Red } else { Paint::Plain };
        let line = layout.line(row, |_, text| ui.paint(paint, text));
        ui.line(line)?;
        for text in &entry.about {
            let text = ui.paint(Paint::Dim, &visible(text));
            ui.line(format!("    {text}"))?;
        }
        if has_diff && entry.is_tie {
            ui.line("    at the same time as another change: which came first is not known")?;
        }
        if has_diff {
            for change in entry.step.changes.iter().filter(|change| change.is_real()) {
                ui.line(format!("    {}", visible(&change.to_string())))?;
            }
            if !entry.step.changes.iter().all(Change::is_real) {
                let same = entry.step.changes.iter().filter(|change| !change.is_real()).count();
                let same = format!("    {} set to what it was", counted(same as u64, "property"));
                ui.line(same.replace("propertys", "properties"))?;
            }
        }
    }
    print_related(ui, &found.related)?;
    Ok(())
}

fn print_related(ui: &mut Ui, related: &[Related]) -> std::io::Result<()> {
    if related.is_empty() {
        return Ok(());
    }
    ui.line("")?;
    let title = ui.paint(Paint::Bold, "related, by how often events name them together");
    ui.line(title)?;
    for one in related {
        let kind = one.resource_type.as_deref().unwrap_or("");
        let text = format!(
            "{}{} {kind} beside {}: {}, the last {}",
            "  ".repeat(one.hops),
            one.resource,
            one.beside,
            counted(one.events, "event"),
            one.event_name.as_deref().unwrap_or("(no name)")
        );
        ui.line(visible(&text))?;
    }
    Ok(())
}

fn print_csv(ui: &mut Ui, found: &ResourceHistory) -> Result<(), CliError> {
    let titles = TITLES.iter().map(|(title, ..)| (*title).to_owned());
    write_csv(ui, titles.chain(["changes".to_owned()]))?;
    for entry in &found.entries {
        let changes = entry.step.changes.iter().map(ToString::to_string);
        let changes: Vec<_> = changes.chain(entry.about.iter().cloned()).collect();
        write_csv(ui, cells(entry).into_iter().chain([changes.join("; ")]))?;
    }
    Ok(())
}

fn tell(ui: &Ui, found: &ResourceHistory) {
    let failed =
        found.entries.iter().filter(|entry| entry.step.kind == Kind::Failed).count() as u64;
    let mut parts = vec![counted(found.entries.len() as u64, "event")];
    if failed > 0 {
        parts.push(format!("{failed} of them failed"));
    }
    if found.reads_hidden > 0 {
        parts.push(format!("at most {} not shown: --reads", counted(found.reads_hidden, "read")));
    }
    if found.is_cut {
        let from = found.entries.first().and_then(|entry| entry.event.event_time);
        let from = from.map(|at| format!(" before {}", time_text(at))).unwrap_or_default();
        parts.push(format!("older ones{from} not shown: --limit all"));
    }
    ui.note(&format!("{}; {}", parts.join(", "), coverage_text(&found.coverage)));
    for (account, events) in &found.other_accounts {
        let count = counted(*events, "event");
        ui.note(&format!("{count} of this name are of account {account}: --account {account}"));
    }
    for (kind, events) in &found.other_types {
        let count = counted(*events, "event");
        ui.note(&format!(
            "{count} of this name are about a resource of type {kind}: --type {kind}"
        ));
    }
}
