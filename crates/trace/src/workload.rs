//! Programs with credentials of their own, and who launched or deployed them.

use trailhound_query::LookupQuery;
use trailhound_query::search::Query;
use trailhound_record::{Event, Timestamp};

use crate::actor::{Actor, Evidence, How, Link, Strength, WorkloadKind};
use crate::attribute::{Step, Tracer, Walk, shared_event_id};
use crate::identity::Identity;
use crate::limits::{CANDIDATES_MAX, STACK_HOURS_MICROS};
use crate::lookups::{naming, within};

impl Tracer {
    /// What a service made a role session for.
    pub(crate) fn of_service(
        &mut self,
        identity: &Identity,
        service: &str,
        at: Option<Timestamp>,
        walk: &mut Walk,
    ) -> Step {
        let name = identity.session_name().unwrap_or_default().to_owned();
        let account = identity.account_id.clone();
        match service {
            "ec2.amazonaws.com" if name.starts_with("i-") => {
                self.workload(name, WorkloadKind::Instance, account, at, walk)
            }
            "lambda.amazonaws.com" => {
                self.workload(name, WorkloadKind::Function, account, at, walk)
            }
            "ecs-tasks.amazonaws.com" => self.workload(name, WorkloadKind::Task, account, at, walk),
            "cloudformation.amazonaws.com" => {
                let role = identity.session.issuer_arn.clone().unwrap_or(name);
                self.workload(role, WorkloadKind::Stack, account, at, walk)
            }
            _ => Step::End(Actor::Service { name: service.to_owned() }),
        }
    }

    /// A workload of an account, and who launched or deployed it before `at`.
    pub(crate) fn workload(
        &mut self,
        name: String,
        kind: WorkloadKind,
        account: Option<String>,
        at: Option<Timestamp>,
        walk: &mut Walk,
    ) -> Step {
        let id = match kind {
            WorkloadKind::Instance => name.rsplit_once('/').map_or(name.as_str(), |(_, id)| id),
            _ => name.as_str(),
        };
        let is_looked_for = matches!(
            kind,
            WorkloadKind::Instance
                | WorkloadKind::Function
                | WorkloadKind::Stack
                | WorkloadKind::Task
        );
        let made = self.maker(id, kind, account.as_deref(), at);
        let behind = made.map(|(event, how)| {
            let (identity, shared) = (Identity::of(&event), shared_event_id(&event));
            // A function's short name is of any Region; CloudFormation's role may serve many stacks.
            let is_sure = how == How::Launch || how == How::Deploy && id.starts_with("arn:");
            let strength = if is_sure { Strength::Strong } else { Strength::Weak };
            let depth = walk.depth + walk.links.len() + 1;
            let mut behind = self.walk(identity, event.event_time, shared, depth);
            let to = behind.principal.clone();
            let evidence = vec![Evidence::of(&event)];
            behind.links.insert(0, Link { from: name.clone(), to, how, strength, evidence });
            behind.strength = behind.strength.min(strength);
            Box::new(behind)
        });
        if behind.is_none() {
            walk.notes.push(match is_looked_for {
                // A service starts its tasks itself: no call of anybody names them.
                true if kind == WorkloadKind::Task => {
                    format!("no call that ran task {name} is in the store: its service may have")
                }
                true => format!("who launched or deployed {name} is not in the store"),
                false => format!("who deployed {name} is not looked for"),
            });
        }
        Step::Made(Actor::Workload { name, kind }, behind)
    }

    pub(crate) fn maker(
        &mut self,
        id: &str,
        kind: WorkloadKind,
        account: Option<&str>,
        at: Option<Timestamp>,
    ) -> Option<(Event, How)> {
        let query = |name: &str, event_name: &str| {
            let query = LookupQuery {
                event_name: Some(event_name.to_owned()),
                account_id: account.map(str::to_owned),
                ..naming(name)
            };
            within(query, None, at)
        };
        match kind {
            WorkloadKind::Instance => {
                let events = self.lookups.done(&query(id, "RunInstances"), CANDIDATES_MAX)?;
                // A tag or a parameter may name any instance: the response says which were launched.
                let launched = events.into_iter().find(|event| launches(event, id))?;
                Some((launched, How::Launch))
            }
            WorkloadKind::Function => {
                let short = id.split(":function:").nth(1).unwrap_or(id).to_owned();
                let region = id.starts_with("arn:").then(|| id.split(':').nth(3)).flatten();
                let calls = [
                    "UpdateFunctionCode20150331v2",
                    "UpdateFunctionCode20150331",
                    "CreateFunction20150331",
                ];
                let mut found: Vec<Event> = Vec::new();
                for (name, call) in
                    [id, short.as_str()].iter().flat_map(|name| calls.map(|call| (*name, call)))
                {
                    let of =
                        LookupQuery { aws_region: region.map(str::to_owned), ..query(name, call) };
                    let (events, _) = self.lookups.newest(&of, CANDIDATES_MAX);
                    found.extend(
                        events.into_iter().find(|event| !event.has_failed() && !is_trial(event)),
                    );
                }
                found
                    .into_iter()
                    .max_by_key(|event| event.event_time)
                    .map(|event| (event, How::Deploy))
            }
            WorkloadKind::Stack => {
                let start = at.map(|at| Timestamp(at.0 - STACK_HOURS_MICROS));
                let query = LookupQuery {
                    event_source: Some("cloudformation.amazonaws.com".to_owned()),
                    read_only: Some(false),
                    ..naming(id)
                };
                let (events, _) = self.lookups.newest(&within(query, start, at), CANDIDATES_MAX);
                let event = events.into_iter().find(|event| !event.has_failed())?;
                Some((event, How::Stack))
            }
            WorkloadKind::Task => {
                let text =
                    format!("\"{}\" event:(RunTask OR StartTask)", id.replace(['"', '\\'], ""));
                let query = LookupQuery {
                    search: Some(Query::parse(&text, Timestamp(0)).ok()?),
                    account_id: account.map(str::to_owned),
                    event_source: Some("ecs.amazonaws.com".to_owned()),
                    ..LookupQuery::default()
                };
                let events = self.lookups.done(&within(query, None, at), CANDIDATES_MAX)?;
                let ran = events.into_iter().find(|event| runs(event, id))?;
                Some((ran, How::Launch))
            }
            WorkloadKind::KubernetesServiceAccount
            | WorkloadKind::GithubActions
            | WorkloadKind::Resource => None,
        }
    }
}

/// Whether a call only asked whether it would work.
fn is_trial(event: &Event) -> bool {
    let record: serde_json::Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    record.pointer("/requestParameters/dryRun").and_then(serde_json::Value::as_bool) == Some(true)
}

/// Whether a call launched the instance.
fn launches(event: &Event, id: &str) -> bool {
    let record: serde_json::Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    let items = record.pointer("/responseElements/instancesSet/items");
    let items = items.and_then(serde_json::Value::as_array).into_iter().flatten();
    items
        .into_iter()
        .any(|item| item.get("instanceId").and_then(serde_json::Value::as_str) == Some(id))
}

/// Whether a call ran the ECS task, as its response says; the session of a task bears the last part of its ARN.
fn runs(event: &Event, id: &str) -> bool {
    let record: serde_json::Value = serde_json::from_slice(&event.raw).unwrap_or_default();
    let tasks = record.pointer("/responseElements/tasks").and_then(serde_json::Value::as_array);
    let arn = |task: &serde_json::Value| crate::identity::text(task, "/taskArn");
    tasks
        .into_iter()
        .flatten()
        .filter_map(arn)
        .any(|arn| arn.rsplit_once('/').is_some_and(|(_, last)| last == id))
}
