//! What the calls of other services do.

use super::rule::Rule;

/// All rules but those about EC2.
pub(crate) const RULES: &[&[Rule]] = &[];
