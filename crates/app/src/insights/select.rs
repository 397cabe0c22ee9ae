//! Which of what is kept a request asks for.

use trailhound_record::Timestamp;

use super::error::InsightsError;
use super::types::{Analysis, InsightsPath, PathFilter, PortRange, Tag};

/// Filters of one request, and values of one filter.
///
/// # Source
/// EC2 user guide, "List and filter using the CLI and API".
const FILTERS_MAX: usize = 50;
const VALUES_MAX: usize = 200;

/// The filters of paths.
///
/// # Source
/// API reference, "DescribeNetworkInsightsPaths".
pub(super) const PATH_FILTERS: &[&str] = &[
    "destination",
    "filter-at-source.source-address",
    "filter-at-source.source-port-range",
    "filter-at-source.destination-address",
    "filter-at-source.destination-port-range",
    "filter-at-destination.source-address",
    "filter-at-destination.source-port-range",
    "filter-at-destination.destination-address",
    "filter-at-destination.destination-port-range",
    "protocol",
    "source",
];
/// The filters of analyses.
///
/// # Source
/// API reference, "DescribeNetworkInsightsAnalyses".
pub(super) const ANALYSIS_FILTERS: &[&str] = &["path-found", "status"];

/// One filter: a name, and values of which one must fit; `*` and `?` are wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its name; `tag:KEY` and `tag-key` are those of every resource.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the last one was made.
    pub created: String,
    /// Its id.
    pub id: String,
}

/// Which ones, and how many at most.
#[derive(Debug, Clone, Default)]
pub struct Select {
    /// Those with these ids; all when empty.
    pub ids: Vec<String>,
    /// Analyses of this path or scope.
    pub parent: Option<String>,
    /// All of these fit.
    pub filters: Vec<Filter>,
    /// They started then or later.
    pub started_from: Option<Timestamp>,
    /// They started then or earlier.
    pub started_until: Option<Timestamp>,
    /// They ended then or earlier.
    pub ended_until: Option<Timestamp>,
    /// Those after this one.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: usize,
}

/// Some of them.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The ones.
    pub items: Vec<T>,
    /// Where the next page goes on, when there is one.
    pub next: Option<Place>,
}

impl Select {
    /// Checks the filters' names.
    pub(super) fn check(&self, names: &[&str]) -> Result<(), InsightsError> {
        if self.filters.len() > FILTERS_MAX {
            let reason = format!("there are at most {FILTERS_MAX} filters");
            return Err(InsightsError::value("Filter", "", reason));
        }
        for filter in &self.filters {
            let name = filter.name.as_str();
            let is_tag = name == "tag-key" || name.starts_with("tag:");
            if !is_tag && !names.contains(&name) {
                return Err(InsightsError::value("Filter.Name", name, "there is no such filter"));
            }
            if filter.values.is_empty() || filter.values.len() > VALUES_MAX {
                let reason = format!("a filter has 1 to {VALUES_MAX} values");
                return Err(InsightsError::value("Filter.Value", name, reason));
            }
        }
        Ok(())
    }

    /// Whether one started and ended when it is asked for.
    pub(super) fn is_in_time(&self, started: &str, ended: Option<&str>) -> bool {
        let started = Timestamp::parse(started);
        let ended = ended.and_then(Timestamp::parse);
        self.started_from.is_none_or(|from| started.is_some_and(|it| it >= from))
            && self.started_until.is_none_or(|until| started.is_some_and(|it| it <= until))
            && self.ended_until.is_none_or(|until| ended.is_some_and(|it| it <= until))
    }
}

impl Filter {
    fn has(&self, text: &str) -> bool {
        self.values.iter().any(|value| is_like(value, text))
    }

    fn has_some(&self, text: Option<&str>) -> bool {
        text.is_some_and(|text| self.has(text))
    }

    fn has_ports(&self, range: Option<&PortRange>) -> bool {
        let Some(PortRange { from_port: Some(from), to_port }) = range else { return false };
        let to = to_port.unwrap_or(*from);
        self.has(&format!("{from}-{to}")) || (*from == to && self.has(&from.to_string()))
    }

    /// Whether it fits tags; a filter that is about none of them does not.
    pub(super) fn matches_tags(&self, tags: &[Tag]) -> bool {
        match self.name.strip_prefix("tag:") {
            Some(key) => tags.iter().any(|tag| tag.key == key && self.has(&tag.value)),
            None => self.name == "tag-key" && tags.iter().any(|tag| self.has(&tag.key)),
        }
    }

    fn matches_end(&self, member: &str, end: Option<&PathFilter>) -> bool {
        let Some(end) = end else { return false };
        match member {
            "source-address" => self.has_some(end.source_address.as_deref()),
            "source-port-range" => self.has_ports(end.source_port_range.as_ref()),
            "destination-address" => self.has_some(end.destination_address.as_deref()),
            _ => self.has_ports(end.destination_port_range.as_ref()),
        }
    }
}

pub(super) fn matches_path(path: &InsightsPath, filter: &Filter) -> bool {
    if let Some(member) = filter.name.strip_prefix("filter-at-source.") {
        return filter.matches_end(member, path.filter_at_source.as_ref());
    }
    if let Some(member) = filter.name.strip_prefix("filter-at-destination.") {
        return filter.matches_end(member, path.filter_at_destination.as_ref());
    }
    match filter.name.as_str() {
        "source" => filter.has(&path.source) || filter.has_some(path.source_arn.as_deref()),
        "destination" => {
            filter.has_some(path.destination.as_deref())
                || filter.has_some(path.destination_arn.as_deref())
        }
        "protocol" => filter.has(&path.protocol),
        _ => filter.matches_tags(&path.tags),
    }
}

pub(super) fn matches_analysis(analysis: &Analysis, filter: &Filter) -> bool {
    match filter.name.as_str() {
        "status" => filter.has(analysis.status.name()),
        "path-found" => {
            analysis.network_path_found.is_some_and(|found| filter.has(&found.to_string()))
        }
        _ => filter.matches_tags(&analysis.tags),
    }
}

/// Whether a text is like a pattern with `*` and `?`.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where the last star was, and how far it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match (pattern.get(at), text.get(from)) {
            (Some('*'), _) => {
                star = Some((at, from));
                at += 1;
            }
            (Some(one), Some(other)) if *one == '?' || one == other => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((place, eaten)) = star else { return false };
                star = Some((place, eaten + 1));
                at = place + 1;
                from = eaten + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|it| *it == '*')
}
