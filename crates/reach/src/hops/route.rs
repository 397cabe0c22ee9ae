//! Route tables: the longest prefix, then static before prefix list before propagated.

use ipnet::IpNet;

use super::{Trail, Walk};
use crate::explain::{Code, Component, Explanation, RouteTableRoute};
use crate::headers::IntervalSet;
use crate::net::doc::parse_cidr;
use crate::net::{Destination, Field, Id, Kind, Origin, PrefixList, Resource, Route, Target};
use crate::read::Missing;

/// What takes packets to a block.
#[derive(Debug, Clone, Copy)]
enum Choice<'n> {
    /// The VPC itself, without a route that says so.
    Implied,
    Route(&'n Route),
    /// A route whose target or existence is not known.
    Unknown,
}

#[derive(Debug, Clone)]
struct Candidate<'n> {
    net: IpNet,
    /// The lower goes first among equal blocks.
    rank: u8,
    choice: Choice<'n>,
}

/// A chosen route, with what explanations say of it.
#[derive(Debug, Clone)]
pub(crate) struct Chosen<'n> {
    pub(crate) table: Id,
    pub(crate) net: IpNet,
    pub(crate) route: Option<&'n Route>,
}

impl Chosen<'_> {
    pub(crate) fn shown(&self, state: &str) -> Option<RouteTableRoute> {
        self.route.map(|route| RouteTableRoute::new(route, Some(self.net), state))
    }

    /// Whether the description called the route a blackhole.
    pub(crate) fn is_called_blackhole(&self) -> bool {
        self.route.and_then(|route| route.state.as_deref()) == Some("blackhole")
    }
}

impl<'n> Walk<'_, 'n> {
    /// Splits packets by a table and sends each part to its target.
    pub(crate) fn follow_table(&mut self, table: &Id, trail: Trail, subnet: Option<&Id>) {
        self.step(trail, |walk, trail| walk.follow_known(table, trail, subnet));
    }

    fn follow_known(
        &mut self,
        table: &Id,
        trail: Trail,
        subnet: Option<&Id>,
    ) -> Result<(), Missing> {
        let (candidates, open) = self.candidates(table, &trail)?;
        let mut rest = trail.packets.clone();
        for candidate in candidates {
            let addresses = self.family.addresses(&candidate.net);
            let taken = rest.to(&addresses);
            if taken.is_empty() {
                continue;
            }
            rest = rest.subtract(&taken);
            let mut part = trail.with_packets(taken);
            // A longer route that is not known of could only take packets from a shorter one.
            let is_sure = candidate.net.prefix_len() == self.family.bits();
            match (&open, candidate.choice) {
                (Some(missing), _) if !is_sure => self.unknown(part, missing.clone()),
                (_, Choice::Unknown) => {
                    let property = format!("Routes[{}]", candidate.net);
                    self.unknown(part, Missing::new(table, &property));
                }
                (_, Choice::Implied) => {
                    part.hop(table, |_| {});
                    self.local(part);
                }
                (_, Choice::Route(route)) => {
                    let chosen =
                        Chosen { table: table.clone(), net: candidate.net, route: Some(route) };
                    self.hand_to(route, &chosen, part, subnet);
                }
            }
        }
        let part = trail.with_packets(rest);
        match open {
            Some(missing) => self.unknown(part, missing),
            None => self.no_route(table, part),
        }
        Ok(())
    }

    /// The routes in the order in which they take packets, and what may be there without our knowing.
    fn candidates(
        &self,
        table: &Id,
        trail: &Trail,
    ) -> Result<(Vec<Candidate<'n>>, Option<Missing>), Missing> {
        let vpc = self.vpc_addresses(&trail.home)?;
        let to = trail.packets.destinations();
        let routes =
            self.reader.routes(table, self.family, &to).ok_or_else(|| Missing::new(table, ""))?;
        let mut open = (!routes.is_complete).then(|| Missing::new(table, "Routes"));
        let mut candidates: Vec<Candidate<'n>> = Vec::new();
        for key in &routes.unknown {
            match parse_cidr(key) {
                Some(net) => candidates.push(Candidate { net, rank: 0, choice: Choice::Unknown }),
                None => {
                    open.get_or_insert_with(|| Missing::new(table, &format!("Routes[{key}]")));
                }
            }
        }
        for &route in &routes.items {
            self.add_route(route, &vpc, &mut candidates, &mut open);
        }
        let is_static = |net: &IpNet, candidates: &[Candidate<'n>]| {
            candidates.iter().any(|other| other.net == *net && other.rank < 2)
        };
        for net in self.vpc_nets(trail) {
            if !is_static(&net, &candidates) {
                candidates.push(Candidate { net, rank: 1, choice: Choice::Implied });
            }
        }
        candidates.sort_by_key(|c| (u8::MAX - c.net.prefix_len(), c.net, c.rank));
        mark_rivals(&mut candidates);
        Ok((candidates, open))
    }

    fn vpc_nets(&self, trail: &Trail) -> Vec<IpNet> {
        let stored = trail.home.vpc.as_ref().and_then(|id| self.reader.stored(Kind::Vpc, id));
        match stored.map(|stored| &stored.resource) {
            Some(Resource::Vpc(vpc)) => vpc.cidrs.items.clone(),
            _ => Vec::new(),
        }
    }

    fn add_route(
        &self,
        route: &'n Route,
        vpc: &IntervalSet,
        candidates: &mut Vec<Candidate<'n>>,
        open: &mut Option<Missing>,
    ) {
        let choice = Choice::Route(route);
        match &route.destination {
            Destination::Cidr(net) if route.origin == Origin::EnableVgwRoutePropagation => {
                // What is learnt never takes packets from the VPC itself.
                if !self.family.addresses(net).is_within(vpc) {
                    candidates.push(Candidate { net: *net, rank: 3, choice });
                }
            }
            Destination::Cidr(net) => candidates.push(Candidate { net: *net, rank: 1, choice }),
            Destination::PrefixList(list) => {
                let stored = self.reader.stored(Kind::PrefixList, list);
                let entries = match stored.map(|stored| &stored.resource) {
                    Some(Resource::PrefixList(PrefixList { entries })) => Some(entries),
                    _ => None,
                };
                if !entries.is_some_and(crate::net::List::is_whole) {
                    open.get_or_insert_with(|| Missing::new(list, "Entries"));
                }
                let nets = entries.into_iter().flat_map(|entries| entries.items.iter().copied());
                candidates.extend(nets.map(|net| Candidate { net, rank: 2, choice }));
            }
        }
    }

    fn no_route(&mut self, table: &Id, trail: Trail) {
        if trail.packets.is_empty() {
            return;
        }
        let (vpc, goal) = (trail.vpc(), self.goal_text());
        let addresses = crate::explain::addresses(self.family, &trail.packets.destinations());
        let explanation = Explanation::with(Code::NoRouteToDestination, |e| {
            e.route_table = Component::some(table);
            e.destination = goal.as_deref().and_then(Component::some);
            e.addresses = addresses;
            e.vpc = vpc;
        });
        self.blocked(trail, explanation);
    }

    fn goal_text(&self) -> Option<String> {
        match &self.goal {
            super::Goal::Interfaces(ids) => ids.first().map(|id| id.to_string()),
            super::Goal::Gateway(id) => Some(id.to_string()),
            super::Goal::Internet => Some("internet".to_owned()),
            super::Goal::Address => None,
        }
    }

    /// Drops packets of a route whose target does not work.
    pub(crate) fn blackhole(&mut self, chosen: &Chosen<'n>, trail: Trail) {
        let (vpc, route) = (trail.vpc(), chosen.shown("blackhole"));
        let explanation = Explanation::with(Code::BadStateRoute, |e| {
            e.route_table = Component::some(&chosen.table);
            e.route_table_route = route;
            e.vpc = vpc;
        });
        self.blocked(trail, explanation);
    }

    fn hand_to(
        &mut self,
        route: &'n Route,
        chosen: &Chosen<'n>,
        mut trail: Trail,
        subnet: Option<&Id>,
    ) {
        let Field::Known(target) = &route.target else {
            let property = format!("Routes[{}]", chosen.net);
            self.unknown(trail, Missing::new(&chosen.table, &property));
            return;
        };
        let (vpc, shown) = (trail.vpc(), chosen.shown("active"));
        trail.hop(&chosen.table, |hop| {
            hop.route_table_route = shown;
            hop.vpc = vpc;
        });
        let kept = trail.clone();
        let handed = match target {
            Target::Local => {
                self.local(trail);
                Ok(())
            }
            Target::InternetGateway(id) => self.by_internet_gateway(id, chosen, trail, subnet),
            Target::EgressOnly(id) => self.by_egress_only(id, chosen, trail, subnet),
            Target::Nat(id) => self.by_nat(id, chosen, trail, subnet),
            Target::Peering(id) => self.by_peering(id, chosen, trail),
            Target::Transit(id) => self.by_transit(id, chosen, trail, subnet),
            Target::VpnGateway(id) => self.by_vpn_gateway(id, chosen, trail),
            Target::Endpoint(id) => self.by_endpoint(id, chosen, trail),
            Target::Interface(id) => self.by_appliance(id, chosen, trail),
            Target::Instance(id) => self.by_appliance_instance(id, chosen, trail),
            Target::Other(id) => Err(Missing::new(id, "what lies behind it")),
            Target::Nothing => {
                self.blackhole(chosen, trail);
                Ok(())
            }
        };
        if let Err(missing) = handed {
            self.lost(chosen, kept, missing);
        }
    }

    /// Ends packets whose target is not in the state: a description may have said that it does not work.
    fn lost(&mut self, chosen: &Chosen<'n>, trail: Trail, missing: Missing) {
        let target = chosen.route.and_then(|route| route.target.known()?.id());
        let is_target = target.is_some_and(|id| **id == *missing.resource);
        if chosen.is_called_blackhole() && is_target && missing.property.is_empty() {
            self.blackhole(chosen, trail);
        } else {
            self.unknown(trail, missing);
        }
    }

    /// By the VPC's own router.
    pub(crate) fn local(&mut self, trail: Trail) {
        let vpc = trail.home.vpc.clone();
        let trail = match vpc {
            Some(vpc) => trail.at(&vpc),
            None => trail,
        };
        self.deliver(trail);
    }
}

/// Two prefix lists with one block and different targets: AWS keeps one of them, and does not say which.
fn mark_rivals(candidates: &mut Vec<Candidate<'_>>) {
    let target = |choice: &Choice<'_>| match choice {
        Choice::Route(route) => Some(route.target.clone()),
        _ => None,
    };
    let mut doubtful = Vec::new();
    for (place, pair) in candidates.windows(2).enumerate() {
        let [a, b] = pair else { continue };
        if (a.net, a.rank, b.rank) == (b.net, 2, 2) && target(&a.choice) != target(&b.choice) {
            doubtful.push(place);
        }
    }
    for place in doubtful {
        if let Some(candidate) = candidates.get_mut(place) {
            candidate.choice = Choice::Unknown;
        }
    }
}
