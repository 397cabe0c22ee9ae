//! Prints events as they come, in the form that was asked for.

use crate::actors::Actors;
use crate::args::Output;
use crate::error::CliError;
use crate::field::{EventField, event_json};
use crate::jmes::JmesPath;
use crate::pretty::indented;
use crate::table::{Column, Layout};
use crate::text::{csv_guard, visible, visible_json};
use crate::ui::{Paint, Ui};
use std::io::Write;
use trailhound_app::App;
use trailhound_app::lookup::search::Query;
use trailhound_app::who::Attribution;
use trailhound_record::Event;

/// How many events a JMESPath over the whole answer may hold in memory.
pub(crate) const QUERY_EVENTS_MAX: usize = 100_000;

/// The columns of a table, with the width that each may shrink to and the order in which they go when
/// the terminal is too narrow for all.
const TABLE_COLUMNS: &[(EventField, usize, u8)] = &[
    (EventField::EventTime, 20, 0),
    (EventField::Username, 8, 0),
    (EventField::EventName, 12, 0),
    (EventField::Resources, 8, 0),
    (EventField::SourceIpAddress, 15, 3),
    (EventField::AwsRegion, 9, 6),
    (EventField::ErrorCode, 8, 2),
    (EventField::EventId, 36, 4),
];

/// Where the actor stands in a table that shows it unasked: beside the user.
const ACTOR_PLACE: usize = 2;
const ACTOR_COLUMN: (EventField, usize, u8) = (EventField::Actor, 12, 5);

/// The columns of CSV.
const CSV_COLUMNS: &[EventField] = &[
    EventField::EventTime,
    EventField::Username,
    EventField::EventName,
    EventField::EventSource,
    EventField::AccountId,
    EventField::AwsRegion,
    EventField::SourceIpAddress,
    EventField::UserAgent,
    EventField::ErrorCode,
    EventField::ErrorMessage,
    EventField::ReadOnly,
    EventField::Resources,
    EventField::EventId,
];

/// Prints events, in batches.
pub(crate) struct EventPrinter<'a> {
    form: Form,
    fields: Vec<EventField>,
    query: Option<&'a JmesPath>,
    /// Whose matches stand out in a table.
    marked: Option<Query>,
    /// Who stands behind the events, where that is shown.
    actors: Actors<'a>,
    /// Whether nobody named the fields.
    is_default: bool,
}

enum Form {
    /// The layout comes with the first batch; `columns` say how.
    Table {
        columns: Vec<Column>,
        layout: Option<Layout>,
    },
    /// Array elements written so far.
    Json {
        written: usize,
    },
    /// Elements held back for a query over the array.
    JsonQuery {
        held: Vec<String>,
    },
    Ndjson,
    /// Whether the header was written.
    Csv {
        has_header: bool,
    },
}

impl<'a> EventPrinter<'a> {
    /// A printer of `fields` (the form's own choice when there are none).
    ///
    /// # Errors
    /// A usage error when a query is asked of a form that has no JSON.
    pub(crate) fn new(
        output: Output,
        fields: &[EventField],
        query: Option<&'a JmesPath>,
    ) -> Result<Self, CliError> {
        let or = |default: &[EventField]| {
            if fields.is_empty() { default.to_vec() } else { fields.to_vec() }
        };
        if query.is_some() && !matches!(output, Output::Json | Output::Ndjson) {
            return Err(CliError::usage(
                "--query needs JSON to work on",
                "add --output json (the query sees one array) or --output ndjson (event by event)",
            ));
        }
        let (form, shown) = match output {
            Output::Table => {
                let columns = table_columns(fields);
                let fields =
                    or(&TABLE_COLUMNS.iter().map(|&(field, ..)| field).collect::<Vec<_>>());
                (Form::Table { columns, layout: None }, fields)
            }
            Output::Json if query.is_some() => {
                (Form::JsonQuery { held: Vec::new() }, or(&EventField::of_records()))
            }
            Output::Json => (Form::Json { written: 0 }, or(&EventField::of_records())),
            Output::Ndjson => (Form::Ndjson, or(&EventField::of_records())),
            Output::Csv | Output::Svg => (Form::Csv { has_header: false }, or(CSV_COLUMNS)),
        };
        let (actors, is_default) = (Actors::default(), fields.is_empty());
        Ok(Self { form, fields: shown, query, marked: None, actors, is_default })
    }

    /// The same, that finds who stands behind the events in `app`: where the fields name the actor, and in a
    /// table without chosen fields where that tells more than the users' names.
    pub(crate) fn with_actors(mut self, app: &'a App) -> Self {
        if let (Form::Table { columns, .. }, true) = (&mut self.form, self.is_default) {
            columns.insert(ACTOR_PLACE, column_of(&ACTOR_COLUMN));
            self.fields.insert(ACTOR_PLACE, EventField::Actor);
        }
        if self.fields.contains(&EventField::Actor) {
            self.actors = Actors::of(app);
        }
        self
    }

    /// Looks anew at what the store holds, as more may have arrived.
    pub(crate) fn refresh(&mut self) {
        self.actors.refresh();
    }

    /// What could not be read to find who stands behind the events.
    pub(crate) fn unreadable(&self) -> &[String] {
        self.actors.unreadable()
    }

    /// Who stands behind each of `events`, where that is shown. An unasked column that tells no more than the
    /// users' names goes.
    fn attribute(&mut self, events: &[Event]) -> Result<Vec<Option<Attribution>>, CliError> {
        let actors = self.actors.attribute(events)?;
        let Form::Table { columns, layout: None } = &mut self.form else { return Ok(actors) };
        let tells = |(event, actor): (&Event, &Option<Attribution>)| {
            actor.as_ref().is_some_and(|it| it.tells_more_than(event.username.as_deref()))
        };
        if self.is_default && !events.iter().zip(&actors).any(tells) {
            columns.retain(|column| column.title != EventField::Actor.name());
            self.fields.retain(|field| *field != EventField::Actor);
            self.actors = Actors::default();
        }
        Ok(actors)
    }

    /// The same, with what `query` matches standing out in a table with colors.
    pub(crate) fn marking(self, query: &Query) -> Self {
        Self { marked: Some(query.clone()), ..self }
    }

    /// Prints `events` and hands them to the reader.
    ///
    /// # Errors
    /// When the answer cannot be written, or the query fails or sees too many events.
    pub(crate) fn print(&mut self, ui: &mut Ui, events: &[Event]) -> Result<(), CliError> {
        let actors = self.attribute(events)?;
        let fields = &self.fields;
        let rows = events.iter().zip(actors.iter().map(Option::as_ref));
        let json = |(event, actor)| event_json(event, actor, fields);
        match &mut self.form {
            Form::Table { columns, layout } => {
                let cells = |(event, actor)| {
                    fields.iter().map(|field| field.text_with(event, actor)).collect()
                };
                let rows: Vec<Vec<String>> = rows.map(cells).collect();
                print_table(ui, columns, layout, fields, self.marked.as_ref(), &rows)?;
            }
            Form::Json { written } => {
                for json in rows.map(json) {
                    let start = if *written == 0 { "[\n" } else { ",\n" };
                    write!(ui.out(), "{start}")?;
                    write_json(ui, &json)?;
                    *written += 1;
                }
            }
            Form::JsonQuery { held } => {
                held.extend(rows.map(json));
                if held.len() > QUERY_EVENTS_MAX {
                    return Err(CliError::failed(format!(
                        "more than {QUERY_EVENTS_MAX} events match; a query over one JSON array holds all of them"
                    ))
                    .hint("use --output ndjson, which queries event by event, or --limit"));
                }
            }
            Form::Ndjson => {
                for json in rows.map(json) {
                    let json = match self.query {
                        Some(query) => query.search(&json)?,
                        None => json,
                    };
                    write_json(ui, &json)?;
                    writeln!(ui.out())?;
                }
            }
            Form::Csv { has_header } => {
                if !std::mem::replace(has_header, true) {
                    write_csv(ui, fields.iter().map(|field| field.name()))?;
                }
                for (event, actor) in rows {
                    write_csv(ui, fields.iter().map(|field| field.text_with(event, actor)))?;
                }
            }
        }
        ui.flush()?;
        Ok(())
    }

    /// Prints what belongs after the last event.
    ///
    /// # Errors
    /// As [`EventPrinter::print`].
    pub(crate) fn finish(mut self, ui: &mut Ui) -> Result<(), CliError> {
        match &self.form {
            Form::Json { written: 0 } => writeln!(ui.out(), "[]")?,
            Form::Json { .. } => writeln!(ui.out(), "\n]")?,
            Form::JsonQuery { held } => {
                let array = format!("[{}]", held.join(","));
                let answer = match self.query {
                    Some(query) => query.search(&array)?,
                    None => array,
                };
                write_json(ui, &indented(&answer))?;
                writeln!(ui.out())?;
            }
            // A header without rows is still an answer that a reader of CSV expects.
            Form::Csv { has_header: false } => self.print(ui, &[])?,
            Form::Csv { .. } | Form::Ndjson | Form::Table { .. } => {}
        }
        ui.flush()?;
        Ok(())
    }

    /// Whether a table was too narrow for the event ids.
    pub(crate) fn lacks_event_ids(&self) -> bool {
        let Form::Table { layout: Some(layout), .. } = &self.form else { return false };
        self.fields
            .iter()
            .position(|&field| field == EventField::EventId)
            .is_some_and(|index| !layout.shows(index))
    }
}

fn table_columns(fields: &[EventField]) -> Vec<Column> {
    if !fields.is_empty() {
        // Fields that were asked for by name are cut, never dropped.
        let column =
            |field: &EventField| Column { title: field.name(), cells_min: 6, drop_order: 0 };
        return fields.iter().map(column).collect();
    }
    TABLE_COLUMNS.iter().map(column_of).collect()
}

fn column_of(&(field, cells_min, drop_order): &(EventField, usize, u8)) -> Column {
    Column { title: field.name(), cells_min, drop_order }
}

fn print_table(
    ui: &mut Ui,
    columns: &[Column],
    layout: &mut Option<Layout>,
    fields: &[EventField],
    marked: Option<&Query>,
    rows: &[Vec<String>],
) -> Result<(), CliError> {
    if rows.is_empty() {
        return Ok(());
    }
    if layout.is_none() {
        let fitted = Layout::fit(columns, rows, ui.width());
        let titles: Vec<_> = columns.iter().map(|column| column.title.clone()).collect();
        let header = fitted.line(&titles, |_, text| ui.paint(Paint::Bold, text));
        ui.line(header)?;
        *layout = Some(fitted);
    }
    let Some(layout) = layout else { return Ok(()) };
    for row in rows {
        let line = layout.line(row, |index, text| {
            let is_error = fields.get(index) == Some(&EventField::ErrorCode);
            let paint = if is_error { Paint::Red } else { Paint::Plain };
            match marked {
                Some(query) => marked_text(ui, query, paint, text),
                None => ui.paint(paint, text),
            }
        });
        ui.line(line)?;
    }
    Ok(())
}

/// `text` in the colors of `paint`, what `query` matches in bold.
fn marked_text(ui: &Ui, query: &Query, paint: Paint, text: &str) -> String {
    let mut painted = String::new();
    let mut from = 0;
    for found in query.highlights(text) {
        let before = text.get(from..found.start).unwrap_or_default();
        let inside = text.get(found.clone()).unwrap_or_default();
        for (paint, part) in [(paint, before), (Paint::Bold, inside)] {
            painted.extend((!part.is_empty()).then(|| ui.paint(paint, part)));
        }
        from = found.end;
    }
    let rest = text.get(from..).unwrap_or_default();
    painted.extend((!rest.is_empty()).then(|| ui.paint(paint, rest)));
    painted
}

/// Writes JSON: verbatim into files and pipes, with hidden characters escaped on a terminal.
pub(crate) fn write_json(ui: &mut Ui, json: &str) -> std::io::Result<()> {
    if ui.is_terminal() {
        return ui.out().write_all(visible_json(json).as_bytes());
    }
    ui.out().write_all(json.as_bytes())
}

/// Writes one line of CSV, its cells harmless to spreadsheets and terminals.
pub(crate) fn write_csv(ui: &mut Ui, cells: impl Iterator<Item = String>) -> Result<(), CliError> {
    let is_terminal = ui.is_terminal();
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let safe = |cell: String| {
        let cell = csv_guard(&cell).into_owned();
        if is_terminal { visible(&cell).into_owned() } else { cell }
    };
    writer.write_record(cells.map(safe))?;
    let line = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    ui.out().write_all(&line)?;
    Ok(())
}
