//! Sets of packet headers: unions of products of intervals.
//!
//! One query never needs more than a few blocks, so the blocks are kept as they are cut. Rejected
//! alternative: binary decision diagrams, which pay off for differences of whole networks only.

mod block;
mod interval;
mod set;

pub use block::Block;
pub use interval::IntervalSet;
pub use set::HeaderSet;

use std::net::IpAddr;

use ipnet::IpNet;

/// Which version of IP packets have; one question is about one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize)]
pub enum Family {
    /// IPv4.
    #[default]
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Family {
        if address.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// The highest address as a number.
    pub fn max(self) -> u128 {
        match self {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        }
    }

    /// How many bits an address has.
    pub fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    /// All addresses.
    pub fn all(self) -> IntervalSet {
        IntervalSet::range(0, self.max())
    }

    /// The addresses of a block; none where it is of the other family.
    pub fn addresses(self, net: &IpNet) -> IntervalSet {
        if Family::of(net.addr()) != self {
            return IntervalSet::default();
        }
        IntervalSet::range(number(net.network()), number(net.broadcast()))
    }

    /// The address that a number stands for.
    pub fn address(self, number: u128) -> IpAddr {
        match self {
            Family::V4 => IpAddr::from(u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()),
            Family::V6 => IpAddr::from(number.to_be_bytes()),
        }
    }
}

/// An address as a number, within its family.
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The number of TCP.
pub const TCP: u8 = 6;
/// The number of UDP.
pub const UDP: u8 = 17;
/// The number of ICMP.
pub const ICMP: u8 = 1;
/// The number of ICMP for IPv6.
pub const ICMPV6: u8 = 58;

/// All protocol numbers.
pub fn all_protocols() -> IntervalSet {
    IntervalSet::range(0, 255)
}

/// All ports; for ICMP all pairs of type and code, as `type * 256 + code`.
pub fn all_ports() -> IntervalSet {
    IntervalSet::range(0, 65_535)
}

#[cfg(test)]
mod tests;
