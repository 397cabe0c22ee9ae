//! The way back: which calls take back what an event did, and how honest that is.
//!
//! A plan is text for a human to run; nothing here calls AWS. What was there before comes from a state just
//! before the event, with where each value is known from. A value that is not known, or that was only
//! inferred, is never guessed: the call that needs it is left out, and a question says which events or which
//! description would tell it. What was changed again since is a conflict, not overwritten unless asked for.
//!
//! Inverting the calls alone, without a state, was rejected: most calls that change something do not say
//! what was there before.
//!
//! # Source
//! Operations and members are those of AWS's API models (botocore); the classes are our judgement.

mod case;
mod code;
pub mod events;
mod expr;
pub mod irreversible;
mod judge;
mod managed;
mod of_state;
mod path;
mod prior;
pub mod render;
mod rewire;
mod row;
mod table;
mod types;
pub mod verify;

use std::collections::BTreeSet;

use case::{Case, Overlay, Renamed, scope_of};
use row::{Effect, Row};

pub use path::element_key;
pub use prior::{Existence, Prior};
pub use types::{
    Call, Changed, Check, Class, Conflict, Expectation, Managed, Options, Place, Plan, Question,
    Ref, Step, Told, Undone, Used, Wait,
};

/// An event to take back, with the states around it.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// The call.
    pub call: &'a Call,
    /// The state just before it.
    pub before: &'a dyn Prior,
    /// The state just after it.
    pub after: &'a dyn Prior,
}

/// The class of an event's undo when all that it needs is known; nothing for an event not in the table.
pub fn class_of(service: &str, operation: &str) -> Option<Class> {
    table::row_of(service, operation).map(|row| row.class)
}

/// The events with an inverse as a Markdown table: event, class, calls, what does not come back.
pub fn reference() -> String {
    let mut out = String::new();
    for group in table::GROUPS {
        out.push_str(&format!("\n### {}\n\n", group.title));
        out.push_str("| event | class | taken back by | does not come back |\n|---|---|---|---|\n");
        for row in group.rows {
            let calls = row.undo.iter().chain(row.or_none);
            let mut names: Vec<String> = Vec::new();
            for call in calls {
                let words = case::Words::of(call);
                let name =
                    format!("{}{}", if words.is_read { "(reads) " } else { "" }, words.operation);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            out.push_str(&format!(
                "| {}:{} | {} | {} | {} |\n",
                row.service,
                row.operation,
                row.class.as_str(),
                names.join(", "),
                row.lost.join("; ")
            ));
        }
    }
    out
}

/// Plans the way back from `events`; `now` is the newest state.
///
/// Shape: the newest event is taken back first; those of one time in the order given, which is to be the
/// newest first. An event given twice counts once.
///
/// As of: `now`. A step names an id that the plan itself makes by the number of the step that makes it.
pub fn plan(events: &[Event<'_>], now: &dyn Prior, options: &Options) -> Plan {
    let mut ordered: Vec<&Event<'_>> = events.iter().collect();
    // Of one time the order given counts: whoever replayed them knows which needed which.
    ordered.sort_by(|a, b| b.call.time.cmp(&a.call.time));
    let mut plan = Plan {
        class: Class::Exact,
        events: Vec::new(),
        steps: Vec::new(),
        questions: Vec::new(),
        conflicts: Vec::new(),
        blast_radius: Vec::new(),
        warnings: Vec::new(),
        not_restored: Vec::new(),
        rewire: Vec::new(),
        managed_by: Vec::new(),
    };
    let mut seen = BTreeSet::new();
    let mut overlay = Overlay::new();
    let mut renamed = Renamed::new();
    for event in ordered {
        if !event.call.event_id.is_empty() && !seen.insert(event.call.event_id.as_str()) {
            continue;
        }
        match table::row_of(&event.call.service, &event.call.operation) {
            Some(row) => {
                let case =
                    take_back(event, row, now, options, &overlay, &renamed, plan.steps.len());
                let case = Parts::of(case);
                overlay.extend(case.overlay.clone());
                renamed.extend(case.renamed.clone());
                add(&mut plan, event.call, case);
            }
            None => add_unknown(&mut plan, event.call),
        }
    }
    let conflicts = &plan.conflicts;
    let is_needed = |it: &&Undone| {
        it.nothing_to_do.is_none()
            || it.class == Class::Irreversible
            || conflicts.iter().any(|conflict| conflict.event_id == it.event_id)
    };
    plan.class =
        plan.events.iter().filter(is_needed).map(|it| it.class).max().unwrap_or(Class::Exact);
    for list in [&mut plan.blast_radius, &mut plan.warnings, &mut plan.not_restored] {
        let mut seen = BTreeSet::new();
        list.retain(|text| seen.insert(text.clone()));
    }
    plan
}

/// What one event adds to a plan.
struct Parts {
    undone_class: Class,
    nothing_to_do: Option<String>,
    changes: Vec<Changed>,
    steps: Vec<Step>,
    questions: Vec<Question>,
    conflicts: Vec<Conflict>,
    blast_radius: Vec<String>,
    warnings: Vec<String>,
    not_restored: Vec<String>,
    rewire: Vec<Place>,
    managed_by: Vec<Managed>,
    overlay: Overlay,
    renamed: Renamed,
}

fn take_back<'a>(
    event: &Event<'a>,
    row: &'a Row,
    now: &'a dyn Prior,
    options: &'a Options,
    overlay: &'a Overlay,
    renamed: &'a Renamed,
    first_number: usize,
) -> Case<'a> {
    let mut case = Case {
        call: event.call,
        row,
        before: event.before,
        after: event.after,
        now,
        options,
        overlay,
        renamed,
        scope: scope_of(event.call),
        about_type: "",
        about: None,
        first_number,
        numbers: Vec::new(),
        steps: Vec::new(),
        questions: Vec::new(),
        conflicts: Vec::new(),
        warnings: Vec::new(),
        blast_radius: Vec::new(),
        not_restored: Vec::new(),
        rewire: Vec::new(),
        changes: Vec::new(),
        nothing_to_do: None,
        held: None,
        class: row.class,
    };
    case.find_about();
    case.watch_all();
    case.judge();
    if case.nothing_to_do.is_none() {
        run(&mut case);
    }
    finish(&mut case);
    case
}

/// Writes the steps.
fn run(case: &mut Case<'_>) {
    if let Some(code) = case.row.code {
        return code(case);
    }
    let calls = match (case.row.or_none, case.changes.first().map(|it| &it.before)) {
        ([], _) | (_, Some(Told::Value { .. })) => case.row.undo,
        (or_none, Some(Told::Absent)) => or_none,
        (_, Some(Told::Unknown) | None) => {
            let path = case.changes.first().map(|it| it.path.clone()).unwrap_or_default();
            let asks = match path.is_empty() {
                true => format!("whether the {} was there before the event", case.about_type),
                false => format!("what `{path}` was before the event, if there was any"),
            };
            return case.ask_for(asks, &path, true);
        }
    };
    case.run_calls(calls);
}

/// Leaves out what lacks a value, and dresses the rest.
fn finish(case: &mut Case<'_>) {
    if case.nothing_to_do.is_some() || case.questions.iter().any(|it| it.is_blocking) {
        case.steps.clear();
    }
    if !case.questions.is_empty() {
        case.class = case.class.lower();
    }
    tell_what_is_left(case);
    if case.steps.is_empty() && case.questions.is_empty() && case.nothing_to_do.is_none() {
        case.nothing_to_do = Some(match case.row.class {
            Class::Irreversible => case.row.lost.join("; "),
            _ => "the event changed nothing that a call would take back".to_owned(),
        });
    }
    if case.nothing_to_do.is_none() {
        case.not_restored.extend(case.row.lost.iter().map(|it| (*it).to_owned()));
        case.warnings.extend(
            case.row
                .notes
                .iter()
                .map(|it| format!("{}:{}: {it}", case.row.service, case.row.operation)),
        );
        case.judge_access();
        match case.row.effect {
            Effect::Ended if !case.row.new_id.is_empty() => case.list_rewiring(),
            _ => case.list_blast_radius(),
        }
    }
    dress(case);
}

/// Tells what the event set and the row does not set back.
fn tell_what_is_left(case: &mut Case<'_>) {
    if case.nothing_to_do.is_some() || !case.row.undo.iter().any(|call| call.contains('*')) {
        return;
    }
    let left = case.left_out();
    if left.is_empty() {
        return;
    }
    case.class = case.class.max(Class::Partial);
    for name in &left {
        let text = format!("`{name}`: the event set it, and nothing here sets it back");
        case.not_restored.push(text);
    }
    if case.steps.is_empty() && case.questions.is_empty() {
        case.class = Class::Irreversible;
        case.nothing(&format!("nothing here sets back {}", left.join(", ")));
    }
}

fn dress(case: &mut Case<'_>) {
    let check = match case.row.check {
        "" => table::check_of(case.about_type),
        own => Some(own),
    };
    let check = check.and_then(|text| case.check(text, true));
    let mut expect = case.expectations();
    let (class, held) = (case.class, case.held.clone());
    let is_offer = case.row.class == Class::Irreversible;
    let held = match is_offer {
        true => Some("this makes a replacement; it takes nothing back".to_owned()),
        false => held,
    };
    let wait = case.waiter();
    let last = case.steps.iter().rposition(|step| !step.is_read);
    let first = case.steps.iter().position(|step| !step.is_read);
    let (lost, rewire) = (case.row.lost, case.rewire.clone());
    for (at, step) in case.steps.iter_mut().enumerate() {
        step.class = class;
        step.held.clone_from(&held);
        if !step.is_read {
            step.check.clone_from(&check);
        }
        if Some(at) == first {
            step.wait = step.wait.take().or(wait.clone());
            step.not_restored = lost.iter().map(|it| (*it).to_owned()).collect();
            step.rewire.clone_from(&rewire);
        }
        if Some(at) == last {
            step.expect = std::mem::take(&mut expect);
        }
    }
}

/// That a resource is there, in place of all that it is: that is long, and may hold secrets.
fn without_body(changed: &mut Changed) {
    if changed.path.is_empty() {
        for told in [&mut changed.before, &mut changed.after, &mut changed.now] {
            if let Told::Value { value, .. } = told {
                *value = serde_json::Value::Bool(true);
            }
        }
    }
}

impl Parts {
    fn of(mut case: Case<'_>) -> Self {
        let mut overlay = Overlay::new();
        let mut renamed = Renamed::new();
        let is_run = !case.steps.is_empty() && case.held.is_none();
        if is_run {
            for changed in &case.changes {
                overlay.insert((changed.key.clone(), changed.path.clone()), changed.before.clone());
            }
            let first = case.numbers.first().copied().flatten();
            if let (Some(key), Some(step), Effect::Ended) = (&case.about, first, case.row.effect)
                && !case.row.new_id.is_empty()
            {
                renamed.insert(key.id.clone(), (step, case.row.new_id.to_owned()));
            }
        }
        case.changes.iter_mut().for_each(without_body);
        case.conflicts.iter_mut().for_each(|conflict| without_body(&mut conflict.changed));
        Self {
            undone_class: case.class,
            managed_by: managed::of(&case),
            nothing_to_do: case.nothing_to_do,
            changes: case.changes,
            steps: case.steps,
            questions: case.questions,
            conflicts: case.conflicts,
            blast_radius: case.blast_radius,
            warnings: case.warnings,
            not_restored: case.not_restored,
            rewire: case.rewire,
            overlay,
            renamed,
        }
    }
}

fn add(plan: &mut Plan, call: &Call, parts: Parts) {
    let mut undone = undone(call, parts.undone_class);
    undone.nothing_to_do = parts.nothing_to_do;
    undone.changes = parts.changes;
    plan.events.push(undone);
    plan.steps.extend(parts.steps);
    plan.questions.extend(parts.questions);
    plan.conflicts.extend(parts.conflicts);
    plan.blast_radius.extend(parts.blast_radius);
    plan.warnings.extend(parts.warnings);
    plan.not_restored.extend(parts.not_restored);
    plan.rewire.extend(parts.rewire);
    plan.managed_by.extend(parts.managed_by);
}

fn add_unknown(plan: &mut Plan, call: &Call) {
    let mut undone = undone(call, Class::Irreversible);
    undone.nothing_to_do = Some("no inverse of this event is known".to_owned());
    plan.events.push(undone);
}

fn undone(call: &Call, class: Class) -> Undone {
    Undone {
        event_id: call.event_id.clone(),
        event: format!("{}:{}", call.service, call.operation),
        account: call.account.clone(),
        region: call.region.clone(),
        time: call.time.clone(),
        who: call.who.clone(),
        source_ip: call.source_ip.clone(),
        class,
        changes: Vec::new(),
        nothing_to_do: None,
    }
}

#[cfg(test)]
mod tests;
