//! The limits of this crate.

use trailhound_record::time::MICROS_PER_SECOND;

/// So many links a chain may have: AWS allows chains of any length, sessions last an hour in one.
pub const LINKS_MAX: usize = 16;
/// So many events that may have issued one session are compared.
pub(crate) const CANDIDATES_MAX: usize = 64;
/// So many uses of a key or a session are read to tell its sessions apart.
pub const USES_READ: usize = 50;
/// How far the time of a session's creation and that of the event that issued it may lie apart: both have
/// whole seconds and come from different hosts.
pub(crate) const CREATION_SLACK_MICROS: i64 = 60 * MICROS_PER_SECOND;
/// How much earlier than its issue a session may seem to be used, by clocks that differ.
pub(crate) const CLOCK_SLACK_MICROS: i64 = 5 * MICROS_PER_SECOND;
/// How long before a stack's calls the event may lie that started them.
pub(crate) const STACK_HOURS_MICROS: i64 = 24 * 3_600 * MICROS_PER_SECOND;
/// So many sessions are remembered, not to be attributed again.
pub(crate) const SESSIONS_MAX: usize = 20_000;
