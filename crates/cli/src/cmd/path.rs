//! `trailhound path`: does a packet get there, hop by hop.

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
use trailhound_app::exposure::{Direction, ExposureQuery};
use trailhound_app::lookup::search::{TIME_ACCEPTED, parse_time};
use trailhound_app::now;
use trailhound_app::path::{
    Answer, Assumption, End, PathFound, PathQuery, Protocol, Query, SetBy, Setter, Verdict,
};
use trailhound_app::picture::{self, words};
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
    #[arg(value_name = "SRC", required_unless_present = "all_instances")]
    source: Option<String>,
    /// Where they are to arrive
    #[arg(value_name = "DST")]
    destination: Option<String>,
    /// From SRC to the internet
    #[arg(long, conflicts_with = "destination")]
    to_internet: bool,
    /// From the internet to SRC
    #[arg(long, conflicts_with = "destination")]
    from_internet: bool,
    /// Every interface of a VPC, from the internet and to it
    #[arg(long, value_name = "VPC", conflicts_with_all = ["source", "source_ip"])]
    all_instances: Option<String>,
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
    /// The two ends as they are typed.
    fn ends(&self) -> Result<(&str, &str), CliError> {
        let own = self.source.as_deref().unwrap_or_default();
        match (&self.destination, self.to_internet, self.from_internet) {
            (Some(destination), ..) => Ok((own, destination)),
            (None, true, false) => Ok((own, "internet")),
            (None, false, true) => Ok(("internet", own)),
            (None, true, true) => Err(CliError::usage(
                "a path has one direction",
                "--to-internet or --from-internet; both go with --all-instances VPC only",
            )),
            (None, false, false) => Err(CliError::usage(
                "where to? There is no DST",
                "name it, or say --to-internet or --from-internet",
            )),
        }
    }

    pub(super) fn query(&self) -> Result<Query, CliError> {
        let (source, destination) = self.ends()?;
        let mut query = Query::new(end(source)?, end(destination)?).protocol(self.protocol());
        query.port = self.port.map(Into::into);
        query.source_ip = self.source_ip.map(Into::into);
        Ok(query)
    }

    /// What is asked of all interfaces, where that is asked.
    pub(super) fn exposure(&self) -> Option<ExposureQuery> {
        let mut directions = Vec::new();
        directions.extend(self.to_internet.then_some(Direction::ToInternet));
        directions.extend(self.from_internet.then_some(Direction::FromInternet));
        Some(ExposureQuery {
            vpc: self.all_instances.clone()?,
            directions,
            protocol: self.protocol(),
            port: self.port,
            account_id: self.account.clone(),
        })
    }

    fn protocol(&self) -> Protocol {
        match self.protocol {
            ProtocolName::Tcp => Protocol::Tcp,
            ProtocolName::Udp => Protocol::Udp,
            ProtocolName::Icmp => Protocol::Icmp,
            ProtocolName::Any => Protocol::Any,
        }
    }

    pub(super) fn account(&self) -> Option<String> {
        self.account.clone()
    }

    pub(super) fn text(&self) -> String {
        let protocol = format!("{:?}", self.protocol).to_lowercase();
        let port = self.port.map(|port| format!("/{port}")).unwrap_or_default();
        let (source, destination) = self.ends().unwrap_or_default();
        format!("{source} → {destination} {protocol}{port}")
    }
}

pub(super) fn end(text: &str) -> Result<End, CliError> {
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
    Examples:\n  trailhound path i-0123456789abcdef0 203.0.113.10 --port 443 --output svg > path.svg\n  \
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

/// Prints a path.
pub(crate) fn cmd_path(ui: &mut Ui, global: &GlobalArgs, args: &PathArgs) -> CmdResult {
    if let Some(query) = args.ends.exposure() {
        return super::exposure::cmd_exposure(ui, global, &query, time(args.at.as_ref())?);
    }
    let output = ui.output_among("path", &[Output::Table, Output::Json, Output::Svg])?;
    let at = time(args.at.as_ref())?;
    let query = args.ends.query()?;
    if let Some(dir) = &args.snapshot {
        return path_in(ui, output, dir, &query, &args.ends.text());
    }
    let app = super::open_existing(global)?;
    let found = app.path(&PathQuery { query, account_id: args.ends.account(), at })?;
    match output {
        Output::Json => {
            let mut json = answer_json(&found.answer)?;
            if let Some(members) = json.as_object_mut() {
                members.insert("set_by".to_owned(), json!(found.set_by));
                members.insert("assumed".to_owned(), json!(found.assumed));
            }
            write_json(ui, &format!("{json:#}\n"))?;
        }
        Output::Svg => ui.line(picture::svg(&args.ends.text(), &found.answer, &found.set_by))?,
        _ => print_path(ui, &args.ends.text(), &found)?,
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
    match output {
        Output::Json => write_json(ui, &format!("{:#}\n", answer_json(&answer)?))?,
        Output::Svg => ui.line(picture::svg(title, &answer, &Default::default()))?,
        _ => {
            let head = format!("{title}: {}", words::verdict(&answer));
            let head = ui.paint(Paint::Bold, &visible(&head));
            ui.line(head)?;
            print_answer(ui, &answer, &Default::default())?;
        }
    }
    if !ignored.is_empty() {
        let names = visible(&ignored.join(", ")).into_owned();
        ui.note(&format!("say nothing of where packets go: {names}"));
    }
    ui.note("what the folder does not describe is taken for absent");
    Ok(if answer.verdict == Verdict::Reachable { Status::Done } else { Status::Finding })
}

pub(super) fn tell_assumed(ui: &Ui, assumed: &[Assumption]) {
    for assumption in assumed {
        ui.note(&visible(&format!("assumed of {}: {}", assumption.resource, assumption.text)));
    }
}

pub(super) fn answer_json(answer: &Answer) -> Result<Value, CliError> {
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

fn print_path(ui: &mut Ui, title: &str, found: &PathFound) -> Result<(), CliError> {
    let head = format!("{title}: {}", words::verdict(&found.answer));
    let head = ui.paint(Paint::Bold, &visible(&head));
    ui.line(head)?;
    print_answer(ui, &found.answer, &found.set_by)
}

pub(super) fn print_answer(
    ui: &mut Ui,
    answer: &Answer,
    set_by: &std::collections::BTreeMap<usize, SetBy>,
) -> Result<(), CliError> {
    for explanation in &answer.explanations {
        ui.line(format!("  {}", words::code(explanation.explanation_code)))?;
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
