//! NAT gateways.

use super::route::Chosen;
use super::{Came, Mode, Rewritten, Session, Trail, Undo, Walk, need};
use crate::explain::{Code, Component, Direction, Explanation};
use crate::headers::{HeaderSet, ICMP, IntervalSet, TCP, UDP, number};
use crate::net::{Id, Kind, Nat, Resource};
use crate::query::EPHEMERAL;
use crate::read::{Home, Missing};

impl<'n> Walk<'_, 'n> {
    pub(crate) fn by_nat(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
        from: Option<&Id>,
    ) -> Result<(), Missing> {
        let found = self.find(Kind::NatGateway, id, &trail.home, |r| match r {
            Resource::NatGateway(nat) => Some(nat),
            _ => None,
        })?;
        let Some((nat, scope)) = found else {
            self.blackhole(chosen, trail);
            return Ok(());
        };
        let state = need(&nat.state, id, "State")?;
        if state.is_some_and(|state| !matches!(&*state, "available" | "pending")) {
            self.blackhole(chosen, trail);
            return Ok(());
        }
        // A regional gateway has no subnet, and one for IPv6 translates to IPv4: neither is followed.
        let subnet =
            need(&nat.subnet, id, "SubnetId")?.ok_or_else(|| Missing::new(id, "SubnetId"))?;
        if self.family == crate::headers::Family::V6 {
            return Err(Missing::new(id, "NAT64"));
        }
        let mut trail = trail;
        if let Some(vpc) = trail.home.vpc.clone() {
            trail = trail.at(&vpc);
        }
        if from != Some(&subnet) {
            let Some(passed) = self.pass_acl(&subnet, trail, Direction::Ingress) else {
                return Ok(());
            };
            trail = passed;
        }
        let trail = trail.at(id);
        let home = Home { scope: scope.clone(), vpc: need(&nat.vpc, id, "VpcId")? };
        let Some(trail) = self.admit_to_nat(id, trail) else { return Ok(()) };
        if !nat.addresses.is_whole() {
            return Err(Missing::new(id, "NatGatewayAddresses"));
        }
        for address in nat.addresses.items.iter().filter_map(|address| address.private) {
            let mut trail = trail.clone();
            trail.home = home.clone();
            self.translate(id, number(address), &mut trail);
            self.leave_subnet(&subnet, trail, true);
        }
        Ok(())
    }

    /// What a NAT gateway does not take.
    fn admit_to_nat(&mut self, id: &Id, trail: Trail) -> Option<Trail> {
        let taken = [TCP, UDP, ICMP].map(|number| (u128::from(number), u128::from(number)));
        let taken = IntervalSet::of(taken);
        let fitting =
            trail.packets.narrow(|block| block.protocol = block.protocol.intersect(&taken));
        let rest = trail.with_packets(trail.packets.subtract(&fitting));
        if !rest.packets.is_empty() {
            let header = self.header(&rest.packets);
            let explanation = Explanation::with(Code::ProtocolRestriction, |e| {
                e.component = Component::some(id);
                e.protocols = vec![header.protocol];
            });
            self.blocked(rest, explanation);
        }
        let trail = trail.with_packets(fitting);
        if self.is_return() {
            let explanation = Explanation::with(Code::NgwSourceAddressReassign, |e| {
                e.nat_gateway = Component::some(id);
            });
            self.blocked(trail, explanation);
            return None;
        }
        if matches!(trail.came, Came::Peering | Came::Vpn | Came::Internet) {
            let vpc = trail.vpc();
            let explanation = Explanation::with(Code::NgwRequiresSourceInVpc, |e| {
                e.nat_gateway = Component::some(id);
                e.source_vpc = vpc;
            });
            self.blocked(trail, explanation);
            return None;
        }
        (!trail.packets.is_empty()).then_some(trail)
    }

    /// The source becomes the gateway's own address, and the port one of its own.
    fn translate(&self, id: &Id, private: u128, trail: &mut Trail) {
        let before = trail.packets.clone();
        let inbound = before.clone();
        let source = IntervalSet::one(private);
        let ports = IntervalSet::range(EPHEMERAL.from.into(), EPHEMERAL.to.into());
        let icmp = IntervalSet::one(ICMP.into());
        let write = |is_icmp: bool| {
            let part = before.narrow(|block| {
                block.protocol = if is_icmp {
                    block.protocol.intersect(&icmp)
                } else {
                    block.protocol.subtract(&icmp)
                };
            });
            part.rewrite(|block| {
                block.source = source.clone();
                if !is_icmp {
                    block.source_port = ports.clone();
                }
            })
        };
        trail.packets = write(false).union(&write(true));
        trail.undo.push(Undo { rewritten: Rewritten::SourceAndPort, before: before.clone() });
        trail.sessions.push(Session { nat: id.clone(), before });
        trail.via_nat = true;
        trail.lose_identity(id);
        let (outbound, vpc) = (trail.packets.clone(), trail.vpc());
        trail.hop(id, |hop| {
            (hop.inbound_header, hop.outbound_header) = (Some(inbound), Some(outbound));
            hop.vpc = vpc;
        });
    }

    /// Packets to a NAT gateway: answers get their first address back, nothing else passes.
    pub(crate) fn back_through_nat(
        &mut self,
        id: &Id,
        nat: &Nat,
        trail: Trail,
    ) -> Result<(), Missing> {
        let mut trail = trail.at(id);
        let before = match &self.mode {
            Mode::Return(sessions) => {
                let session = sessions.iter().rev().find(|session| session.nat == *id);
                session.map(|session| session.before.clone())
            }
            Mode::Forward => None,
        };
        let back = before.map(|before| restore(&trail.packets, &before.reverse()));
        let Some(back) = back.filter(|back| !back.is_empty()) else {
            let vpc = trail.vpc();
            let explanation = Explanation::with(Code::XNgwNoSession, |e| {
                e.nat_gateway = Component::some(id);
                e.vpc = vpc;
            });
            self.blocked(trail, explanation);
            return Ok(());
        };
        let inbound = trail.packets.clone();
        trail.packets = back;
        let (outbound, vpc) = (trail.packets.clone(), trail.vpc());
        trail.hop(id, |hop| {
            (hop.inbound_header, hop.outbound_header) = (Some(inbound), Some(outbound));
            hop.vpc = vpc;
        });
        let subnet =
            need(&nat.subnet, id, "SubnetId")?.ok_or_else(|| Missing::new(id, "SubnetId"))?;
        self.leave_subnet(&subnet, trail, false);
        Ok(())
    }
}

/// The answers of `answers` that a NAT gateway lets back to where `wanted` goes.
fn restore(answers: &HeaderSet, wanted: &HeaderSet) -> HeaderSet {
    let mut all = HeaderSet::default();
    for wanted in wanted.blocks() {
        for got in answers.blocks() {
            let mut block = wanted.clone();
            block.source = block.source.intersect(&got.source);
            block.protocol = block.protocol.intersect(&got.protocol);
            block.source_port = block.source_port.intersect(&got.source_port);
            all = all.union(&HeaderSet::from(block));
        }
    }
    all
}
