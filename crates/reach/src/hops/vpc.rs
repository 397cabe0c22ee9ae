//! Inside a VPC: out of a subnet, by the VPC's router, into a subnet.

use std::net::IpAddr;

use super::owner::Owner;
use super::{Trail, Walk};
use crate::explain::{Code, Component, Direction, Explanation};
use crate::headers::IntervalSet;
use crate::limits::ADDRESSES_MAX;
use crate::net::{Id, Index, Kind, Resource, Subnet, Vague};
use crate::read::{Home, Missing};

impl<'n> Walk<'_, 'n> {
    /// Out of a subnet: neighbours get packets as they are, all others by ACL and route table.
    pub(crate) fn leave_subnet(&mut self, subnet: &Id, trail: Trail, is_shown: bool) {
        self.step(trail, |walk, trail| walk.leave_subnet_known(subnet, trail, is_shown));
    }

    fn leave_subnet_known(
        &mut self,
        id: &Id,
        mut trail: Trail,
        is_shown: bool,
    ) -> Result<(), Missing> {
        let (subnet, _) = self.subnet(id, &trail.home)?;
        let own = self.subnet_addresses(id, subnet)?;
        trail.zone = subnet.zone.known().cloned().flatten();
        let near = trail.with_packets(trail.packets.to(&own));
        self.each_destination(near, |walk, address, trail| walk.hand_over(address, trail, false));
        trail.packets = trail.packets.subtract(&trail.packets.to(&own));
        if trail.packets.is_empty() {
            return Ok(());
        }
        if is_shown {
            trail = trail.at(id);
        }
        let Some(trail) = self.pass_acl(id, trail, Direction::Egress) else { return Ok(()) };
        let table = match self.table_of(id, &trail.home) {
            Ok(table) => table,
            Err(missing) => {
                self.unknown(trail, missing);
                return Ok(());
            }
        };
        self.follow_table(&table, trail, Some(id));
        Ok(())
    }

    pub(crate) fn subnet(&self, id: &Id, home: &Home) -> Result<(&'n Subnet, Home), Missing> {
        let found = self.find(Kind::Subnet, id, home, |resource| match resource {
            Resource::Subnet(subnet) => Some(subnet),
            _ => None,
        })?;
        // A subnet that something is in exists; it was not recorded.
        let (subnet, scope) = found.ok_or_else(|| Missing::new(id, ""))?;
        let vpc = super::need(&subnet.vpc, id, "VpcId")?;
        Ok((subnet, Home { scope: scope.clone(), vpc }))
    }

    fn subnet_addresses(&self, id: &Id, subnet: &Subnet) -> Result<IntervalSet, Missing> {
        if !subnet.cidrs.is_whole() {
            return Err(Missing::new(id, "CidrBlock"));
        }
        let ranges = subnet.cidrs.items.iter().map(|cidr| self.family.addresses(cidr));
        Ok(ranges.fold(IntervalSet::default(), |all, range| all.union(&range)))
    }

    /// The table that a subnet names, else its VPC's main one.
    pub(crate) fn table_of(&self, subnet: &Id, home: &Home) -> Result<Id, Missing> {
        if let [id, ..] = self.reader.ids(Index::SubnetTable(subnet.clone())).as_slice() {
            return Ok(id.clone());
        }
        let missing = || Missing::new(subnet, "RouteTableId");
        self.reader.none(Vague::Table, home, missing())?;
        let vpc = home.vpc.clone().ok_or_else(missing)?;
        let main = self.reader.ids(Index::MainTable(vpc.clone()));
        main.first().cloned().ok_or_else(|| Missing::new(&vpc, "RouteTableId"))
    }

    /// The addresses of a VPC.
    pub(crate) fn vpc_addresses(&self, home: &Home) -> Result<IntervalSet, Missing> {
        let id = home.vpc.clone().ok_or_else(|| Missing::new("", "VpcId"))?;
        let stored = self.reader.stored(Kind::Vpc, &id).map(|stored| &stored.resource);
        let Some(Resource::Vpc(vpc)) = stored else { return Err(Missing::new(&id, "")) };
        if !vpc.cidrs.is_whole() {
            return Err(Missing::new(&id, "CidrBlockAssociationSet"));
        }
        let ranges = vpc.cidrs.items.iter().map(|cidr| self.family.addresses(cidr));
        Ok(ranges.fold(IntervalSet::default(), |all, range| all.union(&range)))
    }

    /// Delivers packets to the interfaces that have their addresses.
    pub(crate) fn deliver(&mut self, trail: Trail) {
        self.each_destination(trail, |walk, address, trail| walk.hand_over(address, trail, true));
    }

    /// Takes packets apart by destination address.
    pub(crate) fn each_destination(
        &mut self,
        trail: Trail,
        mut step: impl FnMut(&mut Self, IpAddr, Trail) -> Result<(), Missing>,
    ) {
        if trail.packets.is_empty() {
            return;
        }
        let Some(numbers) = trail.packets.destinations().numbers(ADDRESSES_MAX) else {
            // A destination in the VPC is always named by few addresses: these packets are not for it.
            self.nobody(trail, None);
            return;
        };
        for number in numbers {
            let part = trail.with_packets(trail.packets.to(&IntervalSet::one(number)));
            let address = self.family.address(number);
            self.step(part, |walk, trail| step(walk, address, trail));
        }
    }

    /// Gives packets to the owner of their address, from its own subnet or by the VPC's router.
    fn hand_over(&mut self, address: IpAddr, trail: Trail, is_routed: bool) -> Result<(), Missing> {
        let Some(owner) = self.owner(&trail.home, address)? else {
            let trail = if is_routed { self.enter_empty(address, trail)? } else { trail };
            self.nobody(trail, Some(address));
            return Ok(());
        };
        self.enter(&owner, trail, is_routed)
    }

    /// Into the owner's subnet, by its ACL where packets come from elsewhere.
    pub(crate) fn enter(
        &mut self,
        owner: &Owner<'n>,
        mut trail: Trail,
        is_routed: bool,
    ) -> Result<(), Missing> {
        if is_routed {
            let subnet = owner.subnet()?.ok_or_else(|| Missing::new("", "SubnetId"))?;
            trail = trail.at(&subnet);
            let Some(passed) = self.pass_acl(&subnet, trail, Direction::Ingress) else {
                return Ok(());
            };
            trail = passed;
        }
        self.arrive(owner, trail)
    }

    /// Into the subnet that an address without an owner lies in, to tell how far packets get.
    fn enter_empty(&mut self, address: IpAddr, trail: Trail) -> Result<Trail, Missing> {
        let Some(vpc) = trail.home.vpc.clone() else { return Ok(trail) };
        let number = crate::headers::number(address);
        for id in self.reader.ids(Index::SubnetsOf(vpc)) {
            let (subnet, _) = self.subnet(&id, &trail.home)?;
            if self.subnet_addresses(&id, subnet)?.contains(number) {
                return Ok(trail.at(&id));
            }
        }
        Ok(trail)
    }

    fn nobody(&mut self, trail: Trail, address: Option<IpAddr>) {
        let vpc = trail.vpc();
        let last = trail.nodes.last().cloned();
        let explanation = Explanation::with(Code::NoPossibleDestination, |e| {
            e.component = last.as_deref().and_then(Component::some);
            e.address = address.map(|address| address.to_string());
            e.vpc = vpc;
        });
        self.blocked(trail, explanation);
    }
}
