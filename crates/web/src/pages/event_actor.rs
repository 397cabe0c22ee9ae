//! Who stands behind an event, with the steps that lead there.

use super::value::event_href;
use crate::visible::visible_start;
use trailhound_app::who::{Actor, Attribution, Evidence, Strength};

/// The longest text of a step.
const STEP_CHARS_MAX: usize = 400;

/// The actor, and how it was found.
#[derive(Debug)]
pub(super) struct ActorView {
    pub(super) actor: String,
    /// How much the steps prove; nothing when nobody was found.
    pub(super) proof: Option<&'static str>,
    pub(super) steps: Vec<StepView>,
    pub(super) notes: Vec<String>,
}

/// One step, or who stands behind a workload.
#[derive(Debug)]
pub(super) struct StepView {
    pub(super) text: String,
    pub(super) evidence: Vec<EvidenceView>,
}

/// An event that shows a step.
#[derive(Debug)]
pub(super) struct EvidenceView {
    pub(super) text: String,
    pub(super) href: Option<String>,
}

impl ActorView {
    pub(super) fn new(found: &Attribution) -> Self {
        let proof = match (&found.actor, found.strength) {
            (Actor::Unknown { .. }, _) => None,
            (_, Strength::Strong) => Some("Strong: every step rests on what AWS wrote."),
            (_, Strength::Weak) => Some("Weak: a step rests on what the caller could choose."),
        };
        let mut steps = Vec::new();
        let mut next = Some(found);
        while let Some(found) = next {
            steps.extend(found.links.iter().map(|link| StepView {
                text: visible_start(
                    &format!("{} ← {}: {}", link.from, link.to, link.how.words()),
                    STEP_CHARS_MAX,
                ),
                evidence: link.evidence.iter().map(EvidenceView::new).collect(),
            }));
            next = found.behind.as_deref();
            steps.extend(next.map(|behind| StepView {
                text: visible_start(&format!("Behind it: {}", behind.actor), STEP_CHARS_MAX),
                evidence: Vec::new(),
            }));
        }
        let notes = found.notes.iter().map(|note| visible_start(note, STEP_CHARS_MAX)).collect();
        Self { actor: visible_start(&found.actor.to_string(), STEP_CHARS_MAX), proof, steps, notes }
    }
}

impl EvidenceView {
    fn new(evidence: &Evidence) -> Self {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        let text = format!("{} {}", said(&evidence.event_name), said(&evidence.event_time));
        Self {
            text: visible_start(text.trim(), STEP_CHARS_MAX),
            href: evidence.event_id.as_deref().and_then(event_href),
        }
    }
}
