//! The columns that a reader chose for the table of events.

use super::value::{Value, event_href_in};
use crate::filter::{Filter, FilterProblem, Key, Narrow};
use crate::limits::{CELL_CHARS_MAX, CELL_VALUES_MAX, COLUMNS_MAX};
use crate::visible::visible_start;
use trailhound_app::count::Facet;
use trailhound_app::who::{Actor, Attribution, Strength};
use trailhound_record::Event;

/// The name of the column that no record has.
const ACTOR: &str = "actor";

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// Who stands behind the event.
    Actor,
    /// A field or a member of the record.
    Facet(Facet),
}

impl Column {
    /// What it is called.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Actor => ACTOR.to_owned(),
            Self::Facet(Facet::Field(field)) => field.name().to_owned(),
            Self::Facet(Facet::Path(path)) => path.to_string(),
        }
    }

    /// The cell of `event`, behind which `actor` stands.
    pub(super) fn cell(
        &self,
        narrow: &Narrow<'_>,
        event: &Event,
        actor: Option<&Attribution>,
    ) -> Vec<Value> {
        match self {
            Self::Actor => {
                actor.map(|actor| actor_value(narrow.filter(), event, actor)).into_iter().collect()
            }
            Self::Facet(facet) => {
                let values = facet.values_of(event);
                let linked = |text: &String| Value::narrowing(narrow, facet, text);
                values.iter().take(CELL_VALUES_MAX).map(linked).collect()
            }
        }
    }

    /// The cell as plain text.
    pub(super) fn text(&self, event: &Event, actor: Option<&Attribution>) -> String {
        match self {
            Self::Actor => actor.map(Attribution::short).unwrap_or_default(),
            Self::Facet(facet) => facet.values_of(event).join(" "),
        }
    }
}

/// The actor, leading to the event's page, which has the proof.
fn actor_value(filter: &Filter, event: &Event, actor: &Attribution) -> Value {
    let hint = match (&actor.actor, actor.strength) {
        (Actor::Unknown { gap }, _) => format!("Not known: {gap}"),
        (_, Strength::Strong) => "Strong: every step rests on what AWS wrote".to_owned(),
        (_, Strength::Weak) => "Weak: a step rests on what the caller could choose".to_owned(),
    };
    Value {
        text: visible_start(&actor.short(), CELL_CHARS_MAX),
        href: event.event_id.as_deref().and_then(|id| event_href_in(filter, id)),
        hint: visible_start(&hint, 300),
        ..Value::default()
    }
}

/// Whether one of `columns` needs the events' actors.
pub(super) fn has_actor(columns: &[Column]) -> bool {
    columns.contains(&Column::Actor)
}

/// The columns that `filter` names.
pub(super) fn columns_of(filter: &Filter, problems: &mut Vec<FilterProblem>) -> Vec<Column> {
    let mut columns = Vec::new();
    for name in filter.value(Key::Columns).unwrap_or_default().split(',').map(str::trim) {
        match Facet::parse(name) {
            _ if name.is_empty() => {}
            _ if name == ACTOR => columns.push(Column::Actor),
            Ok(facet) => columns.push(Column::Facet(facet)),
            Err(error) => problems.push(FilterProblem::Said(format!("Columns: {error}."))),
        }
    }
    if columns.len() > COLUMNS_MAX {
        problems.push(FilterProblem::Said(format!("At most {COLUMNS_MAX} columns are shown.")));
    }
    columns
}
