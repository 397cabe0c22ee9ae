//! `trailhound sql`: one SELECT over the table `events`.

use clap::Args;
#[cfg(not(feature = "sql"))]
use {crate::args::GlobalArgs, crate::error::CmdResult, crate::ui::Ui};

const YEAR_SECONDS: u64 = 31_536_000;

/// Arguments of `sql`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    trailhound sql 'SELECT eventname, count(*) AS calls FROM events GROUP BY eventname ORDER BY calls DESC LIMIT 10'\n  \
    trailhound sql \"SELECT eventtime, useridentity.arn FROM events WHERE errorcode = 'AccessDenied'\"")]
pub(crate) struct SqlArgs {
    /// The statement; `-` reads it from standard input
    statement: String,
    /// End the statement after so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = clap::value_parser!(u64).range(1..=YEAR_SECONDS))]
    timeout: u64,
    /// Memory it may use before it spills to disk, in MiB
    #[arg(long, value_name = "MIB", default_value = "1024")]
    memory_limit: usize,
}

/// Says how to get the command.
#[cfg(not(feature = "sql"))]
pub(crate) fn cmd_sql(_: &mut Ui, _: &GlobalArgs, args: &SqlArgs) -> CmdResult {
    let SqlArgs { statement: _, timeout: _, memory_limit: _ } = args;
    Err(crate::error::CliError::usage(
        "this build has no SQL",
        "build it in, which takes some minutes more: cargo install --path crates/cli --features sql",
    ))
}

#[cfg(feature = "sql")]
pub(crate) use with_engine::cmd_sql;

#[cfg(feature = "sql")]
mod with_engine {
    use super::SqlArgs;
    use crate::args::{GlobalArgs, Output};
    use crate::error::{CliError, CmdResult, Status};
    use crate::event_output::write_csv;
    use crate::table::{Column, Layout};
    use crate::text::{counted, grouped, visible_json};
    use crate::ui::{Paint, Ui};
    use std::io::{Read, Write};
    use std::sync::Arc;
    use std::time::Duration;
    use trailhound_sql::print::{json_rows, rows};
    use trailhound_sql::{AnswerStream, Limits, QueryError};

    /// The narrowest that a column of a table is cut to.
    const CELLS_MIN: usize = 8;

    /// Runs the statement and prints its rows as they come.
    pub(crate) fn cmd_sql(ui: &mut Ui, global: &GlobalArgs, args: &SqlArgs) -> CmdResult {
        let output = ui.output().unwrap_or(Output::Table);
        let statement = statement_of(&args.statement)?;
        let app = Arc::new(crate::cmd::open_existing(global)?);
        let limits = Limits {
            timeout: Duration::from_secs(args.timeout),
            memory_bytes: args.memory_limit.saturating_mul(1 << 20),
            ..Limits::default()
        };
        let engine = crate::sql_engine::open(app, limits)?;
        let mut answer = engine.query_blocking(&statement).map_err(explained)?;
        let mut printer = Printer { output, layout: None, written: 0 };
        printer.start(ui, &answer)?;
        while let Some(batch) = answer.next_blocking() {
            printer.print(ui, &answer, &batch.map_err(explained)?)?;
        }
        printer.end(ui)?;
        let cost = answer.statistics();
        ui.note(&format!(
            "{} in {:.2} s; read {} of {} of the segments, {} of them pruned",
            counted(cost.rows, "row"),
            cost.elapsed.as_secs_f64(),
            counted(cost.events_scanned, "event"),
            grouped(cost.segments),
            grouped(cost.segments_pruned),
        ));
        Ok(Status::Done)
    }

    fn statement_of(given: &str) -> Result<String, CliError> {
        if given != "-" {
            return Ok(given.to_owned());
        }
        let mut statement = String::new();
        std::io::stdin().read_to_string(&mut statement)?;
        Ok(statement)
    }

    fn explained(error: QueryError) -> CliError {
        if error.is_invalid_statement() {
            return CliError::usage(
                error.to_string(),
                "`DESCRIBE events` lists the columns; a text stands in 'single quotes'",
            );
        }
        let hint = match error {
            QueryError::Resources { .. } => "--memory-limit allows more",
            QueryError::TimedOut { .. } => "--timeout allows more",
            _ => return error.into(),
        };
        CliError::from(error).hint(hint)
    }

    struct Printer {
        output: Output,
        layout: Option<Layout>,
        written: u64,
    }

    impl Printer {
        fn start(&mut self, ui: &mut Ui, answer: &AnswerStream) -> Result<(), CliError> {
            match self.output {
                Output::Csv | Output::Svg => write_csv(ui, answer.columns().iter().cloned()),
                Output::Json => Ok(write!(ui.out(), "[")?),
                Output::Table | Output::Ndjson => Ok(()),
            }
        }

        fn print(
            &mut self,
            ui: &mut Ui,
            answer: &AnswerStream,
            batch: &trailhound_sql::arrow::array::RecordBatch,
        ) -> Result<(), CliError> {
            match self.output {
                Output::Table => {
                    let cells = rows(batch).into_iter().map(|row| {
                        row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>()
                    });
                    self.print_table(ui, answer.columns(), &cells.collect::<Vec<_>>())?;
                }
                Output::Csv | Output::Svg => {
                    for row in rows(batch) {
                        write_csv(ui, row.into_iter().map(Option::unwrap_or_default))?;
                    }
                }
                Output::Json | Output::Ndjson => {
                    for row in json_rows(batch) {
                        let text = row.to_string();
                        if self.output == Output::Json {
                            let before = if self.written > 0 { ",\n " } else { "\n " };
                            write!(ui.out(), "{before}{}", visible_json(&text))?;
                        } else {
                            writeln!(ui.out(), "{}", visible_json(&text))?;
                        }
                        self.written += 1;
                    }
                }
            }
            Ok(ui.flush()?)
        }

        fn print_table(
            &mut self,
            ui: &mut Ui,
            names: &[String],
            rows: &[Vec<String>],
        ) -> Result<(), CliError> {
            if self.layout.is_none() {
                let column = |name: &String| Column {
                    title: name.clone(),
                    cells_min: CELLS_MIN.min(name.len().max(1)),
                    drop_order: 0,
                };
                let columns: Vec<_> = names.iter().map(column).collect();
                let layout = Layout::fit(&columns, rows, ui.width());
                let header = layout.line(names, |_, text| ui.paint(Paint::Bold, text));
                ui.line(header)?;
                self.layout = Some(layout);
            }
            let Some(layout) = &self.layout else { return Ok(()) };
            for row in rows {
                ui.line(layout.line(row, |_, text| text.to_owned()))?;
            }
            Ok(())
        }

        fn end(&mut self, ui: &mut Ui) -> Result<(), CliError> {
            if self.output == Output::Json {
                writeln!(ui.out(), "{}]", if self.written > 0 { "\n" } else { "" })?;
            }
            Ok(ui.flush()?)
        }
    }
}
