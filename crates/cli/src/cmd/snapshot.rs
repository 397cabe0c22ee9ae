//! `trailhound snapshot` and `trailhound drift`: descriptions of an account beside its events.

use super::lookup::complete;
use super::path::time;
use super::state::{side_text, source_text};
use crate::args::{GlobalArgs, Output};
use crate::aws_caller::AwsCaller;
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::progress;
use crate::text::{counted, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use trailhound_app::live::{LiveQuery, describe_all};
use trailhound_app::now;
use trailhound_app::snapshot::{Against, Drift, SnapshotError, SnapshotReport, Taken};
use trailhound_app::state::source_of;
use trailhound_aws::Settings;
use trailhound_record::Timestamp;

/// So long a document may be; longer ones are named and left out.
const DOCUMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// So long after the time that is told, changes may be in a folder's documents, or not: two minutes.
const SLACK_MICROS: i64 = 120_000_000;
/// So deep are folders read.
const DEPTH_MAX: usize = 8;
/// How many documents that were not read are told.
const SKIPPED_SHOWN: usize = 10;

/// Where a snapshot comes from.
#[derive(Debug, Args)]
pub(super) struct FromDir {
    /// Folder with what `aws … describe-…` and `list-…` printed, one JSON document a call
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// When the calls were made; nothing in the documents tells it
    #[arg(long, value_name = "TIME", requires = "dir")]
    at: Option<String>,
    /// The account, where the documents do not tell it
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The Region; with --dir, where the documents do not tell it
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The lists in the folder have all there is, unfiltered: what they lack is gone
    #[arg(long, requires = "dir")]
    whole: bool,
    /// Make the describe and list calls now, with the credentials that the AWS CLI would take
    #[arg(long, conflicts_with_all = ["dir", "account"])]
    live: bool,
    /// The profile of the AWS configuration that says whose credentials these are
    #[arg(long, value_name = "NAME", requires = "live")]
    profile: Option<String>,
    /// Where to send the calls instead of AWS
    #[arg(long, value_name = "URL", requires = "live")]
    endpoint_url: Option<String>,
}

/// Arguments of `snapshot`.
#[derive(Debug, Args)]
#[command(
    after_help = "Keeps what the calls described with the store. From then on `state`, `diff`, `path`, `blame-path` and\n\
    `undo` know what was there before the first stored event, and what changed without one. Folders that\n\
    are called like an account or a Region tell whose the documents are: accounts/123456789012/us-east-1/.\n\n\
    Examples:\n  aws ec2 describe-route-tables > taken/describe-route-tables.json\n  \
    trailhound snapshot --dir taken --at 2026-09-12T12:00Z\n  trailhound snapshot --live --region eu-west-1\n  trailhound snapshot --list"
)]
pub(crate) struct SnapshotArgs {
    #[command(flatten)]
    from: FromDir,
    /// List the snapshots that are kept
    #[arg(long, conflicts_with_all = ["dir", "live", "account", "region"])]
    list: bool,
}

/// Arguments of `drift`.
#[derive(Debug, Args)]
#[command(
    after_help = "Replays the events up to the snapshot's time and lists what it says otherwise: each is a change that no\n\
    stored event told. The exit code is 3 when there is one. Nothing is kept.\n\n\
    Examples:\n  trailhound drift --dir taken --at 2026-09-12T12:00Z\n  trailhound drift --live\n  trailhound drift"
)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    from: FromDir,
    /// A snapshot that is kept, by name [default: the newest]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["dir", "live", "account", "region"])]
    snapshot: Option<String>,
}

/// Takes a snapshot in, or lists those that are kept.
pub(crate) fn cmd_snapshot(ui: &mut Ui, global: &GlobalArgs, args: &SnapshotArgs) -> CmdResult {
    let output = ui.output_among("snapshot", &[Output::Table, Output::Json])?;
    if args.list {
        return list(ui, global, output);
    }
    if args.from.dir.is_none() && !args.from.live {
        return Err(CliError::usage(
            "a snapshot of what?",
            "--dir DIR reads what describe calls printed, --live makes them, --list tells what is kept",
        ));
    }
    let taken = taken(ui, &args.from)?;
    let app = super::open(global)?;
    let report = app.take_snapshot(&taken).map_err(failed)?;
    if output == Output::Json {
        let json = json!({
            "name": report.name, "at": report.at.to_string(), "is_new": report.is_new,
            "resources": report.resources, "skipped": report.skipped,
        });
        write_json(ui, &format!("{json:#}\n"))?;
    } else {
        print_report(ui, &report)?;
    }
    warn_of_skipped(ui, &report.skipped);
    Ok(Status::Done)
}

fn list(ui: &mut Ui, global: &GlobalArgs, output: Output) -> CmdResult {
    let kept = super::open_existing(global)?.snapshots()?;
    if output == Output::Json {
        let all: Vec<_> =
            kept.iter().map(|(name, at)| json!({"name": name, "at": at.to_string()})).collect();
        write_json(ui, &format!("{:#}\n", json!(all)))?;
        return Ok(Status::Done);
    }
    for (name, at) in &kept {
        ui.line(format!("{at}  {}", visible(name)))?;
    }
    if kept.is_empty() {
        ui.note("no snapshot is kept: `trailhound snapshot --dir DIR --at TIME` takes one in");
    }
    Ok(Status::Done)
}

fn print_report(ui: &mut Ui, report: &SnapshotReport) -> Result<(), CliError> {
    let already = if report.is_new { "" } else { ", which was kept already" };
    let head = format!("snapshot {} of {}{already}", report.name, report.at);
    let head = ui.paint(Paint::Bold, &head);
    ui.line(head)?;
    for (kind, count) in &report.resources {
        ui.line(format!("  {count:>6}  {kind}"))?;
    }
    Ok(())
}

fn warn_of_skipped(ui: &Ui, skipped: &[(String, String)]) {
    for (document, reason) in skipped.iter().take(SKIPPED_SHOWN) {
        ui.warn(&visible(&format!("not read: {document}: {reason}")));
    }
    if let Some(more) = skipped.len().checked_sub(SKIPPED_SHOWN).filter(|more| *more > 0) {
        ui.warn(&format!("and {} more", counted(more as u64, "document")));
    }
}

fn failed(error: SnapshotError) -> CliError {
    match &error {
        SnapshotError::NoScope { what } => {
            let flag = if *what == "account" { "--account ID" } else { "--region REGION" };
            let flag = format!("name it: {flag}");
            CliError::from(error).hint(flag)
        }
        SnapshotError::Empty { skipped } => {
            let first = skipped.first().map(|(document, why)| format!("{document}: {why}; "));
            let hint = "a document is what one `aws … describe-…` call prints as JSON";
            let hint = visible(&format!("{}{hint}", first.unwrap_or_default())).into_owned();
            CliError::from(error).hint(hint)
        }
        SnapshotError::Write { .. } | SnapshotError::Lookup(_) => CliError::from(error),
    }
}

/// The snapshot in a folder, or one that is taken now.
fn taken(ui: &Ui, from: &FromDir) -> Result<Taken, CliError> {
    if from.live {
        return described(ui, from);
    }
    let dir = from.dir.as_deref().unwrap_or(Path::new("."));
    let documents = documents(ui, dir)?;
    let Some(at) = time(from.at.as_ref())? else {
        return Err(CliError::usage(
            "a snapshot has a time, and nothing in the documents tells it",
            "when were the calls made? --at TIME",
        ));
    };
    // Hardly anybody knows the second: what was changed just after may be in it.
    let until = Timestamp(at.0.saturating_add(SLACK_MICROS));
    Ok(Taken {
        at,
        until,
        is_whole: from.whole,
        account: from.account.clone(),
        region: from.region.clone(),
        documents,
    })
}

/// Makes the describe and list calls.
fn described(ui: &Ui, from: &FromDir) -> Result<Taken, CliError> {
    let caller = AwsCaller::connect(&Settings {
        profile: from.profile.clone(),
        region: from.region.clone(),
        endpoint_url: from.endpoint_url.clone(),
    })?;
    // What changes while the calls are made has its event after this.
    let at = now();
    let query = LiveQuery { region: caller.region().to_owned(), has_global: true };
    let bar = progress::calls(ui);
    let described = describe_all(&caller, &query, &mut |call| {
        bar.set_message(call.to_owned());
        bar.inc(1);
    });
    bar.finish_and_clear();
    let described = described.map_err(|error| {
        CliError::failed(format!("nothing was described: {error}"))
            .hint("`aws sts get-caller-identity` asks the same")
    })?;
    for left in &described.not_listed {
        let of = left.of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
        ui.warn(&visible(&format!("not described: {}{of}: {}", left.call, left.reason)));
    }
    Ok(Taken {
        at,
        until: now(),
        is_whole: true,
        account: Some(described.account_id),
        region: Some(query.region),
        documents: described.documents,
    })
}

/// The JSON documents below a folder, by their paths in it.
pub(super) fn documents(ui: &Ui, dir: &Path) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let mut found = Vec::new();
    collect(ui, dir, Path::new(""), DEPTH_MAX, &mut found).map_err(|error| {
        CliError::failed(format!("cannot read the folder `{}`: {error}", dir.display()))
    })?;
    if found.is_empty() {
        return Err(CliError::failed(format!("no `.json` file is in `{}`", dir.display()))
            .hint("put there what `aws ec2 describe-vpcs` and its like print, one file a call"));
    }
    found.sort();
    Ok(found)
}

fn collect(
    ui: &Ui,
    dir: &Path,
    within: &Path,
    depth: usize,
    found: &mut Vec<(String, Vec<u8>)>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let (path, name) = (entry.path(), within.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            match depth.checked_sub(1) {
                Some(depth) => collect(ui, &path, &name, depth, found)?,
                None => ui.warn(&format!("not read: `{}` lies too deep", path.display())),
            }
        } else if path.extension().is_some_and(|it| it == "json") {
            if std::fs::metadata(&path)?.len() > DOCUMENT_BYTES_MAX {
                ui.warn(&format!("not read: `{}` is too large", path.display()));
                continue;
            }
            found.push((name.display().to_string(), std::fs::read(&path)?));
        }
    }
    Ok(())
}

/// Lists what a snapshot says otherwise than the events.
pub(crate) fn cmd_drift(ui: &mut Ui, global: &GlobalArgs, args: &DriftArgs) -> CmdResult {
    let output = ui.output_among("drift", &[Output::Table, Output::Json])?;
    let app = super::open_existing(global)?;
    let has_own = args.from.dir.is_some() || args.from.live;
    let against = match (has_own, &args.snapshot) {
        (true, _) => Against::Taken(taken(ui, &args.from)?),
        (false, Some(name)) => Against::Stored(name.clone()),
        (false, None) => {
            let newest = app.snapshots()?.pop().map(|(name, _)| name);
            Against::Stored(newest.ok_or_else(|| {
                CliError::failed("no snapshot is kept")
                    .hint("hold the events against a folder: trailhound drift --dir DIR --at TIME")
            })?)
        }
    };
    let Some(drift) = app.drift(&against).map_err(failed)? else {
        let name = args.snapshot.as_deref().unwrap_or_default();
        return Err(CliError::failed(format!("no snapshot is called `{}`", visible(name)))
            .hint("`trailhound snapshot --list` names those that are kept"));
    };
    match output {
        Output::Json => {
            let json = json!({
                "snapshot": drift.name, "at": drift.at.to_string(), "compared": drift.compared,
                "differences": drift.differences, "events": drift.events,
            });
            write_json(ui, &format!("{json:#}\n"))?;
        }
        _ => print_drift(ui, &drift)?,
    }
    ui.note(&format!(
        "{} replayed, {} known to both",
        counted(drift.events_read, "event"),
        counted(drift.compared, "resource")
    ));
    ui.note(&coverage_text(&drift.coverage));
    complete(&drift.coverage)?;
    Ok(if drift.differences.is_empty() { Status::Done } else { Status::Finding })
}

fn print_drift(ui: &mut Ui, drift: &Drift) -> Result<(), CliError> {
    if drift.compared == 0 && drift.differences.is_empty() {
        ui.line(
            "the events tell nothing of what the snapshot describes: there is nothing to compare",
        )?;
        return Ok(());
    }
    let head = match drift.differences.len() {
        0 => format!("nothing differs from the snapshot {}", drift.name),
        count => format!(
            "{} from the snapshot {} of {}: no stored event told of them",
            counted(count as u64, "difference"),
            drift.name,
            drift.at
        ),
    };
    let head = ui.paint(Paint::Bold, &visible(&head));
    ui.line(head)?;
    for difference in &drift.differences {
        let path = if difference.path.is_empty() { "all of it" } else { &difference.path };
        ui.line(visible(&format!("{} {path}", difference.key.id)))?;
        ui.line(visible(&format!("  events    {}", side_text(&difference.before))))?;
        let source = source_of(&difference.before);
        if let Some(line) = source.and_then(|it| source_text(it, &drift.events)) {
            let line = ui.paint(Paint::Dim, &visible(&line));
            ui.line(format!("            {line}"))?;
        }
        ui.line(visible(&format!("  snapshot  {}", side_text(&difference.after))))?;
    }
    Ok(())
}
