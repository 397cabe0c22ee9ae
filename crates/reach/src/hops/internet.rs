//! Internet gateways, egress-only ones, and what the account blocks of them.

use std::net::IpAddr;
use std::sync::LazyLock;

use super::owner::Owner;
use super::route::Chosen;
use super::{Came, Goal, Rewritten, Spot, Trail, Undo, Walk, need};
use crate::explain::{Code, Component, Explanation};
use crate::headers::{Family, IntervalSet, number};
use crate::net::doc::parse_cidr;
use crate::net::{Exclusion, Field, Gateway, Id, Index, Kind, PublicAccess, Resource, Vague};
use crate::read::{Home, Missing};

/// Addresses that mean something of their own at an internet gateway.
pub(crate) struct Special {
    /// Private ones: of RFC 1918, or local ones of IPv6.
    private: IntervalSet,
    /// Those that carriers share: RFC 6598.
    shared: IntervalSet,
    /// All that the internet may know.
    public: IntervalSet,
}

impl Special {
    fn new(family: Family) -> Special {
        let of = |texts: &[&str]| {
            let nets = texts.iter().filter_map(|text| parse_cidr(text));
            nets.fold(IntervalSet::default(), |all, net| all.union(&family.addresses(&net)))
        };
        let private =
            of(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"]);
        let shared = of(&["100.64.0.0/10"]);
        let usable = match family {
            Family::V4 => {
                let reserved = of(&["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"]);
                family.all().subtract(&reserved)
            }
            Family::V6 => of(&["2000::/3"]),
        };
        let public = usable.subtract(&private).subtract(&shared);
        Special { private, shared, public }
    }

    fn of(family: Family) -> &'static Special {
        static FOUR: LazyLock<Special> = LazyLock::new(|| Special::new(Family::V4));
        static SIX: LazyLock<Special> = LazyLock::new(|| Special::new(Family::V6));
        match family {
            Family::V4 => &FOUR,
            Family::V6 => &SIX,
        }
    }
}

/// All addresses that the internet may know.
pub(crate) fn public(family: Family) -> &'static IntervalSet {
    &Special::of(family).public
}

/// Which way the connection goes that Block Public Access may stop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    Inward,
    Outward,
    /// Outward by a NAT gateway or an egress-only gateway.
    Translated,
}

impl<'n> Walk<'_, 'n> {
    /// Packets that a route sent to a gateway of their VPC; nothing goes on where it is not attached.
    pub(crate) fn at_gateway(
        &mut self,
        kind: Kind,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
    ) -> Result<Option<Trail>, Missing> {
        let gateway = self.find(kind, id, &trail.home, |r| match r {
            Resource::InternetGateway(gateway)
            | Resource::EgressOnlyGateway(gateway)
            | Resource::VpnGateway(gateway) => Some(gateway),
            _ => None,
        })?;
        let usable = match gateway {
            Some((gateway, _)) => is_attached(id, gateway, &trail.home)?,
            None => false,
        };
        if !usable {
            self.blackhole(chosen, trail);
            return Ok(None);
        }
        let mut trail = trail;
        if let Some(vpc) = trail.home.vpc.clone() {
            trail = trail.at(&vpc);
        }
        Ok(Some(trail.at(id)))
    }

    pub(crate) fn by_internet_gateway(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
        subnet: Option<&Id>,
    ) -> Result<(), Missing> {
        let Some(mut trail) = self.at_gateway(Kind::InternetGateway, id, chosen, trail)? else {
            return Ok(());
        };
        let special = Special::of(self.family);
        for (set, code) in [
            (&special.private, Code::IgwDestinationAddressNotInRfc1918Egress),
            (&special.shared, Code::IgwDestinationAddressNotInRfc6598Egress),
        ] {
            trail = self.stop_addresses(id, trail, set, code, Side::Destination);
        }
        let opening = if trail.via_nat { Opening::Translated } else { Opening::Outward };
        let Some(trail) = self.pass_public_access(id, trail, subnet, opening)? else {
            return Ok(());
        };
        self.each_source(trail, |walk, source, trail| walk.pair_source(id, source, trail))
    }

    /// Drops packets whose address on one side the gateway does not take.
    fn stop_addresses(
        &mut self,
        gateway: &Id,
        trail: Trail,
        set: &IntervalSet,
        code: Code,
        side: Side,
    ) -> Trail {
        let stopped = match side {
            Side::Destination => trail.packets.to(set),
            Side::Source => trail.packets.from_source(set),
        };
        if stopped.is_empty() {
            return trail;
        }
        let shown = match side {
            Side::Destination => stopped.destinations(),
            Side::Source => stopped.sources(),
        };
        let kept = trail.packets.subtract(&stopped);
        let (addresses, vpc) = (crate::explain::addresses(self.family, &shown), trail.vpc());
        let explanation = Explanation::with(code, |e| {
            e.internet_gateway = Component::some(gateway);
            e.addresses = addresses;
            e.vpc = vpc;
        });
        self.blocked(trail.with_packets(stopped), explanation);
        trail.with_packets(kept)
    }

    /// Takes packets apart by source address.
    fn each_source(
        &mut self,
        trail: Trail,
        mut step: impl FnMut(&mut Self, IpAddr, Trail) -> Result<(), Missing>,
    ) -> Result<(), Missing> {
        if trail.packets.is_empty() {
            return Ok(());
        }
        let numbers = trail.packets.sources().numbers(crate::limits::ADDRESSES_MAX);
        let Some(numbers) = numbers else { return Err(Missing::new("query", "source_ip")) };
        for number in numbers {
            let part = trail.with_packets(trail.packets.from_source(&IntervalSet::one(number)));
            let address = self.family.address(number);
            self.step(part, |walk, trail| step(walk, address, trail));
        }
        Ok(())
    }

    /// Out by a gateway: the source becomes the public address that it is paired with.
    fn pair_source(&mut self, id: &Id, source: IpAddr, mut trail: Trail) -> Result<(), Missing> {
        let owner = self.owner(&trail.home, source)?;
        let public = match (&owner, self.family) {
            (None, _) => None,
            (Some(_), Family::V6) => Some(source),
            (Some(owner), Family::V4) => self.public_of(owner, source)?,
        };
        let Some(public) = public else {
            let vpc = trail.vpc();
            let explanation = Explanation::with(Code::IgwPublicIpAssociationForEgress, |e| {
                e.internet_gateway = Component::some(id);
                e.addresses = vec![source.to_string()];
                e.vpc = vpc;
            });
            self.blocked(trail, explanation);
            return Ok(());
        };
        let inbound = trail.packets.clone();
        if public != source {
            let before = trail.packets.clone();
            let new = IntervalSet::one(number(public));
            trail.packets = trail.packets.rewrite(|block| block.source = new.clone());
            trail.undo.push(Undo { rewritten: Rewritten::Source, before });
        }
        let (outbound, vpc) = (trail.packets.clone(), trail.vpc());
        trail.hop(id, |hop| {
            hop.vpc = vpc;
            hop.inbound_header = Some(inbound);
            hop.outbound_header = Some(outbound);
        });
        trail.lose_identity(id);
        let is_own = matches!(&self.goal, Goal::Gateway(goal) if goal == id);
        self.outside(trail, is_own);
        Ok(())
    }

    /// On the internet. An address is taken to be there even where one of ours has it: a gateway is an
    /// end of a path. Only who asks for an interface by its public address is led back in.
    fn outside(&mut self, trail: Trail, is_own: bool) {
        let trail = trail.at("internet");
        match &self.goal {
            Goal::Internet | Goal::Address => self.arrived(trail, Spot::Internet),
            Goal::Gateway(_) if is_own => self.arrived(trail, Spot::Internet),
            Goal::Interfaces(_) => self.leave_internet(trail),
            Goal::Gateway(_) => {
                let explanation = Explanation::with(Code::NoPath, |_| {});
                self.blocked(trail, explanation);
            }
        }
    }

    /// Packets from the internet: only public addresses are known there.
    pub(crate) fn leave_internet(&mut self, trail: Trail) {
        let inside = trail.packets.to(public(self.family));
        let rest = trail.with_packets(trail.packets.subtract(&inside));
        let address = rest.packets.destinations().first().map(|number| self.family.address(number));
        let explanation = Explanation::with(Code::IgwExpectsPublicAddress, |e| {
            e.address = address.map(|address| address.to_string());
        });
        self.blocked(rest, explanation);
        let trail = trail.with_packets(inside);
        self.each_destination(trail, Walk::in_by_address);
    }

    fn in_by_address(&mut self, public: IpAddr, trail: Trail) -> Result<(), Missing> {
        let held = match self.family {
            Family::V4 => self.holder(public)?,
            Family::V6 => self.global_holder(public)?.map(|owner| (owner, public)),
        };
        let attached = match &held {
            Some((Owner::Interface(id, interface, _), _)) => {
                need(&interface.status, id, "Status")?.is_none_or(|status| &*status == "in-use")
            }
            Some((Owner::Nat(..), _)) => true,
            None => false,
        };
        match held {
            Some((owner, private)) if attached => self.in_by_gateway(public, owner, private, trail),
            _ => {
                self.unpaired(public, None, trail);
                Ok(())
            }
        }
    }

    fn global_holder(&self, address: IpAddr) -> Result<Option<Owner<'n>>, Missing> {
        let ids = self.reader.ids(Index::Anywhere(address));
        if let Some(owner) = ids.iter().find_map(|id| self.owner_by_id(id, Some(address))) {
            return Ok(Some(owner));
        }
        let missing = Missing::new(&address.to_string(), "NetworkInterfaceId");
        self.reader.none_anywhere(Vague::Interface, missing)?;
        Ok(None)
    }

    fn unpaired(&mut self, public: IpAddr, gateway: Option<&Id>, trail: Trail) {
        let vpc = trail.vpc();
        let explanation = Explanation::with(Code::IgwPrivateIpAssociationForIngress, |e| {
            e.internet_gateway = gateway.and_then(|id| Component::some(id));
            e.address = Some(public.to_string());
            e.vpc = vpc;
        });
        self.blocked(trail, explanation);
    }

    fn in_by_gateway(
        &mut self,
        public: IpAddr,
        owner: Owner<'n>,
        private: IpAddr,
        mut trail: Trail,
    ) -> Result<(), Missing> {
        let vpc = owner.vpc()?;
        trail.home = Home { scope: owner.scope().clone(), vpc: vpc.clone() };
        trail.came = Came::Internet;
        let gateway = self.gateway_of(&trail.home)?;
        let is_wanted = trail.gateway.is_none() || trail.gateway == gateway;
        let Some(gateway) = gateway.filter(|_| is_wanted) else {
            self.unpaired(public, None, trail);
            return Ok(());
        };
        let mut trail = trail.at(&gateway);
        let special = Special::of(self.family);
        for (set, code) in [
            (&special.private, Code::IgwSourceAddressNotInRfc1918Ingress),
            (&special.shared, Code::IgwSourceAddressNotInRfc6598Ingress),
        ] {
            trail = self.stop_addresses(&gateway, trail, set, code, Side::Source);
        }
        let subnet = owner.subnet()?;
        let passed = self.pass_public_access(&gateway, trail, subnet.as_ref(), Opening::Inward)?;
        let Some(mut trail) = passed else { return Ok(()) };
        let inbound = trail.packets.clone();
        if private != public {
            let before = trail.packets.clone();
            let new = IntervalSet::one(number(private));
            trail.packets = trail.packets.rewrite(|block| block.destination = new.clone());
            trail.undo.push(Undo { rewritten: Rewritten::Destination, before });
        }
        let (outbound, at) = (trail.packets.clone(), trail.vpc());
        trail.hop(&gateway, |hop| {
            (hop.inbound_header, hop.outbound_header) = (Some(inbound), Some(outbound));
            hop.vpc = at;
        });
        self.in_by_edge(&gateway, trail)
    }

    /// The gateway's own route table steers what comes in; without one it is delivered.
    pub(crate) fn in_by_edge(&mut self, gateway: &Id, trail: Trail) -> Result<(), Missing> {
        let tables = self.reader.ids(Index::GatewayTable(gateway.clone()));
        if let Some(table) = tables.first() {
            self.follow_table(table, trail, None);
            return Ok(());
        }
        let missing = Missing::new(gateway, "RouteTableId");
        self.reader.none(Vague::Table, &trail.home, missing)?;
        self.local(trail);
        Ok(())
    }

    /// The internet gateway that is attached to a VPC.
    fn gateway_of(&self, home: &Home) -> Result<Option<Id>, Missing> {
        let vpc = home.vpc.clone().unwrap_or_else(|| Id::from(""));
        for id in self.reader.ids(Index::InternetGatewayOf(vpc.clone())) {
            let stored = self.reader.stored(Kind::InternetGateway, &id);
            if let Some(Resource::InternetGateway(gateway)) = stored.map(|stored| &stored.resource)
                && is_attached(&id, gateway, home)?
            {
                return Ok(Some(id));
            }
        }
        let missing = Missing::new(&vpc, "InternetGatewayId");
        self.reader.none(Vague::InternetGateway, home, missing)?;
        Ok(None)
    }

    pub(crate) fn by_egress_only(
        &mut self,
        id: &Id,
        chosen: &Chosen<'n>,
        trail: Trail,
        subnet: Option<&Id>,
    ) -> Result<(), Missing> {
        let Some(trail) = self.at_gateway(Kind::EgressOnlyGateway, id, chosen, trail)? else {
            return Ok(());
        };
        if self.is_return() {
            // It forwards answers to what left by it, and never answers to what came in elsewhere.
            let explanation =
                Explanation::with(Code::XEigwNoSession, |e| e.component = Component::some(id));
            self.blocked(trail, explanation);
            return Ok(());
        }
        let passed = self.pass_public_access(id, trail, subnet, Opening::Translated)?;
        let Some(mut trail) = passed else { return Ok(()) };
        let (header, home) = (trail.packets.clone(), trail.home.clone());
        let vpc = trail.vpc();
        trail.hop(id, |hop| {
            (hop.inbound_header, hop.vpc) = (Some(header), vpc);
        });
        trail.lose_identity(id);
        let outside = matches!(self.goal, Goal::Internet | Goal::Address)
            || matches!(&self.goal, Goal::Gateway(goal) if goal == id);
        let trail = trail.at("internet");
        if outside {
            self.arrived(trail, Spot::EgressOnly(id.clone(), home));
        } else {
            self.blocked(trail, Explanation::with(Code::NoPath, |_| {}));
        }
        Ok(())
    }

    /// What the account blocks of connections by internet gateways.
    fn pass_public_access(
        &mut self,
        gateway: &Id,
        trail: Trail,
        subnet: Option<&Id>,
        opening: Opening,
    ) -> Result<Option<Trail>, Missing> {
        if trail.packets.is_empty() {
            return Ok(None);
        }
        // Answers belong to connections that were judged when they opened.
        if self.is_return() || self.is_public_access_allowed(&trail.home, subnet, opening)? {
            return Ok(Some(trail));
        }
        let vpc = trail.vpc();
        let explanation = Explanation::with(Code::VpcBlockPublicAccessEnabled, |e| {
            e.internet_gateway = Component::some(gateway);
            e.vpc = vpc;
            e.subnet = subnet.and_then(|id| Component::some(id));
        });
        self.blocked(trail, explanation);
        Ok(None)
    }

    fn is_public_access_allowed(
        &self,
        home: &Home,
        subnet: Option<&Id>,
        opening: Opening,
    ) -> Result<bool, Missing> {
        let options = self.reader.ids(Index::PublicAccess(home.scope.clone()));
        let account = Missing::new(&home.scope.account, "InternetGatewayBlockMode");
        let Some(id) = options.first() else {
            // The setting is off until it is set, and a complete state would tell.
            return if self.reader.is_complete(home) { Ok(true) } else { Err(account) };
        };
        let stored = self.reader.slot(Kind::PublicAccessOptions, id);
        let found = stored.iter().find(|stored| stored.scope == home.scope);
        let Some(Resource::PublicAccessOptions(PublicAccess { mode })) =
            found.map(|stored| &stored.resource)
        else {
            return Err(account);
        };
        let mode = need(mode, id, "InternetGatewayBlockMode")?;
        let is_blocked = match mode.as_deref() {
            None | Some("off") => false,
            Some("block-ingress") => opening != Opening::Translated,
            Some(_) => true,
        };
        Ok(!is_blocked || self.is_excluded(home, subnet, opening)?)
    }

    fn is_excluded(
        &self,
        home: &Home,
        subnet: Option<&Id>,
        opening: Opening,
    ) -> Result<bool, Missing> {
        for place in [subnet.cloned(), home.vpc.clone()].into_iter().flatten() {
            for id in self.reader.ids(Index::ExclusionOf(place)) {
                let stored = self.reader.stored(Kind::PublicAccessExclusion, &id);
                let Some(Resource::PublicAccessExclusion(Exclusion { mode, state, .. })) =
                    stored.map(|stored| &stored.resource)
                else {
                    continue;
                };
                let state = need(state, &id, "State")?;
                let mode = need(mode, &id, "InternetGatewayExclusionMode")?;
                let is_on = !state
                    .as_deref()
                    .is_some_and(|state| state.starts_with("delete") || state.ends_with("failed"));
                let is_fit = match mode.as_deref() {
                    Some("allow-bidirectional") => true,
                    Some("allow-egress") => opening != Opening::Inward,
                    _ => false,
                };
                if is_on && is_fit {
                    return Ok(true);
                }
            }
        }
        let account = Missing::new(&home.scope.account, "VpcBlockPublicAccessExclusions");
        self.reader.none(Vague::Exclusion, home, account)?;
        Ok(false)
    }
}

/// An end of a packet.
#[derive(Clone, Copy)]
enum Side {
    Source,
    Destination,
}

/// Whether a gateway is attached to the VPC, and the attachment works.
pub(crate) fn is_attached(id: &Id, gateway: &Gateway, home: &Home) -> Result<bool, Missing> {
    let attachment =
        gateway.attachments.items.iter().find(|(vpc, _)| Some(vpc) == home.vpc.as_ref());
    match attachment.map(|(_, state)| state.as_deref()) {
        Some(Some("unknown")) => Err(Missing::new(id, "Attachments")),
        Some(None | Some("available" | "attached" | "attaching")) => Ok(true),
        Some(Some(_)) => Ok(false),
        None if gateway.attachments.is_whole() => Ok(false),
        None => Err(Missing::new(id, "Attachments")),
    }
}

/// Whether a field is known to hold this text.
pub(crate) fn is_text(field: &Field<Option<Id>>, text: &str) -> bool {
    matches!(field, Field::Known(Some(value)) if value.eq_ignore_ascii_case(text))
}
