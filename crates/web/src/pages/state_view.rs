//! What a resource looked like at a time, when it changed, and what differs between two times.

use super::parameter;
use super::plan::source_value;
use super::value::{Value, event_href, time_machine, time_text};
use crate::limits::{MOMENTS_MAX, STATE_PROPERTIES_MAX, STATE_RESOURCES_MAX, VALUE_CHARS_MAX};
use crate::visible::{count_of, visible, visible_start};
use askama::Template;
use std::collections::BTreeMap;
use trailhound_app::lookup::search::{TIME_ACCEPTED, parse_time};
use trailhound_app::moments::{MomentOf, MomentsFound, MomentsQuery};
use trailhound_app::path::Setter;
use trailhound_app::replay::{Key, Resource, Source};
use trailhound_app::state::{Difference, Side, source_of};
use trailhound_record::Timestamp;
use url::form_urlencoded;

/// The longest text of a cell.
const CELL_CHARS_MAX: usize = 400;

/// What is asked of a resource's state, as it was typed.
#[derive(Debug, Clone, Default)]
pub(super) struct StateForm {
    pub(super) name: String,
    pub(super) account: String,
    pub(super) at: String,
    pub(super) from: String,
    pub(super) to: String,
}

/// The part of the page that tells the state: the moments, and the state or difference.
#[derive(Debug, Template)]
#[template(path = "state.html")]
pub(super) struct StateView {
    pub(super) form: StateForm,
    pub(super) moments: Vec<MomentLink>,
    pub(super) moments_note: Option<String>,
    pub(super) now: NowView,
}

/// A moment, leading to the state then.
#[derive(Debug)]
pub(super) struct MomentLink {
    pub(super) time: String,
    pub(super) name: String,
    pub(super) href: String,
    /// Where the part of the page is that tells it.
    pub(super) part_href: String,
    pub(super) is_current: bool,
}

/// The state at a time, or a difference.
#[derive(Debug, Template)]
#[template(path = "state_now.html")]
pub(super) struct NowView {
    pub(super) title: String,
    /// The place of the moment in the list.
    pub(super) index: Option<usize>,
    /// Where the difference that its moment made is, under the event's name.
    pub(super) diff: Option<(String, String)>,
    pub(super) resources: Vec<ResourceView>,
    pub(super) differences: Option<Vec<DifferenceView>>,
    pub(super) note: String,
}

/// One resource.
#[derive(Debug)]
pub(super) struct ResourceView {
    /// Whether it is the one that was asked for, and not one in it.
    pub(super) is_wanted: bool,
    pub(super) title: String,
    pub(super) place: String,
    pub(super) rows: Vec<PropertyView>,
}

/// One property.
#[derive(Debug)]
pub(super) struct PropertyView {
    pub(super) path: String,
    /// Nothing when it is not known.
    pub(super) value: Option<String>,
    pub(super) source: Value,
    pub(super) by: String,
}

/// A property that differs.
#[derive(Debug)]
pub(super) struct DifferenceView {
    pub(super) resource: String,
    pub(super) path: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) source: Value,
    pub(super) by: String,
}

impl StateForm {
    /// Reads an address.
    pub(super) fn new(query: &str) -> Self {
        let value = |wanted: &str| parameter(query, wanted).unwrap_or_default().trim().to_owned();
        Self {
            name: value("name"),
            account: value("account"),
            at: value("at"),
            from: value("from"),
            to: value("to"),
        }
    }

    /// Whether a time was asked for.
    pub(super) fn is_timed(&self) -> bool {
        !(self.at.is_empty() && self.from.is_empty() && self.to.is_empty())
    }

    /// What it asks for, or all that is wrong with it.
    pub(super) fn asked(&self) -> Result<MomentsQuery, Vec<String>> {
        let mut problems = Vec::new();
        let mut time = |name: &str, text: &str| {
            if text.is_empty() {
                return None;
            }
            let time = parse_time(text, trailhound_app::now());
            if time.is_none() {
                let said = visible_start(text, 100);
                problems.push(format!("{name}: {said} is no time: {TIME_ACCEPTED}."));
            }
            time
        };
        let (at, from, to) = (time("at", &self.at), time("from", &self.from), time("to", &self.to));
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            problems.push("The first time is not before the second.".to_owned());
        }
        if from.is_none() && to.is_some() {
            problems.push("A difference needs the time from which on it is asked for.".to_owned());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(MomentsQuery {
            resource: self.name.clone(),
            account_id: Some(self.account.clone()).filter(|text| !text.is_empty()),
            at: if from.is_some() { to } else { at },
            from,
        })
    }

    /// The address with these times, from `path`.
    fn href(&self, path: &str, times: &[(&str, String)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("name", &self.name);
        if !self.account.is_empty() {
            query.append_pair("account", &self.account);
        }
        for (name, time) in times {
            query.append_pair(name, time);
        }
        format!("{path}?{}", query.finish())
    }

    /// Where the page's part is that tells this.
    pub(super) fn part_href(&self) -> String {
        self.href("/resource/state", &[])
    }

    /// Where the newest state is.
    pub(super) fn now_href(&self) -> String {
        self.href("/resource", &[("at", "now".to_owned())])
    }
}

impl StateView {
    pub(super) fn new(form: StateForm, asked: &MomentsQuery, found: &MomentsFound) -> Self {
        let older = found.moments.len().saturating_sub(MOMENTS_MAX);
        let moments = found.moments.get(older..).unwrap_or_default();
        let now = NowView::new(&form, asked, found, moments);
        let current = now.index;
        let link = |(index, moment): (usize, &MomentOf)| {
            let at = moment.at.map(time_machine).unwrap_or_default();
            let times = [("at", at)];
            MomentLink {
                time: moment.at.map(time_text).unwrap_or_default(),
                name: visible_start(&moment.event_name, CELL_CHARS_MAX),
                href: form.href("/resource", &times),
                part_href: form.href("/resource/now", &times),
                is_current: current == Some(index),
            }
        };
        let links = moments.iter().enumerate().map(link).collect();
        let moments_note = (older > 0).then(|| {
            format!(
                "{} are not on the slider.",
                count_of(older as u64, "older change", "older changes")
            )
        });
        Self { moments: links, moments_note, now, form }
    }
}

impl NowView {
    pub(super) fn of(form: &StateForm, asked: &MomentsQuery, found: &MomentsFound) -> Self {
        let older = found.moments.len().saturating_sub(MOMENTS_MAX);
        Self::new(form, asked, found, found.moments.get(older..).unwrap_or_default())
    }

    fn new(
        form: &StateForm,
        asked: &MomentsQuery,
        found: &MomentsFound,
        moments: &[MomentOf],
    ) -> Self {
        let reached = match asked.at {
            None => moments.len(),
            Some(at) => moments.partition_point(|moment| moment.at.is_none_or(|it| it <= at)),
        };
        let index = reached.checked_sub(1).filter(|_| asked.from.is_none());
        let differences = found.differences.as_ref().map(|all| {
            let all = all.iter().take(STATE_PROPERTIES_MAX);
            all.map(|it| DifferenceView::new(it, &found.events)).collect()
        });
        let mut left = STATE_PROPERTIES_MAX;
        let shown = found.resources.iter().take(STATE_RESOURCES_MAX);
        let resources: Vec<ResourceView> = shown
            .filter(|_| asked.from.is_none())
            .map(|(key, resource)| {
                let view = ResourceView::new(key, resource, &found.events, &mut left);
                ResourceView { is_wanted: key.id == form.name, ..view }
            })
            .collect();
        Self {
            title: title(asked),
            index,
            diff: index.and_then(|index| {
                let name = visible_start(&moments.get(index)?.event_name, CELL_CHARS_MAX);
                Some((name, diff_href(form, moments, index)?))
            }),
            resources,
            differences,
            note: note(asked, found),
        }
    }
}

fn title(asked: &MomentsQuery) -> String {
    let utc = |at: Timestamp| format!("{} UTC", time_text(at));
    match (asked.from, asked.at) {
        (Some(from), at) => {
            format!("From {} to {}", utc(from), at.map_or_else(|| "now".to_owned(), utc))
        }
        (None, Some(at)) => format!("At {}", utc(at)),
        (None, None) => "Now".to_owned(),
    }
}

/// Where the difference is that the change at `index` made; changes of one second make it together.
fn diff_href(form: &StateForm, moments: &[MomentOf], index: usize) -> Option<String> {
    let to = moments.get(index)?.at?;
    let earlier = moments.iter().take(index).rev().filter_map(|moment| moment.at);
    let mut earlier = earlier.filter(|at| *at < to);
    let from = earlier.next().unwrap_or(Timestamp(to.0.saturating_sub(1_000_000)));
    let times = [("from", time_machine(from)), ("to", time_machine(to))];
    Some(form.href("/resource", &times))
}

fn note(asked: &MomentsQuery, found: &MomentsFound) -> String {
    let mut note = String::new();
    if asked.from.is_none() && found.resources.is_empty() {
        note.push_str(match found.moments.is_empty() {
            true => "Nothing is known of it: no event that replay follows told it. ",
            false => {
                "Nothing is known of it at that time: it was not there, or no event had told it. "
            }
        });
    }
    let more = found.resources.len().saturating_sub(STATE_RESOURCES_MAX) as u64;
    if more > 0 && asked.from.is_none() {
        note.push_str(&format!("{} not shown. ", count_of(more, "resource is", "resources are")));
    }
    note.push_str(&format!("{} replayed.", count_of(found.events_read, "event", "events")));
    if !found.coverage.unreadable.is_empty() {
        note.push_str(" The answer is partial: a segment could not be read.");
    }
    note
}

/// A value as it is shown: a text as it is, all else as JSON.
pub(super) fn json_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Where a value is known from, and who made that event.
fn known_from(source: &Source, events: &BTreeMap<String, Setter>) -> (Value, String) {
    let (Source::Event { id } | Source::Inferred { id }) = source else {
        return (source_value(source), String::new());
    };
    let Some(setter) = events.get(id) else { return (source_value(source), String::new()) };
    let part = |text: &Option<String>| visible(text.as_deref().unwrap_or("?"));
    let prefix = if matches!(source, Source::Inferred { .. }) { "follows from " } else { "" };
    let value = Value {
        text: format!("{prefix}{}", part(&setter.event_name)),
        href: event_href(id),
        hint: visible_start(id, CELL_CHARS_MAX),
        ..Value::default()
    };
    let time = part(&setter.event_time).replace('T', " ").replace('Z', "");
    (value, visible_start(&format!("{time} by {}", part(&setter.actor)), CELL_CHARS_MAX))
}

impl ResourceView {
    fn new(
        key: &Key,
        resource: &Resource,
        events: &BTreeMap<String, Setter>,
        left: &mut usize,
    ) -> Self {
        let rows: Vec<PropertyView> = resource
            .properties()
            .into_iter()
            .take(*left)
            .map(|(path, value, source)| {
                let (source, by) = known_from(source, events);
                let path = if path.is_empty() { "everything else" } else { path.as_str() };
                PropertyView {
                    path: visible_start(path, CELL_CHARS_MAX),
                    value: value.map(|value| visible_start(&json_text(value), VALUE_CHARS_MAX)),
                    source,
                    by,
                }
            })
            .collect();
        *left -= rows.len();
        Self {
            is_wanted: false,
            title: visible_start(&format!("{} {}", key.resource_type, key.id), CELL_CHARS_MAX),
            place: visible_start(
                &format!("{} {}", key.scope.account, key.scope.region),
                CELL_CHARS_MAX,
            ),
            rows,
        }
    }
}

impl DifferenceView {
    fn new(difference: &Difference, events: &BTreeMap<String, Setter>) -> Self {
        let side = |side: &Side| match side {
            Side::Is { value, .. } => visible_start(&json_text(value), VALUE_CHARS_MAX),
            Side::Absent { .. } => "none".to_owned(),
            Side::Unknown => "not known".to_owned(),
        };
        let source = source_of(&difference.after).or(source_of(&difference.before));
        let (source, by) = known_from(source.unwrap_or(&Source::Unknown), events);
        let path = if difference.path.is_empty() { "all of it" } else { &difference.path };
        Self {
            resource: visible_start(&difference.key.id, CELL_CHARS_MAX),
            path: visible_start(path, CELL_CHARS_MAX),
            before: side(&difference.before),
            after: side(&difference.after),
            source,
            by,
        }
    }
}
