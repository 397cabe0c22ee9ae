//! Every limit of reading, in one place. None of them depends on the size of an input.

use trailhound_record::limits::RECORD_BYTES_MAX;

/// The smallest part of a streamed text that is looked at in one piece.
pub const WINDOW_BYTES_MIN: usize = 1 << 20;
/// The largest part of a streamed text that is held: the longest record and some slack.
pub const WINDOW_BYTES_MAX: usize = RECORD_BYTES_MAX + (64 << 10);
/// Stored files up to this size are read in one go; larger ones are streamed.
pub const STORED_WHOLE_BYTES_MAX: u64 = 4 << 20;
/// Gzip files that decompress to at most this are decompressed in one go; larger ones are streamed.
pub const DECODED_WHOLE_BYTES_MAX: usize = 32 << 20;
/// Decompressed bytes below this are never taken for a decompression bomb.
pub const BOMB_BYTES_MIN: u64 = 64 << 20;
/// More decompressed bytes for each stored byte than this is a decompression bomb. CloudTrail log
/// files come to about 10, the same record over and over to about 200.
pub const BOMB_RATIO_MAX: u64 = 500;
/// How many archives and compressions may lie inside each other.
pub const LAYERS_MAX: usize = 4;
/// How many members of one archive are read.
pub const MEMBERS_MAX: u64 = 10_000_000;
/// The longest member name of an archive that is kept; more is cut.
pub const MEMBER_NAME_BYTES_MAX: usize = 4096;
/// How deep records are searched for in other JSON, strings that hold JSON counted.
pub const SEARCH_DEPTH_MAX: usize = 12;
/// The longest base64 text that is decoded and searched.
pub const BASE64_BYTES_MAX: usize = 8 << 20;
/// How many odd members of a `Records` list are remembered while it is not known whether the list is
/// CloudTrail's.
pub const ODD_MEMBERS_MAX: usize = 1_000;
/// The longest excerpt in a reject, in characters.
pub const EXCERPT_CHARS_MAX: usize = 200;
