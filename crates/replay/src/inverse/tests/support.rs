//! States and events as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::{Call, Event, Existence, Options, Plan, Prior, plan, table};
use crate::state::{Key, Resource, Scope, Source};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";

/// A state made from JSON; nothing is known of what is not in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Literal {
    pub(crate) resources: BTreeMap<Key, Resource>,
    pub(crate) gone: BTreeSet<Key>,
}

/// The type with this name, with a lifetime that keys want.
pub(crate) fn type_named(name: &str) -> &'static str {
    table::types().into_iter().chain(["AWS::EC2::Volume"]).find(|it| *it == name).unwrap()
}

pub(crate) fn key(region: &str, kind: &str, id: &str) -> Key {
    let scope = Scope { account: ACCOUNT.to_owned(), region: region.to_owned() };
    Key { scope, resource_type: type_named(kind), id: id.to_owned() }
}

/// A state from `{"TYPE": {"ID": BODY}}`; a body of null is known to be gone.
pub(crate) fn state_in(region: &str, json: &Value) -> Literal {
    let mut state = Literal::default();
    for (kind, resources) in json.as_object().unwrap() {
        for (id, body) in resources.as_object().unwrap() {
            let key = key(region, kind, id);
            if body.is_null() {
                state.gone.insert(key);
                continue;
            }
            let snapshot = Source::Snapshot { id: "snapshot-1".to_owned() };
            let sources = [(String::new(), snapshot)].into();
            state.resources.insert(key, Resource { body: body.clone(), sources });
        }
    }
    state
}

pub(crate) fn state(json: &Value) -> Literal {
    state_in(REGION, json)
}

impl Prior for Literal {
    fn resource(&self, key: &Key) -> Option<&Resource> {
        self.resources.get(key)
    }

    fn resources<'a>(
        &'a self,
        scope: &Scope,
        resource_type: &'static str,
    ) -> Box<dyn Iterator<Item = (&'a Key, &'a Resource)> + 'a> {
        let scope = scope.clone();
        let found = self.resources.iter();
        Box::new(
            found.filter(move |(key, _)| key.scope == scope && key.resource_type == resource_type),
        )
    }

    fn exists(&self, key: &Key) -> Existence {
        match (self.resources.contains_key(key), self.gone.contains(key)) {
            (true, _) => Existence::Yes,
            (false, true) => Existence::No,
            (false, false) => Existence::Unknown,
        }
    }
}

/// An event; its number is its id and its time.
pub(crate) fn call(number: u32, name: &str, request: Value, response: Value) -> Call {
    let (service, operation) = name.split_once(':').unwrap_or(("ec2", name));
    Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        request,
        response,
        event_id: format!("e{number}"),
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        time: format!("2026-01-10T12:{number:02}:00Z"),
        who: "alice".to_owned(),
        source_ip: "192.0.2.1".to_owned(),
        user_agent: "aws-cli/2".to_owned(),
    }
}

/// The plan for one event.
pub(crate) fn plan_one(call: &Call, before: &Literal, after: &Literal, now: &Literal) -> Plan {
    plan(&[Event { call, before, after }], now, &Options::default())
}

/// The commands of a plan, one a line, without Region.
pub(crate) fn commands(plan: &Plan) -> String {
    super::super::render::script(plan)
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty() && *line != "set -euo pipefail")
        .map(|line| line.replace(" --region eu-west-1", "") + "\n")
        .collect()
}

/// What is missing, conflicts and commands, for a golden test.
pub(crate) fn told(plan: &Plan) -> String {
    let mut out = format!("{}\n", plan.class.as_str());
    for event in &plan.events {
        if let Some(why) = &event.nothing_to_do {
            out.push_str(&format!("nothing: {why}\n"));
        }
    }
    for question in &plan.questions {
        out.push_str(&format!("asks: {}\n", question.asks));
    }
    for conflict in &plan.conflicts {
        let later = conflict.later_event_id.as_deref().unwrap_or("?");
        out.push_str(&format!("conflict: {} {} ({later})\n", conflict.changed.path, conflict.why));
    }
    out + &commands(plan)
}

/// A route table with routes of a destination and a target each.
pub(crate) fn table(routes: &[(&str, &str, &str)]) -> Value {
    let route = |(destination, member, id): &(&str, &str, &str)| json!({"DestinationCidrBlock": destination, *member: id, "State": "active", "Origin": "CreateRoute"});
    let routes: Vec<Value> = routes.iter().map(route).collect();
    json!({"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": routes, "Associations": []})
}
