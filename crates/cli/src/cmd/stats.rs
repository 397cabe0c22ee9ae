//! `trailhound stats`: what the store holds.

use crate::args::{GlobalArgs, Output};
use crate::error::{CmdResult, Status};
use crate::field::time_text;
use crate::text::{grouped, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use indicatif::BinaryBytes;
use serde_json::{Value, json};
use trailhound_app::stats::{Count, Stats};

/// Arguments of `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {}

/// Counts events by account and region, and bytes.
pub(crate) fn cmd_stats(ui: &mut Ui, global: &GlobalArgs, _: &StatsArgs) -> CmdResult {
    let output = ui.output_among("stats", &[Output::Table, Output::Json, Output::Ndjson])?;
    let app = super::open_existing(global)?;
    let stats = app.stats()?;
    match output {
        Output::Table | Output::Csv | Output::Svg => {
            labelled(ui, "store", &visible(&app.db().display().to_string()))?;
            print_counts(ui, &stats)?;
            print_sizes(ui, &stats)?;
        }
        Output::Json => ui.line(format!("{:#}", stats_json(&stats)))?,
        Output::Ndjson => ui.line(stats_json(&stats).to_string())?,
    }
    Ok(Status::Done)
}

/// Prints `text` behind a label.
pub(crate) fn labelled(ui: &mut Ui, label: &str, text: &str) -> std::io::Result<()> {
    let label = ui.paint(Paint::Bold, &format!("{label:<10}"));
    ui.line(format!("{label} {text}"))
}

/// Prints how many events there are, of which accounts and regions, over which time.
pub(crate) fn print_counts(ui: &mut Ui, stats: &Stats) -> std::io::Result<()> {
    let conflicts = match stats.conflicts {
        0 => String::new(),
        conflicts => format!(", {} of them in conflict with another body", grouped(conflicts)),
    };
    labelled(ui, "events", &format!("{}{conflicts}", grouped(stats.events)))?;
    let span = match (stats.oldest, stats.newest) {
        (Some(oldest), Some(newest)) => format!("{} to {}", time_text(oldest), time_text(newest)),
        _ => "no event has a readable time".to_owned(),
    };
    labelled(ui, "span", &span)?;
    if stats.events_without_time > 0 {
        labelled(ui, "no time", &grouped(stats.events_without_time))?;
    }
    labelled(ui, "accounts", &counts_text(&stats.accounts))?;
    labelled(ui, "regions", &counts_text(&stats.regions))
}

/// `a (12), b (3)`: at most ten of `counts`, and how many more there are.
pub(crate) fn counts_text(counts: &[Count]) -> String {
    const SHOWN: usize = 10;
    let each = |count: &Count| {
        let value = if count.value.is_empty() { "(none)" } else { &count.value };
        format!("{} ({})", visible(value), grouped(count.events))
    };
    let mut parts: Vec<_> = counts.iter().take(SHOWN).map(each).collect();
    if let Some(more) = counts.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        parts.push(format!("and {more} more"));
    }
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn print_sizes(ui: &mut Ui, stats: &Stats) -> std::io::Result<()> {
    labelled(ui, "segments", &format!("{} at version {}", grouped(stats.segments), stats.version))?;
    let total = stats.data_bytes.saturating_add(stats.index_bytes);
    let sizes = format!(
        "{} ({} of data, {} of index)",
        BinaryBytes(total),
        BinaryBytes(stats.data_bytes),
        BinaryBytes(stats.index_bytes)
    );
    labelled(ui, "size", &sizes)?;
    if let Some(per_event) = total.checked_div(stats.events) {
        labelled(ui, "per event", &format!("{per_event} bytes"))?;
    }
    for dropped in &stats.dropped {
        labelled(ui, "dropped", &visible(dropped))?;
    }
    Ok(())
}

fn stats_json(stats: &Stats) -> Value {
    let counts = |counts: &[Count]| -> Value {
        counts.iter().map(|count| json!({"value": count.value, "events": count.events})).collect()
    };
    json!({
        "events": stats.events,
        "conflicts": stats.conflicts,
        "oldest": stats.oldest.map(|at| at.to_string()),
        "newest": stats.newest.map(|at| at.to_string()),
        "events_without_time": stats.events_without_time,
        "accounts": counts(&stats.accounts),
        "regions": counts(&stats.regions),
        "version": stats.version,
        "segments": stats.segments,
        "data_bytes": stats.data_bytes,
        "index_bytes": stats.index_bytes,
        "dropped": stats.dropped,
    })
}
