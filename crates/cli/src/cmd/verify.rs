//! `trailhound verify`: checks every segment against its checksum.

use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::text::{counted, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use indicatif::BinaryBytes;
use serde_json::{Value, json};
use std::sync::atomic::AtomicU64;
use trailhound_app::maintain::VerifyReport;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every data file is hashed and compared with the checksum in its name, every index with its own,\n\
    and every record is rebuilt and compared with what was delivered.\n\
    Exit code 0: all is well; 3: something is damaged, named on standard output."
)]
pub(crate) struct VerifyArgs {}

/// Verifies.
pub(crate) fn cmd_verify(ui: &mut Ui, global: &GlobalArgs, _: &VerifyArgs) -> CmdResult {
    let output = ui.output_among("verify", &[Output::Table, Output::Json, Output::Ndjson])?;
    let app = super::open_existing(global)?;
    let report = app.verify(&AtomicU64::new(0)).map_err(|error| {
        CliError::from(error).hint("the table log is the folder `_delta_log` of the store")
    })?;
    match output {
        Output::Table | Output::Csv | Output::Svg => print_report(ui, &report)?,
        Output::Json => ui.line(format!("{:#}", report_json(&report)))?,
        Output::Ndjson => ui.line(report_json(&report).to_string())?,
    }
    ui.flush()?;
    if report.damage.is_empty() {
        return Ok(Status::Done);
    }
    ui.warn(&format!("{} found", counted(report.damage.len() as u64, "damaged file")));
    ui.hint(
        "keep the folder as it is for examination, and import the same logs into another --db: what is \
         damaged here is whole there",
    );
    Ok(Status::Finding)
}

fn print_report(ui: &mut Ui, report: &VerifyReport) -> std::io::Result<()> {
    for damage in &report.damage {
        let label = ui.paint(Paint::Red, "damaged:");
        ui.line(format!("{label} {}: {}", visible(&damage.path), visible(&damage.what)))?;
    }
    ui.line(format!(
        "checked {}, {}, {}: {}",
        counted(report.segments, "segment"),
        counted(report.events, "event"),
        BinaryBytes(report.bytes),
        if report.damage.is_empty() { "all is well" } else { "not all is well" }
    ))
}

fn report_json(report: &VerifyReport) -> Value {
    let damage: Vec<_> = report
        .damage
        .iter()
        .map(|damage| json!({"path": damage.path, "what": damage.what}))
        .collect();
    json!({
        "segments": report.segments,
        "events": report.events,
        "bytes": report.bytes,
        "damage": damage,
    })
}
