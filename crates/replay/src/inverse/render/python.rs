//! A plan as a Python script with boto3.

use serde_json::Value;

use super::super::path::escape;
use super::super::types::{Plan, Ref, Step};
use super::{captured, comment, preface, title};

/// The plan as a Python script.
///
/// Shape: one call per step; a step that is held back is a comment; answers that later steps need are
/// `step_1`, by the step's number.
pub fn boto3(plan: &Plan) -> String {
    let mut out = String::from("#!/usr/bin/env python3\n");
    for text in preface(plan) {
        out.push_str(&comment(&text));
    }
    out.push_str("import boto3\n\n");
    if plan.steps.iter().any(|step| captured(plan, step).is_some()) {
        out.push_str("import jmespath\n\n");
    }
    for step in &plan.steps {
        out.push('\n');
        out.push_str(&comment(&title(step)));
        let code = code_of(plan, step);
        match &step.held {
            Some(why) => {
                out.push_str(&comment(&format!("HELD BACK: {why}")));
                code.lines().for_each(|line| out.push_str(&comment(line)));
            }
            None => out.push_str(&code),
        }
    }
    out
}

fn code_of(plan: &Plan, step: &Step) -> String {
    let client =
        format!("boto3.client({}, region_name={})", text(&step.service), text(&step.region));
    let method = snake(&step.operation);
    let mut input = String::new();
    write(&step.input, "", &step.refs, &mut input);
    let call = format!("{client}.{method}(**{input})");
    let mut code = match captured(plan, step) {
        Some(path) => {
            format!("step_{} = jmespath.search({}, {call})\n", step.number, text(path))
        }
        None => format!("{call}\n"),
    };
    if let Some(wait) = &step.wait {
        code.push_str(&format!(
            "{client}.get_waiter({}).wait({}=[step_{}])\n",
            text(&wait.waiter.replace('-', "_")),
            wait.member,
            step.number
        ));
    }
    code
}

/// botocore's name of an operation as a method.
fn snake(operation: &str) -> String {
    super::flags::kebab(operation).replace('-', "_")
}

/// Text as a Python literal: JSON's escapes are Python's too, as long as all is ASCII.
fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn write(value: &Value, pointer: &str, refs: &[Ref], out: &mut String) {
    if let Some(answer) = refs.iter().find(|it| it.at == pointer) {
        out.push_str(&format!("step_{}", answer.step));
        return;
    }
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(string) => out.push_str(&text(string)),
        Value::Array(values) => {
            out.push('[');
            for (index, inner) in values.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(inner, &format!("{pointer}/{index}"), refs, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, inner)) in members.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(&format!("{}: ", text(name)));
                write(inner, &format!("{pointer}/{}", escape(name)), refs, out);
            }
            out.push('}');
        }
    }
}
