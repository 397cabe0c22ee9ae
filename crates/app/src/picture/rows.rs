//! What a picture shows of an answer: a row for each hop, and one that says how it ends.

use std::collections::BTreeMap;

use trailhound_reach::explain::{Explanation, Hop};
use trailhound_reach::{Answer, Verdict};

use super::words;
use crate::path::{SetBy, Setter};

/// So many reasons beside the first are named.
const MORE_MAX: usize = 3;
/// So many missing inputs are named.
const MISSING_MAX: usize = 4;

/// One card of a picture.
pub(super) struct Row {
    /// The class of its look.
    pub(super) look: Look,
    /// Its type in a few letters.
    pub(super) mark: &'static str,
    pub(super) lines: Vec<Line>,
    /// The subnet that it is in, and its VPC.
    pub(super) subnet: Option<String>,
    pub(super) vpc: Option<String>,
    /// What is too long for the card.
    pub(super) tip: String,
}

/// How a card looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    /// What led to the drop.
    Cause,
    /// Here it ends.
    Stop,
    /// Here nothing more is known.
    Doubt,
    /// It arrived.
    Done,
}

impl Look {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "hop",
            Self::Cause => "hop cause",
            Self::Stop => "stop",
            Self::Doubt => "doubt",
            Self::Done => "done",
        }
    }
}

/// One text of a card.
pub(super) struct Line {
    pub(super) class: &'static str,
    pub(super) text: String,
    /// The event that it leads to.
    pub(super) event_id: Option<String>,
}

impl Line {
    fn new(class: &'static str, text: impl Into<String>) -> Self {
        Self { class, text: text.into(), event_id: None }
    }
}

/// The cards of the way there, and those of the way back.
pub(super) fn rows(answer: &Answer, set_by: &BTreeMap<usize, SetBy>) -> (Vec<Row>, Vec<Row>) {
    let mut there = hops(&answer.forward, Some(set_by));
    let mut back = hops(&answer.return_path, None);
    let is_back = !back.is_empty() || answer.verdict == Verdict::ForwardOnly;
    match answer.verdict {
        Verdict::Reachable => {
            there.extend(arrived("packets arrive", &there));
            back.extend(arrived("answers arrive", &back));
        }
        _ => {
            if is_back {
                there.extend(arrived("packets arrive", &there));
            }
            let stop_set_by = set_by.get(&(answer.forward.len() + 1));
            let ended = if is_back { &mut back } else { &mut there };
            let last = if is_back { answer.return_path.last() } else { answer.forward.last() };
            if let (Some(row), Some(hop)) = (ended.last_mut(), last)
                && is_cause(answer, hop)
            {
                row.look = Look::Cause;
            }
            ended.push(ending(answer, stop_set_by));
        }
    }
    (there, back)
}

fn hops(hops: &[Hop], set_by: Option<&BTreeMap<usize, SetBy>>) -> Vec<Row> {
    let mut rows: Vec<Row> = hops.iter().map(|hop| hop_row(hop, set_by)).collect();
    place(&mut rows);
    rows
}

/// Gives hops without a subnet of their own that of their neighbours: groups are on an interface, an instance
/// is behind one, a gateway between two passes of one subnet's ACL is in that subnet.
fn place(rows: &mut [Row]) {
    for index in 0..rows.len() {
        let at = |place: Option<usize>| {
            let row = place.and_then(|place| rows.get(place));
            row.and_then(|row| Some((row.subnet.clone()?, row.vpc.clone())))
        };
        let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
        let Some(row) = rows.get(index).filter(|row| row.subnet.is_none()) else { continue };
        let found = match row.mark {
            "SG" => before.or(after),
            "EC2" => after.or(before),
            "NAT" | "VPCE" => before.filter(|it| after.as_ref() == Some(it)),
            _ => None,
        };
        if let (Some((subnet, vpc)), Some(row)) = (found, rows.get_mut(index)) {
            (row.subnet, row.vpc) = (Some(subnet), vpc);
        }
    }
}

fn hop_row(hop: &Hop, set_by: Option<&BTreeMap<usize, SetBy>>) -> Row {
    let mut lines = vec![Line::new("id", &hop.component.id)];
    let rule = hop.acl_rule.as_ref().map(words::acl_rule);
    let group = hop.security_group_rule.as_ref().map(words::group_rule);
    let route = hop.route_table_route.as_ref().map(words::route);
    let transit = hop.transit_gateway_route_table_route.as_ref().map(words::transit_route);
    lines.extend(
        [rule, group, route, transit].into_iter().flatten().map(|it| Line::new("code", it)),
    );
    for detail in &hop.additional_details {
        lines.push(Line::new("soft", &detail.additional_detail_type));
    }
    let setter = set_by.and_then(|all| all.get(&hop.sequence_number));
    let tip = setter.map(|it| tip(&it.event)).unwrap_or_default();
    lines.extend(setter.map(|it| setter_line("set by", &it.event)));
    Row {
        look: Look::Plain,
        mark: mark(&hop.component.id),
        lines,
        subnet: hop.subnet.as_ref().map(|it| it.id.clone()),
        vpc: hop.vpc.as_ref().map(|it| it.id.clone()),
        tip,
    }
}

fn setter_line(how: &str, setter: &Setter) -> Line {
    let name = setter.event_name.as_deref().unwrap_or("an event");
    let actor = setter.actor.as_deref().map(short_names);
    let actor = actor.map(|actor| format!(" by {actor}")).unwrap_or_default();
    let at = setter.event_time.as_deref().unwrap_or("an unknown time");
    Line {
        class: "soft",
        text: format!("{how} {name}{actor} at {at}"),
        event_id: Some(setter.event_id.clone()),
    }
}

fn tip(setter: &Setter) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    format!(
        "set by {} at {} by {} from {} (event {})",
        part(&setter.event_name),
        part(&setter.event_time),
        part(&setter.actor),
        part(&setter.source_ip_address),
        setter.event_id
    )
}

/// ARNs by the last part of their resource: the whole is on the event's page and in the tip.
fn short_names(actor: &str) -> String {
    let short = |word: &str| match word.starts_with("arn:") {
        true => word.rsplit(['/', ':']).next().unwrap_or(word).to_owned(),
        false => word.to_owned(),
    };
    actor.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

fn arrived(text: &'static str, rows: &[Row]) -> Option<Row> {
    (!rows.is_empty()).then(|| Row {
        look: Look::Done,
        mark: "✓",
        lines: vec![Line::new("say", text)],
        subnet: None,
        vpc: None,
        tip: String::new(),
    })
}

/// Whether the last hop leads to what drops packets: its route names it, or the explanation names the hop.
fn is_cause(answer: &Answer, hop: &Hop) -> bool {
    let Some(first) = answer.explanations.first() else { return false };
    if answer.verdict == Verdict::Unknown {
        return false;
    }
    let named = words::about(first);
    let names = |id: &str| named.split([' ', ',']).any(|word| word == id);
    let target = hop.route_table_route.as_ref().and_then(words::target);
    names(&hop.component.id) || target.is_some_and(names)
}

/// The card that says why it goes no farther.
fn ending(answer: &Answer, set_by: Option<&SetBy>) -> Row {
    let (look, mark) = match answer.verdict {
        Verdict::Unknown => (Look::Doubt, "?"),
        Verdict::Boundary => (Look::Doubt, "…"),
        _ => (Look::Stop, "✕"),
    };
    let mut lines = Vec::new();
    match answer.verdict {
        Verdict::Unknown => {
            lines.push(Line::new("say", "from here on it is not known"));
            lines.extend(answer.missing.iter().take(MISSING_MAX).map(|missing| {
                let of = if missing.property.is_empty() { "anything" } else { &missing.property };
                Line::new("code", format!("not known: {of} of {}", missing.resource))
            }));
            let more = answer.missing.len().saturating_sub(MISSING_MAX);
            lines.extend((more > 0).then(|| Line::new("soft", format!("and {more} more"))));
        }
        Verdict::Boundary => {
            lines.push(Line::new("say", "from here on the network is not recorded"));
        }
        _ => {
            let mut reasons = answer.explanations.iter();
            lines.extend(reasons.next().map(reason).into_iter().flatten());
            lines.extend(reasons.take(MORE_MAX).map(|more| {
                Line::new("soft", format!("also {}: {}", more.explanation_code, words::about(more)))
            }));
        }
    }
    if lines.is_empty() {
        lines.push(Line::new("say", "here it ends"));
    }
    // What is gone was taken away by an event as well as what forbids it was set by one.
    lines.extend(set_by.map(|it| setter_line("since", &it.event)));
    let tip = set_by.map(|it| tip(&it.event)).unwrap_or_default();
    Row { look, mark, lines, subnet: None, vpc: None, tip }
}

fn reason(explanation: &Explanation) -> Vec<Line> {
    let mut lines = vec![
        Line::new("say", words::code(explanation.explanation_code)),
        Line::new("code", explanation.explanation_code.as_str()),
    ];
    lines.extend(words::rule(explanation).map(|rule| Line::new("code", rule)));
    let about = words::about(explanation);
    lines.extend((!about.is_empty()).then(|| Line::new("soft", about)));
    lines
}

/// A component's type in a few letters, by its id.
fn mark(id: &str) -> &'static str {
    const ENDS: &[(&str, &str)] =
        &[("/default-acl", "ACL"), ("/main-table", "RT"), ("/default-group", "SG")];
    const STARTS: &[(&str, &str)] = &[
        ("i-", "EC2"),
        ("eni-", "ENI"),
        ("sg-", "SG"),
        ("acl-", "ACL"),
        ("rtb-", "RT"),
        ("nat-", "NAT"),
        ("igw-", "IGW"),
        ("eigw-", "EIGW"),
        ("vgw-", "VGW"),
        ("pcx-", "PCX"),
        ("tgw-attach-", "ATT"),
        ("tgw-rtb-", "TRT"),
        ("tgw-", "TGW"),
        ("vpce-", "VPCE"),
        ("subnet-", "NET"),
        ("vpc-", "VPC"),
    ];
    let end = ENDS.iter().find(|(end, _)| id.ends_with(end));
    let start = || STARTS.iter().find(|(start, _)| id.starts_with(start));
    end.or_else(start).map_or("•", |(_, mark)| mark)
}
