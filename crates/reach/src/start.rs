//! From a question's ends to sets of packets and where they start.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::explain::{Code, Component, Explanation};
use crate::headers::{Block, Family, HeaderSet, IntervalSet, number};
use crate::hops::{Goal, Mode, Owner, Spot, Trail, Walk, own_addresses, public};
use crate::net::{Field, Gateway, Id, Index, Interface, Kind, Resource, Vague};
use crate::path::Refusal;
use crate::query::{End, Query};
use crate::read::{Home, Missing, Reader};

/// Where packets start and where they are to arrive.
pub(crate) struct Ends {
    pub(crate) starts: Vec<(Trail, Spot)>,
    pub(crate) goal: Goal,
    /// What may add to the ends without our knowing.
    pub(crate) missing: Vec<Missing>,
}

/// Some addresses, and what may add to them.
struct Known {
    addresses: IntervalSet,
    missing: Vec<Missing>,
}

impl Known {
    fn all(addresses: IntervalSet) -> Known {
        Known { addresses, missing: Vec::new() }
    }
}

/// Looks both ends up.
pub(crate) fn resolve(reader: &Reader<'_>, query: &Query) -> Result<Ends, Refusal> {
    let resolver =
        Resolver { walk: Walk::new(reader, query.family(), Goal::Internet, Mode::Forward), query };
    let (goal, to) = resolver.destination()?;
    let mut ends = Ends { starts: Vec::new(), goal, missing: to.missing };
    for (spot, from, trail) in resolver.sources()? {
        ends.missing.extend(from.missing);
        let (protocol, source_port, destination_port) = query.transport();
        let packets = HeaderSet::from(Block {
            source: resolver.narrowed(query.source_ip, from.addresses),
            destination: to.addresses.clone(),
            protocol,
            source_port,
            destination_port,
        });
        ends.starts.push((Trail { packets, ..trail }, spot));
    }
    if ends.starts.iter().all(|(trail, _)| trail.packets.is_empty()) && ends.missing.is_empty() {
        let missing = query.source.text();
        return Err(Refusal::Absent(missing));
    }
    Ok(ends)
}

struct Resolver<'r, 'n> {
    walk: Walk<'r, 'n>,
    query: &'r Query,
}

impl<'n> Resolver<'_, 'n> {
    fn family(&self) -> Family {
        self.walk.family
    }

    fn reader(&self) -> &Reader<'n> {
        self.walk.reader
    }

    fn narrowed(&self, asked: Option<IpNet>, own: IntervalSet) -> IntervalSet {
        asked.map_or(own, |net| self.family().addresses(&net))
    }

    /// The addresses that a question names, or `default`.
    fn asked_or(&self, default: IntervalSet) -> Known {
        Known::all(self.narrowed(self.query.destination_ip, default))
    }

    fn destination(&self) -> Result<(Goal, Known), Refusal> {
        let family = self.family();
        match &self.query.destination {
            End::Instance(id) => self.interfaces_as_goal(self.interfaces_of(id)?),
            End::Interface(id) => self.interfaces_as_goal(vec![self.present(id)?]),
            End::Address(address) => {
                let one = IntervalSet::one(number(*address));
                Ok((Goal::Address, Known::all(one)))
            }
            End::Internet => Ok((Goal::Internet, self.asked_or(public(family).clone()))),
            End::Gateway(id) => self.gateway_as_goal(id),
            End::Subnet(id) | End::Vpc(id) => Err(Refusal::Unsupported(id.to_string())),
        }
    }

    fn gateway_as_goal(&self, id: &Id) -> Result<(Goal, Known), Refusal> {
        let goal = Goal::Gateway(id.clone());
        match id.split('-').next() {
            Some("igw" | "eigw") => Ok((goal, self.asked_or(public(self.family()).clone()))),
            Some("vgw" | "pcx") => Ok((goal, self.asked_or(self.family().all()))),
            Some("tgw") if id.starts_with("tgw-attach-") => {
                Ok((goal, self.asked_or(self.family().all())))
            }
            Some("vpce") => {
                let stored = self.reader().stored(Kind::Endpoint, id);
                let Some(Resource::Endpoint(endpoint)) = stored.map(|stored| &stored.resource)
                else {
                    return Err(self.gone(id));
                };
                if endpoint.interfaces.items.is_empty() {
                    return Ok((goal, self.asked_or(self.family().all())));
                }
                self.interfaces_as_goal(endpoint.interfaces.items.clone())
            }
            _ => Err(Refusal::Unsupported(id.to_string())),
        }
    }

    fn is_from_outside(&self) -> bool {
        match &self.query.source {
            End::Internet => true,
            End::Gateway(id) => id.starts_with("igw-"),
            End::Address(address) => {
                self.reader().ids(Index::Anywhere(*address)).is_empty()
                    && public(self.family()).contains(number(*address))
            }
            _ => false,
        }
    }

    fn interfaces_as_goal(&self, ids: Vec<Id>) -> Result<(Goal, Known), Refusal> {
        let mut known = Known::all(IntervalSet::default());
        for id in &ids {
            let Some((interface, _)) = self.reader().interface(id) else {
                known.missing.push(Missing::new(id, ""));
                continue;
            };
            if !interface.addresses.is_whole() {
                known.missing.push(Missing::new(id, "PrivateIpAddresses"));
            }
            let own = match (self.family(), self.is_from_outside()) {
                (Family::V4, true) => self.public_addresses(id, interface, &mut known.missing),
                _ => own_addresses(self.family(), interface),
            };
            known.addresses = known.addresses.union(&own);
        }
        if let Some(asked) = self.query.destination_ip {
            known = Known::all(self.family().addresses(&asked));
        }
        if known.addresses.is_empty() && known.missing.is_empty() {
            return Err(self.no_address(&ids));
        }
        Ok((Goal::Interfaces(ids), known))
    }

    /// Nobody can send to an interface that has no address where packets come from.
    fn no_address(&self, ids: &[Id]) -> Refusal {
        let first = ids.first().cloned().unwrap_or_else(|| Id::from(""));
        if !self.is_from_outside() {
            return Refusal::Absent(first.to_string());
        }
        Refusal::Blocked(Explanation::with(Code::IgwPrivateIpAssociationForIngress, |e| {
            e.network_interface = Component::some(&first);
            if let End::Gateway(gateway) = &self.query.source {
                e.internet_gateway = Component::some(gateway);
            }
        }))
    }

    fn public_addresses(
        &self,
        id: &Id,
        interface: &'n Interface,
        missing: &mut Vec<Missing>,
    ) -> IntervalSet {
        let mut found = IntervalSet::default();
        let Some(owner) = self.walk.owner_by_id(id, None) else { return found };
        let four = interface.addresses.items.iter().filter(|own| own.address.is_ipv4());
        for own in four {
            match self.walk.public_of(&owner, own.address) {
                Ok(Some(public)) => found = found.union(&IntervalSet::one(number(public))),
                Ok(None) => {}
                Err(why) => missing.push(why),
            }
        }
        found
    }

    fn sources(&self) -> Result<Vec<(Spot, Known, Trail)>, Refusal> {
        let trail = || Trail::new(HeaderSet::default(), Home::default());
        let outside = || Known::all(public(self.family()).clone());
        match &self.query.source {
            End::Instance(id) => self.interfaces_as_source(self.interfaces_of(id)?),
            End::Interface(id) => self.interfaces_as_source(vec![self.present(id)?]),
            End::Internet => Ok(vec![(Spot::Internet, outside(), trail())]),
            End::Address(address) => {
                let one = Known::all(IntervalSet::one(number(*address)));
                let owners = self.reader().ids(Index::Anywhere(*address));
                if !owners.is_empty() {
                    let one =
                        |id| (Spot::Interface(id), Known::all(one.addresses.clone()), trail());
                    return Ok(owners.into_iter().map(one).collect());
                }
                self.outside_as_source(*address)
            }
            End::Gateway(id) => self.gateway_as_source(id),
            End::Subnet(id) => {
                let home = self.home_of(Kind::Subnet, id)?;
                let (subnet, home) = self.walk.subnet(id, &home).map_err(Refusal::Missing)?;
                let own = subnet.cidrs.items.iter().map(|cidr| self.family().addresses(cidr));
                let own = own.fold(IntervalSet::default(), |all, range| all.union(&range));
                Ok(vec![(Spot::Subnet(id.clone(), home), Known::all(own), trail())])
            }
            End::Vpc(id) => {
                let mut home = self.home_of(Kind::Vpc, id)?;
                home.vpc = Some(id.clone());
                Ok(vec![(Spot::Vpc(home), Known::all(self.family().all()), trail())])
            }
        }
    }

    fn interfaces_as_source(&self, ids: Vec<Id>) -> Result<Vec<(Spot, Known, Trail)>, Refusal> {
        let mut starts = Vec::new();
        for id in ids {
            let (mut known, trail) = (
                Known::all(IntervalSet::default()),
                Trail::new(HeaderSet::default(), Home::default()),
            );
            match self.reader().interface(&id) {
                Some((interface, _)) => {
                    known.addresses = own_addresses(self.family(), interface);
                    if !interface.addresses.is_whole() {
                        known.missing.push(Missing::new(&id, "PrivateIpAddresses"));
                    }
                }
                None => known.missing.push(Missing::new(&id, "")),
            }
            starts.push((Spot::Interface(id), known, trail));
        }
        Ok(starts)
    }

    /// A public address: of the interface that it is paired with, else of a host of the internet.
    fn outside_as_source(&self, address: IpAddr) -> Result<Vec<(Spot, Known, Trail)>, Refusal> {
        let trail = Trail::new(HeaderSet::default(), Home::default());
        if !public(self.family()).contains(number(address)) {
            return Err(self.gone(&Id::from(address.to_string())));
        }
        let is_named = [Index::Public(address), Index::Elastic(address)]
            .into_iter()
            .any(|index| !self.reader().ids(index).is_empty());
        let held =
            if is_named { self.walk.holder(address).map_err(Refusal::Missing)? } else { None };
        let one = |address| Known::all(IntervalSet::one(number(address)));
        Ok(vec![match held {
            Some((Owner::Interface(id, ..), private)) => (Spot::Interface(id), one(private), trail),
            _ => (Spot::Internet, one(address), trail),
        }])
    }

    fn gateway_as_source(&self, id: &Id) -> Result<Vec<(Spot, Known, Trail)>, Refusal> {
        let trail = Trail::new(HeaderSet::default(), Home::default());
        let all = self.family().all();
        match id.split('-').next() {
            Some("igw") => {
                let home = self.home_of(Kind::InternetGateway, id)?;
                let trail = Trail { gateway: Some(id.clone()), home, ..trail };
                Ok(vec![(Spot::Internet, Known::all(public(self.family()).clone()), trail)])
            }
            Some("vgw") => {
                let home = self.home_of(Kind::VpnGateway, id)?;
                let stored = self.reader().stored(Kind::VpnGateway, id);
                let vpc = match stored.map(|stored| &stored.resource) {
                    Some(Resource::VpnGateway(Gateway { attachments, .. })) => {
                        attachments.items.first().map(|(vpc, _)| vpc.clone())
                    }
                    _ => None,
                };
                let inside = Home { vpc, ..home };
                let own = self.walk.vpc_addresses(&inside).map_err(Refusal::Missing)?;
                let spot = Spot::VpnGateway(id.clone());
                Ok(vec![(spot, Known::all(all.subtract(&own)), trail)])
            }
            Some("tgw") if id.starts_with("tgw-attach-") => {
                let spot = Spot::Attachment(id.clone(), Id::from(""));
                Ok(vec![(spot, Known::all(self.behind_attachment(id)), trail)])
            }
            Some("pcx") => {
                let spot = Spot::Endpoint(id.clone(), Home::default());
                Ok(vec![(spot, Known::all(all), trail)])
            }
            _ => Err(Refusal::Unsupported(id.to_string())),
        }
    }

    /// The addresses behind an attachment: a VPC's own, else any.
    fn behind_attachment(&self, id: &Id) -> IntervalSet {
        let stored = self.reader().stored(Kind::VpcAttachment, id);
        if let Some(Resource::VpcAttachment(own)) = stored.map(|stored| &stored.resource)
            && let Field::Known(Some(vpc)) = &own.vpc
            && let Some(stored) = self.reader().stored(Kind::Vpc, vpc)
        {
            let home = Home { scope: stored.scope.clone(), vpc: Some(vpc.clone()) };
            return self.walk.vpc_addresses(&home).unwrap_or_else(|_| self.family().all());
        }
        self.family().all()
    }

    fn home_of(&self, kind: Kind, id: &Id) -> Result<Home, Refusal> {
        let stored = self.reader().stored(kind, id).ok_or_else(|| self.gone(id))?;
        Ok(Home { scope: stored.scope.clone(), vpc: None })
    }

    /// An interface that is there.
    fn present(&self, id: &Id) -> Result<Id, Refusal> {
        self.reader().interface(id).map(|_| id.clone()).ok_or_else(|| self.gone(id))
    }

    fn interfaces_of(&self, id: &Id) -> Result<Vec<Id>, Refusal> {
        let interfaces = self.reader().ids(Index::InterfacesOf(id.clone()));
        if !interfaces.is_empty() {
            return Ok(interfaces);
        }
        let missing = Missing::new(id, "");
        self.reader().none_anywhere(Vague::Attached, missing).map_err(Refusal::Missing)?;
        Err(self.gone(id))
    }

    /// What to say of an end that is not in the state.
    fn gone(&self, id: &Id) -> Refusal {
        if self.reader().is_complete_everywhere() {
            Refusal::Absent(id.to_string())
        } else {
            Refusal::Missing(Missing::new(id, ""))
        }
    }
}
