//! The values that the look-up index holds, as hashes of (attribute, value).

use crate::token::token_hash;

/// What a look-up can ask for by exact value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Attribute {
    /// `eventName`.
    EventName = 1,
    /// `eventSource`.
    EventSource = 2,
    /// The derived user name.
    Username = 3,
    /// `userIdentity.accessKeyId`.
    AccessKeyId = 4,
    /// `readOnly`: `true` or `false`.
    ReadOnly = 5,
    /// A derived resource type.
    ResourceType = 6,
    /// A derived resource name, or any id or ARN in the record.
    ResourceName = 7,
    /// The account it was delivered to.
    AccountId = 8,
    /// `awsRegion`.
    AwsRegion = 9,
    /// `sourceIPAddress`.
    SourceIpAddress = 10,
    /// `errorCode`.
    ErrorCode = 11,
    /// Whether the call failed; the only value is the empty text.
    Failed = 12,
    /// `eventType`.
    EventType = 13,
    /// `management` or `insight`.
    Category = 14,
}

/// The hash under which the index holds `value` of `attribute`.
///
/// Values that differ in ASCII case only share a hash, and others may: whoever looks up checks the
/// events found.
#[inline]
pub fn key_hash(attribute: Attribute, value: &[u8]) -> u32 {
    let hash = token_hash(value) ^ (attribute as u64) << 56;
    (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// The hash of a whole record's bytes.
#[inline]
pub fn body_hash(body: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(body)
}

/// The key that stands for the id of a record that has none: equal bodies have equal keys.
pub fn key_of_body(body: &[u8]) -> String {
    format!("~{:032x}", xxhash_rust::xxh3::xxh3_128(body))
}
