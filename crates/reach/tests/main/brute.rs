//! Small random networks, and a simulator that sends one packet at a time through them.
//!
//! It shares nothing with the engine: it knows the model that the describe answers are written from.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "only tests use it")]

mod simulate;

pub(crate) use simulate::{Packet, Place, simulate};

use std::net::IpAddr;

use ipnet::IpNet;
use proptest::prelude::*;
use serde_json::{Value, json};
use trailhound_reach::Kind;

use crate::common::*;

/// Where a default route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Nowhere,
    Internet,
    Nat,
    EgressOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Block(usize),
    Group(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) protocol: Option<u8>,
    pub(crate) ports: (u16, u16),
    pub(crate) peer: Peer,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) is_egress: bool,
    pub(crate) is_allow: bool,
    pub(crate) protocol: Option<u8>,
    pub(crate) ports: (u16, u16),
    pub(crate) block: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) groups: Vec<usize>,
    pub(crate) is_public: bool,
    pub(crate) is_running: bool,
}

/// Two VPCs: subnets 0 and 1 in the first, with gateways, and subnet 2 in the second.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) six: bool,
    pub(crate) defaults: [Way; 3],
    /// A longer route to the outside host's block.
    pub(crate) specific: [Option<Way>; 3],
    pub(crate) peer_routes: [bool; 3],
    pub(crate) entries: [Vec<Entry>; 3],
    pub(crate) ingress: [Vec<Rule>; 3],
    pub(crate) egress: [Vec<Rule>; 3],
    pub(crate) machines: [Machine; 4],
    pub(crate) is_attached: bool,
    pub(crate) is_peered: bool,
}

/// Which subnet each machine is in.
pub(crate) const SUBNET_OF: [usize; 4] = [0, 1, 0, 2];
/// The ports that rules and packets use, and the edges between which nothing differs.
pub(crate) const PORTS: [u16; 3] = [443, 2_000, 50_000];
const RANGES: [(u16, u16); 5] =
    [(0, 65_535), (443, 443), (1_024, 9_999), (10_000, 65_535), (1_024, 65_535)];

impl Model {
    pub(crate) fn vpc_of(subnet: usize) -> usize {
        usize::from(subnet == 2)
    }

    pub(crate) fn vpc_block(&self, vpc: usize) -> &'static str {
        [["10.0.0.0/16", "10.1.0.0/16"], ["2001:db8:a::/56", "2001:db8:b::/56"]]
            [usize::from(self.six)][vpc]
    }

    pub(crate) fn subnet_block(&self, subnet: usize) -> &'static str {
        [
            ["10.0.0.0/24", "10.0.1.0/24", "10.1.0.0/24"],
            ["2001:db8:a::/64", "2001:db8:a:1::/64", "2001:db8:b::/64"],
        ][usize::from(self.six)][subnet]
    }

    pub(crate) fn address(&self, machine: usize) -> IpAddr {
        let text = [
            ["10.0.0.10", "10.0.1.10", "10.0.0.20", "10.1.0.10"],
            ["2001:db8:a::10", "2001:db8:a:1::10", "2001:db8:a::20", "2001:db8:b::10"],
        ][usize::from(self.six)][machine];
        text.parse().expect("an address")
    }

    pub(crate) fn public_address(&self, machine: usize) -> IpAddr {
        if self.six {
            return self.address(machine);
        }
        format!("198.51.100.{machine}").parse().expect("an address")
    }

    pub(crate) fn outside(&self) -> IpAddr {
        ["203.0.113.10", "2001:db8:ffff::10"][usize::from(self.six)].parse().expect("an address")
    }

    pub(crate) fn outside_block(&self) -> &'static str {
        ["203.0.113.0/24", "2001:db8:ffff::/64"][usize::from(self.six)]
    }

    fn any(&self) -> &'static str {
        ["0.0.0.0/0", "::/0"][usize::from(self.six)]
    }

    pub(crate) fn block(&self, block: usize) -> &'static str {
        match block {
            0 => self.any(),
            1 => self.subnet_block(0),
            2 => self.subnet_block(1),
            3 => self.vpc_block(1),
            _ => self.outside_block(),
        }
    }

    pub(crate) fn contains(block: &str, address: IpAddr) -> bool {
        block.parse::<IpNet>().expect("a block").contains(&address)
    }

    /// The same network as describe answers.
    pub(crate) fn lab(&self) -> Lab {
        let mut lab = Lab::default();
        for vpc in 0..2 {
            let own = format!("vpc-{vpc}");
            let cidr = ["10.0.0.0/16", "10.1.0.0/16"][vpc];
            let mut body = crate::common::vpc(&own, cidr);
            if self.six {
                body["Ipv6CidrBlockAssociationSet"] =
                    json!([{"Ipv6CidrBlock": self.vpc_block(vpc)}]);
            }
            lab.put(Kind::Vpc, body);
        }
        for place in 0..3 {
            self.put_subnet(place, &mut lab);
            self.put_group(place, &mut lab);
        }
        for machine in 0..4 {
            self.put_machine(machine, &mut lab);
        }
        let vpc = if self.is_attached {
            json!([{"State": "available", "VpcId": "vpc-0"}])
        } else {
            json!([])
        };
        lab.put(Kind::InternetGateway, json!({"InternetGatewayId": "igw-0", "Attachments": vpc}));
        lab.put(
            Kind::EgressOnlyGateway,
            json!({"EgressOnlyInternetGatewayId": "eigw-0",
            "Attachments": [{"State": "attached", "VpcId": "vpc-0"}]}),
        );
        lab.put(Kind::NatGateway, json!({"NatGatewayId": "nat-0", "VpcId": "vpc-0",
            "SubnetId": "subnet-0", "State": "available", "NatGatewayAddresses": [
                {"PrivateIp": "10.0.0.5", "PublicIp": "198.51.100.99", "NetworkInterfaceId": "eni-nat"}]}));
        let status = if self.is_peered { "active" } else { "deleted" };
        let side = |vpc: usize| {
            let cidr = ["10.0.0.0/16", "10.1.0.0/16"][vpc];
            json!({"VpcId": format!("vpc-{vpc}"), "CidrBlock": cidr})
        };
        lab.put(
            Kind::Peering,
            json!({"VpcPeeringConnectionId": "pcx-0", "Status": {"Code": status},
            "RequesterVpcInfo": side(0), "AccepterVpcInfo": side(1)}),
        );
        lab
    }

    fn put_subnet(&self, place: usize, lab: &mut Lab) {
        let (id, vpc) = (format!("subnet-{place}"), format!("vpc-{}", Self::vpc_of(place)));
        let four = ["10.0.0.0/24", "10.0.1.0/24", "10.1.0.0/24"][place];
        let mut body = subnet(&id, &vpc, four);
        if self.six {
            body["Ipv6CidrBlockAssociationSet"] =
                json!([{"Ipv6CidrBlock": self.subnet_block(place)}]);
        }
        lab.put(Kind::Subnet, body);
        let target = |way: Way| match way {
            Way::Nowhere => None,
            Way::Internet => Some("igw-0"),
            Way::Nat => Some("nat-0"),
            Way::EgressOnly => Some("eigw-0"),
        };
        let mut routes = vec![route(self.vpc_block(Self::vpc_of(place)), "local")];
        routes.extend(target(self.defaults[place]).map(|target| route(self.any(), target)));
        let specific = self.specific[place].and_then(target);
        routes.extend(specific.map(|target| route(self.outside_block(), target)));
        if self.peer_routes[place] {
            routes.push(route(self.vpc_block(1 - Self::vpc_of(place)), "pcx-0"));
        }
        lab.put(Kind::RouteTable, table(&format!("rtb-{place}"), &vpc, &routes, &[&id]));
        let entries =
            self.entries[place].iter().zip(1..).map(|(own, number)| self.entry(own, number));
        let entries: Vec<Value> = entries.collect();
        lab.put(Kind::NetworkAcl, acl(&format!("acl-{place}"), &vpc, false, &entries, &[&id]));
    }

    fn entry(&self, own: &Entry, number: i64) -> Value {
        let action = if own.is_allow { "allow" } else { "deny" };
        let block = self.block(own.block);
        match own.protocol {
            None => entry(number, own.is_egress, action, block),
            Some(protocol) => {
                let mut body = tcp_entry(number, own.is_egress, action, block, own.ports);
                body["Protocol"] = json!(protocol.to_string());
                body
            }
        }
    }

    fn put_group(&self, place: usize, lab: &mut Lab) {
        let rules = |rules: &[Rule]| -> Vec<Value> {
            let shown = rules.iter().map(|rule| {
                let peer = match rule.peer {
                    Peer::Block(block) => self.block(block).to_owned(),
                    Peer::Group(group) => format!("sg-{group}"),
                };
                let ports = (i64::from(rule.ports.0), i64::from(rule.ports.1));
                match rule.protocol {
                    None => permit("-1", None, &peer),
                    Some(protocol) => permit(&protocol.to_string(), Some(ports), &peer),
                }
            });
            shown.collect()
        };
        let vpc = format!("vpc-{}", Self::vpc_of(place));
        let body = group(
            &format!("sg-{place}"),
            &vpc,
            &rules(&self.ingress[place]),
            &rules(&self.egress[place]),
        );
        lab.put(Kind::SecurityGroup, body);
    }

    fn put_machine(&self, machine: usize, lab: &mut Lab) {
        let own = &self.machines[machine];
        let subnet = SUBNET_OF[machine];
        let groups: Vec<String> = own.groups.iter().map(|group| format!("sg-{group}")).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let four = ["10.0.0.10", "10.0.1.10", "10.0.0.20", "10.1.0.10"][machine];
        let vpc = format!("vpc-{}", Self::vpc_of(subnet));
        let name = machine.to_string();
        let mut body = interface(&name, &format!("subnet-{subnet}"), &vpc, four, &groups);
        if self.six {
            body = six(body, &self.address(machine).to_string());
        } else if own.is_public {
            body = public(body, &self.public_address(machine).to_string());
        }
        lab.put(Kind::Interface, body);
        let mut body = instance(&name);
        if !own.is_running {
            body["State"] = json!({"Name": "stopped"});
        }
        lab.put(Kind::Instance, body);
    }
}

fn any_protocol() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![3 => Just(None), 3 => Just(Some(6)), 1 => Just(Some(17))]
}

fn any_ports() -> impl Strategy<Value = (u16, u16)> {
    prop::sample::select(&RANGES[..])
}

fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    let peer =
        prop_oneof![4 => (0usize..5).prop_map(Peer::Block), 2 => (0usize..3).prop_map(Peer::Group)];
    let rule = (any_protocol(), any_ports(), peer).prop_map(|(protocol, ports, peer)| Rule {
        protocol,
        ports,
        peer,
    });
    let some = prop::collection::vec(rule, 0..4);
    let open = Just(vec![Rule { protocol: None, ports: (0, 65_535), peer: Peer::Block(0) }]);
    prop_oneof![1 => some, 1 => open]
}

fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (any::<bool>(), any::<bool>(), any_protocol(), any_ports(), 0usize..5).prop_map(
        |(is_egress, is_allow, protocol, ports, block)| Entry {
            is_egress,
            is_allow,
            protocol,
            ports,
            block,
        },
    );
    // Most networks end in rules that allow everything, or nothing would ever pass.
    (prop::collection::vec(entry, 0..5), prop::bool::weighted(0.8)).prop_map(
        |(mut entries, is_open)| {
            if is_open {
                entries.truncate(2);
                entries.extend([true, false].map(|is_egress| Entry {
                    is_egress,
                    is_allow: true,
                    protocol: None,
                    ports: (0, 65_535),
                    block: 0,
                }));
            }
            entries
        },
    )
}

fn any_machine(groups: &'static [usize]) -> impl Strategy<Value = Machine> {
    let groups = prop::sample::subsequence(groups, 1..=groups.len());
    (groups, any::<bool>(), prop::bool::weighted(0.9))
        .prop_map(|(groups, is_public, is_running)| Machine { groups, is_public, is_running })
}

fn any_way() -> impl Strategy<Value = Way> {
    prop_oneof![
        1 => Just(Way::Nowhere),
        4 => Just(Way::Internet),
        4 => Just(Way::Nat),
        2 => Just(Way::EgressOnly),
    ]
}

/// Any small network.
pub(crate) fn any_model() -> impl Strategy<Value = Model> {
    let machines = [&[0, 1][..], &[0, 1], &[0, 1], &[2]].map(any_machine);
    (
        any::<bool>(),
        [any_way(), any_way(), any_way()],
        [0; 3].map(|_| prop::option::of(any_way())),
        any::<[bool; 3]>(),
        [any_entries(), any_entries(), any_entries()],
        [any_rules(), any_rules(), any_rules()],
        [any_rules(), any_rules(), any_rules()],
        machines,
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.8),
    )
        .prop_map(
            |(
                six,
                defaults,
                specific,
                peer_routes,
                entries,
                ingress,
                egress,
                machines,
                is_attached,
                is_peered,
            )| {
                let mut model = Model {
                    six,
                    defaults,
                    specific,
                    peer_routes,
                    entries,
                    ingress,
                    egress,
                    machines,
                    is_attached,
                    is_peered,
                };
                // A NAT gateway takes no IPv6 route, an egress-only one no IPv4; the second VPC has neither.
                let fit = |way: Way, place: usize| match way {
                    _ if place == 2 => Way::Nowhere,
                    Way::Nat if six => Way::EgressOnly,
                    Way::EgressOnly if !six => Way::Nat,
                    way => way,
                };
                for place in 0..3 {
                    model.defaults[place] = fit(model.defaults[place], place);
                    model.specific[place] = model.specific[place].map(|way| fit(way, place));
                }
                model
            },
        )
}
