//! Sends one packet at a time.

use std::net::IpAddr;

use super::{Model, PORTS, Peer, SUBNET_OF, Way};

const NAT_SUBNET: usize = 0;

/// One packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: u8,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
}

impl Packet {
    fn reverse(self) -> Packet {
        Packet {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            ..self
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Machine(usize),
    /// Outside, by an internet gateway or by an egress-only one.
    Outside {
        egress_only: bool,
    },
}

/// Where one packet ended, and what the NAT gateway remembers of it.
#[derive(Debug, Clone, Copy)]
struct Ended {
    place: Place,
    packet: Packet,
    session: Option<(Packet, Packet)>,
}

/// What becomes of one packet and its answer: it gets there, it is answered.
pub(crate) fn simulate(model: &Model, from: Place, to: Place, packet: Packet) -> (bool, bool) {
    let forward = Sim { model, answers: None, sender: None };
    let ends: Vec<Ended> =
        forward.start(from, packet).into_iter().filter(|end| same(end.place, to)).collect();
    let answered = ends.iter().any(|end| {
        let back = Sim { model, answers: Some(end.session), sender: None };
        let ended = back.start(end.place, end.packet.reverse());
        ended.iter().any(|back| same(back.place, from) && back.packet == packet.reverse())
    });
    (!ends.is_empty(), answered)
}

fn same(one: Place, other: Place) -> bool {
    matches!((one, other), (Place::Outside { .. }, Place::Outside { .. })) || one == other
}

struct Sim<'m> {
    model: &'m Model,
    /// Set for answers: with the NAT gateway's session, as it came in and as it left.
    answers: Option<Option<(Packet, Packet)>>,
    sender: Option<usize>,
}

impl Sim<'_> {
    fn start(&self, from: Place, packet: Packet) -> Vec<Ended> {
        match from {
            Place::Machine(machine) => {
                let own = &self.model.machines[machine];
                let sim = Sim { sender: Some(machine), ..*self };
                if !own.is_running || !sim.passes_groups(machine, packet, true) {
                    return Vec::new();
                }
                sim.leave(SUBNET_OF[machine], packet, None)
            }
            Place::Outside { egress_only: true } => self.deliver(0, packet, None),
            Place::Outside { egress_only: false } => self.enter(packet),
        }
    }

    fn enter(&self, packet: Packet) -> Vec<Ended> {
        if !self.model.is_attached {
            return Vec::new();
        }
        if packet.destination == "198.51.100.99".parse::<IpAddr>().expect("an address") {
            return self.deliver(0, Packet { destination: nat_private(), ..packet }, None);
        }
        let found = (0..4).find(|machine| {
            let is_known = self.model.six || self.model.machines[*machine].is_public;
            is_known
                && SUBNET_OF[*machine] != 2
                && self.model.public_address(*machine) == packet.destination
        });
        let Some(machine) = found else { return Vec::new() };
        self.deliver(0, Packet { destination: self.model.address(machine), ..packet }, None)
    }

    fn leave(
        &self,
        subnet: usize,
        packet: Packet,
        session: Option<(Packet, Packet)>,
    ) -> Vec<Ended> {
        if Model::contains(self.model.subnet_block(subnet), packet.destination) {
            return self.hand(packet, session, false, Model::vpc_of(subnet));
        }
        if !self.passes_acl(subnet, packet, true) {
            return Vec::new();
        }
        let vpc = Model::vpc_of(subnet);
        if Model::contains(self.model.vpc_block(vpc), packet.destination) {
            return self.deliver(vpc, packet, session);
        }
        let far = 1 - vpc;
        if self.model.peer_routes[subnet]
            && Model::contains(self.model.vpc_block(far), packet.destination)
        {
            let is_own = Model::contains(self.model.vpc_block(vpc), packet.source);
            return if self.model.is_peered && is_own {
                self.deliver(far, packet, session)
            } else {
                Vec::new()
            };
        }
        let is_outside = Model::contains(self.model.outside_block(), packet.destination);
        let way = self.model.specific[subnet].filter(|way| is_outside && *way != Way::Nowhere);
        self.follow(way.unwrap_or(self.model.defaults[subnet]), subnet, packet, session)
    }

    fn follow(
        &self,
        way: Way,
        subnet: usize,
        packet: Packet,
        session: Option<(Packet, Packet)>,
    ) -> Vec<Ended> {
        // The second VPC has no gateways of its own.
        if Model::vpc_of(subnet) != 0 {
            return Vec::new();
        }
        match way {
            Way::Nowhere => Vec::new(),
            Way::EgressOnly if self.answers.is_some() || !self.model.six => Vec::new(),
            Way::EgressOnly => {
                vec![Ended { place: Place::Outside { egress_only: true }, packet, session }]
            }
            Way::Internet => self.go_out(packet, session),
            Way::Nat => self.by_nat(subnet, packet),
        }
    }

    fn go_out(&self, packet: Packet, session: Option<(Packet, Packet)>) -> Vec<Ended> {
        let is_private = !self.model.six && Model::contains("10.0.0.0/8", packet.destination);
        if !self.model.is_attached || is_private {
            return Vec::new();
        }
        let source = if packet.source == nat_private() {
            Some("198.51.100.99".parse().expect("an address"))
        } else {
            let own = (0..4).find(|machine| self.model.address(*machine) == packet.source);
            own.filter(|machine| self.model.six || self.model.machines[*machine].is_public)
                .filter(|machine| SUBNET_OF[*machine] != 2)
                .map(|machine| self.model.public_address(machine))
        };
        let Some(source) = source else { return Vec::new() };
        let packet = Packet { source, ..packet };
        vec![Ended { place: Place::Outside { egress_only: false }, packet, session }]
    }

    fn by_nat(&self, subnet: usize, packet: Packet) -> Vec<Ended> {
        if self.answers.is_some() || self.model.six || packet.source == nat_private() {
            return Vec::new();
        }
        if subnet != NAT_SUBNET && !self.passes_acl(NAT_SUBNET, packet, false) {
            return Vec::new();
        }
        let ports = PORTS.into_iter().filter(|port| *port >= 1_024);
        let translated =
            ports.map(|port| Packet { source: nat_private(), source_port: port, ..packet });
        let sim = Sim { sender: None, ..*self };
        translated.flat_map(|after| sim.leave(NAT_SUBNET, after, Some((packet, after)))).collect()
    }

    fn deliver(&self, vpc: usize, packet: Packet, session: Option<(Packet, Packet)>) -> Vec<Ended> {
        self.hand(packet, session, true, vpc)
    }

    fn hand(
        &self,
        packet: Packet,
        session: Option<(Packet, Packet)>,
        is_routed: bool,
        vpc: usize,
    ) -> Vec<Ended> {
        if vpc == 0 && packet.destination == nat_private() {
            return self.back_through_nat(packet, is_routed);
        }
        let found = (0..4).find(|machine| {
            self.model.address(*machine) == packet.destination
                && Model::vpc_of(SUBNET_OF[*machine]) == vpc
        });
        let Some(machine) = found else { return Vec::new() };
        let passes = (!is_routed || self.passes_acl(SUBNET_OF[machine], packet, false))
            && self.model.machines[machine].is_running
            && self.passes_groups(machine, packet, false);
        if !passes {
            return Vec::new();
        }
        vec![Ended { place: Place::Machine(machine), packet, session }]
    }

    /// The gateway takes answers only, and gives them their first address back.
    fn back_through_nat(&self, packet: Packet, is_routed: bool) -> Vec<Ended> {
        if is_routed && !self.passes_acl(NAT_SUBNET, packet, false) {
            return Vec::new();
        }
        match self.answers {
            Some(Some((before, after)))
                if packet == (Packet { destination: after.source, ..after.reverse() }) =>
            {
                self.leave(NAT_SUBNET, before.reverse(), None)
            }
            _ => Vec::new(),
        }
    }

    fn passes_acl(&self, subnet: usize, packet: Packet, is_egress: bool) -> bool {
        let other = if is_egress { packet.destination } else { packet.source };
        let entries = self.model.entries[subnet].iter().filter(|own| own.is_egress == is_egress);
        let mut fitting = entries.filter(|own| {
            fits(own.protocol, own.ports, packet)
                && Model::contains(self.model.block(own.block), other)
        });
        fitting.next().is_some_and(|own| own.is_allow)
    }

    fn passes_groups(&self, machine: usize, packet: Packet, is_egress: bool) -> bool {
        if self.answers.is_some() {
            return true;
        }
        let rules = if is_egress { &self.model.egress } else { &self.model.ingress };
        let other = if is_egress { packet.destination } else { packet.source };
        let far = if is_egress {
            (0..4).find(|machine| self.model.address(*machine) == other)
        } else {
            self.sender
        };
        self.model.machines[machine].groups.iter().flat_map(|group| &rules[*group]).any(|rule| {
            fits(rule.protocol, rule.ports, packet)
                && match rule.peer {
                    Peer::Block(block) => Model::contains(self.model.block(block), other),
                    Peer::Group(group) => {
                        far.is_some_and(|far| self.model.machines[far].groups.contains(&group))
                    }
                }
        })
    }
}

fn nat_private() -> IpAddr {
    "10.0.0.5".parse().expect("an address")
}

fn fits(protocol: Option<u8>, ports: (u16, u16), packet: Packet) -> bool {
    protocol.is_none_or(|own| {
        own == packet.protocol
            && (!matches!(own, 6 | 17) || (ports.0..=ports.1).contains(&packet.destination_port))
    })
}
