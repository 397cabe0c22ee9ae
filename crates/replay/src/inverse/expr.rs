//! What a value of the table stands for in one event.
//!
//! | function | is |
//! |---|---|
//! | `text:V` | a document as text |
//! | `plain:V` | lists of `{"Value": x}` as lists of `x` |
//! | `tags:TYPE` | the tags from before as EC2's `TagSpecifications`, without AWS's own |
//! | `taglist:V` | tags without AWS's own |
//! | `arn:KIND:V` | the id in an ARN when it is of this kind, else absent |
//! | `int:V` | a number that is described as text |
//! | `first:V` | the first element of a list |
//! | `conditions:V` | a load balancer's conditions without what is said twice |
//! | `mappings:V` | subnet ids as subnet mappings |
//! | `is_enabled:V` | whether a state such as `ENABLED` says so |
//! | `after_slash:V` | what stands after the last slash |
//! | `service_of_path:V` | the service in the path of a service-linked role |
//! | `launch_template:V` | a launch template named once, by its id |
//! | `key:V/V` | several values as one id |
//! | `under:GROUP:DEFAULT:V` | a name in a group that may be left out, as one id |
//! | `function:V`, `secret:V` | the name in the ARN of a function, of a secret |
//! | `alias:` | the id of a function's alias |
//! | `replace:PATH:V` | one patch operation of API Gateway |
//! | `queue_attributes:V` | those of a queue's attributes that can be set |
//! | `filter:NAME:V` | a filter of EC2's descriptions |
//! | `last:V` | the last part of an ARN or path |
//! | `map:LIST/KEY/WANTED/OUT` | `OUT` of the elements whose `KEY` is wanted; all must be there |
//! | `where:LIST/PATH/TEXT/OUT` | `OUT` of the elements whose `PATH` has this text |

use serde_json::{Value, json};

use super::case::Case;
use super::path::{Path, escape, scalar_text};
use super::prior::{Prior, told};
use super::types::{Ref, Told, Used};
use crate::state::Source;

/// What a value of the table is worth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Worth {
    /// It is this; some of it may be the answer of an earlier step.
    Is { value: Value, refs: Vec<Ref>, uses: Vec<Used> },
    /// It is known that there is none.
    Absent,
    /// It is not known: this is missing.
    Unknown(Missing),
}

/// A value that is missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Missing {
    pub(crate) asks: String,
    pub(crate) path: String,
    pub(crate) inferred: Option<Value>,
}

impl Worth {
    pub(crate) fn plain(value: Value) -> Self {
        Self::Is { value, refs: Vec::new(), uses: Vec::new() }
    }

    fn or_absent(value: Option<Value>) -> Self {
        value.map_or(Self::Absent, Self::plain)
    }

    pub(crate) fn unknown(asks: impl Into<String>, path: impl Into<String>) -> Self {
        Self::Unknown(Missing { asks: asks.into(), path: path.into(), inferred: None })
    }

    /// The same, but for a value that AWS left out of the record: that is not known.
    fn unless_hidden(self, text: &str) -> Self {
        match &self {
            Self::Is { value, .. } if is_hidden(value) => {
                let path = text.split_once('.').map_or(text, |(_, path)| path);
                Self::unknown(format!("`{path}`: it was left out of the record"), path)
            }
            _ => self,
        }
    }

    /// The same with its value changed; nothing left of it is absent.
    fn and_then(self, change: impl Fn(Value) -> Option<Value>) -> Self {
        match self {
            Self::Is { value, refs, uses } => match change(value) {
                Some(value) => Self::Is { value, refs, uses },
                None => Self::Absent,
            },
            other => other,
        }
    }
}

impl Case<'_> {
    /// What `text` is worth; `each` is the element that the call is made for.
    pub(crate) fn worth(&self, text: &str, each: Option<&Each>) -> Worth {
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return in_list(self.worth(inner, each));
        }
        let mut missing = None;
        for choice in text.split('|') {
            // A literal is for what is known not to be there, never for what is not known.
            if missing.is_some() && choice.starts_with(':') {
                break;
            }
            match self.one(choice, each).unless_hidden(choice) {
                Worth::Absent => {}
                Worth::Unknown(what) => missing = missing.or(Some(what)),
                found => return found,
            }
        }
        missing.map_or(Worth::Absent, Worth::Unknown)
    }

    fn one(&self, text: &str, each: Option<&Each>) -> Worth {
        if let Some(literal) = text.strip_prefix(':') {
            return Worth::or_absent(serde_json::from_str(literal).ok());
        }
        if let Some((name, rest)) = text.split_once(':') {
            return self.function(name, rest, each);
        }
        let (root, rest) = text.split_once('.').unwrap_or((text, ""));
        match root {
            "id" => self.id(),
            "account" => Worth::plain(json!(self.call.account)),
            "region" => Worth::plain(json!(self.call.region)),
            "req" => Worth::or_absent(self.path(rest).and_then(|it| it.find(&self.call.request))),
            "res" => match self.path(rest).and_then(|it| it.find(&self.call.response)) {
                Some(value) => Worth::plain(value),
                // Many records have no answer at all.
                None if self.call.response.is_null() => {
                    Worth::unknown(format!("`{rest}` of the call's answer"), rest)
                }
                None => Worth::Absent,
            },
            "event" => Worth::plain(json!(self.call.event_id)),
            "old" => self.of_state(self.before, rest),
            "was" => self.of_state(self.after, rest),
            "now" => self.of_state(self.now, rest),
            "each" => each.map_or(Worth::Absent, |each| each.worth(&Path::of(rest), self)),
            _ => match root.strip_prefix("step").and_then(|number| number.parse().ok()) {
                Some(template) => self.answer(template, rest),
                None => Worth::unknown(format!("`{text}`"), ""),
            },
        }
    }

    /// What the event is about.
    fn id(&self) -> Worth {
        match &self.about {
            Some(key) => Worth::plain(json!(key.id)),
            None => Worth::unknown(format!("which {} it was", self.about_type), ""),
        }
    }

    /// A path of the table, with the event's values filled in.
    pub(crate) fn path(&self, text: &str) -> Option<Path> {
        Path::parse(text, |place| match place {
            "acl" => {
                let number = self.call.request.get("RuleNumber")?;
                let egress = self.call.request.get("Egress").and_then(Value::as_bool)?;
                Some(format!("{} {number}", if egress { "egress" } else { "ingress" }))
            }
            "destination" => self.destination(),
            value => match self.worth(value, None) {
                Worth::Is { value, .. } => scalar_text(&value),
                Worth::Absent | Worth::Unknown(_) => None,
            },
        })
    }

    /// The destination of the route that the event is about.
    pub(crate) fn destination(&self) -> Option<String> {
        let names = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
        names.iter().find_map(|name| self.call.request.get(*name)).and_then(scalar_text)
    }

    fn of_state(&self, state: &dyn Prior, text: &str) -> Worth {
        let (Some(key), Some(path)) = (&self.about, self.path(text)) else {
            return Worth::unknown(format!("`{text}` of the {}", self.about_type), text);
        };
        match told(state, key, &path) {
            Told::Value { value, source: Source::Inferred { .. } } => Worth::Unknown(Missing {
                asks: format!("`{path}` of {} {}", key.resource_type, key.id),
                path: path.to_string(),
                inferred: Some(value),
            }),
            Told::Value { value, source } => {
                let used =
                    Used { key: key.clone(), path: path.to_string(), value: value.clone(), source };
                Worth::Is { value, refs: Vec::new(), uses: vec![used] }
            }
            Told::Absent => Worth::Absent,
            Told::Unknown => Worth::unknown(
                format!("`{path}` of {} {}", key.resource_type, key.id),
                path.to_string(),
            ),
        }
    }

    /// The answer of an earlier step.
    fn answer(&self, template: usize, path: &str) -> Worth {
        let number = template.checked_sub(1).and_then(|at| self.numbers.get(at)).copied().flatten();
        match number {
            Some(step) => Worth::Is {
                value: Value::Null,
                refs: vec![Ref { at: String::new(), step, path: path.to_owned() }],
                uses: Vec::new(),
            },
            None => Worth::Absent,
        }
    }

    fn function(&self, name: &str, rest: &str, each: Option<&Each>) -> Worth {
        let (head, tail) = rest.split_once(':').unwrap_or((rest, "id"));
        match name {
            "tags" => self
                .of_state(self.before, "Tags")
                .and_then(own_tags)
                .and_then(|tags| Some(json!([{"ResourceType": rest, "Tags": tags}]))),
            "arn" => self.worth(tail, each).and_then(|arn| {
                let last = arn.as_str()?.rsplit(':').next()?.to_owned();
                let (kind, id) = last.split_once('/')?;
                (kind == head).then(|| json!(id))
            }),
            "replace" => self
                .worth(tail, each)
                .and_then(|it| Some(json!([{"op": "replace", "path": head, "value": it}]))),
            "filter" => self.worth(tail, each).and_then(|it| {
                let values = if it.is_array() { it } else { json!([it]) };
                Some(json!([{"Name": head, "Values": values}]))
            }),
            "key" => self.joined(rest),
            "under" => {
                // `under:GROUP:DEFAULT:NAME`.
                let mut parts = rest.split(':');
                let (group, default, name) = (parts.next(), parts.next(), parts.next());
                let group = group.map_or(Worth::Absent, |it| self.worth(it, each));
                let group = match group.and_then(|it| changed("last", it)) {
                    Worth::Is { value, .. } => scalar_text(&value).unwrap_or_default(),
                    Worth::Absent | Worth::Unknown(_) => default.unwrap_or_default().to_owned(),
                };
                let name = name.map_or(Worth::Absent, |it| self.worth(it, each));
                name.and_then(|it| changed("last", it))
                    .and_then(|it| Some(json!(format!("{group}/{}", it.as_str()?))))
            }
            "alias" => {
                let function = self.worth("function:req.FunctionName", each);
                let name = self.call.request.get("Name").and_then(Value::as_str);
                function.and_then(|it| Some(json!(format!("{}:{}", it.as_str()?, name?))))
            }
            // An element that is not there was there once: its id says so.
            "map" => match self.matching(rest) {
                Worth::Absent => Worth::unknown(format!("what the ids stand for: `{rest}`"), rest),
                found => found,
            },
            "where" => self.filtered(rest),
            _ => self.worth(rest, each).and_then(|value| changed(name, value)),
        }
    }

    /// Several values as one id: `a/b`.
    fn joined(&self, text: &str) -> Worth {
        let parts: Option<Vec<String>> = text
            .split('/')
            .map(|part| match self.worth(part, None) {
                Worth::Is { value, .. } => scalar_text(&value),
                Worth::Absent | Worth::Unknown(_) => None,
            })
            .collect();
        parts.map_or(Worth::Absent, |parts| Worth::plain(json!(parts.join("/"))))
    }

    /// `map:LIST/KEY/WANTED/OUT`.
    fn matching(&self, text: &str) -> Worth {
        let parts: Vec<&str> = text.split('/').collect();
        let [list, key, wanted, out] = parts.as_slice() else { return Worth::Absent };
        let (key, out) = (Path::of(key), Path::of(out));
        let wanted = match self.worth(wanted, None) {
            Worth::Is { value: Value::Array(wanted), .. } => wanted,
            Worth::Is { value, .. } => vec![value],
            other => return other,
        };
        self.worth(list, None).and_then(|elements| {
            let of_one = |wanted: &Value| {
                let is_it = |element: &&Value| key.find(element).as_ref() == Some(wanted);
                out.find(elements.as_array()?.iter().find(is_it)?)
            };
            wanted.iter().map(of_one).collect::<Option<Vec<_>>>().map(Value::Array)
        })
    }

    /// `where:LIST/PATH/TEXT/OUT`.
    fn filtered(&self, text: &str) -> Worth {
        let parts: Vec<&str> = text.split('/').collect();
        let [list, path, wanted, out] = parts.as_slice() else { return Worth::Absent };
        let (path, out) = (Path::of(path), Path::of(out));
        self.worth(list, None).and_then(|elements| {
            let is_it = |element: &&Value| {
                path.find(element).and_then(|it| scalar_text(&it)).as_deref() == Some(wanted)
            };
            let found = elements.as_array()?.iter().filter(is_it);
            let values: Vec<Value> = found.filter_map(|element| out.find(element)).collect();
            (!values.is_empty()).then(|| Value::Array(values))
        })
    }
}

/// A value changed by one of the functions that need nothing else; nothing for one that there is not.
fn changed(name: &str, value: Value) -> Option<Value> {
    match name {
        "text" => match value {
            Value::String(text) => Some(Value::String(text)),
            document => Some(Value::String(document.to_string())),
        },
        "plain" => Some(plain(value)),
        "taglist" => own_tags(value),
        "last" => Some(json!(value.as_str()?.rsplit(['/', ':']).next()?)),
        "function" => {
            let text = value.as_str()?;
            let name = text.split_once(":function:").map_or(text, |(_, name)| name);
            Some(json!(name.split(':').next()?))
        }
        "secret" => {
            let text = value.as_str()?;
            let name = text.split_once(":secret:").map(|(_, name)| name);
            // At the end of an ARN are six letters that are not the name's.
            let name = name.map(|it| it.rsplit_once('-').map_or(it, |(name, _)| name));
            Some(json!(name.unwrap_or(text)))
        }
        "after_slash" => Some(json!(value.as_str()?.rsplit('/').next()?)),
        "service_of_path" => Some(json!(value.as_str()?.split('/').nth(2)?)),
        "int" => match value {
            Value::String(text) => text.parse::<i64>().ok().map(Value::from),
            other => Some(other),
        },
        "is_enabled" => match value.as_str() {
            Some(text) => {
                let text = text.to_ascii_lowercase();
                Some(json!(["enabled", "enabling"].contains(&text.as_str())))
            }
            None => value.as_bool().map(Value::from),
        },
        "launch_template" => launch_template(value),
        "queue_attributes" => settable(value),
        "first" => value.get(0).cloned(),
        "conditions" => Some(conditions(value)),
        "mappings" => {
            let mapping = |id: &Value| json!({"SubnetId": id});
            Some(value.as_array()?.iter().map(mapping).collect())
        }
        _ => None,
    }
}

/// A launch template named once: a call takes the id or the name, not both.
fn launch_template(mut template: Value) -> Option<Value> {
    if template.get("LaunchTemplateId").is_some() {
        template.as_object_mut()?.shift_remove("LaunchTemplateName");
    }
    Some(template)
}

/// An element of a list of a resource, for a call that is made once for each.
#[derive(Debug, Clone)]
pub(crate) struct Each {
    pub(crate) element: Value,
    pub(crate) path: String,
    pub(crate) source: Source,
}

impl Each {
    fn worth(&self, path: &Path, case: &Case<'_>) -> Worth {
        let Some(value) = path.find(&self.element) else { return Worth::Absent };
        let full = match path.is_root() {
            true => self.path.clone(),
            false => format!("{}.{path}", self.path),
        };
        let used = case.about.as_ref().map(|key| Used {
            key: key.clone(),
            path: full,
            value: value.clone(),
            source: self.source.clone(),
        });
        Worth::Is { value, refs: Vec::new(), uses: used.into_iter().collect() }
    }
}

fn in_list(worth: Worth) -> Worth {
    let Worth::Is { value, mut refs, uses } = worth else { return worth };
    for inner in &mut refs {
        inner.at = format!("/0{}", inner.at);
    }
    Worth::Is { value: Value::Array(vec![value]), refs, uses }
}

/// Lists of `{"Value": x}` as lists of `x`.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.into_iter().map(plain).collect()),
        Value::Object(members) => match (members.len(), members.get("Value")) {
            (1, Some(one)) => one.clone(),
            _ => Value::Object(members.into_iter().map(|(k, v)| (k, plain(v))).collect()),
        },
        other => other,
    }
}

/// A queue's attributes that a call can set.
fn settable(attributes: Value) -> Option<Value> {
    const TOLD_ONLY: &[&str] = &[
        "QueueArn",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
    ];
    let Value::Object(mut members) = attributes else { return None };
    members.retain(|name, _| !TOLD_ONLY.contains(&name.as_str()));
    (!members.is_empty()).then_some(Value::Object(members))
}

/// Conditions of rules as the calls take them: a description has the values twice, a call may not.
fn conditions(value: Value) -> Value {
    let Value::Array(conditions) = value else { return value };
    let plain = |condition: Value| match condition {
        Value::Object(mut members) => {
            if members.keys().any(|name| name.ends_with("Config")) {
                members.shift_remove("Values");
            }
            Value::Object(members)
        }
        other => other,
    };
    conditions.into_iter().map(plain).collect()
}

/// Tags that are not AWS's own: those cannot be set.
fn own_tags(tags: Value) -> Option<Value> {
    let is_own = |tag: &&Value| {
        let key = tag.get("Key").or_else(|| tag.get("key")).and_then(Value::as_str);
        key.is_some_and(|key| !key.starts_with("aws:"))
    };
    let own: Vec<Value> = tags.as_array()?.iter().filter(is_own).cloned().collect();
    (!own.is_empty()).then(|| Value::Array(own))
}

/// Whether AWS left a value, or a part of it, out of the record.
pub(crate) fn is_hidden(value: &Value) -> bool {
    match value {
        Value::String(text) => matches!(
            text.as_str(),
            "HIDDEN_DUE_TO_SECURITY_REASONS" | "<sensitiveDataRemoved>" | "***" | "****"
        ),
        Value::Array(values) => values.iter().any(is_hidden),
        Value::Object(members) => members.values().any(is_hidden),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Takes every text that is an id with a new identity out of `value`, and says what goes there.
pub(crate) fn rename(value: &mut Value, at: &str, case: &Case<'_>, refs: &mut Vec<Ref>) {
    match value {
        Value::String(text) => {
            if let Some((step, path)) = case.new_identity_of(text) {
                refs.push(Ref { at: at.to_owned(), step, path });
                *value = Value::Null;
            }
        }
        Value::Array(values) => {
            for (index, inner) in values.iter_mut().enumerate() {
                rename(inner, &format!("{at}/{index}"), case, refs);
            }
        }
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                rename(inner, &format!("{at}/{}", escape(name)), case, refs);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
