//! Peering connections.

use super::internet::is_text;
use super::route::Chosen;
use super::{Came, Goal, Spot, Trail, Walk, need};
use crate::explain::{Code, Component, Explanation};
use crate::headers::IntervalSet;
use crate::net::{Id, Kind, Peering, Resource, Scope, Side};
use crate::read::{Home, Missing};

impl<'n> Walk<'_, 'n> {
    pub(crate) fn by_peering(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
    ) -> Result<(), Missing> {
        let found = self.find(Kind::Peering, id, &trail.home, |r| match r {
            Resource::Peering(peering) => Some(peering),
            _ => None,
        })?;
        let Some((peering, _)) = found else {
            self.blackhole(chosen, trail);
            return Ok(());
        };
        need(&peering.status, id, "Status")?;
        if !is_text(&peering.status, "active") {
            self.blackhole(chosen, trail);
            return Ok(());
        }
        let (near, far) = self.sides(id, peering, &trail)?;
        let mut trail = trail;
        if let Some(vpc) = trail.home.vpc.clone() {
            trail = trail.at(&vpc);
        }
        let mut trail = trail.at(id);
        if trail.came != Came::Inside {
            // Nothing passes through a VPC from one connection to the next.
            let addresses = crate::explain::addresses(self.family, &trail.packets.sources());
            self.outside_peer(id, trail, addresses, near);
            return Ok(());
        }
        if matches!((&near.region, &far.region), (Some(a), Some(b)) if a != b) {
            trail.lose_identity(id);
        }
        if let Goal::Gateway(goal) = &self.goal
            && goal == id
        {
            let home = trail.home.clone();
            self.arrived(trail, Spot::Endpoint(id.clone(), home));
            return Ok(());
        }
        self.enter_peer(id, far, trail)
    }

    fn enter_peer(&mut self, id: &Id, far: &Side, mut trail: Trail) -> Result<(), Missing> {
        let vpc = need(&far.vpc, id, "VpcId")?.ok_or_else(|| Missing::new(id, "VpcId"))?;
        let stored = self.reader.stored(Kind::Vpc, &vpc);
        let source_vpc = trail.vpc();
        trail.home = Home {
            scope: match stored {
                Some(stored) => stored.scope.clone(),
                None => Scope::new(
                    far.owner.as_deref().unwrap_or_default(),
                    far.region.as_deref().unwrap_or_default(),
                ),
            },
            vpc: Some(vpc.clone()),
        };
        let cidrs = self.vpc_addresses(&trail.home)?;
        let rest = trail.with_packets(trail.packets.subtract(&trail.packets.to(&cidrs)));
        let outside = crate::explain::addresses(self.family, &rest.packets.destinations());
        self.outside_peer(id, rest, outside, far);
        trail.packets = trail.packets.to(&cidrs);
        trail.came = Came::Peering;
        let destination_vpc = trail.vpc();
        trail.hop(id, |hop| {
            (hop.source_vpc, hop.destination_vpc) = (source_vpc, destination_vpc);
        });
        let trail = trail.at(&vpc);
        self.deliver(trail);
        Ok(())
    }

    /// Which side of a connection packets are on, and which they go to.
    fn sides(
        &self,
        id: &Id,
        peering: &'n Peering,
        trail: &Trail,
    ) -> Result<(&'n Side, &'n Side), Missing> {
        let requester = need(&peering.requester.vpc, id, "RequesterVpcInfo")?;
        let accepter = need(&peering.accepter.vpc, id, "AccepterVpcInfo")?;
        if requester == trail.home.vpc {
            Ok((&peering.requester, &peering.accepter))
        } else if accepter == trail.home.vpc {
            Ok((&peering.accepter, &peering.requester))
        } else {
            Err(Missing::new(id, "VpcId"))
        }
    }

    fn side_addresses(&self, side: &Side) -> IntervalSet {
        let ranges = side.cidrs.iter().map(|cidr| self.family.addresses(cidr));
        ranges.fold(IntervalSet::default(), |all, range| all.union(&range))
    }

    fn outside_peer(&mut self, id: &Id, trail: Trail, addresses: Vec<String>, side: &Side) {
        let cidrs = side.cidrs.iter().map(ToString::to_string).collect();
        let explanation = Explanation::with(Code::PcxRequiresAddressInVpcCidr, |e| {
            e.vpc_peering_connection = Component::some(id);
            e.addresses = addresses;
            e.cidrs = cidrs;
        });
        self.blocked(trail, explanation);
    }

    /// Packets from the far side of a connection, into the VPC whose addresses they are for.
    pub(crate) fn leave_peering(&mut self, id: &Id, trail: Trail) -> Result<(), Missing> {
        let found = self.reader.stored(Kind::Peering, id);
        let Some(Resource::Peering(peering)) = found.map(|stored| &stored.resource) else {
            return Err(Missing::new(id, ""));
        };
        need(&peering.status, id, "Status")?;
        let (one, other) = (&peering.requester, &peering.accepter);
        for (side, far) in [(one, other), (other, one)] {
            let (own, theirs) = (self.side_addresses(side), self.side_addresses(far));
            let part = trail.with_packets(trail.packets.to(&own).from_source(&theirs));
            if !part.packets.is_empty() {
                self.step(part, |walk, trail| walk.enter_peer(id, side, trail));
            }
        }
        Ok(())
    }
}
