//! The walk: sets of packets on their way, split by routes and filters, hop by hop.
//!
//! Every step takes the packets that it is given to exactly one of four ends: they arrive, they leave
//! the known world, they are dropped with an explanation, or it is not known what becomes of them.

mod acl;
mod arrive;
mod groups;
mod interface;
mod internet;
mod nat;
mod owner;
mod peering;
mod route;
mod special;
mod transit;
mod vpc;

pub(crate) use interface::own_addresses;
pub(crate) use internet::public;
pub(crate) use owner::Owner;

use std::sync::Arc;

use crate::explain::{Code, Component, Explanation, Hop, PacketHeader};
use crate::headers::{Block, Family, HeaderSet, IntervalSet};
use crate::limits::{BLOCKS_MAX, BRANCHES_MAX, HOPS_MAX};
use crate::net::{Id, Kind, List, Resource, Scope};
use crate::read::{Home, Missing, Reader};

/// Where packets are to arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goal {
    /// At one of these interfaces.
    Interfaces(Vec<Id>),
    /// Wherever their destination address is.
    Address,
    /// Outside, beyond an internet gateway.
    Internet,
    /// At this gateway, endpoint or attachment.
    Gateway(Id),
}

/// Whether packets open a connection or answer one.
#[derive(Debug, Clone)]
pub(crate) enum Mode {
    /// They open one.
    Forward,
    /// They answer one that passed these NAT gateways.
    Return(Vec<Session>),
}

/// What a NAT gateway remembers.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) nat: Id,
    /// The packets as they came in.
    pub(crate) before: HeaderSet,
}

/// What a translation wrote over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rewritten {
    Source,
    SourceAndPort,
    Destination,
}

/// A translation on the way, to be undone when the path is told from its start.
#[derive(Debug, Clone)]
pub(crate) struct Undo {
    pub(crate) rewritten: Rewritten,
    pub(crate) before: HeaderSet,
}

/// The groups of the interface that sent the packets, as long as hops keep them.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) interface: Id,
    pub(crate) groups: List<Id>,
    /// Whether only ingress rules may use it: so it is over a transit gateway.
    pub(crate) missing: Option<Missing>,
}

/// How packets came into the VPC that they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    Inside,
    Peering,
    Transit,
    Vpn,
    Internet,
}

/// A hop whose headers are still sets: they are written out only where the hop is shown.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    hop: Hop,
    pub(crate) inbound_header: Option<HeaderSet>,
    pub(crate) outbound_header: Option<HeaderSet>,
}

impl Step {
    /// The hop as it is shown.
    pub(crate) fn shown(&self, family: Family, sequence_number: usize) -> Hop {
        let header = |set: &Option<HeaderSet>| Some(PacketHeader::new(family, set.as_ref()?));
        let (inbound_header, outbound_header) =
            (header(&self.inbound_header), header(&self.outbound_header));
        Hop { sequence_number, inbound_header, outbound_header, ..self.hop.clone() }
    }
}

impl std::ops::Deref for Step {
    type Target = Hop;

    fn deref(&self) -> &Hop {
        &self.hop
    }
}

impl std::ops::DerefMut for Step {
    fn deref_mut(&mut self) -> &mut Hop {
        &mut self.hop
    }
}

/// A set of packets on one way.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    pub(crate) packets: HeaderSet,
    /// Shared, since a branch has all the hops of the way to it.
    pub(crate) hops: Vec<Arc<Step>>,
    /// The way in short: instances, subnets, VPCs, gateways.
    pub(crate) nodes: Vec<Id>,
    pub(crate) identity: Option<Identity>,
    /// The hop that did not keep them.
    pub(crate) lost_at: Option<Id>,
    pub(crate) undo: Vec<Undo>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) home: Home,
    pub(crate) came: Came,
    /// The subnet and zone of the last interface that sent them.
    pub(crate) zone: Option<Id>,
    pub(crate) via_nat: bool,
    /// The internet gateway that they must come in by.
    pub(crate) gateway: Option<Id>,
    /// Subnets and gateways whose tables were asked, to find loops.
    pub(crate) passed: usize,
}

impl Trail {
    pub(crate) fn new(packets: HeaderSet, home: Home) -> Trail {
        Trail {
            packets,
            hops: Vec::new(),
            nodes: Vec::new(),
            identity: None,
            lost_at: None,
            undo: Vec::new(),
            sessions: Vec::new(),
            home,
            came: Came::Inside,
            zone: None,
            via_nat: false,
            gateway: None,
            passed: 0,
        }
    }

    /// The same way for some of the packets.
    pub(crate) fn with_packets(&self, packets: HeaderSet) -> Trail {
        Trail { packets, ..self.clone() }
    }

    pub(crate) fn at(mut self, node: &str) -> Trail {
        self.nodes.push(Id::from(node));
        self
    }

    pub(crate) fn hop(&mut self, id: &Id, fill: impl FnOnce(&mut Step)) {
        let mut step =
            Step { hop: Hop::with(id, |_| {}), inbound_header: None, outbound_header: None };
        fill(&mut step);
        self.hops.push(Arc::new(step));
    }

    /// From here on nobody can tell which groups the sender is in.
    pub(crate) fn lose_identity(&mut self, at: &Id) {
        if self.identity.take().is_some() {
            self.lost_at = Some(at.clone());
        }
    }

    /// The VPC that the packets are in, for explanations.
    pub(crate) fn vpc(&self) -> Option<Component> {
        self.home.vpc.as_deref().and_then(Component::some)
    }
}

/// Where packets ended, and where their answers start.
#[derive(Debug, Clone)]
pub(crate) enum Spot {
    Interface(Id),
    Internet,
    EgressOnly(Id, Home),
    Endpoint(Id, Home),
    VpnGateway(Id),
    Attachment(Id, Id),
    Appliance(Id),
    /// A subnet's router.
    Subnet(Id, Home),
    /// A VPC's router.
    Vpc(Home),
}

/// Packets that got somewhere.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) trail: Trail,
    pub(crate) spot: Spot,
}

/// Packets that did not.
#[derive(Debug, Clone)]
pub(crate) struct Drop {
    pub(crate) trail: Trail,
    pub(crate) explanation: Box<Explanation>,
}

/// What became of all packets.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) boundaries: Vec<Arrival>,
    pub(crate) drops: Vec<Drop>,
    pub(crate) missing: Vec<(Missing, Trail)>,
}

/// One walk over one network.
#[derive(Debug)]
pub(crate) struct Walk<'r, 'n> {
    pub(crate) reader: &'r Reader<'n>,
    pub(crate) family: Family,
    pub(crate) goal: Goal,
    pub(crate) mode: Mode,
    pub(crate) outcome: Outcome,
    branches: usize,
}

impl<'r, 'n> Walk<'r, 'n> {
    pub(crate) fn new(reader: &'r Reader<'n>, family: Family, goal: Goal, mode: Mode) -> Self {
        Walk { reader, family, goal, mode, outcome: Outcome::default(), branches: 0 }
    }

    pub(crate) fn is_return(&self) -> bool {
        matches!(self.mode, Mode::Return(_))
    }

    /// What explanations say of packets.
    pub(crate) fn header(&self, packets: &HeaderSet) -> PacketHeader {
        PacketHeader::new(self.family, packets)
    }

    /// Ends packets with an explanation.
    pub(crate) fn blocked(&mut self, trail: Trail, explanation: Box<Explanation>) {
        if !trail.packets.is_empty() {
            self.outcome.drops.push(Drop { trail, explanation });
        }
    }

    /// Ends packets of which it is not known what becomes.
    pub(crate) fn unknown(&mut self, trail: Trail, missing: Missing) {
        if !trail.packets.is_empty() {
            self.outcome.missing.push((missing, trail));
        }
    }

    /// Ends packets where they were to go.
    pub(crate) fn arrived(&mut self, trail: Trail, spot: Spot) {
        if !trail.packets.is_empty() {
            self.outcome.arrivals.push(Arrival { trail, spot });
        }
    }

    /// Ends packets that left the known world.
    pub(crate) fn boundary(&mut self, trail: Trail, spot: Spot) {
        if !trail.packets.is_empty() {
            self.outcome.boundaries.push(Arrival { trail, spot });
        }
    }

    /// Runs a step that may find that something is missing; the packets are unknown then.
    pub(crate) fn step(
        &mut self,
        trail: Trail,
        step: impl FnOnce(&mut Self, Trail) -> Result<(), Missing>,
    ) {
        let Some(trail) = self.admit(trail) else { return };
        let kept = trail.clone();
        if let Err(missing) = step(self, trail) {
            self.unknown(kept, missing);
        }
    }

    /// Stops loops and explosions; both give up without a verdict on the packets.
    fn admit(&mut self, mut trail: Trail) -> Option<Trail> {
        if trail.packets.is_empty() {
            return None;
        }
        trail.passed += 1;
        self.branches += 1;
        if trail.passed > HOPS_MAX {
            self.blocked(trail, Explanation::with(Code::XLoop, |_| {}));
            return None;
        }
        if self.branches > BRANCHES_MAX || trail.packets.blocks().len() > BLOCKS_MAX {
            self.unknown(trail, Missing::new("query", "too many branches"));
            return None;
        }
        Some(trail)
    }

    /// A resource, a proof that there is none, or what is missing for either.
    pub(crate) fn find<T>(
        &self,
        kind: Kind,
        id: &Id,
        home: &Home,
        pick: impl Fn(&'n Resource) -> Option<&'n T>,
    ) -> Result<Option<(&'n T, &'n Scope)>, Missing> {
        let stored = self.reader.stored(kind, id);
        match stored.and_then(|stored| Some((pick(&stored.resource)?, &stored.scope))) {
            Some(found) => Ok(Some(found)),
            None if self.reader.is_complete(home) => Ok(None),
            None => Err(Missing::new(id, "")),
        }
    }
}

/// Reads a value that the verdict depends on.
pub(crate) fn need<T: Clone>(
    field: &crate::net::Field<T>,
    resource: &str,
    property: &str,
) -> Result<T, Missing> {
    field.known().cloned().ok_or_else(|| Missing::new(resource, property))
}

/// Undoes a translation: the headers before it whose translation is in `after`.
pub(crate) fn unwind(after: &HeaderSet, undo: &Undo) -> HeaderSet {
    let mut all = HeaderSet::default();
    for new in after.blocks() {
        for old in undo.before.blocks() {
            let keep = |part: bool, old: &IntervalSet, new: &IntervalSet| {
                if part { old.clone() } else { old.intersect(new) }
            };
            let is_source = undo.rewritten != Rewritten::Destination;
            let block = Block {
                source: keep(is_source, &old.source, &new.source),
                destination: keep(!is_source, &old.destination, &new.destination),
                protocol: old.protocol.intersect(&new.protocol),
                source_port: keep(
                    undo.rewritten == Rewritten::SourceAndPort,
                    &old.source_port,
                    &new.source_port,
                ),
                destination_port: old.destination_port.intersect(&new.destination_port),
            };
            all = all.union(&HeaderSet::from(block));
        }
    }
    all
}
