//! Everything that is bounded, in one place.

/// How many components one packet may pass before the walk is given up as a loop.
pub const HOPS_MAX: usize = 64;

/// How many branches one question may take: sets of packets that routes and translations split.
pub const BRANCHES_MAX: usize = 4_096;

/// Up to how many addresses of a set are looked up one by one.
pub const ADDRESSES_MAX: u128 = 256;

/// How many explanations an answer carries.
pub const EXPLANATIONS_MAX: usize = 16;

/// How many missing inputs an answer names.
pub const MISSING_MAX: usize = 16;

/// How many blocks a set of headers may be cut into before an answer is given up as unknown.
pub const BLOCKS_MAX: usize = 4_096;
