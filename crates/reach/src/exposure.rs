//! What the internet reaches, and what reaches it: every interface at once.
//!
//! Interfaces that no rule and no route tells apart are asked about once. Two are alike if they are in
//! one subnet, in the same groups and states, and no block of addresses that any rule or route names
//! holds one and not the other.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::headers::Family;
use crate::net::{Destination, Field, Id, Index, Interface, Kind, Network, Peer, Resource};
use crate::path::{Answer, path};
use crate::query::{End, Protocol, Query};
use crate::read::Reader;

/// What is asked of every interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExposureQuery {
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port; any where absent.
    pub port: Option<u16>,
    /// The family.
    pub family: Family,
}

/// How one interface stands to the internet.
#[derive(Debug, Clone)]
pub struct Exposure {
    /// The interface.
    pub interface: Id,
    /// The interface that was asked about for all of its class.
    pub like: Id,
    /// Whether it opens connections to the internet.
    pub to_internet: Arc<Answer>,
    /// Whether the internet opens connections to it.
    pub from_internet: Arc<Answer>,
}

/// Asks for every interface whether the internet reaches it and it reaches the internet.
///
/// Paths and headers in the answers are those of [`Exposure::like`].
pub fn internet_exposure(network: &Network, query: &ExposureQuery) -> Vec<Exposure> {
    let splitters = Splitters::new(network);
    let mut classes: BTreeMap<Class, (Id, Arc<Answer>, Arc<Answer>)> = BTreeMap::new();
    let mut exposures = Vec::new();
    for id in network.interfaces() {
        let reader = Reader::new(network);
        let Some((interface, _)) = reader.interface(&id) else { continue };
        let class = Class::new(network, &splitters, &id, interface, query.family);
        let (like, to_internet, from_internet) = classes
            .entry(class)
            .or_insert_with(|| {
                let own = End::Interface(id.clone());
                let to = ask(network, query, own.clone(), End::Internet);
                let from = ask(network, query, End::Internet, own);
                (id.clone(), Arc::new(to), Arc::new(from))
            })
            .clone();
        exposures.push(Exposure { interface: id, like, to_internet, from_internet });
    }
    exposures
}

fn ask(network: &Network, query: &ExposureQuery, source: End, destination: End) -> Answer {
    let question = Query {
        protocol: query.protocol,
        port: query.port.map(Into::into),
        family: query.family,
        ..Query::new(source, destination)
    };
    path(network, &question)
}

/// What a verdict about an interface and the internet can depend on.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    subnet: Option<Id>,
    groups: Vec<Id>,
    /// Of each address, which blocks hold it, and whether it has a public one.
    addresses: Vec<(Option<IpNet>, u8)>,
    /// Everything else that the interface's description says.
    rest: String,
    /// An interface of a NAT gateway or an endpoint, or one with anything unknown, is like no other.
    own: Option<Id>,
}

impl Class {
    fn new(
        network: &Network,
        splitters: &Splitters,
        id: &Id,
        interface: &Interface,
        family: Family,
    ) -> Class {
        let own_family = |address: &IpAddr| Family::of(*address) == family;
        let addresses = interface.addresses.items.iter().filter(|own| own_family(&own.address));
        let addresses = addresses.map(|own| {
            let pairing = match own.public {
                Field::Known(None) => 0,
                Field::Known(Some(_)) => 1,
                Field::Unknown => 2,
            };
            (splitters.longest(own.address), pairing)
        });
        let mut groups = interface.groups.items.clone();
        groups.sort_unstable();
        let state = interface.instance.known().cloned().flatten().map(|instance| {
            match network.resource(Kind::Instance, &instance).map(|stored| &stored.resource) {
                Some(Resource::Instance(found)) => format!("{:?}", found.state),
                _ => "absent".to_owned(),
            }
        });
        let rest = format!(
            "{:?} {:?} {:?} {:?} {}",
            interface.status,
            interface.source_dest_check,
            interface.interface_type,
            state,
            interface.groups.is_whole() && interface.addresses.is_whole(),
        );
        let is_special = [Index::NatOf(id.clone()), Index::EndpointOf(id.clone())]
            .iter()
            .any(|index| !network.ids(index).is_empty())
            // Allocations and publics that disagree make an interface a case of its own.
            || has_allocation(network, id, interface)
            || interface.vpc == Field::Unknown
            || interface.subnet == Field::Unknown
            || interface.instance == Field::Unknown;
        Class {
            subnet: interface.subnet.known().cloned().flatten(),
            groups,
            addresses: addresses.collect(),
            rest,
            own: is_special.then(|| id.clone()),
        }
    }
}

/// Whether an allocation says anything about an interface beyond what its own description says.
fn has_allocation(network: &Network, id: &Id, interface: &Interface) -> bool {
    let instance = interface.instance.known().cloned().flatten();
    let holders = [Some(id.clone()), instance];
    let named = holders
        .into_iter()
        .flatten()
        .any(|holder| !network.ids(&Index::ElasticOf(holder)).is_empty());
    let publics = interface.addresses.items.iter().filter_map(|own| own.public.known()?.as_ref());
    named || publics.into_iter().any(|public| !network.ids(&Index::Elastic(*public)).is_empty())
}

/// The blocks of addresses that rules and routes name.
struct Splitters {
    nets: HashSet<IpNet>,
    lengths: BTreeSet<u8>,
}

impl Splitters {
    fn new(network: &Network) -> Splitters {
        let mut nets = HashSet::new();
        for (_, _, stored) in network.resources() {
            match &stored.resource {
                Resource::RouteTable(table) => nets.extend(
                    table.routes.items.iter().filter_map(|route| block(&route.destination)),
                ),
                Resource::TransitTable(table) => nets.extend(
                    table.routes.items.iter().filter_map(|route| block(&route.destination)),
                ),
                Resource::NetworkAcl(acl) => {
                    nets.extend(acl.entries.items.iter().map(|entry| entry.cidr));
                }
                Resource::SecurityGroup(group) => {
                    let rules = group.ingress.items.iter().chain(&group.egress.items);
                    nets.extend(rules.filter_map(|rule| match &rule.peer {
                        Peer::Cidr(cidr) => Some(*cidr),
                        _ => None,
                    }));
                }
                Resource::PrefixList(list) => nets.extend(list.entries.items.iter().copied()),
                _ => {}
            }
        }
        let lengths = nets.iter().map(IpNet::prefix_len).collect();
        Splitters { nets, lengths }
    }

    /// The longest block that holds an address; it decides all the shorter ones.
    fn longest(&self, address: IpAddr) -> Option<IpNet> {
        let nets = self.lengths.iter().rev().filter_map(|length| IpNet::new(address, *length).ok());
        nets.map(|net| net.trunc()).find(|net| self.nets.contains(net))
    }
}

fn block(destination: &Destination) -> Option<IpNet> {
    match destination {
        Destination::Cidr(cidr) => Some(*cidr),
        Destination::PrefixList(_) => None,
    }
}
