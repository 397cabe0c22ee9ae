//! What a page tells of a broken path: the answer in words, the timeline, the pictures, the way back.

use super::event_actor::ActorView;
use super::plan::{Form, PlanView};
use super::undo::undo_href;
use super::value::{Value, event_href, time_text};
use crate::limits::TIMELINE_MAX;
use crate::visible::{count_of, visible_start};
use trailhound_app::path::{
    Answer, BlameQuery, Blamed, Flip, SetBy, Setter, SettersOfHops, Trial, UndoTested, Verdict,
};
use trailhound_app::picture::{self, Parts, words};
use trailhound_app::replay::Moment;
use trailhound_record::Timestamp;

/// The longest text of a cell.
const CELL_CHARS_MAX: usize = 400;

/// The answer of the page.
#[derive(Debug)]
pub(super) struct AnswerView {
    pub(super) title: String,
    pub(super) last: VerdictView,
    /// The answer as one sentence.
    pub(super) sentence: String,
    pub(super) culprit: Option<CulpritView>,
    pub(super) timeline: Vec<MomentView>,
    pub(super) timeline_note: String,
    /// Pictures with their titles: before and after, or one.
    pub(super) pictures: Vec<PictureView>,
    pub(super) undo: Option<UndoView>,
    pub(super) assumed: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
}

/// A verdict in words.
#[derive(Debug)]
pub(super) struct VerdictView {
    pub(super) text: &'static str,
    /// The class of its look.
    pub(super) class: &'static str,
    /// Codes with what they mean and what they are about.
    pub(super) reasons: Vec<[String; 3]>,
    /// What is not known.
    pub(super) missing: Vec<String>,
}

/// Who broke it.
#[derive(Debug)]
pub(super) struct CulpritView {
    pub(super) event: Value,
    pub(super) by: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) actor: ActorView,
    pub(super) is_tie: bool,
    pub(super) undo_href: Option<String>,
}

/// A change in the timeline, or an end of the window.
#[derive(Debug)]
pub(super) struct MomentView {
    pub(super) time: String,
    pub(super) class: &'static str,
    pub(super) event: Value,
    pub(super) text: String,
}

/// A picture.
#[derive(Debug)]
pub(super) struct PictureView {
    pub(super) title: String,
    pub(super) verdict: VerdictView,
    /// SVG; every text in it is escaped.
    pub(super) svg: Parts,
    /// Whether the way back is what the verdict is about.
    pub(super) is_about_back: bool,
}

/// The way back.
#[derive(Debug)]
pub(super) struct UndoView {
    pub(super) trial: String,
    pub(super) trial_class: &'static str,
    pub(super) plan: PlanView,
    pub(super) href: Option<String>,
}

impl AnswerView {
    pub(super) fn new(title: &str, asked: &BlameQuery, blamed: &Blamed) -> Self {
        let culprit = blamed.culprit();
        Self {
            title: visible_start(title, CELL_CHARS_MAX),
            last: VerdictView::new(&blamed.last),
            sentence: match culprit {
                Some(flip) => broken_by(flip),
                None => without_culprit(blamed).to_owned(),
            },
            culprit: culprit.map(CulpritView::new),
            timeline: timeline(asked, blamed),
            timeline_note: timeline_note(blamed),
            pictures: pictures(title, blamed),
            undo: blamed.undo.as_ref().map(UndoView::new),
            assumed: blamed
                .assumed
                .iter()
                .map(|it| {
                    (
                        visible_start(&it.resource, CELL_CHARS_MAX),
                        visible_start(&it.text, CELL_CHARS_MAX),
                    )
                })
                .collect(),
            notes: notes(blamed),
        }
    }
}

fn said(text: &Option<String>) -> String {
    text.as_deref().map_or_else(|| "?".to_owned(), |text| visible_start(text, CELL_CHARS_MAX))
}

fn at(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "an unknown time".to_owned(), time_text)
}

fn broken_by(flip: &Flip) -> String {
    let event = &flip.event;
    let who = match flip.attribution.short() {
        name if name == "unknown" => "A caller that is not known".to_owned(),
        name => visible_start(&name, CELL_CHARS_MAX),
    };
    format!(
        "{who} broke it: {} at {} UTC from {}, in account {}, {}.",
        said(&event.event_name),
        at(event.event_time),
        said(&event.source_ip_address),
        said(&event.account_id),
        said(&event.aws_region),
    )
}

/// What to say when no change made a way that worked unreachable.
fn without_culprit(blamed: &Blamed) -> &'static str {
    match (blamed.first.verdict, blamed.last.verdict) {
        (_, Verdict::Reachable) => {
            "It works at the window's end: no change in the window broke it."
        }
        (Verdict::Reachable, _) => "From some change on it is not known whether it works.",
        (Verdict::Unknown, _) => "It is not known whether it ever worked: see what is missing.",
        _ => "It did not work at the window's start either.",
    }
}

impl VerdictView {
    fn new(answer: &Answer) -> Self {
        let reason = |it: &trailhound_app::path::Explanation| {
            [words::code(it.explanation_code), it.explanation_code.as_str(), &words::about(it)]
                .map(|text| visible_start(text, CELL_CHARS_MAX))
        };
        let is_unknown = answer.verdict == Verdict::Unknown;
        Self {
            text: words::verdict(answer),
            class: match answer.verdict {
                Verdict::Reachable => "good",
                Verdict::Unreachable | Verdict::ForwardOnly => "error",
                Verdict::Unknown | Verdict::Boundary => "write",
            },
            reasons: answer.explanations.iter().filter(|_| !is_unknown).map(reason).collect(),
            missing: answer
                .missing
                .iter()
                .map(|missing| {
                    let of =
                        if missing.property.is_empty() { "anything" } else { &missing.property };
                    visible_start(&format!("{of} of {}", missing.resource), CELL_CHARS_MAX)
                })
                .collect(),
        }
    }
}

impl CulpritView {
    fn new(flip: &Flip) -> Self {
        let event = &flip.event;
        let id = event.event_id.as_deref();
        Self {
            event: Value {
                text: said(&event.event_name),
                href: id.and_then(event_href),
                hint: "The event".to_owned(),
                ..Value::default()
            },
            by: visible_start(&flip.attribution.line(), CELL_CHARS_MAX),
            facts: vec![
                ("When", format!("{} UTC", at(event.event_time))),
                ("From", said(&event.source_ip_address)),
                ("With", said(&event.user_agent)),
                (
                    "Where",
                    format!("account {}, {}", said(&event.account_id), said(&event.aws_region)),
                ),
            ],
            actor: ActorView::new(&flip.attribution),
            is_tie: flip.is_tie,
            undo_href: id.and_then(undo_href),
        }
    }
}

/// The ends of the window and the changes that were looked at, in their order.
fn timeline(asked: &BlameQuery, blamed: &Blamed) -> Vec<MomentView> {
    let end = |time: Option<Timestamp>, text: String| MomentView {
        time: time.map(time_text).unwrap_or_default(),
        class: "end",
        event: Value::default(),
        text,
    };
    let culprit = blamed.culprit();
    let flips = blamed.flips.iter().map(|flip| {
        let is_culprit = culprit.is_some_and(|it| std::ptr::eq(it, flip));
        (flip.event.event_time, MomentView::of_flip(flip, is_culprit))
    });
    let innocent = blamed.innocent.iter().map(|it| (it.at, MomentView::of_innocent(it)));
    let mut moments: Vec<(Option<Timestamp>, MomentView)> = flips.chain(innocent).collect();
    moments.sort_by_key(|(at, _)| *at);
    let older = moments.len().saturating_sub(TIMELINE_MAX);
    let start = match asked.good {
        Some(_) => "start of the window",
        None => "before the first change that is stored",
    };
    let mut views = vec![end(asked.good, format!("{start}: {}", words::verdict(&blamed.first)))];
    if older > 0 {
        views.push(end(None, format!("{older} older changes that were looked at are not shown")));
    }
    views.extend(moments.into_iter().skip(older).map(|(_, view)| view));
    let last = if asked.bad.is_some() { "end of the window" } else { "after the newest change" };
    views.push(end(asked.bad, format!("{last}: {}", words::verdict(&blamed.last))));
    views
}

impl MomentView {
    fn of_flip(flip: &Flip, is_culprit: bool) -> Self {
        let event = &flip.event;
        let by = visible_start(&flip.attribution.short(), CELL_CHARS_MAX);
        let (before, after) = (words::verdict(&flip.before), words::verdict(&flip.after));
        let tie = if flip.is_tie { "; another change has the same second" } else { "" };
        Self {
            time: event.event_time.map(time_text).unwrap_or_default(),
            class: if is_culprit { "culprit" } else { "flip" },
            event: Value {
                text: said(&event.event_name),
                href: event.event_id.as_deref().and_then(event_href),
                ..Value::default()
            },
            text: format!("by {by}: {before} before, {after} after{tie}"),
        }
    }

    fn of_innocent(moment: &Moment) -> Self {
        Self {
            time: moment.at.map(time_text).unwrap_or_default(),
            class: "innocent",
            event: Value {
                text: visible_start(&moment.event_name, CELL_CHARS_MAX),
                href: event_href(&moment.event_id),
                ..Value::default()
            },
            text: "checked: it touched what the answer rests on, and did not change it".to_owned(),
        }
    }
}

fn timeline_note(blamed: &Blamed) -> String {
    let looked = (blamed.flips.len() + blamed.innocent.len()) as u64;
    let changes = blamed.changes as u64;
    format!(
        "{} in the window; {} touched nothing that the answer rests on.",
        count_of(changes, "change", "changes"),
        crate::visible::count(changes.saturating_sub(looked)),
    )
}

fn pictures(title: &str, blamed: &Blamed) -> Vec<PictureView> {
    let none = SettersOfHops::new();
    let draw = |name: String, answer: &Answer, set_by: &SettersOfHops| PictureView {
        title: name,
        verdict: VerdictView::new(answer),
        svg: picture::inline(title, answer, set_by, &event_href),
        is_about_back: answer.verdict != Verdict::Reachable,
    };
    let Some(flip) = blamed.culprit() else {
        return vec![draw("At the window's end".to_owned(), &blamed.last, &none)];
    };
    let (before, mut after) = blamed.set_by.clone().unwrap_or_default();
    // What was taken away is no rule or route that a hop met: the change itself says why it ends there.
    let id = flip.event.event_id.as_deref().unwrap_or_default();
    if !after.values().any(|met| met.event.event_id == id) {
        after.insert(flip.after.forward.len() + 1, set_by_culprit(flip));
    }
    vec![
        draw("Before".to_owned(), &flip.before, &before),
        draw("After".to_owned(), &flip.after, &after),
    ]
}

fn set_by_culprit(flip: &Flip) -> SetBy {
    let event = &flip.event;
    SetBy {
        resource: flip.changed.first().map(|changed| changed.key.id.clone()).unwrap_or_default(),
        path: String::new(),
        event: Setter {
            event_id: event.event_id.clone().unwrap_or_default(),
            event_name: event.event_name.clone(),
            event_time: event.event_time.map(|at| at.to_string()),
            actor: Some(flip.attribution.line()),
            source_ip_address: event.source_ip_address.clone(),
        },
    }
}

impl UndoView {
    fn new(tested: &UndoTested) -> Self {
        let (trial, trial_class) = match &tested.after {
            Trial::Answered(answer) => {
                let class = if answer.verdict == Verdict::Reachable { "good" } else { "error" };
                (format!("Tried on the newest state: {} after it.", words::verdict(answer)), class)
            }
            Trial::NewIds => {
                ("It makes new ids, so it could not be tried here.".to_owned(), "write")
            }
            Trial::Incomplete => ("It is not whole, so it was not tried.".to_owned(), "write"),
            Trial::NoCalls => ("There is nothing to call.".to_owned(), "write"),
        };
        let first = tested.undo.events.first().and_then(|(event, _)| event.event_id.as_deref());
        Self {
            trial,
            trial_class,
            plan: PlanView::new(&tested.undo.plan, Form::Script),
            href: first.and_then(undo_href),
        }
    }
}

fn notes(blamed: &Blamed) -> Vec<String> {
    let coverage = &blamed.coverage;
    let mut notes = vec![format!(
        "{} replayed, {} in the window, {} asked; of {} that are stored, {} examined.",
        count_of(blamed.events_read, "event", "events"),
        count_of(blamed.changes as u64, "change", "changes"),
        count_of(blamed.evaluations as u64, "state", "states"),
        count_of(coverage.events_in_range, "event", "events"),
        crate::visible::count(coverage.events_examined),
    )];
    let unreadable = coverage.unreadable.len() as u64;
    if unreadable > 0 {
        notes.push(format!(
            "The answer is partial: {} could not be read.",
            count_of(unreadable, "segment", "segments")
        ));
    }
    notes
}
