//! Every limit of the language, in one place.

/// The longest query, in bytes: room for a value as long as a record's longest.
pub const QUERY_BYTES_MAX: usize = 16 << 20;
/// How deep parentheses may nest.
pub const DEPTH_MAX: usize = 64;
/// How many columns of a query's text an error shows around the place.
pub const CONTEXT_COLUMNS_MAX: usize = 100;
