//! `trailhound watch`: declared paths, asked again after every import.

use crate::args::{GlobalArgs, Output};
use crate::error::{CliError, CmdResult, Status};
use crate::text::{quoted, visible, visible_json};
use crate::ui::{Paint, Ui};
use crate::watch_config;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use trailhound_app::App;
use trailhound_app::path::{Answer, Protocol, Verdict};
use trailhound_app::watch::{Breaker, Must, Standing, Told, Watch, WatchedPath};

/// Arguments of `watch`.
#[derive(Debug, Args)]
#[command(
    after_help = "Tells how each declared path stands, then waits for imports, also of other processes, and asks the\n\
    paths again that they touch. A verdict that changed is one line of the answer, with the change that\n\
    did it. What is not known is told as unknown, never as broken.\n\n\
    A file of paths:\n  [[path]]\n  name = \"web to api\"\n  source = \"i-0123456789abcdef0\"\n  \
    destination = \"203.0.113.10\"\n  port = 443\n  must = \"work\"          # or \"never work\"\n\n\
    Examples:\n  trailhound watch --config paths.toml\n  \
    trailhound watch --config paths.toml --once; the exit code is 3 when a path is not as declared"
)]
pub(crate) struct WatchArgs {
    /// The file that declares the paths
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Tell how each path stands, and end
    #[arg(long)]
    once: bool,
    /// How often to look for new events, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = clap::value_parser!(u64).range(1..=3600))]
    interval: u64,
    /// The account, where several are stored
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// How often `serve` looks for new events.
const INTERVAL: Duration = Duration::from_secs(1);

/// Watches until it is stopped.
pub(crate) fn cmd_watch(ui: &mut Ui, global: &GlobalArgs, args: &WatchArgs) -> CmdResult {
    let output = ui.output_among("watch", &[Output::Table, Output::Ndjson])?;
    let form = Form { output, db: global.db.clone() };
    let paths = watch_config::read(&args.config)?;
    let app = super::open_existing(global)?;
    let (mut watch, told) = app.watch(paths, args.account.clone())?;
    for it in &told {
        form.print(ui, "start", &watch, it)?;
    }
    for assumption in watch.assumed() {
        ui.note(&visible(&format!("assumed of {}: {}", assumption.resource, assumption.text)));
    }
    ui.flush()?;
    if args.once {
        let is_violated = told.iter().any(|it| it.standing == Standing::Violated);
        return Ok(if is_violated { Status::Finding } else { Status::Done });
    }
    ui.note("watching; Ctrl-C stops");
    loop {
        std::thread::sleep(Duration::from_secs(args.interval));
        poll(ui, &form, &mut watch, &app)?;
    }
}

fn poll(ui: &mut Ui, form: &Form, watch: &mut Watch, app: &App) -> Result<(), CliError> {
    match watch.poll(app) {
        Ok(told) => {
            for it in &told {
                form.print(ui, "alert", watch, it)?;
            }
            ui.flush()?;
        }
        // It is looked for again: an import may be under way, or a disk be back later.
        Err(error) => ui.warn(&format!("cannot look at the store: {error}")),
    }
    Ok(())
}

/// Watches on a thread of its own, beside a server, for as long as the process lives.
pub(crate) fn watch_beside(
    ui: &mut Ui,
    global: &GlobalArgs,
    app: Arc<App>,
    paths: Vec<WatchedPath>,
) -> Result<(), CliError> {
    let form = Form { output: Output::Table, db: global.db.clone() };
    let (mut watch, told) = app.watch(paths, None)?;
    for it in &told {
        form.print(ui, "start", &watch, it)?;
    }
    ui.flush()?;
    let mut ui = ui.beside();
    let work = move || {
        loop {
            std::thread::sleep(INTERVAL);
            // What could not be told now, as on a full disk, may be told later: the watch goes on.
            if let Err(error) = poll(&mut ui, &form, &mut watch, &app) {
                ui.warn(&visible(&format!("an alert may not have been told: {}", error.error)));
            }
        }
    };
    std::thread::Builder::new().name("watch".to_owned()).spawn(work)?;
    Ok(())
}

/// The flags of the command that says more, which are words as they are.
const FLAGS: [&str; 4] = ["--port", "--protocol", "--source-ip", "--db"];

/// How lines are told.
struct Form {
    output: Output,
    /// The store's folder, where it is not the default one.
    db: Option<PathBuf>,
}

impl Form {
    fn print(&self, ui: &mut Ui, kind: &str, watch: &Watch, told: &Told) -> Result<(), CliError> {
        let Some(path) = watch.paths().get(told.path) else { return Ok(()) };
        if self.output == Output::Ndjson {
            let line = self.json_of(kind, path, told).to_string();
            ui.line(visible_json(&line))?;
            return Ok(());
        }
        let is_alert = kind == "alert";
        let (word, paint) = match told.standing {
            Standing::Holds if is_alert => ("MENDED", Paint::Bold),
            Standing::Holds => ("ok", Paint::Dim),
            Standing::Violated => ("BROKEN", Paint::Red),
            Standing::Unknown => ("UNKNOWN", Paint::Bold),
        };
        let word = ui.paint(paint, word);
        let verdicts = match told.before.as_ref().filter(|_| is_alert) {
            Some(before) => {
                format!("{} before, {} after", verdict_text(before), verdict_text(&told.after))
            }
            None => verdict_text(&told.after).to_owned(),
        };
        let (ends, must) = (ends_text(path), must_text(path.must));
        let reason = reason_text(&told.after);
        let line = format!("{}: {ends} must {must}: {verdicts}{reason}", path.name);
        ui.line(format!("{word} {}", visible(&line)))?;
        match &told.by {
            None if is_alert && told.snapshot.is_some() => {
                let name = told.snapshot.as_deref().unwrap_or_default();
                let text = format!("  the snapshot {name} says so: no event that is stored did it");
                ui.line(visible(&text))?;
            }
            None if is_alert => {
                ui.line("  no single change did this: what is stored or assumed has changed")?;
            }
            // A path that is as declared needs no culprit.
            Some(by) if is_alert || told.standing == Standing::Violated => {
                ui.line(format!("  {}", visible(&by_text(by, is_alert))))?;
                if by.is_tie {
                    ui.line(
                        "  another change has the same second: which came first is not recorded",
                    )?;
                }
                let is_flag = |word: &str| FLAGS.contains(&word);
                let word = |it: &String| if is_flag(it) { it.clone() } else { quoted(it) };
                let words: Vec<String> = self.command(path).iter().map(word).collect();
                ui.line(format!("  more: {}", visible(&words.join(" "))))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The command that says more.
    fn command(&self, path: &WatchedPath) -> Vec<String> {
        let query = &path.query;
        let mut words: Vec<String> =
            ["trailhound", "blame-path"].into_iter().map(str::to_owned).collect();
        words.extend([query.source.text(), query.destination.text()]);
        if let Some(ports) = query.port {
            words.extend(["--port".to_owned(), ports.from.to_string()]);
        }
        if query.protocol != Protocol::Tcp {
            words.extend(["--protocol".to_owned(), protocol_text(query.protocol)]);
        }
        if let Some(net) = query.source_ip {
            words.extend(["--source-ip".to_owned(), net.addr().to_string()]);
        }
        if let Some(db) = &self.db {
            words.extend(["--db".to_owned(), db.display().to_string()]);
        }
        words
    }

    fn json_of(&self, kind: &str, path: &WatchedPath, told: &Told) -> Value {
        let query = &path.query;
        let event = told.by.as_ref().map(|by| {
            json!({
                "event_id": by.event.event_id,
                "event_name": by.event.event_name,
                "event_time": by.event.event_time.map(|at| at.to_string()),
                "account_id": by.event.account_id,
                "aws_region": by.event.aws_region,
                "source_ip_address": by.event.source_ip_address,
                "user_agent": by.event.user_agent,
                "actor": by.actor,
                "is_late": by.is_late,
                "is_tie": by.is_tie,
                "lag_seconds": by.lag_seconds,
            })
        });
        json!({
            "kind": kind,
            "name": path.name,
            "source": query.source.text(),
            "destination": query.destination.text(),
            "port": query.port.map(|ports| ports.from),
            "protocol": protocol_text(query.protocol),
            "must": must_text(path.must),
            "standing": match told.standing {
                Standing::Holds => "holds",
                Standing::Violated => "violated",
                Standing::Unknown => "unknown",
            },
            "before": told.before.as_ref().map(|answer| answer.verdict),
            "after": told.after.verdict,
            "code": told.after.code(),
            "missing": told.after.missing,
            "event": event,
            "snapshot": told.snapshot,
            "command": self.command(path),
        })
    }
}

fn must_text(must: Must) -> &'static str {
    match must {
        Must::Work => "work",
        Must::NeverWork => "never work",
    }
}

fn verdict_text(answer: &Answer) -> &'static str {
    match answer.verdict {
        Verdict::Reachable => "reachable",
        Verdict::ForwardOnly => "forward only",
        Verdict::Unreachable => "unreachable",
        Verdict::Boundary => "leaves the network that is known",
        Verdict::Unknown => "unknown",
    }
}

/// Why, in brackets: the code, or what is missing.
fn reason_text(answer: &Answer) -> String {
    if let Some(missing) = answer.missing.first() {
        return match missing.property.as_str() {
            "" => format!(" ({} is not in what is recorded)", missing.resource),
            property => format!(" ({property} of {} is not known)", missing.resource),
        };
    }
    answer.code().map(|code| format!(" ({code})")).unwrap_or_default()
}

fn protocol_text(protocol: Protocol) -> String {
    match protocol {
        Protocol::Number(number) => number.to_string(),
        named => format!("{named:?}").to_lowercase(),
    }
}

fn ends_text(path: &WatchedPath) -> String {
    let query = &path.query;
    let port = query.port.map(|ports| format!("/{}", ports.from)).unwrap_or_default();
    let protocol = protocol_text(query.protocol);
    format!("{} → {} {protocol}{port}", query.source.text(), query.destination.text())
}

/// The event, who made it, when and from where.
fn by_text(by: &Breaker, is_alert: bool) -> String {
    let event = &by.event;
    let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    let at = event.event_time.map_or("an unknown time".to_owned(), |at| at.to_string());
    let mut text = format!(
        "{} at {at} by {} from {}, account {}, {} (event {})",
        part(&event.event_name),
        by.actor,
        part(&event.source_ip_address),
        part(&event.account_id),
        part(&event.aws_region),
        part(&event.event_id),
    );
    if let Some(lag) = by.lag_seconds.filter(|_| is_alert) {
        text += &format!(", told {lag} s after it");
    }
    if by.is_late {
        text += "; it came late";
    }
    text
}
