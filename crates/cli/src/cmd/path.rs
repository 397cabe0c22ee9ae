//! `trailhound path` and `trailhound blame-path`: does a packet get there, and which change broke it.

use super::lookup::complete;
use crate::args::{GlobalArgs, Output};
use crate::coverage::coverage_text;
use crate::error::{CliError, CmdResult, Status};
use crate::event_output::write_json;
use crate::text::{counted, visible};
use crate::ui::{Paint, Ui};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::net::IpAddr;
use trailhound_app::lookup::search::{TIME_ACCEPTED, parse_time};
use trailhound_app::now;
use trailhound_app::path::{
    Answer, Assumption, BlameQuery, Blamed, End, Flip, PathFound, PathQuery, Protocol, Query,
    SetBy, Setter, Trial, Untold, Verdict,
};
use trailhound_app::undo::render;
use trailhound_record::Timestamp;

/// Protocols by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtocolName {
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// ICMP echo and its like
    Icmp,
    /// Any protocol
    Any,
}

/// What both commands ask.
#[derive(Debug, Args)]
pub(crate) struct Ends {
    /// Where packets start: an instance, interface, address, gateway or `internet`
    #[arg(value_name = "SRC")]
    source: String,
    /// Where they are to arrive
    #[arg(value_name = "DST")]
    destination: String,
    /// The destination port; any when left out
    #[arg(long)]
    port: Option<u16>,
    /// The protocol
    #[arg(long, value_enum, default_value = "tcp")]
    protocol: ProtocolName,
    /// The source address, where the source has several
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,
    /// The account, where several are stored
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

impl Ends {
    fn query(&self) -> Result<Query, CliError> {
        let mut query = Query::new(end(&self.source)?, end(&self.destination)?);
        query = query.protocol(match self.protocol {
            ProtocolName::Tcp => Protocol::Tcp,
            ProtocolName::Udp => Protocol::Udp,
            ProtocolName::Icmp => Protocol::Icmp,
            ProtocolName::Any => Protocol::Any,
        });
        query.port = self.port.map(Into::into);
        query.source_ip = self.source_ip.map(Into::into);
        Ok(query)
    }

    fn text(&self) -> String {
        let protocol = format!("{:?}", self.protocol).to_lowercase();
        let port = self.port.map(|port| format!("/{port}")).unwrap_or_default();
        format!("{} → {} {protocol}{port}", self.source, self.destination)
    }
}

fn end(text: &str) -> Result<End, CliError> {
    End::parse(text).ok_or_else(|| {
        CliError::usage(
            format!("`{text}` is no end of a path"),
            "an end is an id (i-…, eni-…, igw-…, vgw-…, tgw-attach-…, vpce-…, pcx-…), an address, or \
             `internet`",
        )
    })
}

pub(super) fn time(text: Option<&String>) -> Result<Option<Timestamp>, CliError> {
    let parsed = |text: &String| {
        parse_time(text.trim(), now())
            .ok_or_else(|| CliError::usage(format!("`{text}` is not a time"), TIME_ACCEPTED))
    };
    text.map(parsed).transpose()
}

/// Arguments of `path`.
#[derive(Debug, Args)]
#[command(
    after_help = "Replays the stored changes up to the time and walks packets through security groups, network ACLs,\n\
    route tables and gateways, there and back. The exit code is 3 when they do not get through.\n\
    What the events do not tell is unknown, never a yes or a no.\n\n\
    Examples:\n  trailhound path i-0123456789abcdef0 203.0.113.10 --port 443\n  \
    trailhound path internet i-0123456789abcdef0 --port 22 --at 2026-09-10T12:00Z"
)]
pub(crate) struct PathArgs {
    #[command(flatten)]
    ends: Ends,
    /// When [default: the newest state]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Walk through the network that a folder of `aws … describe-…` output describes, without a store
    #[arg(long, value_name = "DIR", conflicts_with_all = ["at", "account"])]
    snapshot: Option<std::path::PathBuf>,
}

/// Arguments of `blame-path`.
#[derive(Debug, Args)]
#[command(
    after_help = "Asks the path before and after every change that touched what its answer rests on. Prints the change\n\
    that broke it with who made it, the path before and after, and the way back, which is tried on the\n\
    newest state first. The exit code is 3 unless it works at the window's end.\n\n\
    Examples:\n  trailhound blame-path i-0123456789abcdef0 203.0.113.10 --port 443\n  \
    trailhound blame-path i-0123456789abcdef0 203.0.113.10 --good 2026-09-10 --bad 2026-09-12"
)]
pub(crate) struct BlamePathArgs {
    #[command(flatten)]
    ends: Ends,
    /// When it worked [default: the beginning of what is stored]
    #[arg(long, value_name = "TIME")]
    good: Option<String>,
    /// When it was broken [default: the newest state]
    #[arg(long, value_name = "TIME")]
    bad: Option<String>,
}

/// Prints a path.
pub(crate) fn cmd_path(ui: &mut Ui, global: &GlobalArgs, args: &PathArgs) -> CmdResult {
    let output = ui.output_among("path", &[Output::Table, Output::Json])?;
    let at = time(args.at.as_ref())?;
    let query = args.ends.query()?;
    if let Some(dir) = &args.snapshot {
        return path_in(ui, output, dir, &query, &args.ends.text());
    }
    let app = super::open_existing(global)?;
    let found = app.path(&PathQuery { query, account_id: args.ends.account.clone(), at })?;
    if output == Output::Json {
        let mut json = answer_json(&found.answer)?;
        if let Some(members) = json.as_object_mut() {
            members.insert("set_by".to_owned(), json!(found.set_by));
            members.insert("assumed".to_owned(), json!(found.assumed));
        }
        write_json(ui, &format!("{json:#}\n"))?;
    } else {
        print_path(ui, &args.ends.text(), &found)?;
    }
    tell_assumed(ui, &found.assumed);
    ui.note(&format!("{} replayed", counted(found.events_read, "event")));
    ui.note(&coverage_text(&found.coverage));
    complete(&found.coverage)?;
    Ok(if found.answer.verdict == Verdict::Reachable { Status::Done } else { Status::Finding })
}

/// Prints a path through the network that a folder describes.
fn path_in(
    ui: &mut Ui,
    output: Output,
    dir: &std::path::Path,
    query: &Query,
    title: &str,
) -> CmdResult {
    let documents = super::snapshot::documents(ui, dir)?;
    let (answer, ignored) = trailhound_app::path::path_in(documents, query)?;
    if output == Output::Json {
        write_json(ui, &format!("{:#}\n", answer_json(&answer)?))?;
    } else {
        let head = format!("{title}: {}", verdict_text(&answer));
        let head = ui.paint(Paint::Bold, &visible(&head));
        ui.line(head)?;
        print_answer(ui, &answer, &Default::default())?;
    }
    if !ignored.is_empty() {
        let names = visible(&ignored.join(", ")).into_owned();
        ui.note(&format!("say nothing of where packets go: {names}"));
    }
    ui.note("what the folder does not describe is taken for absent");
    Ok(if answer.verdict == Verdict::Reachable { Status::Done } else { Status::Finding })
}

fn tell_assumed(ui: &Ui, assumed: &[Assumption]) {
    for assumption in assumed {
        ui.note(&visible(&format!("assumed of {}: {}", assumption.resource, assumption.text)));
    }
}

fn answer_json(answer: &Answer) -> Result<Value, CliError> {
    let broken = |error: serde_json::Error| CliError::failed(error.to_string());
    let full = serde_json::to_value(answer).map_err(broken)?;
    let read_set: Vec<Value> = answer
        .read_set
        .keys()
        .into_iter()
        .map(|(key, hash)| json!({"key": key, "hash": format!("{hash:016x}")}))
        .collect();
    Ok(json!({
        "verdict": answer.verdict,
        "explanations": full.get("Explanations"),
        "missing": answer.missing,
        "forward": full.get("Forward"),
        "return": full.get("ReturnPath"),
        "headers": full.get("Headers"),
        "read_set": read_set,
    }))
}

fn verdict_text(answer: &Answer) -> &'static str {
    match answer.verdict {
        Verdict::Reachable => "reachable",
        Verdict::ForwardOnly => "forward only: answers do not come back",
        Verdict::Unreachable => "unreachable",
        Verdict::Boundary => "leaves the network that is known",
        Verdict::Unknown => "unknown",
    }
}

fn print_path(ui: &mut Ui, title: &str, found: &PathFound) -> Result<(), CliError> {
    let head = format!("{title}: {}", verdict_text(&found.answer));
    let head = ui.paint(Paint::Bold, &visible(&head));
    ui.line(head)?;
    print_answer(ui, &found.answer, &found.set_by)
}

fn print_answer(
    ui: &mut Ui,
    answer: &Answer,
    set_by: &std::collections::BTreeMap<usize, SetBy>,
) -> Result<(), CliError> {
    for explanation in &answer.explanations {
        let json = serde_json::to_value(explanation).unwrap_or_default();
        ui.line(format!("  {}", visible(&explanation_text(&json))))?;
    }
    for missing in &answer.missing {
        let of = if missing.property.is_empty() { "all" } else { &missing.property };
        ui.line(format!("  not known: {of} of {}", visible(&missing.resource)))?;
    }
    for (name, hops) in [("there", &answer.forward), ("back", &answer.return_path)] {
        if hops.is_empty() {
            continue;
        }
        ui.line(format!("  {name}:"))?;
        for hop in hops {
            let json = serde_json::to_value(hop).unwrap_or_default();
            ui.line(format!("    {}", visible(&hop_text(&json))))?;
            if let Some(setter) = set_by.get(&hop.sequence_number).filter(|_| name == "there") {
                let line = ui.paint(Paint::Dim, &visible(&setter_text(&setter.event)));
                ui.line(format!("         {line}"))?;
            }
        }
    }
    Ok(())
}

fn explanation_text(json: &Value) -> String {
    let code = json.get("ExplanationCode").and_then(Value::as_str).unwrap_or_default();
    let members =
        json.as_object().into_iter().flatten().filter(|(name, _)| *name != "ExplanationCode");
    let told: Vec<String> =
        members.map(|(name, value)| format!("{name} {}", short(value))).collect();
    format!("{code}: {}", told.join(", "))
}

/// A hop in a line: its number, its resource, and the rule or route that it met.
fn hop_text(json: &Value) -> String {
    let number = json.get("SequenceNumber").and_then(Value::as_u64).unwrap_or_default();
    let id = json.pointer("/Component/Id").and_then(Value::as_str).unwrap_or_default();
    let mut line = format!("{number:>2} {id}");
    for name in ["RouteTableRoute", "TransitGatewayRouteTableRoute", "AclRule", "SecurityGroupRule"]
    {
        if let Some(value) = json.get(name) {
            line.push_str(&format!("  {}", short(value)));
        }
    }
    line
}

/// The values of an object, one after the other.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => members
            .values()
            .map(short)
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        Value::Array(values) => values.iter().map(short).collect::<Vec<_>>().join(" "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

pub(super) fn setter_text(setter: &Setter) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    format!(
        "set by {} at {} by {} from {} ({})",
        part(&setter.event_name),
        part(&setter.event_time),
        part(&setter.actor),
        part(&setter.source_ip_address),
        setter.event_id
    )
}

/// Prints which change broke a path.
pub(crate) fn cmd_blame_path(ui: &mut Ui, global: &GlobalArgs, args: &BlamePathArgs) -> CmdResult {
    let output = ui.output_among("blame-path", &[Output::Table, Output::Json])?;
    let (good, bad) = (time(args.good.as_ref())?, time(args.bad.as_ref())?);
    let query = args.ends.query()?;
    let app = super::open_existing(global)?;
    if good.zip(bad).is_some_and(|(good, bad)| good >= bad) {
        return Err(CliError::usage(
            "--good is not before --bad",
            "the window goes from when it worked to when it was broken",
        ));
    }
    let blamed =
        app.blame_path(&BlameQuery { query, account_id: args.ends.account.clone(), good, bad })?;
    match output {
        Output::Json => write_json(ui, &format!("{:#}\n", blamed_json(&blamed)?))?,
        _ => print_blamed(ui, &args.ends.text(), &blamed)?,
    }
    tell_assumed(ui, &blamed.assumed);
    ui.note(&format!(
        "{} replayed, {} in the window, {} asked",
        counted(blamed.events_read, "event"),
        counted(blamed.changes as u64, "change"),
        counted(blamed.evaluations as u64, "state"),
    ));
    ui.note(&coverage_text(&blamed.coverage));
    complete(&blamed.coverage)?;
    Ok(if blamed.last.verdict == Verdict::Reachable { Status::Done } else { Status::Finding })
}

fn print_blamed(ui: &mut Ui, title: &str, blamed: &Blamed) -> Result<(), CliError> {
    let head = format!("{title}: {}", verdict_text(&blamed.last));
    let head = ui.paint(Paint::Bold, &visible(&head));
    ui.line(head)?;
    let Some(culprit) = blamed.culprit() else {
        if let Some(untold) = blamed.untold_culprit() {
            return print_untold(ui, untold);
        }
        ui.line(match (blamed.first.verdict, blamed.last.verdict) {
            (_, Verdict::Reachable) => {
                "it works at the window's end: no change in the window broke it"
            }
            (Verdict::Reachable, _) => "from some change on it is not known whether it works",
            (Verdict::Unknown, _) => "it is not known whether it ever worked: see what is missing",
            _ => "it did not work at the window's start either",
        })?;
        print_answer(ui, &blamed.last, &Default::default())?;
        return Ok(());
    };
    ui.line("")?;
    print_flip(ui, "broken by", culprit)?;
    let others: Vec<&Flip> =
        blamed.flips.iter().filter(|flip| !std::ptr::eq(*flip, culprit)).collect();
    if !others.is_empty() {
        ui.line("")?;
        ui.line("the answer also changed with:")?;
    }
    for flip in others {
        let at = flip.event.event_time.map(|at| at.to_string()).unwrap_or_default();
        let name = flip.event.event_name.as_deref().unwrap_or("?");
        let id = flip.event.event_id.as_deref().unwrap_or("?");
        let (before, after) = (verdict_text(&flip.before), verdict_text(&flip.after));
        ui.line(visible(&format!(
            "  {at} {name} by {} ({id}): {before} before, {after} after",
            flip.attribution.line()
        )))?;
    }
    if !blamed.innocent.is_empty() {
        ui.line("")?;
        ui.line("checked, and innocent:")?;
        for moment in &blamed.innocent {
            let at = moment.at.map(|at| at.to_string()).unwrap_or_default();
            ui.line(visible(&format!("  {at} {} ({})", moment.event_name, moment.event_id)))?;
        }
    }
    if let Some(tested) = &blamed.undo {
        ui.line("")?;
        ui.line(match &tested.after {
            Trial::Answered(answer) => {
                let verdict = verdict_text(answer);
                format!("the way back, tried on the newest state; after it: {verdict}")
            }
            Trial::NewIds => {
                "the way back makes new ids, so it could not be tried here:".to_owned()
            }
            Trial::Incomplete => "the way back is not whole, so it was not tried:".to_owned(),
            Trial::NoCalls => "there is nothing to call:".to_owned(),
        })?;
        for line in render::script(&tested.undo.plan).lines() {
            ui.line(visible(line))?;
        }
    }
    Ok(())
}

/// Tells of a change that only a snapshot shows.
fn print_untold(ui: &mut Ui, untold: &Untold) -> Result<(), CliError> {
    let at = untold.at.map(|at| at.to_string()).unwrap_or_default();
    let line = format!(
        "broken by a change that no stored event tells: the snapshot {} of {at} shows it",
        untold.snapshot
    );
    let line = ui.paint(Paint::Bold, &visible(&line));
    ui.line(line)?;
    ui.line(format!("  before, as the events tell: {}", verdict_text(&untold.before)))?;
    print_answer(ui, &untold.before, &Default::default())?;
    ui.line(format!("  in the snapshot: {}", verdict_text(&untold.after)))?;
    print_answer(ui, &untold.after, &Default::default())?;
    ui.line(visible(&format!(
        "  `trailhound drift --snapshot {}` lists what differs",
        untold.snapshot
    )))?;
    Ok(())
}

fn print_flip(ui: &mut Ui, title: &str, flip: &Flip) -> Result<(), CliError> {
    let event = &flip.event;
    let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    let at = event.event_time.map(|at| at.to_string()).unwrap_or_default();
    let line =
        format!("{title} {} at {at} by {}", part(&event.event_name), flip.attribution.line());
    let line = ui.paint(Paint::Bold, &visible(&line));
    ui.line(line)?;
    ui.line(visible(&format!(
        "  from {} with {}, account {}, {} (event {})",
        part(&event.source_ip_address),
        part(&event.user_agent),
        part(&event.account_id),
        part(&event.aws_region),
        part(&event.event_id)
    )))?;
    for step in flip.attribution.steps() {
        ui.line(visible(&format!("  {step}")))?;
    }
    if flip.is_tie {
        ui.line("  another change has the same second: which came first is not recorded")?;
    }
    ui.line(format!("  before: {}", verdict_text(&flip.before)))?;
    print_answer(ui, &flip.before, &Default::default())?;
    ui.line(format!("  after: {}", verdict_text(&flip.after)))?;
    print_answer(ui, &flip.after, &Default::default())
}

fn blamed_json(blamed: &Blamed) -> Result<Value, CliError> {
    let mut flips = Vec::new();
    for flip in &blamed.flips {
        flips.push(json!({
            "event_id": flip.event.event_id,
            "event_name": flip.event.event_name,
            "event_time": flip.event.event_time.map(|at| at.to_string()),
            "account_id": flip.event.account_id,
            "aws_region": flip.event.aws_region,
            "source_ip_address": flip.event.source_ip_address,
            "user_agent": flip.event.user_agent,
            "who": flip.attribution,
            "is_tie": flip.is_tie,
            "before": answer_json(&flip.before)?,
            "after": answer_json(&flip.after)?,
        }));
    }
    let culprit = blamed.culprit().and_then(|flip| flip.event.event_id.clone());
    let mut untold = Vec::new();
    for it in &blamed.untold {
        untold.push(json!({
            "snapshot": it.snapshot,
            "at": it.at.map(|at| at.to_string()),
            "before": answer_json(&it.before)?,
            "after": answer_json(&it.after)?,
        }));
    }
    let innocent: Vec<&String> = blamed.innocent.iter().map(|moment| &moment.event_id).collect();
    let tested = blamed.undo.as_ref();
    Ok(json!({
        "verdict": blamed.last.verdict,
        "culprit": culprit,
        "flips": flips,
        "untold": untold,
        "innocent": innocent,
        "changes": blamed.changes,
        "evaluations": blamed.evaluations,
        "undo": tested.map(|tested| &tested.undo.plan),
        "assumed": blamed.assumed,
        "after_undo": tested.and_then(|tested| match &tested.after {
            Trial::Answered(answer) => Some(answer.verdict),
            Trial::NewIds | Trial::Incomplete | Trial::NoCalls => None,
        }),
    }))
}
