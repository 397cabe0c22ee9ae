//! One event and what its undo has come to so far.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::expr::{Each, Missing, Worth, rename};
use super::path::{Path, element_key, put};
use super::prior::{Existence, Prior, find, told};
use super::render::check_line;
use super::row::{Effect, Row};
use super::table;
use super::types::{
    Call, Changed, Check, Class, Conflict, Expectation, Options, Place, Question, Ref, Step, Told,
    Used, Wait,
};
use crate::state::{Key, Scope, Source};

/// The ids that have a new identity in this plan: the step that makes it, and the path in its answer.
pub(crate) type Renamed = BTreeMap<String, (usize, String)>;

/// The properties that the plan has put back so far, and what they are then.
pub(crate) type Overlay = BTreeMap<(Key, String), Told>;

/// The services whose events are recorded in one Region for all.
const GLOBAL: &[&str] = &["iam", "organizations", "route53", "route53domains", "cloudfront"];

/// One event on the way to its undo.
pub(crate) struct Case<'a> {
    pub(crate) call: &'a Call,
    pub(crate) row: &'a Row,
    pub(crate) before: &'a dyn Prior,
    pub(crate) after: &'a dyn Prior,
    pub(crate) now: &'a dyn Prior,
    pub(crate) options: &'a Options,
    pub(crate) overlay: &'a Overlay,
    pub(crate) renamed: &'a Renamed,
    pub(crate) scope: Scope,
    pub(crate) about_type: &'static str,
    pub(crate) about: Option<Key>,
    /// How many steps the plan has already.
    pub(crate) first_number: usize,
    /// The number of the step that each call of the row became.
    pub(crate) numbers: Vec<Option<usize>>,
    pub(crate) steps: Vec<Step>,
    pub(crate) questions: Vec<Question>,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) warnings: Vec<String>,
    pub(crate) blast_radius: Vec<String>,
    pub(crate) not_restored: Vec<String>,
    pub(crate) rewire: Vec<Place>,
    pub(crate) changes: Vec<Changed>,
    pub(crate) nothing_to_do: Option<String>,
    pub(crate) held: Option<String>,
    pub(crate) class: Class,
}

/// The scope of a call: global services have one Region.
pub(crate) fn scope_of(call: &Call) -> Scope {
    let is_global = GLOBAL.contains(&call.service.as_str());
    let region = if is_global { "us-east-1" } else { call.region.as_str() };
    Scope { account: call.account.clone(), region: region.to_owned() }
}

impl<'a> Case<'a> {
    /// Finds what the event is about.
    pub(crate) fn find_about(&mut self) {
        let (kind, value) = self.row.about.split_once(' ').unwrap_or((self.row.about, ""));
        self.about_type = kind;
        // Searches are part of the alternatives: `res.VpcId|?Associations[].Id=req.AssociationId`.
        for choice in value.split('|') {
            let id = match choice.strip_prefix('?') {
                Some(search) => self.search(kind, search),
                None => match self.worth(choice, None) {
                    Worth::Is { value: Value::String(id), .. } => Some(id),
                    _ => None,
                },
            };
            if let Some(id) = id {
                self.about = Some(self.key(kind, &id));
                return;
            }
        }
    }

    fn search(&self, kind: &'static str, search: &str) -> Option<String> {
        let (path, value) = search.split_once('=')?;
        let Worth::Is { value, .. } = self.worth(value, None) else { return None };
        let path = Path::of(path);
        let found = find(self.before, &self.scope, kind, &path, &value)
            .or_else(|| find(self.after, &self.scope, kind, &path, &value));
        found.map(|key| key.id.clone())
    }

    /// The key of a resource in the event's account and Region.
    pub(crate) fn key(&self, resource_type: &'static str, id: &str) -> Key {
        Key { scope: self.scope.clone(), resource_type, id: id.to_owned() }
    }

    /// The step that gives an id a new identity, and the path in its answer.
    pub(crate) fn new_identity_of(&self, id: &str) -> Option<(usize, String)> {
        if let Some(known) = self.renamed.get(id) {
            return Some(known.clone());
        }
        let is_own = self.about.as_ref().is_some_and(|key| key.id == id);
        let is_new = self.row.effect == Effect::Ended && !self.row.new_id.is_empty();
        let step = self.numbers.first().copied().flatten()?;
        (is_own && is_new).then(|| (step, self.row.new_id.to_owned()))
    }

    /// What a property is now, with what the plan has put back so far.
    pub(crate) fn now_told(&self, key: &Key, path: &Path) -> Told {
        if let Some(told) = self.overlay.get(&(key.clone(), path.to_string())) {
            return told.clone();
        }
        match self.overlay.get(&(key.clone(), String::new())) {
            Some(Told::Value { value, source }) => match path.find(value) {
                Some(value) => Told::Value { value, source: source.clone() },
                None => Told::Absent,
            },
            Some(other) => other.clone(),
            None => told(self.now, key, path),
        }
    }

    /// Whether a resource exists now, with what the plan has put back so far.
    pub(crate) fn now_exists(&self, key: &Key) -> Existence {
        match self.overlay.get(&(key.clone(), String::new())) {
            Some(Told::Value { .. }) => Existence::Yes,
            Some(Told::Absent) => Existence::No,
            Some(Told::Unknown) | None => self.now.exists(key),
        }
    }

    /// Takes down what a property was, became and is.
    pub(crate) fn watch(&mut self, key: &Key, path: &Path) {
        let changed = Changed {
            key: key.clone(),
            path: path.to_string(),
            before: told(self.before, key, path),
            after: told(self.after, key, path),
            now: self.now_told(key, path),
        };
        if !self.changes.iter().any(|it| it.key == changed.key && it.path == changed.path) {
            self.changes.push(changed);
        }
    }

    /// Asks for a value; without it the call that needs it is not in the plan.
    pub(crate) fn ask(&mut self, missing: Missing, needed_by: &str, is_blocking: bool) {
        let Missing { asks, path, inferred } = missing;
        let is_own = self.about_type == table::type_of(self.row);
        let check = match self.row.check {
            own if is_own && !own.is_empty() => Some(own),
            _ => self.about.as_ref().and_then(|key| table::check_of(key.resource_type)),
        };
        let snapshot = check.and_then(|text| self.check(text, false));
        let question = Question {
            event_id: self.call.event_id.clone(),
            needed_by: format!("{}:{needed_by}", self.row.service),
            asks,
            told_by_events: table::told_by(self.about_type, &path),
            told_by_snapshot: snapshot.map(|it| check_line(&it)).unwrap_or_default(),
            path,
            inferred,
            is_blocking,
        };
        if !self.questions.contains(&question) {
            self.questions.push(question);
        }
    }

    /// Makes the calls of the row, in order.
    pub(crate) fn run_calls(&mut self, calls: &[&str]) {
        for call in calls {
            self.run_call(call);
        }
    }

    /// Adds the steps of one call of the table.
    pub(crate) fn run_call(&mut self, text: &str) {
        let call = Words::of(text);
        let number = match call.list {
            Some(list) => {
                let mut last = None;
                for each in self.elements(list, call.operation) {
                    if call.filters.iter().all(|filter| self.passes(filter, &each)) {
                        last = self.step(&call, Some(&each)).or(last);
                    }
                }
                last
            }
            None => self.step(&call, None),
        };
        self.numbers.push(number);
    }

    /// The elements of a list of the prior resource that are known; asks about the rest.
    pub(crate) fn elements(&mut self, list: &str, needed_by: &str) -> Vec<Each> {
        let unknown = Missing {
            asks: format!("which `{list}` there were in the {}", self.about_type),
            path: list.to_owned(),
            inferred: None,
        };
        let Some(resource) = self.about.as_ref().and_then(|key| self.before.resource(key)) else {
            self.ask(unknown, needed_by, false);
            return Vec::new();
        };
        let is_whole = resource.source(list) != &Source::Unknown;
        let found = Path::of(list).find(&resource.body);
        let mut known = Vec::new();
        let mut inferred = Vec::new();
        for element in found.as_ref().and_then(Value::as_array).into_iter().flatten() {
            let path = format!("{list}[{}]", element_key(element).unwrap_or_default());
            let known_as = Path::parse(&format!("{list}[{{key}}]"), |_| element_key(element));
            let known_as = known_as.map(|it| it.prefix_in(&resource.body)).unwrap_or_default();
            let source = resource.source(&known_as).clone();
            match source {
                Source::Inferred { .. } => inferred.push((path, element.clone())),
                source => known.push(Each { element: element.clone(), path, source }),
            }
        }
        for (path, element) in inferred {
            if !is_made_by_aws(&element) {
                let asks = format!("whether `{path}` was there as inferred");
                self.ask(Missing { asks, path, inferred: Some(element) }, needed_by, false);
            }
        }
        if !is_whole {
            self.ask(unknown, needed_by, false);
        }
        known
    }

    fn passes(&self, filter: &str, each: &Each) -> bool {
        let (path, wanted, is_equal) = match filter.split_once("!=") {
            Some((path, wanted)) => (path, wanted, false),
            None => {
                let (path, wanted) = filter.split_once("==").unwrap_or((filter, ""));
                (path, wanted, true)
            }
        };
        let found = Path::of(path).find(&each.element);
        let wanted = match self.worth(wanted, Some(each)) {
            Worth::Is { value, .. } => Some(value),
            Worth::Absent | Worth::Unknown(_) => None,
        };
        (found == wanted) == is_equal
    }

    /// Adds one step, when all that it needs is known.
    fn step(&mut self, call: &Words<'_>, each: Option<&Each>) -> Option<usize> {
        let mut made = Made::default();
        let mut has_put_back = !call.members.contains(&"*");
        for member in &call.members {
            if *member == "*" {
                has_put_back |= self.put_back(&mut made, call)?;
                continue;
            }
            let (name, text) = member.split_once('=')?;
            let (name, is_optional) = match name.strip_suffix('?') {
                Some(name) => (name, true),
                None => (name, false),
            };
            match self.worth(text, each) {
                Worth::Is { value, refs, uses } => {
                    // What is passed on under its own name only says which it is.
                    has_put_back |= is_optional && text.strip_prefix("req.") != Some(name);
                    made.add(name, value, refs, uses);
                }
                Worth::Absent if is_optional => {}
                Worth::Absent if call.is_optional => return None,
                Worth::Absent => {
                    let asks = format!("`{name}`: nothing tells it, and the call needs it");
                    self.ask(
                        Missing { asks, path: name.to_owned(), inferred: None },
                        call.operation,
                        true,
                    );
                    return None;
                }
                Worth::Unknown(missing) => {
                    let is_blocking = !(is_optional || call.is_optional);
                    self.ask(missing, call.operation, is_blocking);
                    if !is_optional {
                        return None;
                    }
                }
            }
        }
        // A call that names its target and nothing else would change nothing.
        if has_put_back { self.push(call, made) } else { None }
    }

    /// Adds the values from before of what the event's request set; says whether there were any.
    fn put_back(&mut self, made: &mut Made, call: &Words<'_>) -> Option<bool> {
        let mut is_known = true;
        for pair in self.row.back.iter().filter(|pair| !pair.starts_with('~')) {
            let (name, from) = pair.split_once('=').unwrap_or((pair, pair));
            if Path::of(name).find(&self.call.request).is_none() {
                continue;
            }
            match self.worth(&old(from), None) {
                Worth::Is { value, refs, uses } => made.add(name, value, refs, uses),
                Worth::Absent => self.not_restored.push(format!(
                    "`{name}`: it had no value before, and the call cannot take a value away"
                )),
                Worth::Unknown(missing) => {
                    self.ask(missing, call.operation, true);
                    is_known = false;
                }
            }
        }
        is_known.then_some(!made.uses.is_empty())
    }

    /// Adds a step made by code; members that are absent are left out.
    pub(crate) fn add_words(
        &mut self,
        call: &Words<'_>,
        members: Vec<(&str, Worth)>,
    ) -> Option<usize> {
        let mut made = Made::default();
        for (name, worth) in members {
            match worth {
                Worth::Is { value, refs, uses } => made.add(name, value, refs, uses),
                Worth::Absent => {}
                Worth::Unknown(missing) => {
                    self.ask(missing, call.operation, true);
                    return None;
                }
            }
        }
        self.push(call, made)
    }

    fn push(&mut self, call: &Words<'_>, made: Made) -> Option<usize> {
        let number = self.first_number + self.steps.len() + 1;
        let Made { mut input, mut refs, uses } = made;
        if !input.is_object() {
            input = json!({});
        }
        rename(&mut input, "", self, &mut refs);
        if let Some(id) = placeholder(&input) {
            let asks = format!("which id AWS gave to what is called `{id}` here");
            self.ask(Missing { asks, path: String::new(), inferred: None }, call.operation, true);
            return None;
        }
        show_refs(&mut input, &refs);
        let (service, operation) =
            call.operation.split_once(':').unwrap_or((self.row.service, call.operation));
        let (service, operation) = (service.to_owned(), operation.to_owned());
        self.steps.push(Step {
            number,
            event_id: self.call.event_id.clone(),
            account: self.call.account.clone(),
            region: self.call.region.clone(),
            service,
            operation,
            input,
            refs,
            is_read: call.is_read,
            class: self.class,
            why: why(self.row.effect, call.is_read).to_owned(),
            uses,
            not_restored: Vec::new(),
            rewire: Vec::new(),
            wait: None,
            check: None,
            expect: Vec::new(),
            held: None,
        });
        Some(number)
    }

    /// A read-only call of the table, about the resource's new identity or its old one.
    pub(crate) fn check(&self, text: &str, is_after: bool) -> Option<Check> {
        let call = Words::of(text);
        let mut made = Made::default();
        for member in &call.members {
            let (name, value) = member.split_once('=')?;
            let (name, is_optional) = match name.strip_suffix('?') {
                Some(name) => (name, true),
                None => (name, false),
            };
            // What was made anew is asked for by its new id.
            let is_new =
                is_after && self.row.effect == Effect::Ended && !self.row.new_id.is_empty();
            let answer = format!("step1.{}", self.row.new_id);
            let new = match value {
                "id" if is_new => Some(self.worth(&answer, None)),
                "[id]" if is_new => Some(self.worth(&format!("[{answer}]"), None)),
                _ => None,
            };
            let new = new.filter(|worth| matches!(worth, Worth::Is { .. }));
            match new.unwrap_or_else(|| self.worth(value, None)) {
                Worth::Is { value, refs, uses } => made.add(name, value, refs, uses),
                Worth::Absent | Worth::Unknown(_) if is_optional => {}
                Worth::Absent | Worth::Unknown(_) => return None,
            }
        }
        let Made { mut input, mut refs, .. } = made;
        if !input.is_object() {
            input = json!({});
        }
        if is_after {
            rename(&mut input, "", self, &mut refs);
        }
        show_refs(&mut input, &refs);
        let (service, operation) =
            call.operation.split_once(':').unwrap_or((self.row.service, call.operation));
        Some(Check { service: service.to_owned(), operation: operation.to_owned(), input, refs })
    }

    /// What the properties must be afterwards.
    pub(crate) fn expectations(&self) -> Vec<Expectation> {
        let expect = |changed: &Changed| match &changed.before {
            Told::Unknown => None,
            // That it is there again; under which id, the check asks.
            Told::Value { .. } if changed.path.is_empty() => Some(Expectation {
                key: changed.key.clone(),
                path: String::new(),
                value: Some(json!(true)),
            }),
            before => Some(Expectation {
                key: changed.key.clone(),
                path: changed.path.clone(),
                value: before.value().cloned(),
            }),
        };
        let mut expected: Vec<Expectation> = self.changes.iter().filter_map(expect).collect();
        let is_whole = |it: &Expectation| it.path.is_empty();
        if let (Effect::Made, Some(key), false) =
            (self.row.effect, &self.about, expected.iter().any(is_whole))
        {
            // What the event itself made was not there before it.
            expected.push(Expectation { key: key.clone(), path: String::new(), value: None });
        }
        expected
    }

    /// The waiter after the first step.
    pub(crate) fn waiter(&self) -> Option<Wait> {
        self.row.wait.map(|(waiter, member)| Wait {
            waiter: waiter.to_owned(),
            member: member.to_owned(),
            path: self.row.new_id.to_owned(),
        })
    }
}

/// A request on the way to being whole.
#[derive(Default)]
pub(crate) struct Made {
    input: Value,
    refs: Vec<Ref>,
    uses: Vec<Used>,
}

impl Made {
    pub(crate) fn add(&mut self, name: &str, value: Value, refs: Vec<Ref>, uses: Vec<Used>) {
        let at = put(&mut self.input, name, value);
        self.refs
            .extend(refs.into_iter().map(|inner| Ref { at: format!("{at}{}", inner.at), ..inner }));
        self.uses.extend(uses);
    }
}

/// The words of one call of the table.
pub(crate) struct Words<'a> {
    pub(crate) list: Option<&'a str>,
    pub(crate) filters: Vec<&'a str>,
    pub(crate) operation: &'a str,
    pub(crate) members: Vec<&'a str>,
    pub(crate) is_optional: bool,
    pub(crate) is_read: bool,
}

impl<'a> Words<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut words = Self {
            list: None,
            filters: Vec::new(),
            operation: "",
            members: Vec::new(),
            is_optional: false,
            is_read: false,
        };
        for word in text.split_whitespace() {
            match word.strip_prefix('@') {
                Some(list) => words.list = Some(list),
                None if !words.operation.is_empty() => words.members.push(word),
                None if word.contains("!=") || word.contains("==") => words.filters.push(word),
                None => words.operation = word,
            }
        }
        if let Some(operation) = words.operation.strip_prefix('?') {
            words.operation = operation;
            words.is_optional = true;
        }
        if let Some(operation) = words.operation.strip_prefix('~') {
            words.operation = operation;
            words.is_read = true;
        }
        words
    }
}

/// The first name of ours in a request: of what AWS made with another resource, without saying its id.
fn placeholder(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => {
            let ends = ["/main-table", "/default-acl", "/default-group"];
            ends.iter().any(|end| text.ends_with(end)).then_some(text)
        }
        Value::Array(values) => values.iter().find_map(placeholder),
        Value::Object(members) => members.values().find_map(placeholder),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Shows in a request where answers of earlier steps go; what counts are the places in `refs`.
fn show_refs(input: &mut Value, refs: &[Ref]) {
    for inner in refs {
        if let Some(place) = input.pointer_mut(&inner.at) {
            *place = json!({"$ref": format!("step {} {}", inner.step, inner.path)});
        }
    }
}

/// A path of the prior resource as a value; what stands after `|` is for when there was none.
pub(crate) fn old(from: &str) -> String {
    match from.split_once(':') {
        Some((function, path)) if !function.contains('|') => format!("{function}:old.{path}"),
        _ => format!("old.{from}"),
    }
}

/// Whether AWS makes a part by itself when it makes the whole.
fn is_made_by_aws(element: &Value) -> bool {
    let is_local = element.get("GatewayId").and_then(Value::as_str) == Some("local");
    is_local || element.get("RuleNumber").and_then(Value::as_u64) == Some(32767)
}

fn why(effect: Effect, is_read: bool) -> &'static str {
    match effect {
        _ if is_read => "reads a value that a later step needs",
        Effect::Made => "ends what the event made",
        Effect::Ended => "makes again what the event ended",
        Effect::Set => "sets what was there before the event",
        Effect::Added => "takes out what the event added",
        Effect::Removed => "puts back what the event removed",
    }
}
