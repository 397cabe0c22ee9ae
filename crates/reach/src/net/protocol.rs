//! Protocols and ports as rules write them.

use crate::headers::{ICMP, ICMPV6, IntervalSet, TCP, UDP, all_ports};

/// A protocol's number; `Some(None)` is all protocols, `None` is a name that is not known.
#[expect(clippy::option_option, reason = "all protocols and an unknown one are different answers")]
pub(crate) fn protocol_number(text: &str) -> Option<Option<u8>> {
    match text {
        "-1" | "all" => Some(None),
        "tcp" => Some(Some(TCP)),
        "udp" => Some(Some(UDP)),
        "icmp" => Some(Some(ICMP)),
        "icmpv6" => Some(Some(ICMPV6)),
        _ => text.parse().ok().map(Some),
    }
}

/// The ports from `from` to `to`; all of them where they are absent or -1.
pub(crate) fn port_range(from: Option<i64>, to: Option<i64>) -> IntervalSet {
    let (Some(from @ 0..), Some(to @ 0..)) = (from, to) else { return all_ports() };
    let limit = |port: i64| u128::try_from(port).unwrap_or(0).min(65_535);
    IntervalSet::range(limit(from), limit(to))
}

/// The pairs of ICMP type and code, as `type * 256 + code`; absent or -1 is any.
pub(crate) fn icmp_ports(kind: Option<i64>, code: Option<i64>) -> IntervalSet {
    let byte = |value: Option<i64>| value.and_then(|value| u8::try_from(value).ok());
    let Some(kind) = byte(kind) else { return all_ports() };
    let first = u128::from(kind) * 256;
    match byte(code) {
        Some(code) => IntervalSet::one(first + u128::from(code)),
        None => IntervalSet::range(first, first + 255),
    }
}
