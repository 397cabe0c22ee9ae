//! What the calls of other services than EC2 do: tables, one file for services of one kind.
//!
//! # Source
//! Members as in botocore's models. Bodies have the shape of the answer that describes the resource whole;
//! where AWS has an answer for each setting, as for buckets, the member is called as in the call that
//! sets it.

mod compute;
mod iam;
mod messaging;
mod network;
mod storage;

use super::rule::Rule;

/// All rules but those about EC2.
pub(crate) const RULES: &[&[Rule]] = &[
    compute::RULES,
    iam::RULES,
    messaging::RULES,
    messaging::AUDIT,
    network::RULES,
    network::BALANCERS,
    storage::RULES,
    storage::DATABASES,
];
