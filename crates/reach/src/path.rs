//! One question, answered.

use serde::Serialize;

use crate::explain::{Code, Component, Explanation, Hop, PacketHeader};
use crate::headers::{Family, HeaderSet};
use crate::hops::{Arrival, Drop, Goal, Mode, Outcome, Spot, Trail, Walk, unwind};
use crate::limits::{EXPLANATIONS_MAX, MISSING_MAX};
use crate::net::Network;
use crate::query::Query;
use crate::read::{Home, Missing, ReadSet, Reader};
use crate::start::{Ends, resolve};

/// Whether packets get from source to destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Some get there, and their answers get back.
    Reachable,
    /// Some get there, and no answer gets back.
    ForwardOnly,
    /// None gets there, and the state was complete enough to prove it.
    Unreachable,
    /// Some left the known world on their way.
    Boundary,
    /// Not decided: see [`Answer::missing`]. Never a yes or a no.
    Unknown,
}

/// An answer with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// What is missing, then why packets do not get there, or answers back: farthest first.
    pub explanations: Vec<Explanation>,
    /// What the verdict needs and the state does not say; empty but for [`Verdict::Unknown`].
    pub missing: Vec<Missing>,
    /// The way there, as far as it goes.
    pub forward: Vec<Hop>,
    /// The way back, as far as it goes.
    pub return_path: Vec<Hop>,
    /// The way there in short: instances, subnets, VPCs and gateways.
    pub forward_nodes: Vec<String>,
    /// The way back in short.
    pub return_nodes: Vec<String>,
    /// The headers, as they leave the source, that get there and whose answers get back.
    ///
    /// Where no answer gets back, those that get there.
    pub headers: Vec<PacketHeader>,
    /// The facts that the answer rests on.
    pub read_set: ReadSet,
    /// The same headers as a set.
    #[serde(skip)]
    pub header_set: HeaderSet,
}

impl Answer {
    /// The first explanation's code.
    pub fn code(&self) -> Option<Code> {
        self.explanations.first().map(|explanation| explanation.explanation_code)
    }

    /// Whether two answers say the same to whoever asked: one verdict, by one code.
    ///
    /// Two that are not known agree, whatever is missing.
    pub fn agrees_with(&self, other: &Answer) -> bool {
        let is_same_code = self.verdict == Verdict::Unknown || self.code() == other.code();
        self.verdict == other.verdict && is_same_code
    }
}

/// Answers a question about one network.
pub fn path(network: &Network, query: &Query) -> Answer {
    let reader = Reader::new(network);
    let told = match resolve(&reader, query) {
        Ok(ends) => answer(&reader, query, &ends),
        Err(refusal) => refusal.told(),
    };
    told.finish(query.family(), reader)
}

/// An answer before the read set is taken.
pub(crate) struct Told {
    pub(crate) verdict: Verdict,
    pub(crate) drops: Vec<Drop>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) forward: Option<Trail>,
    pub(crate) back: Option<Trail>,
    pub(crate) accepted: HeaderSet,
}

impl Told {
    pub(crate) fn new(verdict: Verdict) -> Told {
        Told {
            verdict,
            drops: Vec::new(),
            missing: Vec::new(),
            forward: None,
            back: None,
            accepted: HeaderSet::default(),
        }
    }

    fn finish(self, family: Family, reader: Reader<'_>) -> Answer {
        let mut missing = self.missing;
        missing.sort_unstable();
        missing.dedup();
        missing.truncate(MISSING_MAX);
        let mut explanations: Vec<Explanation> = missing.iter().map(not_known).collect();
        for drop in &self.drops {
            if explanations.len() < EXPLANATIONS_MAX && !explanations.contains(&drop.explanation) {
                explanations.push((*drop.explanation).clone());
            }
        }
        let nodes = |trail: &Option<Trail>| {
            let nodes = trail.iter().flat_map(|trail| trail.nodes.iter());
            nodes.map(ToString::to_string).collect()
        };
        let (forward_nodes, return_nodes) = (nodes(&self.forward), nodes(&self.back));
        let parts = self.accepted.blocks().iter().cloned().map(HeaderSet::from);
        Answer {
            verdict: self.verdict,
            explanations,
            missing,
            forward: numbered(family, self.forward),
            return_path: numbered(family, self.back),
            forward_nodes,
            return_nodes,
            headers: parts.map(|part| PacketHeader::new(family, &part)).collect(),
            read_set: reader.finish(),
            header_set: self.accepted,
        }
    }
}

/// A missing input as an explanation.
fn not_known(missing: &Missing) -> Explanation {
    let is_transit_table = missing.resource.starts_with("tgw-rtb-");
    let code = match missing.property.as_str() {
        "" => Code::UnknownResource,
        _ if is_transit_table => Code::TgwRtbRoutesAreUnknown,
        _ => Code::XUnknownState,
    };
    let mut explanation = Explanation::new(code);
    explanation.missing_component = Some(missing.resource.clone());
    if is_transit_table {
        explanation.transit_gateway_route_table = Component::some(&missing.resource);
    }
    explanation
}

fn numbered(family: Family, trail: Option<Trail>) -> Vec<Hop> {
    let hops = trail.map(|trail| trail.hops).unwrap_or_default();
    hops.iter().zip(1..).map(|(hop, number)| hop.shown(family, number)).collect()
}

fn answer(reader: &Reader<'_>, query: &Query, ends: &Ends) -> Told {
    let family = query.family();
    let mut all = Outcome::default();
    let mut starts: Vec<(Trail, Spot)> = Vec::new();
    for (trail, spot) in &ends.starts {
        let mut walk = Walk::new(reader, family, ends.goal.clone(), Mode::Forward);
        start(&mut walk, spot, trail.clone());
        starts.extend(walk.outcome.arrivals.iter().map(|_| (trail.clone(), spot.clone())));
        merge(&mut all, walk.outcome);
    }
    let mut told = Told::new(Verdict::Unreachable);
    told.missing = all.missing.iter().map(|(missing, _)| missing.clone()).collect();
    told.missing.extend(ends.missing.iter().cloned());
    let mut back = Outcome::default();
    for (arrival, (trail, spot)) in all.arrivals.iter().zip(&starts) {
        let (mut answers, accepted) = walk_back(reader, family, arrival, trail, spot);
        if !accepted.is_empty() {
            told.accepted = told.accepted.union(&accepted);
            if told.back.is_none() {
                told.forward = Some(arrival.trail.clone());
                told.back = answers.arrivals.first().map(|back| back.trail.clone());
            }
        } else {
            answers.arrivals.clear();
        }
        merge(&mut back, answers);
    }
    if told.back.is_some() {
        told.verdict = Verdict::Reachable;
        told.missing.clear();
        return told;
    }
    told.missing.extend(back.missing.iter().map(|(missing, _)| missing.clone()));
    judge(told, all, back)
}

/// The verdict where no packet gets there and back.
fn judge(mut told: Told, all: Outcome, back: Outcome) -> Told {
    for arrival in &all.arrivals {
        told.accepted = told.accepted.union(&at_source(arrival));
    }
    told.forward = all.arrivals.first().map(|arrival| arrival.trail.clone());
    let farthest = |drops: Vec<Drop>| {
        let mut drops = drops;
        drops.sort_by_key(|drop| std::cmp::Reverse(drop.trail.nodes.len()));
        drops
    };
    let is_forward = !all.arrivals.is_empty();
    if !told.missing.is_empty() {
        told.verdict = Verdict::Unknown;
        let unknown = back.missing.into_iter().map(|(_, trail)| trail).next();
        told.back = unknown;
        if !is_forward {
            told.forward = all.missing.into_iter().map(|(_, trail)| trail).next();
        }
        told.drops = farthest(if is_forward { back.drops } else { all.drops });
        return told;
    }
    if is_forward {
        told.verdict = match back.boundaries.first() {
            Some(_) => Verdict::Boundary,
            None => Verdict::ForwardOnly,
        };
        let boundary = back.boundaries.into_iter().map(|arrival| arrival.trail).next();
        told.drops = farthest(back.drops);
        told.back = boundary.or_else(|| told.drops.first().map(|drop| drop.trail.clone()));
        return told;
    }
    if let Some(arrival) = all.boundaries.first() {
        told.verdict = Verdict::Boundary;
        told.accepted = at_source(arrival);
        told.forward = Some(arrival.trail.clone());
        told.drops = farthest(all.drops);
        return told;
    }
    told.drops = farthest(all.drops);
    told.forward = told.drops.first().map(|drop| drop.trail.clone());
    if told.drops.is_empty() {
        let explanation = Explanation::with(Code::NoPath, |_| {});
        let trail = Trail::new(HeaderSet::default(), Home::default());
        told.drops.push(Drop { trail, explanation });
    }
    told
}

fn merge(all: &mut Outcome, more: Outcome) {
    all.arrivals.extend(more.arrivals);
    all.boundaries.extend(more.boundaries);
    all.drops.extend(more.drops);
    all.missing.extend(more.missing);
}

/// Puts packets where they start.
fn start(walk: &mut Walk<'_, '_>, spot: &Spot, trail: Trail) {
    match spot {
        Spot::Interface(id) | Spot::Appliance(id) => walk.leave_interface(id, trail),
        Spot::Internet => walk.leave_internet(trail.at("internet")),
        Spot::VpnGateway(id) => walk.leave_vpn_gateway(id, trail.at(id)),
        Spot::Attachment(id, transit) => {
            let transit = (!transit.is_empty()).then_some(transit);
            walk.step(trail, |walk, trail| walk.leave_attachment(id, transit, trail));
        }
        Spot::EgressOnly(id, home) => {
            let mut trail = trail.at("internet").at(id);
            trail.home = home.clone();
            walk.local(trail);
        }
        Spot::Endpoint(id, home) if id.starts_with("pcx-") && home.vpc.is_none() => {
            let trail = trail.at(id);
            walk.step(trail, |walk, trail| walk.leave_peering(id, trail));
        }
        Spot::Endpoint(id, home) => {
            let mut trail = trail.at(id);
            trail.home = home.clone();
            walk.local(trail);
        }
        Spot::Subnet(id, home) => {
            let mut trail = trail;
            trail.home = home.clone();
            walk.leave_subnet(id, trail, true);
        }
        Spot::Vpc(home) => {
            let mut trail = trail;
            trail.home = home.clone();
            walk.local(trail);
        }
    }
}

/// The headers at the source that arrived here, with translations undone.
fn at_source(arrival: &Arrival) -> HeaderSet {
    let undo = arrival.trail.undo.iter().rev();
    undo.fold(arrival.trail.packets.clone(), |packets, undo| unwind(&packets, undo))
}

/// Walks the answers to what arrived, and returns which headers at the source get one.
fn walk_back(
    reader: &Reader<'_>,
    family: Family,
    arrival: &Arrival,
    origin: &Trail,
    spot: &Spot,
) -> (Outcome, HeaderSet) {
    let goal = match spot {
        Spot::Interface(id) | Spot::Appliance(id) => Goal::Interfaces(vec![id.clone()]),
        Spot::Internet => Goal::Internet,
        Spot::EgressOnly(id, _)
        | Spot::Endpoint(id, _)
        | Spot::VpnGateway(id)
        | Spot::Attachment(id, _) => Goal::Gateway(id.clone()),
        // A router is no end of its own: nothing is asked of the way back.
        Spot::Subnet(..) | Spot::Vpc(_) => {
            let mut outcome = Outcome::default();
            outcome.arrivals.push(arrival.clone());
            return (outcome, at_source(arrival));
        }
    };
    let mode = Mode::Return(arrival.trail.sessions.clone());
    let mut walk = Walk::new(reader, family, goal, mode);
    let answers = Trail::new(arrival.trail.packets.reverse(), Home::default());
    start(&mut walk, &arrival.spot, answers);
    let mut accepted = HeaderSet::default();
    let sent = at_source(arrival).intersect(&origin.packets);
    for back in &walk.outcome.arrivals {
        let answered = back.trail.packets.reverse().intersect(&sent);
        accepted = accepted.union(&answered);
    }
    (walk.outcome, accepted)
}

/// Why a question cannot be walked at all.
pub(crate) enum Refusal {
    /// An end is not there.
    Absent(String),
    /// It is not known whether it is.
    Missing(Missing),
    /// Nothing of its kind can be an end.
    Unsupported(String),
    /// The ends alone decide.
    Blocked(Box<Explanation>),
}

impl Refusal {
    fn told(self) -> Told {
        let (verdict, missing, explanation) = match self {
            Refusal::Missing(missing) => (Verdict::Unknown, Some(missing), None),
            Refusal::Absent(id) => {
                let explanation = Explanation::with(Code::NoSourceOrDestination, |e| {
                    e.missing_component = Some(id);
                });
                (Verdict::Unreachable, None, Some(explanation))
            }
            Refusal::Unsupported(id) => {
                let missing = Missing::new(&id, "as an end");
                let explanation = Explanation::with(Code::UnsupportedComponent, |e| {
                    e.component = Component::some(&id);
                });
                (Verdict::Unknown, Some(missing), Some(explanation))
            }
            Refusal::Blocked(explanation) => (Verdict::Unreachable, None, Some(explanation)),
        };
        let mut told = Told::new(verdict);
        told.missing.extend(missing);
        told.drops.extend(explanation.map(|explanation| Drop {
            trail: Trail::new(HeaderSet::default(), Home::default()),
            explanation,
        }));
        told
    }
}
