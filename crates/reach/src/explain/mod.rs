//! Verdicts in words: codes, explanations and hops, with AWS's member names.

mod code;
mod explanation;
mod hop;

pub use code::Code;
pub use explanation::{Direction, Explanation};
pub use hop::{
    AclRule, AdditionalDetail, Component, Hop, PacketHeader, PortRange, RouteTableRoute,
    SecurityGroupRule, TransitRouteTableRoute,
};
pub(crate) use hop::{addresses, rule_ports};
