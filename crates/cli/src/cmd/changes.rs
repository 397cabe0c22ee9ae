//! `trailhound changes`: what changed before something broke, ranked.

use super::lookup::{Limit, complete};
use super::questions::search_note;
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult};
use crate::event_output::{write_csv, write_json};
use crate::field::{EventField, time_text};
use crate::table::{Column, Layout};
use crate::text::{counted, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use trailhound_app::changes::{Changes, ChangesQuery, RankedChange, parse_window};
use trailhound_app::lookup::search::{TIME_ACCEPTED, parse_time};
use trailhound_app::now;

/// How many changes are shown when nothing else is said.
const SHOWN: u64 = 20;

/// Arguments of `changes`.
#[derive(Debug, Args)]
#[command(
    after_help = "Only writes that succeeded, what an engineer would look at first on top, each with its reasons:\n\
    how near it is to the resource that broke, what kind of thing it changed, how long before, how rare\n\
    it is for its user, whether errors began right after. Reads, failures and what machines write all\n\
    the time are counted, not shown.\n\n\
    Examples:\n  trailhound changes --at 2026-01-15T14:30Z --window 30m --near vpc-0123456789abcdef0\n  \
    trailhound changes --window 2h --scope 'account:123456789012 region:us-east-1'"
)]
pub(crate) struct ChangesArgs {
    /// When it was broken [default: now]
    #[arg(long, value_name = "TIME", default_value = "now")]
    at: String,
    /// How far back to look
    #[arg(long, value_name = "AGE", default_value = "30m")]
    window: String,
    /// The resource that broke: id, ARN or name
    #[arg(long, value_name = "RESOURCE")]
    near: Option<String>,
    /// What the changes must match, in the search language: `account:… region:… service:…`
    #[arg(long, value_name = "QUERY")]
    scope: Option<String>,
    /// Show at most N changes, or `all` [default: 20]
    #[arg(long, value_name = "N")]
    limit: Option<Limit>,
}

/// Prints the changes before a moment.
pub(crate) fn cmd_changes(ui: &mut Ui, global: &GlobalArgs, args: &ChangesArgs) -> CmdResult {
    let output = ui.output().unwrap_or(Output::Table);
    let now = now();
    let at = parse_time(args.at.trim(), now)
        .ok_or_else(|| CliError::usage(format!("`{}` is not a time", args.at), TIME_ACCEPTED))?;
    let scope = args.scope.as_deref().map(super::search::parse).transpose()?;
    let app = super::open_existing(global)?;
    let limit = args.limit.map_or(SHOWN, |limit| limit.0);
    let found = app.changes(&ChangesQuery {
        at,
        window_micros: window_micros(&args.window)?,
        near: args.near.clone(),
        scope,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    })?;
    match output {
        Output::Table => print_table(ui, &found)?,
        Output::Json => write_json(ui, &format!("{:#}\n", found.json()))?,
        Output::Ndjson => {
            for change in &found.ranked {
                write_json(ui, &format!("{}\n", change.json()))?;
            }
        }
        Output::Csv | Output::Svg => {
            write_csv(
                ui,
                TITLES.iter().map(|(title, ..)| (*title).to_owned()).chain(["reasons".to_owned()]),
            )?;
            for change in &found.ranked {
                write_csv(ui, cells(change).into_iter().chain([reasons_text(change)]))?;
            }
        }
    }
    tell(ui, args, &found);
    complete(&found.coverage)
}

/// An age such as `30m`.
fn window_micros(text: &str) -> Result<i64, CliError> {
    parse_window(text).ok_or_else(|| {
        CliError::usage(format!("`{text}` is not an age"), "an age is like 30m, 2h, 1h30m or 7d")
    })
}

const TITLES: [(&str, usize, u8); 8] = [
    ("score", 5, 0),
    ("event_time", 20, 0),
    ("event_name", 12, 0),
    ("actor", 12, 0),
    ("resources", 8, 0),
    ("source_ip_address", 15, 2),
    ("aws_region", 9, 4),
    ("event_id", 36, 3),
];

fn cells(change: &RankedChange) -> Vec<String> {
    let event = &change.event;
    vec![
        change.score.to_string(),
        EventField::EventTime.text(event),
        EventField::EventName.text(event),
        change.attribution.line(),
        EventField::Resources.text(event),
        EventField::SourceIpAddress.text(event),
        EventField::AwsRegion.text(event),
        EventField::EventId.text(event),
    ]
}

fn reasons_text(change: &RankedChange) -> String {
    let each =
        |reason: &trailhound_app::changes::Reason| format!("{} ({:+})", reason.text, reason.points);
    change.reasons.iter().map(each).collect::<Vec<_>>().join("; ")
}

fn print_table(ui: &mut Ui, found: &Changes) -> Result<(), CliError> {
    let rows: Vec<Vec<String>> = found.ranked.iter().map(cells).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let layout = Layout::fit(&Column::all(&TITLES), &rows, ui.width());
    let titles = TITLES.map(|(title, ..)| title.to_owned());
    let header = layout.line(&titles, |_, text| ui.paint(Paint::Bold, text));
    ui.line(header)?;
    for (change, row) in found.ranked.iter().zip(&rows) {
        let line = layout.line(row, |_, text| text.to_owned());
        ui.line(line)?;
        let reasons = ui.paint(Paint::Dim, &visible(&reasons_text(change)));
        ui.line(format!("       {reasons}"))?;
    }
    Ok(())
}

fn tell(ui: &Ui, args: &ChangesArgs, found: &Changes) {
    let (start, end) = found.range;
    let more = if found.is_cut { "more than " } else { "" };
    ui.note(&format!(
        "{} of {more}{} from {} until {}; not shown: {}, {}, {}",
        found.ranked.len(),
        counted(found.changes, "change"),
        time_text(start),
        time_text(end),
        format_args!("at most {}", counted(found.reads_hidden, "read")),
        counted(found.failed_hidden, "failed write"),
        counted(found.noise_hidden, "routine write"),
    ));
    if found.is_cut {
        ui.note("more changes match than can be ranked: a shorter --window or a --scope looks at the rest");
    }
    if let Some(near) = &args.near {
        ui.note(&format!(
            "{} known within three steps of {near}",
            counted(found.related as u64, "resource")
        ));
    }
    ui.note_wrapped(&search_note(&found.searches.changes));
    ui.note(&coverage_text(&found.coverage));
}
