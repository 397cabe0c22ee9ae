//! A plan as text: a shell script, a Python script, JSON, and hints for Terraform.

mod cli;
mod flags;
mod python;
mod terraform;

pub use cli::{Command, Part, Word, argv, check_argv, script};
pub use python::boto3;
pub use terraform::terraform;

use super::types::{Check, Plan, Step, Told};

pub(crate) use cli::check_line;

/// The plan as JSON.
///
/// # Errors
/// A plan always is JSON; what serde says is passed on.
pub fn json(plan: &Plan) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(plan)
}

/// The lines that say what is taken back, from whom, and what is missing; without comment marks.
fn preface(plan: &Plan) -> Vec<String> {
    let mut lines =
        vec![format!("Takes back {} event(s); class: {}.", plan.events.len(), plan.class.as_str())];
    lines.push("Nothing was run. Read it, then run it yourself.".to_owned());
    for event in &plan.events {
        lines.push(format!(
            "{} {} by {} from {} in {} {} (event {}): {}",
            event.time,
            event.event,
            event.who,
            event.source_ip,
            event.account,
            event.region,
            event.event_id,
            event.class.as_str()
        ));
        for changed in &event.changes {
            let path = if changed.path.is_empty() { "it" } else { changed.path.as_str() };
            lines.push(format!(
                "  {} {path}: before {}, after {}, now {}",
                changed.key.id,
                told(&changed.before, changed.path.is_empty()),
                told(&changed.after, changed.path.is_empty()),
                told(&changed.now, changed.path.is_empty())
            ));
        }
        if let Some(why) = &event.nothing_to_do {
            lines.push(format!("  no call: {why}"));
        }
    }
    lines.extend(plan.conflicts.iter().map(|it| {
        let later = it.later_event_id.as_deref().unwrap_or("an unknown event");
        format!("CONFLICT with {later}: {} {}: {}", it.changed.key.id, it.changed.path, it.why)
    }));
    lines.extend(plan.questions.iter().map(|it| {
        let events = match it.told_by_events.as_slice() {
            [] => String::new(),
            events => format!("; told by an earlier {}", events.join(" or ")),
        };
        let snapshot = match it.told_by_snapshot.as_str() {
            "" => String::new(),
            call => format!("; or by a description from before: {call}"),
        };
        format!("MISSING for {}: {}{events}{snapshot}", it.needed_by, it.asks)
    }));
    lines.extend(plan.warnings.iter().map(|it| format!("WARNING: {it}")));
    lines.extend(plan.blast_radius.iter().map(|it| format!("ALSO: {it}")));
    lines.extend(plan.not_restored.iter().map(|it| format!("NOT RESTORED: {it}")));
    lines.extend(
        plan.rewire
            .iter()
            .map(|it| format!("REWIRE: {} {} names {}", it.key.id, it.path, it.names)),
    );
    lines
}

fn told(told: &Told, is_whole: bool) -> String {
    match told {
        Told::Value { .. } if is_whole => "there".to_owned(),
        Told::Value { value, .. } => value.to_string(),
        Told::Absent => "nothing".to_owned(),
        Told::Unknown => "not known".to_owned(),
    }
}

/// What a step is, in a line.
fn title(step: &Step) -> String {
    let Step { number, why, account, .. } = step;
    format!("{number}. {why} ({}), in account {account}", step.class.as_str())
}

/// A comment of one line: what came from outside can end neither the line nor the comment.
fn comment(text: &str) -> String {
    let safe: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    format!("# {safe}\n")
}

/// The path in the answer that later steps take from a step.
fn captured<'a>(plan: &'a Plan, step: &Step) -> Option<&'a str> {
    let used = plan.steps.iter().flat_map(|it| {
        let check = it.check.iter().flat_map(|check| &check.refs);
        it.refs.iter().chain(check)
    });
    used.filter(|it| it.step == step.number).map(|it| it.path.as_str()).next().or_else(|| {
        // A waiter needs it too.
        let own = plan.steps.iter().find(|it| it.number == step.number)?;
        own.wait.as_ref().map(|wait| wait.path.as_str())
    })
}

/// A check as a step that is only to be read.
fn as_step(check: &Check) -> (&str, &str) {
    (check.service.as_str(), check.operation.as_str())
}
