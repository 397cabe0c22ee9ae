//! One path, analysed.

use serde::Serialize;
use serde_json::Value;
use trailhound_reach::{Answer, Missing, Verdict};

use super::types::{self, Analysis, InsightsPath, Status};
use super::walk;
use crate::App;
use crate::network::Assumption;
use crate::path::PathQuery;

/// The longest list that a message tells.
const TOLD_MAX: usize = 12;

/// Answers a path and writes the answer into its analysis.
pub(super) fn analyse(app: &App, path: &InsightsPath, analysis: &mut Analysis) {
    let asked = walk::query(path).and_then(|query| Ok((query, types::at(&analysis.tags)?)));
    let (query, at) = match asked {
        Ok(asked) => asked,
        Err(error) => return analysis.fail(error.to_string()),
    };
    // Paths cross accounts: ids tell resources apart.
    let found = match app.path(&PathQuery { query, account_id: None, at }) {
        Ok(found) => found,
        Err(error) => return analysis.fail(error.to_string()),
    };
    analysis.warning_message = told_assumed(&found.assumed);
    if !found.coverage.unreadable.is_empty() {
        let segments = listed(found.coverage.unreadable.iter().map(String::as_str));
        return analysis.fail(format!("segments of the store cannot be read: {segments}"));
    }
    tell(&found.answer, analysis);
}

/// What is not decided is a failure with its reason: `NetworkPathFound` would be a lie either way.
fn tell(answer: &Answer, analysis: &mut Analysis) {
    match answer.verdict {
        Verdict::Unknown => {
            return analysis.fail(format!("not decided: {}", told_missing(&answer.missing)));
        }
        Verdict::Boundary => {
            let last =
                answer.forward_nodes.last().map(String::as_str).unwrap_or("an unknown place");
            return analysis.fail(format!(
                "not decided: packets leave what is recorded at {last}, where routes are not known"
            ));
        }
        Verdict::Reachable => {
            analysis.network_path_found = Some(true);
            analysis.forward_path_components = values(&answer.forward);
            analysis.return_path_components = values(&answer.return_path);
        }
        Verdict::ForwardOnly | Verdict::Unreachable => {
            analysis.network_path_found = Some(false);
            analysis.explanations = values(&answer.explanations);
        }
    }
    analysis.status = Status::Succeeded;
}

/// Parts of an answer, with AWS's names.
pub(super) fn values(parts: &[impl Serialize]) -> Vec<Value> {
    parts.iter().filter_map(|part| serde_json::to_value(part).ok()).collect()
}

/// What the state does not say.
pub(super) fn told_missing(missing: &[Missing]) -> String {
    let told: Vec<String> = missing
        .iter()
        .map(|it| match it.property.as_str() {
            "" => format!("{} is not in what is recorded", it.resource),
            property => format!("{property} of {} is not known", it.resource),
        })
        .collect();
    listed(told.iter().map(String::as_str))
}

/// What an answer assumes.
pub(super) fn told_assumed(assumed: &[Assumption]) -> Option<String> {
    let told: Vec<String> =
        assumed.iter().map(|it| format!("assumed of {}: {}", it.resource, it.text)).collect();
    (!told.is_empty()).then(|| listed(told.iter().map(String::as_str)))
}

fn listed<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<&str> = texts.collect();
    let shown: Vec<&str> = texts.iter().copied().take(TOLD_MAX).collect();
    let more = texts.len() - shown.len();
    let shown = shown.join("; ");
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}
