//! `trailhound import`: takes log files in and accounts for every record.

use crate::allocator::{Keep, keep_freed_memory};
use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::progress;
use crate::text::{counted, cut, grouped, visible};
use crate::ui::{Paint, Ui};
use anyhow::Context;
use clap::Args;
use indicatif::BinaryBytes;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use trailhound_app::import::{ImportReport, ImportSource, Reject};

/// How many rejects are printed.
const REJECTS_SHOWN: usize = 5;

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(
    after_help = "The shape of a file is told by its content: CloudTrail log files, newline-\n\
    delimited records, LookupEvents output, EventBridge envelopes, CloudWatch Logs exports;\n\
    plain, .gz, .zst, .zip, .tar. Importing the same data again stores nothing.\n\n\
    Examples:\n  trailhound import ./AWSLogs\n  trailhound import 'logs/2023-07-*.json.gz' --rejects rejects.ndjson\n  \
    aws cloudtrail lookup-events | trailhound import -"
)]
pub(crate) struct ImportArgs {
    /// Files, folders (recursed), globs in quotes, or `-` for standard input
    #[arg(required = true, value_name = "PATH|GLOB|-")]
    sources: Vec<String>,
    /// Write every record and file that was not stored to FILE, as NDJSON
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Exit with 1 when anything was rejected
    #[arg(long)]
    strict: bool,
}

/// Imports and reports.
pub(crate) fn cmd_import(ui: &mut Ui, global: &GlobalArgs, args: &ImportArgs) -> CmdResult {
    keep_freed_memory(Keep::Long);
    let output = ui.output_among("import", &[Output::Table, Output::Json, Output::Ndjson])?;
    let rejects = args.rejects.as_deref().map(RejectsFile::create).transpose()?;
    let app = super::open(global)?;
    let report = progress::import(ui, &app, &sources(&args.sources), &|reject| {
        if let Some(file) = &rejects {
            file.push(reject);
        }
    })?;
    if let Some(file) = rejects {
        file.finish()?;
    }
    match output {
        Output::Table | Output::Csv | Output::Svg => print_report(ui, &report)?,
        Output::Json => ui.line(serde_json::to_string_pretty(&report)?)?,
        Output::Ndjson => ui.line(serde_json::to_string(&report)?)?,
    }
    ui.flush()?;
    warn_of_rejects(ui, &report, args.rejects.as_deref());
    if report.cancelled {
        return Err(cancelled(&report));
    }
    if args.strict && has_rejects(&report) {
        return Err(CliError::failed("not everything was stored, and --strict was given"));
    }
    Ok(Status::Done)
}

/// The sources that `texts` name.
pub(crate) fn sources(texts: &[String]) -> Vec<ImportSource> {
    let source = |text: &String| match text.as_str() {
        "-" => ImportSource::Stdin,
        path => ImportSource::Path(path.to_owned()),
    };
    texts.iter().map(source).collect()
}

/// The error that an interrupted import ends with.
pub(crate) fn cancelled(report: &ImportReport) -> CliError {
    CliError::failed(format!(
        "stopped before the end; {} read so far, {} kept",
        counted(report.read, "record"),
        counted(report.stored, "new record")
    ))
    .hint("import the same again to get the rest; what is stored is not stored twice")
}

/// Prints what an import did.
pub(crate) fn print_report(ui: &mut Ui, report: &ImportReport) -> std::io::Result<()> {
    // INVARIANT(IN-1)
    ui.line(format!(
        "read {} = stored {} + duplicate {} + rejected {}",
        grouped(report.read),
        grouped(report.stored),
        grouped(report.duplicates),
        grouped(report.rejected_records)
    ))?;
    ui.line(format!(
        "{}, {} ({} decompressed)",
        counted(report.files, "file"),
        BinaryBytes(report.bytes_read),
        BinaryBytes(report.bytes_decompressed)
    ))?;
    if report.conflicts > 0 {
        ui.line(format!(
            "{}: another body under a known event id; both are kept and shown",
            counted(report.conflicts, "conflict")
        ))?;
    }
    let mut kinds = BTreeMap::<&str, u64>::new();
    for (_, kind) in &report.set_aside {
        *kinds.entry(kind).or_default() += 1;
    }
    for (kind, files) in kinds {
        ui.line(format!("set aside: {} ({})", visible(kind), counted(files, "file")))?;
    }
    let unnamed = report.files_set_aside.saturating_sub(report.set_aside.len() as u64);
    if unnamed > 0 {
        ui.line(format!("set aside: {} more", counted(unnamed, "file")))?;
    }
    // They come in the order in which threads met them; people compare reports.
    let mut rejects: Vec<_> = report.rejects.iter().collect();
    rejects.sort_by_key(|reject| (&reject.file, reject.line, reject.offset));
    for reject in rejects.into_iter().take(REJECTS_SHOWN) {
        let line = reject.line.map(|line| format!(", line {line}")).unwrap_or_default();
        let label = ui.paint(Paint::Red, "rejected:");
        ui.line(format!("{label} {}{line}: {}", visible(&reject.file), visible(&reject.reason)))?;
        if !reject.excerpt.is_empty() {
            let excerpt = format!("  {}", cut(&visible(&reject.excerpt), 76));
            let excerpt = ui.paint(Paint::Dim, &excerpt);
            ui.line(excerpt)?;
        }
    }
    let more =
        (report.rejected_records + report.files_rejected).saturating_sub(REJECTS_SHOWN as u64);
    if more > 0 {
        ui.line(format!("and {} more rejected", grouped(more)))?;
    }
    Ok(())
}

/// Warns when something was not stored.
pub(crate) fn warn_of_rejects(ui: &Ui, report: &ImportReport, kept_in: Option<&Path>) {
    if !has_rejects(report) {
        return;
    }
    let parts: Vec<_> = [(report.rejected_records, "record"), (report.files_rejected, "file")]
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
    ui.warn(&format!("not stored: {}", parts.join(" and ")));
    match kept_in {
        Some(path) => ui.hint(&format!("each is named in `{}`", path.display())),
        None => {
            ui.hint("`trailhound import PATH --rejects FILE` writes each by name, line and reason")
        }
    }
}

fn has_rejects(report: &ImportReport) -> bool {
    report.rejected_records + report.files_rejected > 0
}

/// A file that takes every reject as a line of JSON; the first failure to write is kept for the end.
struct RejectsFile<'a> {
    path: &'a Path,
    writer: Mutex<(BufWriter<File>, std::io::Result<()>)>,
}

impl<'a> RejectsFile<'a> {
    fn create(path: &'a Path) -> Result<Self, CliError> {
        let file =
            File::create(path).with_context(|| format!("cannot create `{}`", path.display()))?;
        Ok(Self { path, writer: Mutex::new((BufWriter::new(file), Ok(()))) })
    }

    fn push(&self, reject: &Reject) {
        let mut guard = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let (writer, state) = &mut *guard;
        if state.is_ok() {
            *state = serde_json::to_writer(&mut *writer, reject)
                .map_err(std::io::Error::from)
                .and_then(|()| writer.write_all(b"\n"));
        }
    }

    fn finish(self) -> Result<(), CliError> {
        let (mut writer, state) = self.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        state
            .and_then(|()| writer.flush())
            .with_context(|| format!("cannot write `{}`", self.path.display()))
            .map_err(|error| {
                CliError::from(error)
                    .hint("the import itself is done; the list of rejects is not whole")
            })
    }
}
