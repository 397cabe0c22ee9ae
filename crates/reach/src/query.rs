//! What is asked.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::headers::{Family, ICMP, ICMPV6, IntervalSet, TCP, UDP, all_ports, all_protocols};
use crate::net::Id;

/// One end of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    /// An instance, by any of its interfaces.
    Instance(Id),
    /// An interface.
    Interface(Id),
    /// An address: of an interface where one has it, else of the internet or beyond a gateway.
    Address(IpAddr),
    /// An internet gateway, virtual private gateway, transit gateway attachment, endpoint or peering.
    Gateway(Id),
    /// A subnet's router; a packet that is put there passes no interface.
    Subnet(Id),
    /// A VPC's router.
    Vpc(Id),
    /// Any public address.
    Internet,
}

impl End {
    /// Reads an end as it is typed: an id, an address or `internet`.
    ///
    /// `None` where the text is none of these.
    pub fn parse(text: &str) -> Option<End> {
        if text == "internet" {
            return Some(End::Internet);
        }
        if let Ok(address) = text.parse() {
            return Some(End::Address(address));
        }
        let (prefix, _) = text.split_once('-')?;
        let id = Id::from(text);
        match prefix {
            "i" => Some(End::Instance(id)),
            "eni" => Some(End::Interface(id)),
            "subnet" => Some(End::Subnet(id)),
            "vpc" => Some(End::Vpc(id)),
            "igw" | "eigw" | "vgw" | "tgw" | "vpce" | "pcx" | "nat" => Some(End::Gateway(id)),
            _ => None,
        }
    }

    /// The end as it is typed.
    pub fn text(&self) -> String {
        match self {
            End::Instance(id)
            | End::Interface(id)
            | End::Gateway(id)
            | End::Subnet(id)
            | End::Vpc(id) => id.to_string(),
            End::Address(address) => address.to_string(),
            End::Internet => "internet".to_owned(),
        }
    }
}

impl serde::Serialize for End {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

fn as_text<S: serde::Serializer>(net: &Option<IpNet>, serializer: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&net.map(|net| net.to_string()), serializer)
}

/// Which protocol packets have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, of the family that is asked about.
    Icmp,
    /// Any protocol.
    Any,
    /// A protocol by its number.
    Number(u8),
}

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Ports {
    /// The lowest.
    pub from: u16,
    /// The highest.
    pub to: u16,
}

impl From<u16> for Ports {
    fn from(port: u16) -> Self {
        Ports { from: port, to: port }
    }
}

impl Ports {
    fn set(self) -> IntervalSet {
        IntervalSet::range(self.from.into(), self.to.into())
    }
}

/// Which ports clients take where the question does not say: the range that NAT gateways use too.
pub const EPHEMERAL: Ports = Ports { from: 1024, to: 65_535 };

/// A question: does any such packet get from source to destination, and its answer back?
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Query {
    /// Where packets start.
    pub source: End,
    /// Where they are to arrive.
    pub destination: End,
    /// Their protocol.
    pub protocol: Protocol,
    /// Their destination ports; any where absent. For ICMP, `type * 256 + code`.
    pub port: Option<Ports>,
    /// Their source ports; [`EPHEMERAL`] where absent.
    pub source_port: Option<Ports>,
    /// Their source addresses; those of the source where absent.
    #[serde(serialize_with = "as_text")]
    pub source_ip: Option<IpNet>,
    /// Their destination addresses; those of the destination where absent.
    #[serde(serialize_with = "as_text")]
    pub destination_ip: Option<IpNet>,
    /// Their family where no address tells it.
    pub family: Family,
}

impl Query {
    /// A question about TCP on any port.
    pub fn new(source: End, destination: End) -> Query {
        Query {
            source,
            destination,
            protocol: Protocol::Tcp,
            port: None,
            source_port: None,
            source_ip: None,
            destination_ip: None,
            family: Family::V4,
        }
    }

    /// The same about one destination port.
    pub fn port(self, port: u16) -> Query {
        Query { port: Some(port.into()), ..self }
    }

    /// The same about another protocol.
    pub fn protocol(self, protocol: Protocol) -> Query {
        Query { protocol, ..self }
    }

    /// Which family it is about.
    pub fn family(&self) -> Family {
        let named = |end: &End| match end {
            End::Address(address) => Some(Family::of(*address)),
            _ => None,
        };
        let net = |net: &Option<IpNet>| net.map(|net| Family::of(net.addr()));
        named(&self.destination)
            .or(net(&self.destination_ip))
            .or(named(&self.source))
            .or(net(&self.source_ip))
            .unwrap_or(self.family)
    }

    /// The protocols, source ports and destination ports of its packets.
    pub(crate) fn transport(&self) -> (IntervalSet, IntervalSet, IntervalSet) {
        let ports = self.port.map_or_else(all_ports, Ports::set);
        let source_ports = self.source_port.unwrap_or(EPHEMERAL).set();
        let one = |number: u8| IntervalSet::one(number.into());
        match self.protocol {
            Protocol::Tcp | Protocol::Number(TCP) => (one(TCP), source_ports, ports),
            Protocol::Udp | Protocol::Number(UDP) => (one(UDP), source_ports, ports),
            Protocol::Icmp if self.family() == Family::V6 => (one(ICMPV6), all_ports(), ports),
            Protocol::Icmp => (one(ICMP), all_ports(), ports),
            Protocol::Number(number) => (one(number), all_ports(), all_ports()),
            Protocol::Any if self.port.is_some() || self.source_port.is_some() => {
                (one(TCP).union(&one(UDP)), source_ports, ports)
            }
            Protocol::Any => (all_protocols(), all_ports(), ports),
        }
    }
}
