//! `trailhound up`: from logs to answers in one command.

use super::demo::{story_page, tell_story};
use super::import::{cancelled, print_report, sources, warn_of_rejects};
use super::serve::{ListenArgs, Server, routes};
use super::stats::{counts_text, labelled, print_counts};
use crate::allocator::{Keep, keep_freed_memory};
use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::example;
use crate::field::EventField;
use crate::progress;
use crate::table::{Column, Layout};
use crate::text::{grouped, is_shell_word, visible};
use crate::ui::{Paint, Ui};
use clap::Args;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trailhound_api::ApiConfig;
use trailhound_app::App;
use trailhound_app::import::{ImportReport, ImportSource};
use trailhound_app::stats::{Stats, Summary};
use trailhound_record::{Event, Resource};

/// The columns of the last changes, and the width that each may shrink to.
const CHANGE_COLUMNS: &[(EventField, usize, u8)] = &[
    (EventField::EventTime, 20, 0),
    (EventField::Username, 8, 0),
    (EventField::EventName, 12, 0),
    (EventField::Resources, 10, 0),
    (EventField::SourceIpAddress, 11, 1),
];

/// How many of the users, services and calls with the most events are shown.
const TOP_SHOWN: usize = 5;
/// The width of the last changes where no terminal says its own.
const CHANGES_CELLS: usize = 120;

/// Arguments of `up`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailhound up\n  trailhound up ./AWSLogs\n  trailhound up ./AWSLogs --listen 127.0.0.1:9000"
)]
pub(crate) struct UpArgs {
    /// Files, folders (recursed) or globs in quotes; without any, the bundled example, which gets a
    /// store of its own unless --db names one
    #[arg(value_name = "PATH")]
    sources: Vec<String>,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    retain: super::compact::RetainArgs,
    /// End after the first answer
    #[arg(long)]
    no_serve: bool,
}

/// Imports, answers, serves.
pub(crate) fn cmd_up(ui: &mut Ui, global: &GlobalArgs, args: &UpArgs) -> CmdResult {
    ui.output_among("up", &[Output::Table])?;
    let address = args.listen.address()?;
    let is_example = args.sources.is_empty();
    let db = super::db_folder(global, if is_example { example::DB_NAME } else { "trailhound" })?;
    let app = super::open_at(&db)?;
    labelled(ui, "store", &visible(&db.display().to_string()))?;
    if is_example {
        labelled(ui, "source", "the bundled example, a week of one account")?;
    }
    ui.flush()?;
    keep_freed_memory(Keep::Long);
    let report = import(ui, &app, args)?;
    keep_freed_memory(Keep::Short);
    print_report(ui, &report)?;
    warn_of_rejects(ui, &report, None);
    if report.cancelled {
        return Err(cancelled(&report));
    }
    args.retain.apply(ui, &app)?;
    let (stats, summary) = (app.stats()?, app.summary()?);
    let program = program(global, &db);
    print_first_answer(ui, &stats, &summary)?;
    if is_example {
        ui.line("")?;
        tell_story(ui, &app, &program)?;
    } else {
        print_last_changes(ui, &summary)?;
    }
    let values = Values::choose(&stats, &summary);
    if args.no_serve {
        print_commands(ui, &program, &values)?;
        return Ok(Status::Done);
    }
    serve(ui, app, address, &report, |ui, url| {
        print_server(ui, url, &values, is_example)?;
        print_commands(ui, &program, &values)
    })
}

/// Serves until it is stopped; `told` says where, to people.
pub(super) fn serve(
    ui: &mut Ui,
    app: App,
    address: SocketAddr,
    report: &ImportReport,
    told: impl FnOnce(&mut Ui, &str) -> std::io::Result<()>,
) -> CmdResult {
    let server = Server::bind_near(address)?;
    if address.port() != 0 && server.address() != address {
        ui.note(&format!("`{address}` is taken, so another port is used"));
    }
    told(ui, &server.url())?;
    ui.flush()?;
    ui.note("serving; Ctrl-C stops");
    let app = Arc::new(app);
    app.keep_replays();
    let engine = crate::sql_engine::engine(&app)?;
    let config = ApiConfig { engine, ..ApiConfig::default() };
    config.metrics.record_import(report);
    server.run(routes(Arc::clone(&app), config))?;
    Ok(Status::Done)
}

fn import(ui: &Ui, app: &App, args: &UpArgs) -> Result<ImportReport, CliError> {
    if !args.sources.is_empty() {
        return progress::import(ui, app, &sources(&args.sources), &|_| {});
    }
    import_example(ui, app)
}

/// Imports the bundled example.
pub(super) fn import_example(ui: &Ui, app: &App) -> Result<ImportReport, CliError> {
    let file = example::write_into(app.db())?;
    let path = file.path().to_str().ok_or_else(|| {
        CliError::failed("the store's path is not Unicode").hint("name another folder: --db DIR")
    })?;
    progress::import(ui, app, &[ImportSource::Path(path.to_owned())], &|_| {})
}

fn print_first_answer(ui: &mut Ui, stats: &Stats, summary: &Summary) -> std::io::Result<()> {
    ui.line("")?;
    print_counts(ui, stats)?;
    for (label, counts) in [
        ("users", &summary.top_users),
        ("services", &summary.top_event_sources),
        ("calls", &summary.top_event_names),
    ] {
        labelled(ui, label, &counts_text(counts.get(..TOP_SHOWN).unwrap_or(counts)))?;
    }
    labelled(ui, "failed", &grouped(summary.failed))
}

fn print_last_changes(ui: &mut Ui, summary: &Summary) -> std::io::Result<()> {
    if summary.last_changes.is_empty() {
        return Ok(());
    }
    ui.line("")?;
    let title = ui.paint(Paint::Bold, "the last changes");
    ui.line(title)?;
    let columns: Vec<_> = CHANGE_COLUMNS
        .iter()
        .map(|&(field, cells_min, drop_order)| Column {
            title: field.name(),
            cells_min,
            drop_order,
        })
        .collect();
    let row = |event: &Event| CHANGE_COLUMNS.iter().map(|(field, ..)| field.text(event)).collect();
    let rows: Vec<Vec<String>> = summary.last_changes.iter().map(row).collect();
    let layout = Layout::fit(&columns, &rows, Some(ui.width().unwrap_or(CHANGES_CELLS)));
    let titles: Vec<_> = columns.iter().map(|column| column.title.clone()).collect();
    let header = layout.line(&titles, |_, text| ui.paint(Paint::Dim, text));
    ui.line(header)?;
    for row in &rows {
        ui.line(layout.line(row, |_, text| text.to_owned()))?;
    }
    Ok(())
}

/// Values of the data that the commands to try next are about. All of them can be pasted into a shell:
/// a record's texts are hostile, and a command to copy must not carry one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Values {
    region: Option<String>,
    username: Option<String>,
    resource_name: Option<String>,
    event_id: Option<String>,
}

fn is_safe_resource(resource: &Resource) -> bool {
    is_shell_word(&resource.resource_name)
}

impl Values {
    fn choose(stats: &Stats, summary: &Summary) -> Self {
        let safe = |text: &&String| is_shell_word(text);
        // A call from an address, rather than from a service, is likely a person's: those come first.
        let is_person = |event: &&Event| {
            let source = event.source_ip_address.as_deref().unwrap_or_default();
            source.parse::<IpAddr>().is_ok() && event.resources.iter().any(is_safe_resource)
        };
        let (by_people, others): (Vec<_>, Vec<_>) =
            summary.last_changes.iter().partition(is_person);
        let changes = || by_people.iter().chain(&others);
        Self {
            region: stats.regions.iter().map(|count| &count.value).find(safe).cloned(),
            username: changes()
                .filter_map(|event| event.username.as_ref())
                .chain(summary.top_users.iter().map(|count| &count.value))
                .find(safe)
                .cloned(),
            resource_name: changes()
                .flat_map(|event| &event.resources)
                .map(|resource| &resource.resource_name)
                .find(safe)
                .cloned(),
            event_id: changes().filter_map(|event| event.event_id.as_ref()).find(safe).cloned(),
        }
    }
}

fn print_server(ui: &mut Ui, url: &str, values: &Values, is_example: bool) -> std::io::Result<()> {
    ui.line("")?;
    let region = values.region.as_deref().unwrap_or("us-east-1");
    let title = ui.paint(Paint::Bold, "in a browser");
    ui.line(format!("{title}\n  {url}/"))?;
    if is_example {
        ui.line(format!("  {url}{}", story_page()))?;
    }
    let title = ui.paint(Paint::Bold, "with the AWS CLI (any credentials do)");
    ui.line(format!(
        "{title}\n  AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x aws cloudtrail lookup-events \
         --endpoint-url {url} --region {region} --max-items 5"
    ))
}

fn print_commands(ui: &mut Ui, program: &str, values: &Values) -> std::io::Result<()> {
    ui.line("")?;
    let title = ui.paint(Paint::Bold, "try next");
    ui.line(title)?;
    match (&values.resource_name, &values.username) {
        (Some(name), _) => ui.line(format!("  {program} lookup --resource-name {name}"))?,
        (None, Some(name)) => ui.line(format!("  {program} lookup --username {name}"))?,
        (None, None) => ui.line(format!("  {program} lookup --write"))?,
    }
    ui.line(format!("  {program} lookup --error-code --limit 10"))?;
    match &values.event_id {
        Some(id) => ui.line(format!("  {program} show {id}")),
        None => Ok(()),
    }
}

/// How the user calls this program on this store: the name as it was typed when the shell found it,
/// else the path from here, with `--db` unless the store is the default one.
pub(super) fn program(global: &GlobalArgs, db: &Path) -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let is_in_path = called.components().count() == 1 && called.parent() == Some(Path::new(""));
    let path = if is_in_path { called } else { std::env::current_exe().unwrap_or(called) };
    let here = std::env::current_dir().unwrap_or_default();
    let short = path.strip_prefix(&here).map_or_else(|_| path.clone(), Path::to_path_buf);
    let program = quoted(&short);
    let is_default = global.db.is_none()
        && super::db_folder(global, "trailhound").is_ok_and(|default| default == db);
    if is_default { program } else { format!("{program} --db {}", quoted(db)) }
}

/// The path as one word of a shell.
fn quoted(path: &Path) -> String {
    crate::text::quoted(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn paths_are_quoted_for_a_shell() {
        let all = ["target/release/trailhound", "a b", "it's"].map(|path| quoted(Path::new(path)));
        expect![[r"target/release/trailhound 'a b' 'it'\''s'"]].assert_eq(&all.join(" "));
    }

    #[test]
    fn hostile_values_are_in_no_command() {
        let change = |username: &str, id: &str| {
            let record = format!(
                r#"{{"eventID":"{id}","userIdentity":{{"type":"IAMUser","userName":"{username}"}}}}"#
            );
            Event::parse(record.into_bytes(), 0).unwrap()
        };
        let summary = Summary {
            last_changes: vec![change("$(id)", "a;b"), change("alice", "e-1")],
            ..Summary::default()
        };
        let values = Values::choose(&Stats::default(), &summary);
        assert_eq!(values.username.as_deref(), Some("alice"));
        assert_eq!(values.event_id.as_deref(), Some("e-1"));
    }
}
