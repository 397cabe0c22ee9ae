//! Prints a plan for a sample of each event, as JSON: what `tests/e2e` checks against the real AWS CLI.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};
use trailhound_replay::inverse::{Call, Event, Existence, Options, Prior, Step, plan, render};
use trailhound_replay::state::{Key, Resource, Scope, Source};

const SAMPLES: &str = include_str!("undo_samples.json");
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";

/// A state made from JSON.
#[derive(Default)]
struct Literal(BTreeMap<Key, Resource>);

impl Literal {
    /// Everything is in two Regions: global services have one of their own.
    fn of(json: &Value) -> Self {
        let mut all = BTreeMap::new();
        for (kind, resources) in json.as_object().into_iter().flatten() {
            let resource_type: &'static str = Box::leak(kind.clone().into_boxed_str());
            for (id, body) in resources.as_object().into_iter().flatten() {
                for region in [REGION, "us-east-1"] {
                    let scope = Scope { account: ACCOUNT.to_owned(), region: region.to_owned() };
                    let source = Source::Snapshot { id: "sample".to_owned() };
                    let sources = [(String::new(), source)].into();
                    let key = Key { scope, resource_type, id: id.clone() };
                    all.insert(key, Resource { body: body.clone(), sources });
                }
            }
        }
        Self(all)
    }
}

impl Prior for Literal {
    fn resource(&self, key: &Key) -> Option<&Resource> {
        self.0.get(key)
    }

    fn resources<'a>(
        &'a self,
        scope: &Scope,
        resource_type: &'static str,
    ) -> Box<dyn Iterator<Item = (&'a Key, &'a Resource)> + 'a> {
        let scope = scope.clone();
        let is_it = move |key: &Key| key.scope == scope && key.resource_type == resource_type;
        Box::new(self.0.iter().filter(move |(key, _)| is_it(key)))
    }

    fn exists(&self, key: &Key) -> Existence {
        if self.0.contains_key(key) { Existence::Yes } else { Existence::Unknown }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let samples: Value = serde_json::from_str(SAMPLES)?;
    let part = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    let world = Literal::of(&part(&samples, "world"));
    let options = Options { overwrite_later_changes: true, undo_containment: true };
    let mut out = std::io::stdout().lock();
    for (event, sample) in part(&samples, "samples").as_object().into_iter().flatten() {
        let (service, operation) = event.split_once(':').unwrap_or(("ec2", event));
        let call = Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            request: part(sample, "request"),
            response: part(sample, "response"),
            event_id: "e1".to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            time: "2026-01-10T12:00:00Z".to_owned(),
            who: "alice".to_owned(),
            source_ip: "192.0.2.1".to_owned(),
            user_agent: "aws-cli/2".to_owned(),
        };
        let now = Literal::of(&part(sample, "now"));
        let unknown = Literal::default();
        let event_here = Event { call: &call, before: &world, after: &unknown };
        let plan = plan(&[event_here], &now, &options);
        let line = json!({
            "event": event,
            "plan": &plan,
            "script": render::script(&plan),
            "python": render::boto3(&plan),
            "commands": plan.steps.iter().map(|it| words(render::argv(it))).collect::<Vec<_>>(),
            "checks": plan.steps.iter().filter_map(check).collect::<Vec<_>>(),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The words of the command that shows a step's result.
fn check(step: &Step) -> Option<Vec<String>> {
    Some(words(render::check_argv(step.check.as_ref()?, &step.region)))
}

/// The words of a command, with something in the places of earlier answers.
fn words(command: render::Command) -> Vec<String> {
    let text = |part: &render::Part| match part {
        render::Part::Text(text) => text.clone(),
        render::Part::Answer(_) => "answer-of-an-earlier-step-of-the-plan".to_owned(),
    };
    command.words.iter().map(|word| word.parts.iter().map(text).collect()).collect()
}
