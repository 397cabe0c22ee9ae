//! Every limit of the record model, in one place.

/// The longest record that is kept, in bytes. CloudTrail's own limit is 256 KB (1 MB in Lake).
pub const RECORD_BYTES_MAX: usize = 16 << 20;
/// How deep the value of one member may nest. With the objects that have columns around it a record
/// stays below the 128 levels at which `serde_json` stops.
pub const VALUE_DEPTH_MAX: usize = 122;
/// Shorter tokens are not indexed.
pub const TOKEN_BYTES_MIN: usize = 2;
/// The largest text that one row batch holds, in bytes; spans are 32 bits wide.
pub const BATCH_BYTES_MAX: usize = 1 << 30;
