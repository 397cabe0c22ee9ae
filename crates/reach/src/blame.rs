//! Which change broke a path, and which mended it.
//!
//! A verdict may go back and forth, so the window is not halved: from its end backward, the next change
//! that touched a fact of the last answer is the only one that can have made that answer differ.

use serde::Serialize;

use crate::net::Network;
use crate::path::{Answer, path};
use crate::query::Query;
use crate::timeline::Versions;

/// One change that changed the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Flip {
    /// The change's place in the sequence.
    pub change: usize,
    /// The answer before it.
    pub before: Answer,
    /// The answer after it.
    pub after: Answer,
}

/// Every change of a window that changed the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Blame {
    /// The changes, newest first.
    pub flips: Vec<Flip>,
    /// Changes that touched what the answer rests on, and left the answer as it was; newest first.
    pub innocent: Vec<usize>,
    /// How many networks were asked.
    pub evaluations: usize,
    /// The answer at the window's start.
    pub good: Answer,
    /// The answer at the window's end.
    pub bad: Answer,
}

impl Blame {
    /// The newest change that made the verdict what it is at the window's end.
    pub fn culprit(&self) -> Option<&Flip> {
        self.flips.iter().find(|flip| flip.before.verdict != flip.after.verdict)
    }
}

/// Finds every change between the first `good` and the first `bad` changes that changed the answer.
///
/// Two answers differ where their verdicts or first codes do. Only changes that touch a fact of the last
/// answer are asked about; all others cannot have changed it.
pub fn blame(versions: &impl Versions, query: &Query, good: usize, bad: usize) -> Blame {
    let (good, bad) = (good.min(versions.len()), bad.min(versions.len()));
    let last = path(&versions.network(bad), query);
    let mut found = Blame {
        flips: Vec::new(),
        innocent: Vec::new(),
        evaluations: 1,
        good: last.clone(),
        bad: last.clone(),
    };
    let mut current = last;
    let mut end = bad;
    while let Some(place) = newest(versions, &current, good, end) {
        end = place;
        // The answer after this change is the current one: nothing in between touched its facts.
        let before = versions.network(place);
        if !current.read_set.is_met_by(versions.touched(place), &before) {
            continue;
        }
        let answer = path(&before, query);
        found.evaluations += 1;
        if answer.agrees_with(&current) {
            found.innocent.push(place);
        } else {
            let after = current;
            found.flips.push(Flip { change: place, before: answer.clone(), after });
        }
        current = answer;
    }
    found.good = current;
    found
}

/// The newest change in `[good, end)` that touched a fact of an answer.
fn newest(versions: &impl Versions, answer: &Answer, good: usize, end: usize) -> Option<usize> {
    let last = |token| {
        let touching = versions.touching(token);
        let count = touching.partition_point(|place| *place < end);
        count.checked_sub(1).and_then(|last| touching.get(last)).copied()
    };
    answer.read_set.tokens().filter_map(last).max().filter(|place| *place >= good)
}

/// Asks about every version; the slow way that the quick one is checked against.
pub fn blame_every_change(
    versions: &impl Versions,
    query: &Query,
    good: usize,
    bad: usize,
) -> Vec<Flip> {
    let mut flips = Vec::new();
    let mut after: Option<Answer> = None;
    for place in (good..=bad).rev() {
        let network: Network = versions.network(place);
        let answer = path(&network, query);
        if let Some(after) = after.replace(answer.clone())
            && !answer.agrees_with(&after)
        {
            flips.push(Flip { change: place, before: answer, after });
        }
    }
    flips
}
