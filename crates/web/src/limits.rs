//! Every limit of the pages, in one place.

/// Events on one page of the table.
pub(crate) const PAGE_EVENTS: usize = 50;
/// A longer value is shown, but is no link: browsers and proxies refuse longer addresses.
pub(crate) const LINK_VALUE_BYTES_MAX: usize = 1_500;
/// Characters of one value in the table; the event's own page shows it whole.
pub(crate) const CELL_CHARS_MAX: usize = 120;
/// Characters of one value on an event's page.
pub(crate) const VALUE_CHARS_MAX: usize = 20_000;
/// Resources of one event in the table.
pub(crate) const ROW_RESOURCES_MAX: usize = 2;
/// Resources and ids of one event on its page.
pub(crate) const EVENT_RESOURCES_MAX: usize = 200;
/// Lines of one nested value on an event's page.
pub(crate) const TREE_LINES_MAX: usize = 2_000;
/// Characters of a record shown on an event's page; a download has it whole.
pub(crate) const RECORD_CHARS_MAX: usize = 400_000;
/// Bodies shown under one event id.
pub(crate) const BODIES_MAX: usize = 20;
/// Unreadable segments named on the page; the rest is counted.
pub(crate) const UNREADABLE_NAMED_MAX: usize = 10;
/// Days in the list of a page without a script, newest kept.
pub(crate) const DAYS_LISTED_MAX: usize = 400;
/// Steps in the list under the histogram, newest kept.
pub(crate) const BUCKETS_LISTED_MAX: usize = 400;
/// Columns of a table.
pub(crate) const COLUMNS_MAX: usize = 12;
/// Values of one event in one of the columns that are asked for.
pub(crate) const CELL_VALUES_MAX: usize = 4;
/// Events of one export; the answer says what is left out.
pub(crate) const EXPORT_EVENTS_MAX: u64 = 100_000;
/// Values of one facet.
pub(crate) const FACET_VALUES_MAX: usize = 6;
/// Values that are counted to complete a word, and completions that are shown.
pub(crate) const COMPLETE_VALUES_MAX: usize = 5_000;
pub(crate) const COMPLETIONS_MAX: usize = 12;
/// New events that a live page takes at once.
pub(crate) const LIVE_EVENTS_MAX: usize = 100;
/// Matching events of which values are counted unasked that only their records tell.
pub(crate) const RECORDS_COUNTED_MAX: u64 = 20_000;
/// Changes on one page.
pub(crate) const CHANGES_MAX: usize = 100;
/// Lines of one list of a plan; its text has all.
pub(crate) const PLAN_LINES_MAX: usize = 50;
/// Events that one plan of a page takes back.
pub(crate) const UNDO_EVENTS_MAX: usize = 50;
/// Changes in the timeline of an incident, newest kept.
pub(crate) const TIMELINE_MAX: usize = 100;
/// Moments of a resource on its slider, newest kept.
pub(crate) const MOMENTS_MAX: usize = 300;
/// Resources, and properties, of one state on a page.
pub(crate) const STATE_RESOURCES_MAX: usize = 40;
/// Properties of all resources of one state on a page.
pub(crate) const STATE_PROPERTIES_MAX: usize = 2_000;
