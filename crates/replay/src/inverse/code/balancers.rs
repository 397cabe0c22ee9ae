//! Load balancers, their listeners, rules, attributes and targets.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::expr::Worth;
use super::super::path::Path;
use super::super::prior::told;
use super::super::types::{Ref, Told};
use super::{answer, elements, text, used};
use crate::state::{Key, Resource, Source};

const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

/// Makes a load balancer again, with its attributes, listeners and rules.
pub(in super::super) fn balancer_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let (Some(new), Some(key)) = (case.new_identity(), case.about.clone()) else { return };
    case.run_call(
        "?ModifyLoadBalancerAttributes LoadBalancerArn=step1.LoadBalancers[0].LoadBalancerArn \
         Attributes=old.Attributes",
    );
    let listeners = parts(case, LISTENER, "LoadBalancerArn", &key.id);
    if listeners.is_empty() {
        case.ask_for("which listeners it had", "", false);
    }
    for (listener, body) in listeners {
        let source = body.source("").clone();
        let mut members = vec![("LoadBalancerArn", answer(&new))];
        for name in ["Protocol", "Port", "SslPolicy", "Certificates", "DefaultActions"] {
            if let Some(value) = body.body.get(name) {
                members
                    .push((name, used(&listener, name.to_owned(), value.clone(), source.clone())));
            }
        }
        if let Some(step) = case.add("CreateListener", members) {
            let path = "Listeners[0].ListenerArn".to_owned();
            rules_of(case, &listener, &Ref { at: String::new(), step, path });
        }
    }
}

/// Makes a listener again, with its rules.
pub(in super::super) fn listener_back(case: &mut Case<'_>) {
    case.run_calls(case.row.undo);
    let (Some(new), Some(key)) = (case.new_identity(), case.about.clone()) else { return };
    rules_of(case, &key, &new);
}

fn rules_of(case: &mut Case<'_>, listener: &Key, new: &Ref) {
    for (key, rule) in parts(case, RULE, "ListenerArn", &listener.id) {
        if rule.body.get("IsDefault").and_then(Value::as_bool) == Some(true) {
            continue;
        }
        case.about(&key, |case| {
            let members = vec![
                ("ListenerArn", answer(new)),
                ("Priority", case.worth("int:old.Priority", None)),
                ("Conditions", case.worth("conditions:old.Conditions", None)),
                ("Actions", case.worth("old.Actions", None)),
            ];
            case.add("CreateRule", members);
        });
    }
}

/// The resources of a type that belong to another, before the event.
fn parts(case: &Case<'_>, kind: &'static str, member: &str, owner: &str) -> Vec<(Key, Resource)> {
    let is_part = |it: &Resource| it.body.get(member).and_then(Value::as_str) == Some(owner);
    let found = case.before.resources(&case.scope, kind).filter(|(_, it)| is_part(it));
    let mut parts: Vec<_> = found.map(|(key, it)| (key.clone(), it.clone())).collect();
    parts.sort_by(|(a, _), (b, _)| a.cmp(b));
    parts
}

/// Sets attributes back to their values from before.
pub(in super::super) fn attributes_back(case: &mut Case<'_>) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("what it was about", "", true);
    };
    let call = case.call;
    let names: Vec<&str> =
        elements(call.request.get("Attributes")).filter_map(|it| it.get("Key")?.as_str()).collect();
    let (mut old, mut uses) = (Vec::new(), Vec::new());
    for name in names {
        let Some(path) = Path::parse("Attributes[{key}].Value", |_| Some(name.to_owned())) else {
            continue;
        };
        case.watch(&key, &path);
        match told(case.before, &key, &path) {
            Told::Value { value, source } if !matches!(source, Source::Inferred { .. }) => {
                old.push(json!({"Key": name, "Value": value}));
                if let Worth::Is { uses: one, .. } = used(&key, path.to_string(), value, source) {
                    uses.extend(one);
                }
            }
            _ => case.ask_for(format!("attribute `{name}` before"), &path.to_string(), true),
        }
    }
    case.judge_changed();
    if old.is_empty() {
        return case.ask_for("which attributes it changed", "Attributes", true);
    }
    let member = match case.about_type {
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => "LoadBalancerArn",
        _ => "TargetGroupArn",
    };
    let operation = case.row.operation;
    let value = Worth::Is { value: json!(old), refs: Vec::new(), uses };
    case.add(operation, vec![(member, text(&key.id)), ("Attributes", value)]);
}

/// Takes the targets out that were not registered before.
pub(in super::super) fn deregister(case: &mut Case<'_>) {
    targets(case, "DeregisterTargets", false);
}

/// Puts the targets back that were registered before.
pub(in super::super) fn register(case: &mut Case<'_>) {
    targets(case, "RegisterTargets", true);
}

fn targets(case: &mut Case<'_>, operation: &str, was_there: bool) {
    let Some(key) = case.about.clone() else {
        return case.ask_for("which target group it was", "", true);
    };
    let Told::Value { value: before, .. } = told(case.before, &key, &Path::of("Targets")) else {
        // Both calls succeed for targets that are there, or not there, already.
        return case.ask_for("which targets were registered before", "Targets", true);
    };
    let is_same = |one: &Value, other: &Value| {
        let port = |it: &Value| it.get("Port").cloned();
        one.get("Id") == other.get("Id") && (port(one).is_none() || port(one) == port(other))
    };
    let mut wanted = Vec::new();
    for target in elements(case.call.request.get("Targets")) {
        let found = elements(Some(&before)).find(|it| is_same(target, it));
        match (found, was_there) {
            (Some(found), true) => wanted.push(found.clone()),
            (None, false) => wanted.push(target.clone()),
            _ => {}
        }
    }
    if wanted.is_empty() {
        return case.nothing("the event changed nothing: it was so before");
    }
    let members = vec![("TargetGroupArn", text(&key.id)), ("Targets", Worth::plain(json!(wanted)))];
    case.add(operation, members);
}
