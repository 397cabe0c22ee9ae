//! What events do, said in tables.
//!
//! A rule names an event, the resource that it changes, and what it does. A value is said by an
//! expression: `in.VpcId` is a member of the request, `out.Vpc` of the answer, `=text` is that text,
//! `!json` that JSON value, `json:in.Policy` the document that a text holds, `name:in.Arn` the name at the
//! end of an ARN, `a|b` the first that has a value, and `{in.A}:{in.B}` puts values together. Where an
//! expression for ids gives a list, the rule is applied to each.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::call::at;
use super::draft::Draft;
use super::fold::Fold;
use super::{ec2, rules};

/// What one event does to one resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// `ec2:CreateVpc`.
    pub(crate) event: &'static str,
    /// The type of the resource; none when the rule is code.
    pub(crate) kind: &'static str,
    /// An expression for its id.
    pub(crate) id: &'static str,
    /// What it does.
    pub(crate) does: Do,
}

/// A member of a body, and the expression for its value.
pub(crate) type Part = (&'static str, &'static str);

/// What a rule does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Do {
    /// The resource is there from now on: the body is the object, with these members of others.
    Create(&'static str, &'static [Part]),
    /// It is gone.
    Delete,
    /// Members are set, each when its expression has a value.
    Set(&'static [Part]),
    /// Members are no more.
    Unset(&'static [&'static str]),
    /// Every member of the object is set.
    Merge(&'static str),
    /// An element is put into a list.
    Put(&'static str, &'static [Part]),
    /// The elements of another list are put into a list.
    PutAll(&'static str, &'static str),
    /// The elements with these keys leave a list.
    Remove(&'static str, &'static str),
    /// Those members of a member that the object has are set.
    Parts(&'static str, &'static str),
    /// Members are not known from now on.
    Forget(&'static [&'static str]),
    /// What no table says.
    Code(fn(&mut Fold<'_>)),
}

/// A rule that is code.
pub(crate) const fn code(event: &'static str, apply: fn(&mut Fold<'_>)) -> Rule {
    Rule { event, kind: "", id: "", does: Do::Code(apply) }
}

/// A rule of a table.
pub(crate) const fn rule(
    event: &'static str,
    kind: &'static str,
    id: &'static str,
    does: Do,
) -> Rule {
    Rule { event, kind, id, does }
}

static RULES: LazyLock<HashMap<&'static str, Vec<Rule>>> = LazyLock::new(|| {
    let mut by_event: HashMap<&'static str, Vec<Rule>> = HashMap::new();
    for rule in ec2::RULES.iter().chain(rules::RULES).flat_map(|rules| rules.iter()) {
        by_event.entry(rule.event).or_default().push(*rule);
    }
    by_event
});

/// The events that replay follows, as `ec2:CreateVpc`: services and operations as botocore names them.
pub fn followed_events() -> impl Iterator<Item = &'static str> {
    RULES.keys().copied()
}

/// Applies the rules of the event.
pub(crate) fn apply(fold: &mut Fold<'_>) {
    let event = format!("{}:{}", fold.call.service, fold.call.name);
    let rules = RULES.get(event.as_str()).map_or(&[][..], Vec::as_slice);
    if fold.call.is_cut {
        cut(fold, rules);
        return;
    }
    for rule in rules {
        match rule.does {
            Do::Code(apply) => apply(fold),
            _ => {
                for id in ids(fold, rule.id) {
                    table(fold, rule, &id);
                }
            }
        }
    }
    if fold.call.service == "ec2" {
        ec2::after(fold);
    }
}

/// A record without its parameters: what it names is not known any more.
fn cut(fold: &mut Fold<'_>, rules: &[Rule]) {
    let mut is_found = false;
    for id in fold.call.ids.clone() {
        let id = id.rsplit(['/', ':']).next().unwrap_or(&id);
        for kind in super::resource_types() {
            if fold.get(kind, id).is_some() {
                fold.forget(kind, id);
                is_found = true;
            }
        }
    }
    if is_found {
        return;
    }
    // It may have been any of its kind; of calls that code follows, any of EC2's.
    let mut kinds: Vec<&'static str> =
        rules.iter().map(|it| it.kind).filter(|it| !it.is_empty()).collect();
    if kinds.is_empty() && fold.call.service == "ec2" {
        kinds = super::resource_types().filter(|kind| kind.starts_with("AWS::EC2::")).collect();
    }
    for kind in kinds {
        for id in fold.ids(kind, |_| true) {
            fold.forget(kind, &id);
        }
    }
}

fn table(fold: &mut Fold<'_>, rule: &Rule, id: &str) {
    let value = |fold: &Fold<'_>, expression: &str| eval(fold, expression);
    match rule.does {
        Do::Create(from, with) => {
            let mut body =
                value(fold, from).unwrap_or_else(|| Value::Object(serde_json::Map::new()));
            if let Some(members) = body.as_object_mut() {
                for (member, from) in with {
                    if let Some(value) = value(fold, from) {
                        members.insert((*member).to_owned(), value);
                    }
                }
            }
            // A name can be given again.
            if rule.kind.starts_with("AWS::EC2::") {
                fold.create(rule.kind, id, body);
            } else {
                fold.recreate(rule.kind, id, body);
            }
        }
        Do::Delete => fold.delete(rule.kind, id),
        Do::Set(parts) => {
            let values: Vec<(&str, Option<Value>)> =
                parts.iter().map(|(member, from)| (*member, value(fold, from))).collect();
            fold.edit(rule.kind, id, |draft| {
                for (member, value) in &values {
                    draft.set_some(member, value.as_ref());
                }
            });
        }
        Do::Unset(members) => fold.edit(rule.kind, id, |draft| {
            members.iter().for_each(|member| draft.unset(member));
        }),
        Do::Forget(members) => fold.edit(rule.kind, id, |draft| {
            members.iter().for_each(|member| draft.forget(member));
        }),
        Do::Parts(member, from) => {
            let parts = value(fold, from);
            fold.edit(rule.kind, id, |draft| draft.set_parts(member, parts.as_ref()));
        }
        Do::Merge(from) => {
            let from = value(fold, from);
            fold.edit(rule.kind, id, |draft| merge(draft, from.as_ref()));
        }
        Do::Put(list, parts) => {
            let members = parts.iter();
            let members =
                members.filter_map(|(name, from)| Some(((*name).to_owned(), value(fold, from)?)));
            let element = Value::Object(members.collect());
            fold.edit(rule.kind, id, |draft| draft.put(list, element));
        }
        Do::PutAll(list, from) => {
            let elements = as_list(value(fold, from));
            fold.edit(rule.kind, id, |draft| {
                elements.into_iter().for_each(|element| draft.put(list, element));
            });
        }
        Do::Remove(list, from) => {
            let keys = as_list(value(fold, from));
            fold.edit(rule.kind, id, |draft| {
                for key in keys {
                    let key = match &key {
                        Value::String(text) => Some(text.clone()),
                        other => super::kinds::element_key(list, other),
                    };
                    key.map(|key| draft.remove(list, &key));
                }
            });
        }
        Do::Code(_) => {}
    }
}

/// Sets every member of an object.
pub(crate) fn merge(draft: &mut Draft, from: Option<&Value>) {
    for (member, value) in from.and_then(Value::as_object).into_iter().flatten() {
        draft.set(member, value.clone());
    }
}

fn as_list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(values)) => values,
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn ids(fold: &Fold<'_>, expression: &str) -> Vec<String> {
    let texts = as_list(eval(fold, expression)).into_iter();
    texts.filter_map(|id| id.as_str().map(str::to_owned)).filter(|id| !id.is_empty()).collect()
}

/// The value of an expression.
pub(crate) fn eval(fold: &Fold<'_>, expression: &str) -> Option<Value> {
    if let Some(text) = expression.strip_prefix('=') {
        return Some(Value::String(text.to_owned()));
    }
    if let Some(json) = expression.strip_prefix('!') {
        return serde_json::from_str(json).ok();
    }
    if let Some((first, json)) = expression.split_once("|!") {
        return eval(fold, first).or_else(|| serde_json::from_str(json).ok());
    }
    if expression.contains('{') {
        return template(fold, expression).map(Value::String);
    }
    if let Some((kind, inner)) = expression.split_once(':').filter(|(kind, _)| *kind != "in") {
        return transformed(fold, kind, inner);
    }
    if let Some((first, second)) = expression.split_once('|') {
        return eval(fold, first).or_else(|| eval(fold, second));
    }
    if let Some(path) = expression.strip_prefix("in.") {
        return at(&fold.call.input, path).cloned();
    }
    match expression {
        "in" => Some(fold.call.input.clone()),
        "out" => Some(fold.call.output.clone()),
        "account" => Some(Value::String(fold.call.scope.account.clone())),
        _ => at(&fold.call.output, expression.strip_prefix("out.")?).cloned(),
    }
}

/// The value of an expression, made into something else.
fn transformed(fold: &Fold<'_>, kind: &str, inner: &str) -> Option<Value> {
    if kind == "object" {
        // `object:Member=expression` is an object with one member.
        let (this, other) = match inner.split_once("|object:") {
            Some((this, other)) => (this, Some(other)),
            None => (inner, None),
        };
        let (name, from) = this.split_once('=')?;
        let value = eval(fold, from)
            .map(|value| Value::Object([(name.to_owned(), value)].into_iter().collect()));
        return value.or_else(|| transformed(fold, kind, other?));
    }
    let value = eval(fold, inner)?;
    if kind == "json" {
        return Some(document(value));
    }
    let text = value.as_str()?;
    Some(Value::String(match kind {
        "name" => name_of(text),
        "function" => function_name(Some(text)),
        "secret" => secret_name(Some(text)),
        "key" => match text.starts_with("alias/") || text.contains(":alias/") {
            true => {
                let alias = text.rfind("alias/").and_then(|at| text.get(at..))?;
                fold.text_of("AWS::KMS::Alias", alias, "TargetKeyId")?
            }
            false => name_of(text),
        },
        _ => return None,
    }))
}

/// The name of a function that may be given as an ARN, or with a version or alias.
pub(crate) fn function_name(given: Option<&str>) -> String {
    let given = given.unwrap_or_default();
    match given.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest).to_owned(),
        None => given.split(':').next().unwrap_or(given).to_owned(),
    }
}

/// The name of a secret that may be given as an ARN, which ends in six letters more.
pub(crate) fn secret_name(given: Option<&str>) -> String {
    let given = given.unwrap_or_default();
    match given.split_once(":secret:") {
        Some((_, rest)) => rest.rsplit_once('-').map_or(rest, |(name, _)| name).to_owned(),
        None => given.to_owned(),
    }
}

fn template(fold: &Fold<'_>, expression: &str) -> Option<String> {
    let mut out = String::new();
    for (number, part) in expression.split(['{', '}']).enumerate() {
        if number % 2 == 0 {
            out += part;
        } else {
            match eval(fold, part)? {
                Value::String(text) => out += &text,
                other => out += &other.to_string(),
            }
        }
    }
    Some(out)
}

/// The document that a text holds; what is no JSON stays text.
pub(crate) fn document(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    match serde_json::from_str::<Value>(text) {
        Ok(document) if document.is_object() || document.is_array() => document,
        _ => value,
    }
}

/// The name at the end of an ARN; a name stays.
pub(crate) fn name_of(text: &str) -> String {
    if !text.starts_with("arn:") {
        return text.to_owned();
    }
    let last = text.rsplit([':', '/']).next();
    last.unwrap_or(text).to_owned()
}
