//! A plan for the way back, as pages show it. Nothing on a page runs it.

use super::value::{CopyText, Value, event_href};
use crate::limits::{PLAN_LINES_MAX, VALUE_CHARS_MAX};
use crate::visible::{visible, visible_start};
use trailhound_app::replay::Source;
use trailhound_app::undo::{Class, Conflict, Plan, Question, Step, Told, Undone, render};

/// The longest text of a cell.
const CELL_CHARS_MAX: usize = 600;

/// How a plan is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Script,
    Boto3,
    Json,
    Terraform,
}

impl Form {
    pub(super) const ALL: [Self; 4] = [Self::Script, Self::Boto3, Self::Json, Self::Terraform];

    /// As it stands in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Boto3 => "boto3",
            Self::Json => "json",
            Self::Terraform => "terraform",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Script => "Shell script",
            Self::Boto3 => "Python (boto3)",
            Self::Json => "JSON",
            Self::Terraform => "Terraform",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    fn write(self, plan: &Plan) -> String {
        match self {
            Self::Script => render::script(plan),
            Self::Boto3 => render::boto3(plan),
            Self::Terraform => render::terraform(plan),
            Self::Json => match render::json(plan) {
                Ok(json) => json,
                Err(error) => format!("the plan cannot be written: {error}\n"),
            },
        }
    }
}

/// A plan.
#[derive(Debug)]
pub(super) struct PlanView {
    pub(super) class: &'static str,
    pub(super) class_means: &'static str,
    pub(super) events: Vec<UndoneView>,
    pub(super) steps: Vec<StepView>,
    pub(super) questions: Vec<QuestionView>,
    pub(super) conflicts: Vec<ConflictView>,
    /// What else is to be known, under its title.
    pub(super) lists: Vec<(&'static str, Vec<String>)>,
    /// What is shown, and what is copied: the same but for characters that are not seen.
    pub(super) text: String,
    pub(super) copy: CopyText,
}

/// An event that is taken back.
#[derive(Debug)]
pub(super) struct UndoneView {
    pub(super) event: Value,
    pub(super) said: String,
    pub(super) class: &'static str,
    pub(super) changes: Vec<ChangedView>,
    pub(super) nothing_to_do: Option<String>,
}

/// A property with its three values.
#[derive(Debug)]
pub(super) struct ChangedView {
    pub(super) path: String,
    pub(super) before: String,
    pub(super) source: Option<Value>,
    pub(super) after: String,
    pub(super) now: String,
}

/// One call.
#[derive(Debug)]
pub(super) struct StepView {
    pub(super) number: usize,
    pub(super) call: String,
    pub(super) place: String,
    pub(super) class: &'static str,
    pub(super) why: String,
    /// The values that it puts back, and where each is known from.
    pub(super) uses: Vec<(String, Value)>,
    pub(super) notes: Vec<String>,
}

/// What must be known first.
#[derive(Debug)]
pub(super) struct QuestionView {
    pub(super) asks: String,
    pub(super) told_by: String,
}

/// What was changed again since.
#[derive(Debug)]
pub(super) struct ConflictView {
    pub(super) what: String,
    pub(super) why: String,
    pub(super) later: Option<Value>,
}

impl PlanView {
    pub(super) fn new(plan: &Plan, form: Form) -> Self {
        let text = form.write(plan);
        Self {
            class: plan.class.as_str(),
            class_means: meaning(plan.class),
            events: plan.events.iter().map(UndoneView::new).collect(),
            steps: plan.steps.iter().map(StepView::new).collect(),
            questions: plan.questions.iter().map(QuestionView::new).collect(),
            conflicts: plan.conflicts.iter().map(ConflictView::new).collect(),
            lists: lists(plan),
            text: text.lines().map(visible).collect::<Vec<_>>().join("\n"),
            copy: CopyText { label: form.title(), text },
        }
    }
}

fn meaning(class: Class) -> &'static str {
    match class {
        Class::Exact => "the same state comes back",
        Class::Compensating => "the function comes back under a new identity",
        Class::Partial => "a part of it cannot come back",
        Class::Irreversible => "there is no way back",
    }
}

fn short(text: &str) -> String {
    visible_start(text, CELL_CHARS_MAX)
}

fn lists(plan: &Plan) -> Vec<(&'static str, Vec<String>)> {
    let texts =
        |texts: &[String]| -> Vec<String> { texts.iter().map(|text| short(text)).collect() };
    let rewire = plan
        .rewire
        .iter()
        .map(|place| short(&format!("{} {} names {}", place.key.id, place.path, place.names)));
    let managed = plan.managed_by.iter().map(|it| {
        let stack = it.stack.as_deref().map(|stack| format!(" ({stack})")).unwrap_or_default();
        short(&format!("{} is managed by {}{stack}: {}", it.id, it.tool, it.because))
    });
    let all = [
        ("To think of first", texts(&plan.warnings)),
        ("Not restored", texts(&plan.not_restored)),
        ("Also touched", texts(&plan.blast_radius)),
        ("To change by hand: these name an old identity", rewire.collect()),
        ("Managed by code", managed.collect()),
    ];
    all.into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(title, mut lines)| {
            let more = lines.len().saturating_sub(PLAN_LINES_MAX);
            lines.truncate(PLAN_LINES_MAX);
            lines.extend((more > 0).then(|| format!("{more} more: the text below has all")));
            (title, lines)
        })
        .collect()
}

/// Where a value is known from, in a few words and as a link.
pub(super) fn source_value(source: &Source) -> Value {
    let event = |prefix: &str, id: &str| Value {
        text: visible_start(&format!("{prefix} {id}"), CELL_CHARS_MAX),
        href: event_href(id),
        ..Value::default()
    };
    match source {
        Source::Event { id } => event("event", id),
        Source::Inferred { id } => event("follows from event", id),
        Source::Snapshot { id } => Value::plain(&format!("snapshot {id}")),
        Source::Unknown => Value::plain("not known"),
    }
}

fn told(told: &Told, is_whole: bool) -> String {
    match told {
        Told::Value { .. } if is_whole => "there".to_owned(),
        Told::Value { value, .. } => {
            visible_start(&super::state_view::json_text(value), VALUE_CHARS_MAX)
        }
        Told::Absent => "none".to_owned(),
        Told::Unknown => "not known".to_owned(),
    }
}

impl UndoneView {
    fn new(undone: &Undone) -> Self {
        let name = undone.event.split_once(':').map_or(undone.event.as_str(), |(_, name)| name);
        let changes = undone.changes.iter().map(|changed| {
            let is_whole = changed.path.is_empty();
            let path = if is_whole { "the whole" } else { changed.path.as_str() };
            ChangedView {
                path: short(&format!("{} {path}", changed.key.id)),
                before: told(&changed.before, is_whole),
                source: match &changed.before {
                    Told::Value { source, .. } => Some(source_value(source)),
                    Told::Absent | Told::Unknown => None,
                },
                after: told(&changed.after, is_whole),
                now: told(&changed.now, is_whole),
            }
        });
        Self {
            event: Value {
                text: short(name),
                href: event_href(&undone.event_id),
                hint: "The event".to_owned(),
                ..Value::default()
            },
            said: short(&format!(
                "{} by {} from {}, in {} {}",
                undone.time, undone.who, undone.source_ip, undone.account, undone.region
            )),
            class: undone.class.as_str(),
            changes: changes.collect(),
            nothing_to_do: undone.nothing_to_do.as_deref().map(short),
        }
    }
}

impl StepView {
    fn new(step: &Step) -> Self {
        let uses = step.uses.iter().map(|used| {
            let value = super::state_view::json_text(&used.value);
            (short(&format!("{} {} = {value}", used.key.id, used.path)), source_value(&used.source))
        });
        let held = step.held.as_deref().map(|held| format!("Held back: {held}"));
        let lost = step.not_restored.iter().map(|lost| format!("Not restored: {lost}"));
        let read = step.is_read.then(|| "Only reads.".to_owned());
        let wait = step.wait.as_ref().map(|wait| format!("Then waits for {}.", wait.waiter));
        let notes = held.into_iter().chain(lost).chain(read).chain(wait);
        Self {
            number: step.number,
            call: short(&format!("{}:{}", step.service, step.operation)),
            place: short(&format!("{} {}", step.account, step.region)),
            class: step.class.as_str(),
            why: short(&step.why),
            uses: uses.collect(),
            notes: notes.map(|note| short(&note)).collect(),
        }
    }
}

impl QuestionView {
    fn new(question: &Question) -> Self {
        let mut told_by = match question.told_by_events.as_slice() {
            [] => String::new(),
            events => format!("An earlier {} would tell it. ", events.join(" or ")),
        };
        if !question.told_by_snapshot.is_empty() {
            told_by.push_str(&format!(
                "A description from before would tell it: {}. ",
                question.told_by_snapshot
            ));
        }
        if let Some(inferred) = &question.inferred {
            told_by.push_str(&format!("Inferred, but told by nobody: {inferred}."));
        }
        Self {
            asks: short(&format!("{}: {}", question.needed_by, question.asks)),
            told_by: short(told_by.trim_end()),
        }
    }
}

impl ConflictView {
    fn new(conflict: &Conflict) -> Self {
        let changed = &conflict.changed;
        Self {
            what: short(&format!("{} {}", changed.key.id, changed.path)),
            why: short(&conflict.why),
            later: conflict.later_event_id.as_deref().map(|id| Value {
                text: short(id),
                href: event_href(id),
                ..Value::default()
            }),
        }
    }
}
