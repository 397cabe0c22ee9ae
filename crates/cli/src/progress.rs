//! Work that people can watch, and stop: imports and exports.

use crate::error::CliError;
use crate::text::{counted, grouped};
use crate::ui::Ui;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use trailhound_app::App;
use trailhound_app::import::{ImportError, ImportProgress, ImportReport, ImportSource, Reject};

/// How often the progress bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Imports `sources`; draws a progress bar on a terminal; the first Ctrl-C stops it in an orderly way,
/// the second at once.
///
/// # Errors
/// When the import as a whole failed.
pub(crate) fn import(
    ui: &Ui,
    app: &App,
    sources: &[ImportSource],
    on_reject: &(dyn Fn(&Reject) + Sync),
) -> Result<ImportReport, CliError> {
    let progress = Arc::new(ImportProgress::default());
    let signals = cancel_on_ctrl_c(&progress)?;
    let bar = bar(ui);
    let is_done = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                draw(&bar, &progress);
                std::thread::park_timeout(TICK);
            }
        });
        let result = app.import(sources, &progress, on_reject);
        is_done.store(true, Ordering::Relaxed);
        result
    });
    bar.finish_and_clear();
    signals.shutdown_background();
    result.map_err(|error| match error {
        ImportError::NoSuchPath { .. } | ImportError::BadPath(_) => CliError::from(error).hint(
            "give a file, a folder, a glob (in quotes) or `-` for standard input; nothing was imported",
        ),
        ImportError::Store(_) => CliError::from(error)
            .hint("what was committed is kept; import the same again to get the rest"),
    })
}

fn cancel_on_ctrl_c(progress: &Arc<ImportProgress>) -> Result<tokio::runtime::Runtime, CliError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let progress = Arc::clone(progress);
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            progress.cancel.store(true, Ordering::Relaxed);
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            // The store is made for this: what is committed stays, the rest was never there.
            std::process::exit(1);
        }
    });
    Ok(runtime)
}

fn bar(ui: &Ui) -> ProgressBar {
    bar_in(ui, "{bar:20} {bytes}/{total_bytes} {binary_bytes_per_sec} ETA {eta} {msg}")
}

/// A bar for events that are written one after the other; hidden when nobody would see it.
pub(crate) fn events_bar(ui: &Ui) -> ProgressBar {
    bar_in(ui, "{bar:20} {human_pos}/{human_len} events {per_sec} ETA {eta}")
}

/// A count of calls of AWS, with the one that is under way; hidden when nobody would see it.
pub(crate) fn calls(ui: &Ui) -> ProgressBar {
    bar_in(ui, "{human_pos} calls {per_sec} {elapsed} {msg}")
}

fn bar_in(ui: &Ui, template: &str) -> ProgressBar {
    if ui.is_quiet() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_style(style)
}

fn draw(bar: &ProgressBar, progress: &ImportProgress) {
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let more = if progress.listing_done.load(Ordering::Relaxed) { "" } else { "+" };
    let stopping = if progress.cancel.load(Ordering::Relaxed) { ", stopping" } else { "" };
    bar.set_length(read(&progress.bytes_found));
    bar.set_position(read(&progress.bytes_read));
    bar.set_message(format!(
        "{}/{}{more} files, {}{stopping}",
        grouped(read(&progress.files_read)),
        grouped(read(&progress.files_found)),
        counted(read(&progress.records_read), "record"),
    ));
}
