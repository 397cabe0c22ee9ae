//! What a resource looked like at a time, as AWS describes it, and where each value is known from.
//!
//! A resource's body has the shape of the matching `Describe…` or `Get…` answer of AWS, so that replay,
//! snapshots and whatever reads a state speak one language. Values of our own were rejected: every reader
//! would have to learn both.

mod resource;

pub use resource::{Known, Resource, Source};

/// The account and Region that a resource is in; global services have Region `us-east-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Scope {
    /// The account's 12 digits.
    pub account: String,
    /// The Region.
    pub region: String,
}

/// What names a resource within everything that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Key {
    /// Where it is.
    pub scope: Scope,
    /// Its type as CloudFormation spells it: `AWS::EC2::RouteTable`.
    #[serde(rename = "type")]
    pub resource_type: &'static str,
    /// Its id; where AWS has none, its name or ARN.
    pub id: String,
}
