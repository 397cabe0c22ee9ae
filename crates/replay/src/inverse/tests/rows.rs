//! Every event of the list: with all known it has a way back, with nothing known it guesses nothing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::case::Words;
use super::super::row::Effect;
use super::super::{Call, Class, Event, Options, Plan, events, irreversible, plan, render, table};
use super::support::{Literal, call, state_in};

const SAMPLES: &str = include_str!("../../../examples/undo_samples.json");

/// Every event of the list, by its API name.
fn listed() -> Vec<(&'static str, &'static str)> {
    let names = events::EVENTS.iter();
    names
        .flat_map(|(service, names)| {
            names.iter().map(|name| (*service, table::operation_of(service, name)))
        })
        .collect()
}

/// A state in both Regions that a sample may be in.
fn everywhere(json: &Value) -> Literal {
    let mut all = Literal::default();
    if json.is_object() {
        for region in ["eu-west-1", "us-east-1"] {
            all.resources.extend(state_in(region, json).resources);
        }
    }
    all
}

fn sample(samples: &Value, service: &str, operation: &str) -> (Call, Literal) {
    let name = format!("{service}:{operation}");
    let sample = &samples["samples"][&name];
    assert!(sample.is_object(), "{name} has no sample");
    (
        call(1, &name, sample["request"].clone(), sample["response"].clone()),
        everywhere(&sample["now"]),
    )
}

#[test]
fn every_event_has_an_inverse_or_a_reason_why_not() {
    let listed = listed();
    assert_eq!(listed.len(), 284);
    for (service, operation) in &listed {
        let row = table::row_of(service, operation);
        let row = row.unwrap_or_else(|| panic!("{service}:{operation} has no row"));
        let reason = irreversible::reason(service, operation);
        assert_eq!(reason.is_some(), row.class == Class::Irreversible, "{service}:{operation}");
        assert!(!row.undo.is_empty() || reason.is_some(), "{service}:{operation} has no call");
    }
    let known: BTreeSet<_> = listed.into_iter().collect();
    let rows: Vec<_> = table::rows().map(|row| (row.service, row.operation)).collect();
    assert_eq!(rows.len(), known.len(), "an event is in the table twice, or not in the list");
    assert!(rows.iter().all(|row| known.contains(row)));
}

#[test]
fn the_classes_are_counted() {
    let count = |class| table::rows().filter(|row| row.class == class).count();
    let counts =
        [Class::Exact, Class::Compensating, Class::Partial, Class::Irreversible].map(count);
    assert_eq!(counts, [205, 50, 20, 9]);
}

#[test]
fn names_of_records_lead_to_names_of_the_api() {
    for (service, recorded, operation) in [
        ("lambda", "UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
        ("lambda", "DeleteFunction20150331", "DeleteFunction"),
        ("lambda", "UpdateAlias", "UpdateAlias"),
        ("s3", "PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
        ("ec2", "CreateRoute", "CreateRoute"),
    ] {
        assert_eq!(table::operation_of(service, recorded), operation);
    }
}

#[test]
fn with_all_known_every_event_has_calls_of_its_class() {
    let samples: Value = serde_json::from_str(SAMPLES).unwrap();
    let world = everywhere(&samples["world"]);
    let empty = Literal::default();
    let mut wrong: Vec<String> = Vec::new();
    for (service, operation) in listed() {
        let (call, now) = sample(&samples, service, operation);
        let row = table::row_of(service, operation).unwrap();
        let event = Event { call: &call, before: &world, after: &empty };
        let plan = plan(&[event], &now, &Options::default());
        let name = format!("{service}:{operation}");
        for question in &plan.questions {
            wrong.push(format!("{name} asks {}", question.asks));
        }
        if plan.class != row.class {
            wrong.push(format!("{name} is {}", plan.class.as_str()));
        }
        if plan.steps.is_empty() != row.undo.is_empty() {
            wrong.push(format!("{name} has no calls: {:?}", plan.events[0].nothing_to_do));
        }
        for step in &plan.steps {
            assert!(step.is_read || step.check.is_some(), "{name} has no check");
            assert!(
                row.class != Class::Irreversible || step.held.is_some(),
                "{name} is called an undo"
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every scalar in a value, as text.
fn scalars(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|it| scalars(it, found)),
        Value::Object(members) => members.values().for_each(|it| scalars(it, found)),
        Value::String(text) => {
            found.insert(text.clone());
            // A document, or a part of a name.
            found.extend(text.split(['/', ':']).map(str::to_owned));
        }
        Value::Null => {}
        other => {
            found.insert(other.to_string());
        }
    }
}

/// What a plan may say when nothing but the event is known.
fn sayable(call: &Call, texts: &[&str]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    scalars(&call.request, &mut all);
    scalars(&call.response, &mut all);
    all.extend([call.account.clone(), call.region.clone(), call.event_id.clone()]);
    for word in texts.iter().flat_map(|text| text.split([' ', '|', '='])) {
        if let Some(literal) = word.strip_prefix(':') {
            scalars(&serde_json::from_str(literal).unwrap_or_default(), &mut all);
        }
    }
    all
}

fn needs_prior(row: &super::super::row::Row) -> bool {
    let required = |call: &&str| {
        let words = Words::of(call);
        let needs = |member: &&str| {
            member.split_once('=').is_some_and(|(name, value)| {
                !name.ends_with('?')
                    && value.contains("old.")
                    && !value.contains("req.")
                    && !value.contains("res.")
            })
        };
        words.members.iter().any(needs)
    };
    let is_offer = row.class == Class::Irreversible;
    !is_offer && (row.is_lax || !row.or_none.is_empty() || row.undo.iter().any(required))
}

#[test]
fn with_nothing_known_no_value_is_guessed() {
    let samples: Value = serde_json::from_str(SAMPLES).unwrap();
    let empty = Literal::default();
    let mut asking = 0;
    for (service, operation) in listed() {
        let (call, _) = sample(&samples, service, operation);
        let row = table::row_of(service, operation).unwrap();
        let event = Event { call: &call, before: &empty, after: &empty };
        let plan = plan(&[event], &empty, &Options::default());
        let name = format!("{service}:{operation}");
        check_nothing_guessed(&name, &call, row.undo, &plan);
        asking += usize::from(plan.questions.iter().any(|it| it.is_blocking));
        if needs_prior(row) {
            assert!(plan.steps.is_empty(), "{name} has calls: {}", plan.steps[0].input);
        }
        if plan.steps.is_empty() && plan.events[0].nothing_to_do.is_none() {
            assert!(!plan.questions.is_empty(), "{name} is silent");
        }
        if !plan.questions.is_empty() {
            assert!(plan.class > row.class || row.class == Class::Irreversible, "{name}: class");
            let question = &plan.questions[0];
            let is_told =
                !question.told_by_events.is_empty() || !question.told_by_snapshot.is_empty();
            assert!(
                is_told || row.effect == Effect::Made,
                "{name}: nobody would tell {question:?}"
            );
        }
    }
    // A change of the table that makes an event need less, or more, is to be seen.
    assert_eq!(asking, 174);
}

fn check_nothing_guessed(name: &str, call: &Call, texts: &[&str], plan: &Plan) {
    // What code has of its own: the words of the API.
    let own = [
        "true",
        "AWSCURRENT",
        "-1",
        "vpc",
        "DELETE",
        "CREATE",
        "replace",
        "default",
        "0.0.0.0/0",
        "pending-reboot",
    ];
    let mut sayable = sayable(call, texts);
    sayable.extend(own.map(str::to_owned));
    for step in &plan.steps {
        let mut said = BTreeSet::new();
        let mut input = step.input.clone();
        for inner in &step.refs {
            *input.pointer_mut(&inner.at).unwrap() = json!(null);
        }
        scalars(&input, &mut said);
        for value in said {
            assert!(sayable.contains(&value), "{name} guesses `{value}`: {}", step.input);
        }
    }
}

/// Puts `weird` in the place of the node number `at`, in the order of reading.
fn spoil(value: &mut Value, at: &mut usize, weird: &Value) {
    if *at == 0 {
        *value = weird.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(values) => values.iter_mut().for_each(|it| spoil(it, at, weird)),
        Value::Object(members) => members.values_mut().for_each(|it| spoil(it, at, weird)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever a record or a state holds, there is a plan, and it can be written.
    #[test]
    fn odd_records_and_states_make_a_plan(
        row in 0_usize..284,
        at in 0_usize..12,
        place in 0_usize..3,
        weird in prop::sample::select(vec![
            json!(null), json!([]), json!({}), json!(""), json!(-1), json!("x"), json!([[{}]]),
            json!({"$ref": "step 1 x"}), json!([null, "a", 1]), json!({"Value": {}}), json!(true),
        ]),
    ) {
        let samples: Value = serde_json::from_str(SAMPLES).unwrap();
        let (service, operation) = listed()[row];
        let (mut call, now) = sample(&samples, service, operation);
        let mut world = everywhere(&samples["world"]);
        match place {
            0 => spoil(&mut call.request, &mut at.clone(), &weird),
            1 => spoil(&mut call.response, &mut at.clone(), &weird),
            _ => {
                for resource in world.resources.values_mut() {
                    spoil(&mut resource.body, &mut at.clone(), &weird);
                }
            }
        }
        let empty = Literal::default();
        let event = Event { call: &call, before: &world, after: &empty };
        let plan = plan(&[event], &now, &Options::default());
        let script = render::script(&plan);
        prop_assert!(script.starts_with("#!/usr/bin/env bash\n"));
        prop_assert!(render::json(&plan).is_ok());
        render::boto3(&plan);
    }
}

#[test]
fn every_call_of_the_table_can_be_read() {
    for row in table::rows() {
        for text in row.undo.iter().chain(row.or_none).chain([&row.check]) {
            let words = Words::of(text);
            let is_empty = text.is_empty();
            assert!(is_empty || !words.operation.is_empty(), "{}: {text}", row.operation);
            for member in words.members.iter().filter(|it| **it != "*") {
                assert!(member.contains('='), "{}: `{member}` in {text}", row.operation);
            }
        }
    }
}
