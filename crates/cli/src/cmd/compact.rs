//! `trailhound compact`: merges small segments and drops days that are no longer kept.

use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::text::counted;
use crate::ui::Ui;
use clap::Args;
use serde_json::{Value, json};
use trailhound_app::App;
use trailhound_app::maintain::{CompactReport, Retention};

/// Arguments of `compact`.
#[derive(Debug, Args)]
pub(crate) struct CompactArgs {
    #[command(flatten)]
    retain: RetainArgs,
}

/// How long events are kept.
#[derive(Debug, Args)]
pub(crate) struct RetainArgs {
    /// Drop whole days of events older than this, `90d` or `7y`, and record that; `forever` (the
    /// default) drops nothing
    #[arg(long, value_name = "AGE")]
    retain: Option<Retention>,
}

/// Compacts.
pub(crate) fn cmd_compact(ui: &mut Ui, global: &GlobalArgs, args: &CompactArgs) -> CmdResult {
    let output = ui.output_among("compact", &[Output::Table, Output::Json, Output::Ndjson])?;
    let app = super::open_existing(global)?;
    let report = compact(&app, args.retain.retain)?;
    match output {
        Output::Table | Output::Csv | Output::Svg => print_report(ui, &report)?,
        Output::Json => ui.line(format!("{:#}", report_json(&report)))?,
        Output::Ndjson => ui.line(report_json(&report).to_string())?,
    }
    Ok(Status::Done)
}

impl RetainArgs {
    /// Applies the retention, if one was given, and says what it dropped.
    ///
    /// # Errors
    /// When the store cannot be changed.
    pub(crate) fn apply(&self, ui: &mut Ui, app: &App) -> Result<(), CliError> {
        if self.retain.is_some() {
            let report = compact(app, self.retain)?;
            print_report(ui, &report)?;
        }
        Ok(())
    }
}

fn compact(app: &App, retain: Option<Retention>) -> Result<CompactReport, CliError> {
    app.compact(retain).map_err(|error| {
        CliError::from(error)
            .hint("one process writes at a time: wait for a running import, try again")
    })
}

fn print_report(ui: &mut Ui, report: &CompactReport) -> std::io::Result<()> {
    let merged = &report.compacted;
    if merged.segments_before > 0 {
        ui.line(format!(
            "merged {} into {} ({})",
            counted(merged.segments_before, "segment"),
            counted(merged.segments_after, "segment"),
            counted(merged.rows, "event")
        ))?;
    } else {
        ui.line("no small segments to merge")?;
    }
    if let Some(retained) = &report.retained {
        ui.line(format!(
            "dropped {} before {}; later ones are kept",
            counted(retained.events, "event"),
            retained.first_day_kept
        ))?;
    }
    if report.files_swept > 0 {
        ui.line(format!("removed {} that no version needs", counted(report.files_swept, "file")))?;
    }
    Ok(())
}

fn report_json(report: &CompactReport) -> Value {
    let retained = report.retained.as_ref().map(|retained| {
        json!({
            "segments": retained.segments,
            "events": retained.events,
            "first_day_kept": retained.first_day_kept,
        })
    });
    json!({
        "segments_before": report.compacted.segments_before,
        "segments_after": report.compacted.segments_after,
        "events_merged": report.compacted.rows,
        "dropped": retained,
        "files_swept": report.files_swept,
    })
}
