//! Whether an undo is to be had at all: what the event really did, what came after, what it would open.

use serde_json::Value;

use super::case::Case;
use super::expr::Missing;
use super::path::Path;
use super::prior::Existence;
use super::row::{Containment, Effect};
use super::types::{Changed, Class, Conflict, Told};
use crate::state::Key;

impl Case<'_> {
    /// Takes down the three values of all that the event changed.
    pub(crate) fn watch_all(&mut self) {
        let Some(key) = self.about.clone() else { return };
        let back = self.row.back.iter().filter_map(|pair| {
            let pair = pair.trim_start_matches('~');
            let (name, from) = pair.split_once('=').unwrap_or((pair, pair));
            let from = from.split('|').next().unwrap_or(from);
            let from = from.split_once(':').map_or(from, |(_, path)| path);
            Path::of(name).find(&self.call.request).map(|_| Path::of(from))
        });
        let touched = self.row.touches.iter().filter_map(|text| self.path(text));
        let paths: Vec<Path> = touched.chain(back).collect();
        match self.row.effect {
            Effect::Made | Effect::Ended => self.watch(&key, &Path::default()),
            Effect::Set | Effect::Added | Effect::Removed => {}
        }
        for path in paths {
            self.watch(&key, &path);
        }
    }

    /// Decides whether there is anything to take back; asks where it cannot be told.
    pub(crate) fn judge(&mut self) {
        let forever = self.call.request.get(self.row.forever).and_then(Value::as_bool);
        if forever == Some(true) {
            self.class = Class::Irreversible;
            return self.nothing("it was deleted for good: nothing restores it");
        }
        match self.row.effect {
            Effect::Made => self.judge_made(),
            Effect::Ended => self.judge_ended(),
            Effect::Set | Effect::Added | Effect::Removed => {
                if !self.is_target_gone() {
                    self.judge_changed();
                }
            }
        }
        self.judge_containment();
    }

    fn judge_made(&mut self) {
        let Some(key) = self.about.clone() else { return };
        // A call that is repeated with its token answers with what it made the first time.
        if self.before.exists(&key) == Existence::Yes {
            return self.nothing("it was there before the event");
        }
        match self.now_exists(&key) {
            // A call that made several is about the first of them.
            Existence::No if self.row.undo.iter().any(|call| call.contains("[].")) => {}
            Existence::No => self.nothing("what the event made is gone already"),
            Existence::Yes | Existence::Unknown => {
                if self.changes.iter().any(|it| it.path.is_empty() && it.after.differs(&it.now)) {
                    let text =
                        format!("{} was changed since it was made: that goes with it", key.id);
                    self.blast_radius.push(text);
                }
            }
        }
    }

    fn judge_ended(&mut self) {
        let Some(key) = self.about.clone() else { return };
        // AWS still describes some things for a while after their end.
        if self.now_exists(&key) == Existence::Yes && self.is_in_use(&key) {
            let found = self.changes.iter().find(|it| it.path.is_empty()).cloned();
            if let Some(changed) = found {
                self.conflict(changed, "there is one with this name again");
            }
        }
    }

    pub(crate) fn judge_changed(&mut self) {
        let changes = self.changes.clone();
        if changes.is_empty() {
            return;
        }
        if changes.iter().all(|it| it.before.is_same(&it.after)) {
            return self.nothing("the event changed nothing: it was so before");
        }
        if changes.iter().all(|it| it.now.is_same(&it.before) && !it.now.is_same(&it.after)) {
            return self.nothing("it is as it was before the event already");
        }
        self.warn_of_unknown(&changes);
        for changed in changes {
            if self.row.is_lax && matches!(changed.before, Told::Unknown) {
                let asks = format!("whether `{}` was there before the event", changed.path);
                self.ask_if_there(&changed.path, &asks);
            }
            // What AWS does by itself after the event is a part of the event.
            let is_of_this = changed.now.event_id() == Some(self.call.event_id.as_str());
            if changed.after.differs(&changed.now) && !is_of_this {
                match (&changed.now, self.row.effect) {
                    (Told::Absent, Effect::Added) => self.nothing("what the event added is gone"),
                    _ => self.conflict(changed, "it was changed again since the event"),
                }
            }
        }
    }

    /// Warns of properties of which it is not known what they are now.
    fn warn_of_unknown(&mut self, changes: &[Changed]) {
        let unknown = changes.iter().filter(|it| matches!(it.now, Told::Unknown));
        let names: Vec<String> = unknown
            .map(|it| match it.path.as_str() {
                "" => it.key.id.clone(),
                path => format!("{} {path}", it.key.id),
            })
            .collect();
        if !names.is_empty() {
            let names = names.join(", ");
            self.warnings
                .push(format!("not known whether changed again since: {names}; look first"));
        }
    }

    /// Whether a resource is in a state in which it can be used.
    pub(crate) fn is_in_use(&self, key: &Key) -> bool {
        let state = |path: &str| {
            let told = self.now_told(key, &Path::of(path));
            told.value().and_then(Value::as_str).map(str::to_owned)
        };
        let state = state("State").or_else(|| state("Status.Code")).or_else(|| state("State.Name"));
        !matches!(
            state.as_deref(),
            Some("deleting" | "deleted" | "failed" | "rejected" | "expired" | "terminated")
        )
    }

    fn ask_if_there(&mut self, path: &str, asks: &str) {
        let operation = first_operation(self.row.undo);
        let missing = Missing { asks: asks.to_owned(), path: path.to_owned(), inferred: None };
        self.ask(missing, operation, true);
    }

    /// Whether what the event changed is gone: that cannot be taken back.
    fn is_target_gone(&mut self) -> bool {
        let Some(key) = self.about.clone() else { return false };
        if self.now_exists(&key) != Existence::No || self.renamed.contains_key(&key.id) {
            return false;
        }
        let found = self.changes.first().cloned();
        let changed = found.unwrap_or_else(|| Changed {
            key,
            path: String::new(),
            before: Told::Unknown,
            after: Told::Unknown,
            now: Told::Absent,
        });
        self.conflict(changed, "it does not exist any more: take back its end first");
        self.nothing("what the event changed is gone");
        self.class = self.class.lower();
        true
    }

    /// The members of the request that set something which the row does not set back.
    pub(crate) fn left_out(&self) -> Vec<String> {
        // How a call is made, not what it sets.
        const MANNERS: &[&str] = &[
            "DryRun",
            "ClientToken",
            "ClientRequestToken",
            "clientRequestToken",
            "clientToken",
            "ApplyImmediately",
            "LockToken",
            "IfMatch",
            "AllowMajorVersionUpgrade",
            "forceNewDeployment",
            "RevisionId",
            "HealthCheckVersion",
        ];
        let row = self.row;
        let is_set_back = |name: &str| {
            row.back.iter().any(|pair| {
                let pair = pair.trim_start_matches('~');
                pair.split(['=', '.']).next() == Some(name)
            })
        };
        let mark = |text: &str, name: &str| {
            text.split([' ', '|', ':', '/', '[', '{', '=']).any(|word| {
                word.strip_prefix("req.").and_then(|it| it.split(['.', '[', '}', ']']).next())
                    == Some(name)
            })
        };
        let is_used = |name: &str| {
            row.undo.iter().chain([&row.about]).chain(row.touches).any(|text| mark(text, name))
        };
        let members = self.call.request.as_object().into_iter().flatten();
        let left = members.map(|(name, _)| name).filter(|name| {
            !MANNERS.contains(&name.as_str()) && !is_set_back(name) && !is_used(name)
        });
        left.cloned().collect()
    }

    pub(crate) fn nothing(&mut self, why: &str) {
        if self.nothing_to_do.is_none() {
            self.nothing_to_do = Some(why.to_owned());
        }
    }

    pub(crate) fn conflict(&mut self, changed: Changed, why: &str) {
        let conflict = Conflict {
            event_id: self.call.event_id.clone(),
            later_event_id: changed.now.event_id().map(str::to_owned),
            changed,
            why: why.to_owned(),
        };
        if !self.options.overwrite_later_changes {
            self.held.get_or_insert_with(|| format!("conflict: {why}"));
        }
        self.conflicts.push(conflict);
    }

    fn judge_containment(&mut self) {
        let member = |name: &str| Path::of(name).find(&self.call.request);
        let looks_like = match self.row.containment {
            Containment::Never => false,
            Containment::Always => true,
            Containment::When(name, text) => member(name)
                .and_then(|it| it.as_str().map(|it| it.eq_ignore_ascii_case(text)))
                .unwrap_or(false),
            Containment::Denies(name) => {
                let before = self.changes.first().and_then(|it| it.before.value());
                member(name).is_some_and(|document| adds_a_deny(&document, before))
            }
            Containment::DenyingName(name) => {
                member(name).and_then(|it| it.as_str().map(denies_by_name)).unwrap_or(false)
            }
        };
        if looks_like {
            self.warnings.push(format!(
                "{}:{} looks like containment of an incident: taking it back opens what was shut",
                self.call.service, self.call.operation
            ));
            if !self.options.undo_containment {
                self.held = Some("it looks like containment of an incident".to_owned());
            }
        }
    }

    /// Warns when the undo gives back access that the event took.
    pub(crate) fn judge_access(&mut self) {
        if !self.row.widens || self.steps.is_empty() {
            return;
        }
        let mut is_wider = None;
        for changed in &self.changes {
            let documents =
                (changed.before.value().and_then(parsed), changed.after.value().and_then(parsed));
            match documents {
                (Some(before), Some(after)) => {
                    is_wider = Some(is_wider == Some(true) || widens(&before, &after))
                }
                (None, Some(after)) if matches!(changed.before, Told::Absent) => {
                    is_wider = Some(is_wider == Some(true) || has_effect(&after, "Deny"));
                }
                _ => {}
            }
        }
        let text = match is_wider {
            Some(false) => return,
            Some(true) => "widens access: it allows, or stops denying, what the event took away",
            None => "may widen access: read what it allows before running it",
        };
        self.warnings.push(format!("undo of {}:{} {text}", self.call.service, self.call.operation));
    }
}

/// The operation of the first call of a row.
fn first_operation(calls: &[&'static str]) -> &'static str {
    calls.first().map_or("", |call| super::case::Words::of(call).operation)
}

/// A policy, also when it is text.
fn parsed(document: &Value) -> Option<Value> {
    let document = match document {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    document.get("Statement").is_some().then_some(document)
}

fn statements(document: &Value) -> Vec<&Value> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn has_effect(document: &Value, effect: &str) -> bool {
    statements(document).iter().any(|it| it.get("Effect").and_then(Value::as_str) == Some(effect))
}

/// Whether going from `after` back to `before` allows more, as far as statements tell.
fn widens(before: &Value, after: &Value) -> bool {
    let is = |statement: &&&Value, effect| {
        statement.get("Effect").and_then(Value::as_str) == Some(effect)
    };
    let (before, after) = (statements(before), statements(after));
    let allows_more = before.iter().filter(|it| is(it, "Allow")).any(|it| !after.contains(it));
    let denies_less = after.iter().filter(|it| is(it, "Deny")).any(|it| !before.contains(it));
    allows_more || denies_less
}

/// Whether a document denies something that the one before did not.
fn adds_a_deny(document: &Value, before: Option<&Value>) -> bool {
    let Some(document) = parsed(document) else { return false };
    let before = before.and_then(parsed);
    let denied_before = before.as_ref().map(statements).unwrap_or_default();
    statements(&document).iter().any(|it| {
        it.get("Effect").and_then(Value::as_str) == Some("Deny") && !denied_before.contains(it)
    })
}

/// AWS's own policies that deny, as `AWSDenyAll` and `AWSCompromisedKeyQuarantineV3`.
fn denies_by_name(arn: &str) -> bool {
    let name = arn.rsplit('/').next().unwrap_or(arn).to_ascii_lowercase();
    name.contains("deny") || name.contains("quarantine") || name.contains("block")
}
