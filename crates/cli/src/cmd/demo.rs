//! `trailhound demo`: the outage of the bundled example, from the symptom to the way back.

use super::blame_path::{print_flip, print_paths, print_symptom, print_way_back};
use super::import::print_report;
use super::serve::ListenArgs;
use super::up::{import_example, program, serve};
use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::example;
use crate::ui::{Paint, Ui};
use clap::Args;
use trailhound_app::App;
use trailhound_app::path::{BlameQuery, End, Query};

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Imports the bundled example, a week of a made-up account, into a store of its own, and answers what\n\
    an engineer asks on its Sunday night: what broke, who did it, and how to undo it. Every answer comes\n\
    from the stored records; nothing is scripted.\n\n\
    Examples:\n  trailhound demo\n  trailhound demo --no-serve"
)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// End after the story
    #[arg(long)]
    no_serve: bool,
}

/// Tells the story of the example.
pub(crate) fn cmd_demo(ui: &mut Ui, global: &GlobalArgs, args: &DemoArgs) -> CmdResult {
    ui.output_among("demo", &[Output::Table])?;
    let address = args.listen.address()?;
    let db = super::db_folder(global, example::DB_NAME)?;
    let app = super::open_at(&db)?;
    let report = import_example(ui, &app)?;
    print_report(ui, &report)?;
    if report.cancelled {
        return Err(super::import::cancelled(&report));
    }
    ui.line("")?;
    tell_story(ui, &app, &program(global, &db))?;
    if args.no_serve {
        return Ok(Status::Done);
    }
    serve(ui, app, address, &report, |ui, url| {
        let title = ui.paint(Paint::Bold, "the same as a page");
        ui.line(format!("\n{title}\n  {url}{}", story_page()))
    })
}

/// The incident's page, below the server's address.
pub(super) fn story_page() -> String {
    let (source, destination, port) = example::BROKEN_PATH;
    format!("/incident?src={source}&dst={destination}&port={port}")
}

/// Asks which change broke the example's path, and prints the answer part by part.
pub(super) fn tell_story(ui: &mut Ui, app: &App, program: &str) -> Result<(), CliError> {
    let (source, destination, port) = example::BROKEN_PATH;
    let end = |text: &str| {
        End::parse(text).ok_or_else(|| CliError::failed(format!("`{text}` is no end of a path")))
    };
    let mut query = Query::new(end(source)?, end(destination)?);
    query.port = Some(port.into());
    let blamed = app.blame_path(&BlameQuery { query, account_id: None, good: None, bad: None })?;
    let Some(culprit) = blamed.culprit() else {
        return Err(CliError::failed(
            "the store holds more than the example, and tells another story",
        )
        .hint("give the example a store of its own: --db DIR"));
    };
    let ends = format!("{source} {destination} --port {port}");
    heading(ui, "1. the symptom: an instance does not reach the internet any more")?;
    ui.line(format!("$ {program} path {ends}"))?;
    print_symptom(ui, &format!("{source} → {destination} tcp/{port}"), &blamed)?;
    ui.line("")?;
    heading(ui, "2. one command says which change broke it, and who made it")?;
    ui.line(format!("$ {program} blame-path {ends}"))?;
    print_flip(ui, "broken by", culprit)?;
    ui.line("")?;
    heading(ui, "3. the path before it and after it")?;
    print_paths(ui, culprit, &blamed)?;
    if let Some(tested) = &blamed.undo {
        ui.line("")?;
        heading(ui, "4. the way back")?;
        print_way_back(ui, tested)?;
    }
    ui.line("")?;
    Ok(())
}

fn heading(ui: &mut Ui, text: &str) -> std::io::Result<()> {
    let text = ui.paint(Paint::Bold, text);
    ui.line(text)
}
