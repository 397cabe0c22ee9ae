//! A plan as a script of AWS CLI commands.
//!
//! A value that the CLI would read otherwise than as text (a URI such as `file://…`, a dash first, a list
//! that looks like JSON) goes in as JSON, where nothing is read into it.

use serde_json::Value;

use super::super::path::escape;
use super::super::types::{Check, Plan, Ref, Step};
use super::{as_step, captured, comment, flags, preface, title};

/// A command, word by word; a word is text, or text with the answers of earlier steps in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The words.
    pub words: Vec<Word>,
}

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// The answer that an earlier step gave.
    Answer(usize),
}

impl Word {
    fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// The word quoted for a POSIX shell; answers are `"$STEP_1"`.
    fn quoted(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => quote(text),
                Part::Answer(step) => format!("\"$STEP_{step}\""),
            })
            .collect()
    }
}

/// Text as one word of a shell.
///
/// Shape: text of letters, digits and `_@%+=:,./-` stays as it is; everything else is in single quotes. A
/// NUL cannot be in a word and is left out.
fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\0', "").replace('\'', "'\\''"))
}

/// The words of the command that a step is.
pub fn argv(step: &Step) -> Command {
    command(&step.service, &step.operation, &step.region, &step.input, &step.refs)
}

/// The words of the command that a check is.
pub fn check_argv(check: &Check, region: &str) -> Command {
    let (service, operation) = as_step(check);
    command(service, operation, region, &check.input, &check.refs)
}

fn command(service: &str, operation: &str, region: &str, input: &Value, refs: &[Ref]) -> Command {
    let mut words: Vec<Word> =
        ["aws", flags::service(service)].into_iter().map(Word::text).collect();
    words.push(Word::text(flags::kebab(operation)));
    if !region.is_empty() {
        words.extend([Word::text("--region"), Word::text(region)]);
    }
    let members: Vec<(&String, &Value)> = input.as_object().into_iter().flatten().collect();
    if members.iter().any(|(name, value)| !is_plain_argument(name, value)) {
        words.push(Word::text("--cli-input-json"));
        words.push(word_of_json(input, "", refs));
        return Command { words };
    }
    for (name, value) in members {
        if service == "ec2" && operation == "RunInstances" && name == "MaxCount" {
            continue;
        }
        argument(&mut words, (service, operation, name), value, refs);
    }
    Command { words }
}

/// Whether the CLI takes the value as it is given.
fn is_plain_argument(name: &str, value: &Value) -> bool {
    let is_uri = |text: &str| {
        let lower = text.trim_start().to_ascii_lowercase();
        ["file://", "fileb://", "http://", "https://"].iter().any(|it| lower.starts_with(it))
    };
    // The CLI reads these members in a way of its own.
    let is_address = ["QueueUrl", "Endpoint"].contains(&name);
    match value {
        Value::String(text) => !is_uri(text) || (is_address && text.starts_with("https://")),
        Value::Null | Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Number(_) => {
            true
        }
    }
}

fn argument(words: &mut Vec<Word>, at: (&str, &str, &str), value: &Value, refs: &[Ref]) {
    let (service, operation, name) = at;
    let pointer = format!("/{name}");
    let flag = match (service, operation, name) {
        ("ec2", "RunInstances", "MinCount") => "--count".to_owned(),
        _ => format!("--{}", flags::flag(service, operation, name)),
    };
    if let Some(value) = value.as_bool().or_else(|| flags::wrapped_truth(service, value)) {
        words.push(Word::text(format!("--{}", flags::truth(service, operation, name, value))));
        return;
    }
    if let Some(answer) = refs.iter().find(|it| it.at == pointer) {
        words.extend([Word::text(flag), Word { parts: vec![Part::Answer(answer.step)] }]);
        return;
    }
    match value {
        Value::String(text) if text.starts_with('-') => {
            words.push(Word::text(format!("{flag}={text}")));
        }
        Value::String(text) => words.extend([Word::text(flag), Word::text(text.clone())]),
        Value::Number(number) => {
            let number = number.to_string();
            match number.starts_with('-') {
                true => words.push(Word::text(format!("{flag}={number}"))),
                false => words.extend([Word::text(flag), Word::text(number)]),
            }
        }
        Value::Array(values) if is_plain_list(values, &pointer, refs) => {
            words.push(Word::text(flag));
            for (index, value) in values.iter().enumerate() {
                words.push(word_of_scalar(value, &format!("{pointer}/{index}"), refs));
            }
        }
        nested => words.extend([Word::text(flag), word_of_json(nested, &pointer, refs)]),
    }
}

/// Whether a list can be given as words: ids and addresses can, texts of users go in as JSON.
fn is_plain_list(values: &[Value], pointer: &str, refs: &[Ref]) -> bool {
    let is_plain = |text: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.:/-".contains(c))
            && !text.contains("://")
    };
    !values.is_empty()
        && values.iter().enumerate().all(|(index, value)| match value {
            Value::String(text) => is_plain(text),
            _ => refs.iter().any(|it| it.at == format!("{pointer}/{index}")),
        })
}

fn word_of_scalar(value: &Value, pointer: &str, refs: &[Ref]) -> Word {
    match (value, refs.iter().find(|it| it.at == pointer)) {
        (_, Some(answer)) => Word { parts: vec![Part::Answer(answer.step)] },
        (Value::String(text), None) => Word::text(text.clone()),
        (other, None) => Word::text(other.to_string()),
    }
}

/// JSON as one word, with answers in the places of theirs.
fn word_of_json(value: &Value, pointer: &str, refs: &[Ref]) -> Word {
    let mut parts = Vec::new();
    write_json(value, pointer, refs, &mut parts);
    Word { parts }
}

fn write_json(value: &Value, pointer: &str, refs: &[Ref], parts: &mut Vec<Part>) {
    if let Some(answer) = refs.iter().find(|it| it.at == pointer) {
        push_text(parts, "\"");
        parts.push(Part::Answer(answer.step));
        return push_text(parts, "\"");
    }
    match value {
        Value::Array(values) => {
            push_text(parts, "[");
            for (index, inner) in values.iter().enumerate() {
                push_text(parts, if index == 0 { "" } else { "," });
                write_json(inner, &format!("{pointer}/{index}"), refs, parts);
            }
            push_text(parts, "]");
        }
        Value::Object(members) => {
            push_text(parts, "{");
            for (index, (name, inner)) in members.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                push_text(parts, &format!("{comma}{}:", Value::String(name.clone())));
                write_json(inner, &format!("{pointer}/{}", escape(name)), refs, parts);
            }
            push_text(parts, "}");
        }
        scalar => push_text(parts, &scalar.to_string()),
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// A read-only call as one line.
pub(crate) fn check_line(check: &Check) -> String {
    let (service, operation) = as_step(check);
    line(&command(service, operation, "", &check.input, &check.refs))
}

fn line(command: &Command) -> String {
    command.words.iter().map(Word::quoted).collect::<Vec<_>>().join(" ")
}

/// The plan as a script for a POSIX shell with `set -o pipefail`.
///
/// Shape: one command per step; a step that is held back is a comment. A command that makes something
/// whose id a later one needs puts it into `STEP_1`, by the step's number.
pub fn script(plan: &Plan) -> String {
    let mut out = String::from("#!/usr/bin/env bash\n");
    for text in preface(plan) {
        out.push_str(&comment(&text));
    }
    out.push_str("set -euo pipefail\n");
    for step in &plan.steps {
        out.push('\n');
        out.push_str(&comment(&title(step)));
        for used in &step.uses {
            let source = serde_json::to_string(&used.source).unwrap_or_default();
            out.push_str(&comment(&format!(
                "{} {} was {} {source}",
                used.key.id, used.path, used.value
            )));
        }
        let mut commands = String::new();
        push_step(&mut commands, plan, step);
        match &step.held {
            Some(why) => {
                out.push_str(&comment(&format!("HELD BACK: {why}")));
                commands
                    .split_inclusive('\n')
                    .for_each(|line| out.push_str(&comment(line.trim_end())));
            }
            None => out.push_str(&commands),
        }
        if let Some(check) = &step.check {
            let check = line(&check_argv(check, &step.region));
            out.push_str(&comment(&format!("check: {check}")));
        }
    }
    out
}

fn push_step(out: &mut String, plan: &Plan, step: &Step) {
    let command = line(&argv(step));
    match captured(plan, step) {
        Some(path) => {
            let query = quote(path);
            out.push_str(&format!(
                "STEP_{}=$({command} --query {query} --output text)\n",
                step.number
            ));
        }
        None => out.push_str(&format!("{command}\n")),
    }
    if let Some(wait) = &step.wait {
        let region = quote(&step.region);
        out.push_str(&format!(
            "aws {} wait {} --region {region} --{} \"$STEP_{}\"\n",
            flags::service(&step.service),
            wait.waiter,
            flags::kebab(&wait.member),
            step.number
        ));
    }
}
