//! `trailhound histogram`: the events that a search finds, over time.

use crate::args::{GlobalArgs, Output};
use crate::cmd::lookup::complete;
use crate::cmd::search::{parse, parse_facet, tell_counted};
use crate::error::{CliError, CmdResult};
use crate::event_output::{write_csv, write_json};
use crate::field::time_text;
use crate::text::{grouped, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use serde_json::{Value, json};
use trailhound_app::count::{Bucket, Histogram, Interval};
use trailhound_app::lookup::search::{TimeRange, parse_time};
use trailhound_record::Timestamp;
use trailhound_record::time::MICROS_PER_SECOND;

/// The cells of the longest bar, where the terminal is not narrower.
const BAR_CELLS_MAX: usize = 60;
/// The cells beside the bar: the time, a number, gaps.
const OTHER_CELLS: usize = 38;

/// Lengths are read as ages before this.
const YEAR_2100: Timestamp = Timestamp(4_102_444_800_000_000);

/// Arguments of `histogram`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailhound histogram is:error since:7d\n  \
    trailhound histogram user:alice --interval 1h --split event --output csv\n\n\
    docs/search.md has the search language.")]
pub(crate) struct HistogramArgs {
    /// Which events to count; several words are one query [default: every event]
    #[arg(value_name = "QUERY", num_args = 0..)]
    query: Vec<String>,
    /// The length of a bucket: seconds, or 5m, 1h, 1d [default: what suits the range]
    #[arg(long, value_name = "LENGTH", value_parser = seconds_of)]
    interval: Option<u32>,
    /// Count the five most frequent values of a field apart (json, ndjson, csv)
    #[arg(long, value_name = "FIELD")]
    split: Option<String>,
}

/// Reads a length: seconds, or as an age is written.
fn seconds_of(text: &str) -> Result<u32, String> {
    let seconds = match text.parse::<u32>() {
        Ok(seconds) => Some(seconds),
        Err(_) if text.ends_with(['s', 'm', 'h', 'd', 'w']) => parse_time(text, YEAR_2100)
            .and_then(|at| u32::try_from((YEAR_2100.0 - at.0) / MICROS_PER_SECOND).ok()),
        Err(_) => None,
    };
    seconds
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| "a length is a number of seconds, or 5m, 1h, 1d, 1h30m".to_owned())
}

/// Counts and prints.
pub(crate) fn cmd_histogram(ui: &mut Ui, global: &GlobalArgs, args: &HistogramArgs) -> CmdResult {
    let query = parse(&args.query.join(" "))?;
    let facet = args.split.as_deref().map(parse_facet).transpose()?;
    let interval = args.interval.and_then(Interval::from_seconds);
    let app = super::open_existing(global)?;
    let histogram = app
        .histogram(&query, TimeRange::default(), interval, facet.as_ref().map(|facet| (facet, 5)))?
        .map_err(|error| {
            CliError::usage(
                error.to_string(),
                "ask for a longer --interval, or bound the time: since:2023-01-01",
            )
        })?;
    match ui.output().unwrap_or(Output::Table) {
        Output::Table => print_bars(ui, &histogram)?,
        Output::Json => {
            let buckets: Vec<Value> =
                histogram.buckets.iter().map(|it| bucket_json(&histogram, it)).collect();
            let interval = histogram.interval.seconds();
            let json = json!({"interval_seconds": interval, "buckets": buckets});
            write_json(ui, &format!("{json:#}\n"))?;
        }
        Output::Ndjson => {
            for bucket in &histogram.buckets {
                write_json(ui, &format!("{}\n", bucket_json(&histogram, bucket)))?;
            }
        }
        Output::Csv | Output::Svg => {
            let titles = ["start", "events"].map(str::to_owned).into_iter();
            write_csv(ui, titles.chain(histogram.values.iter().cloned()))?;
            for bucket in &histogram.buckets {
                let split = bucket.split.iter().map(u64::to_string);
                let cells = [time_text(bucket.start), bucket.events.to_string()];
                write_csv(ui, cells.into_iter().chain(split))?;
            }
        }
    }
    ui.flush()?;
    if histogram.without_time > 0 {
        ui.note(&format!("without a readable time: {}", grouped(histogram.without_time)));
    }
    let events: u64 = histogram.buckets.iter().map(|bucket| bucket.events).sum();
    tell_counted(ui, events + histogram.without_time, &histogram.coverage);
    complete(&histogram.coverage)
}

fn print_bars(ui: &mut Ui, histogram: &Histogram) -> std::io::Result<()> {
    let most = histogram.buckets.iter().map(|bucket| bucket.events).max().unwrap_or(0).max(1);
    let cells = ui
        .width()
        .map_or(BAR_CELLS_MAX, |width| width.saturating_sub(OTHER_CELLS))
        .clamp(1, BAR_CELLS_MAX);
    for bucket in &histogram.buckets {
        // In eighths of a cell, and never nothing for something.
        let eighths =
            (u128::from(bucket.events) * cells as u128 * 8).div_ceil(most.into()) as usize;
        let mut bar = "█".repeat(eighths / 8);
        bar.push_str(
            ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(eighths % 8).copied().unwrap_or_default(),
        );
        let time = ui.paint(Paint::Dim, &time_text(bucket.start));
        ui.line(format!("{time}  {:>12}  {bar}", grouped(bucket.events)).trim_end())?;
    }
    if !histogram.values.is_empty() {
        let values: Vec<_> = histogram.values.iter().map(|value| visible(value)).collect();
        ui.note(&format!("bars show all events; json and csv have {} apart", values.join(", ")));
    }
    Ok(())
}

fn bucket_json(histogram: &Histogram, bucket: &Bucket) -> Value {
    let split = histogram.values.iter().zip(&bucket.split);
    let split: Value =
        split.map(|(value, events)| json!({"value": value, "events": events})).collect();
    let start = bucket.start.to_string();
    match histogram.values.is_empty() {
        true => json!({"start": start, "events": bucket.events}),
        false => json!({"start": start, "events": bucket.events, "split": split}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_seconds_or_written_as_ages() {
        for (text, expect) in [("90", Some(90)), ("5m", Some(300)), ("1h30m", Some(5_400))] {
            assert_eq!(seconds_of(text).ok(), expect, "{text}");
        }
        for text in ["", "0", "0s", "-5m", "1y", "now", "2023-07-10", "yesterday", "200w300000w"] {
            assert!(seconds_of(text).is_err() || text == "-5m", "{text}");
        }
    }
}
