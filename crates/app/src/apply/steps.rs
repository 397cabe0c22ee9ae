//! One step of a plan: its call, its record, and what is seen afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trailhound_record::RowBatch;
use trailhound_record::batch::RecordRule;
use trailhound_replay::inverse::verify::{Seen, look, seen};
use trailhound_replay::inverse::{Check, Expectation, Plan, Ref, Step, Wait};
use trailhound_store::Writer;

use super::record::{Made, record};
use super::{Outcome, Patience, Taken};
use crate::caller::{ApiCall, CallFailure, Caller, HIDDEN, Identity, USER_AGENT, is_secret};
use crate::live::plain_policies;

/// A plan that is being run.
pub(super) struct Run<'a> {
    pub(super) caller: &'a dyn Caller,
    pub(super) writer: Writer<'a>,
    pub(super) identity: &'a Identity,
    pub(super) patience: Patience,
    /// The answers so far, by the step's number.
    pub(super) answers: BTreeMap<usize, Value>,
    /// The second of the last record.
    pub(super) last_second: Option<i64>,
}

impl Run<'_> {
    /// Takes one step.
    pub(super) fn take(&mut self, step: &Step, plan: &Plan) -> Taken {
        let mut taken = Taken {
            number: step.number,
            undoes: step.event_id.clone(),
            call: format!("{}:{}", step.service, step.operation),
            region: step.region.clone(),
            outcome: Outcome::Read,
            recorded_as: None,
            record_error: None,
            unstored_record: None,
        };
        let input = match self.resolved(&step.input, &step.refs) {
            Ok(input) => input,
            Err(reason) => {
                taken.outcome = Outcome::NotSent { reason };
                return taken;
            }
        };
        if !step.is_read {
            self.await_next_second();
        }
        let user_agent = format!("{USER_AGENT} undo of {}", step.event_id);
        let call = ApiCall {
            service: &step.service,
            operation: &step.operation,
            region: &step.region,
            input: &input,
            user_agent: &user_agent,
        };
        let answer = self.caller.call(&call);
        let was_sent = !matches!(answer, Err(CallFailure::NotSent { .. }));
        if !step.is_read && was_sent {
            // Without an answer, only a look tells whether it was carried out.
            let is_lost = matches!(answer, Err(CallFailure::NoAnswer { .. }));
            let is_seen = is_lost && self.verify(step) == Outcome::Verified;
            let told = if is_seen { Ok(Value::Null) } else { answer.clone() };
            match self.store(step, &call, &told) {
                Ok(event_id) => taken.recorded_as = Some(event_id),
                Err((error, record)) => {
                    taken.record_error = Some(error);
                    taken.unstored_record = Some(record);
                }
            }
        }
        taken.outcome = match answer {
            Err(CallFailure::Refused { code, message }) => Outcome::Refused { code, message },
            Err(CallFailure::NotSent { reason }) => Outcome::NotSent { reason },
            Err(CallFailure::NoAnswer { reason }) => Outcome::NoAnswer { reason },
            Ok(answer) => {
                self.answers.insert(step.number, answer);
                self.after(step, plan)
            }
        };
        taken
    }

    /// What there is to see after a call that was answered.
    fn after(&self, step: &Step, plan: &Plan) -> Outcome {
        if let Some(wait) = &step.wait
            && let Err(why) = self.wait_for(step, wait)
        {
            return Outcome::NotReady { why };
        }
        if step.is_read {
            return Outcome::Read;
        }
        let later = plan.steps.iter().rev().find(|it| it.event_id == step.event_id && !it.is_read);
        match later.filter(|later| later.number > step.number) {
            Some(later) => Outcome::Done { checked_after: later.number },
            None => self.verify(step),
        }
    }

    /// Looks until all is as it was to be, or patience ends.
    fn verify(&self, step: &Step) -> Outcome {
        if step.expect.is_empty() {
            let why = "the plan does not say what must be seen".to_owned();
            return Outcome::NotVerified { why };
        }
        let end = Instant::now() + self.patience.check;
        loop {
            let outcome = self.look_at(step);
            let is_over = Instant::now() >= end;
            if is_over || !matches!(outcome, Outcome::Differs { .. }) {
                return outcome;
            }
            std::thread::sleep(self.patience.every);
        }
    }

    fn look_at(&self, step: &Step) -> Outcome {
        let mut not_told = None;
        // Several expectations are told by one call.
        let mut told: Vec<(Check, Result<Value, CallFailure>)> = Vec::new();
        let made_again = step.expect.iter().filter(|it| is_made_again(step, it)).count();
        for expect in &step.expect {
            if made_again > 1 && is_made_again(step, expect) {
                not_told = Some("several were made again, and one call shows one".to_owned());
                continue;
            }
            let own = look(expect).filter(|_| is_named(step, &expect.key.id));
            let Some(check) = own.or_else(|| step.check.clone()) else {
                not_told = Some("no call is known that shows it".to_owned());
                continue;
            };
            if !told.iter().any(|(known, _)| *known == check) {
                let answer = self.read(&check, &step.region);
                told.push((check.clone(), answer));
            }
            let answer = told.iter().find(|(known, _)| *known == check).map(|(_, answer)| answer);
            match answer.map(|answer| shown(&check, answer, expect)) {
                Some(Ok(Seen::Met))
                    if expect.value.is_none() && matches!(answer, Some(Ok(it)) if is_cut(it)) =>
                {
                    let call = format!("{}:{}", check.service, check.operation);
                    not_told = Some(format!("{call} told the first page only"));
                }
                Some(Ok(Seen::Met)) => {}
                Some(Ok(Seen::Differs(found))) => {
                    return differs(expect, found);
                }
                Some(Err(why)) => not_told = Some(why),
                Some(Ok(Seen::NotTold)) | None => {
                    let call = format!("{}:{}", check.service, check.operation);
                    not_told = Some(format!("{call} does not tell `{}`", expect.path));
                }
            }
        }
        not_told.map_or(Outcome::Verified, |why| Outcome::NotVerified { why })
    }

    fn read(&self, check: &Check, region: &str) -> Result<Value, CallFailure> {
        let input = self
            .resolved(&check.input, &check.refs)
            .map_err(|reason| CallFailure::NotSent { reason })?;
        self.describe(&check.service, &check.operation, region, &input)
    }

    fn describe(
        &self,
        service: &str,
        operation: &str,
        region: &str,
        input: &Value,
    ) -> Result<Value, CallFailure> {
        let call = ApiCall { service, operation, region, input, user_agent: USER_AGENT };
        let mut answer = self.caller.call(&call)?;
        if service == "iam" {
            plain_policies(&mut answer);
        }
        Ok(answer)
    }

    /// Waits until what a step made is ready.
    fn wait_for(&self, step: &Step, wait: &Wait) -> Result<(), String> {
        let (operation, list, ready, failed) = match wait.waiter.as_str() {
            "nat-gateway-available" => {
                ("DescribeNatGateways", "/NatGateways/0/State", "available", "failed")
            }
            other => return Err(format!("nothing here can wait for `{other}`")),
        };
        let answer = self.answers.get(&step.number).unwrap_or(&Value::Null);
        let id = at(answer, &wait.path).ok_or_else(|| no_answer(step.number, &wait.path))?;
        let input = json!({ wait.member.as_str(): [id] });
        let end = Instant::now() + self.patience.wait;
        loop {
            let shown = self.describe(&step.service, operation, &step.region, &input);
            let shown = shown.map_err(|failure| failure.to_string())?;
            match shown.pointer(list).and_then(Value::as_str) {
                Some(state) if state == ready => return Ok(()),
                Some(state) if state == failed => return Err(format!("it is `{state}`")),
                state if Instant::now() >= end => {
                    let state = state.unwrap_or("not described");
                    return Err(format!("it is `{state}` still, and patience has ended"));
                }
                _ => std::thread::sleep(self.patience.every),
            }
        }
    }

    /// A request with the answers of earlier steps in it.
    fn resolved(&self, input: &Value, refs: &[Ref]) -> Result<Value, String> {
        let mut input = input.clone();
        for inner in refs {
            let answer = self.answers.get(&inner.step).and_then(|it| at(it, &inner.path));
            let answer = answer.ok_or_else(|| no_answer(inner.step, &inner.path))?;
            let place = input.pointer_mut(&inner.at);
            *place.ok_or_else(|| format!("the request has no place `{}`", inner.at))? =
                answer.clone();
        }
        Ok(input)
    }

    /// Records have whole seconds: two calls in one could not be told apart by time.
    fn await_next_second(&self) {
        while self.last_second.is_some_and(|last| crate::now().seconds() <= last) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stores the record of a call, durably; returns its event id, or why not and the record.
    fn store(
        &mut self,
        step: &Step,
        call: &ApiCall<'_>,
        answer: &Result<Value, CallFailure>,
    ) -> Result<String, (String, Value)> {
        let event_id = uuid::Uuid::new_v4().to_string();
        let at = crate::now();
        self.last_second = Some(at.seconds());
        let record = record(&Made {
            call,
            answer,
            identity: self.identity,
            at,
            event_id: &event_id,
            undoes: &step.event_id,
            step: step.number,
        });
        match self.append(&record.to_string()) {
            Ok(()) => Ok(event_id),
            Err(error) => Err((error, record)),
        }
    }

    fn append(&self, text: &str) -> Result<(), String> {
        let mut batch = RowBatch::default();
        batch
            .try_push(text.as_bytes(), 0, RecordRule::Listed)
            .map_err(|error| error.to_string())?;
        let written = self.writer.append(&[Arc::new(batch)]).map_err(|error| chain(&error))?;
        match written.stored {
            1 => Ok(()),
            _ => Err("the store did not take it".to_owned()),
        }
    }
}

/// Whether an answer has more pages: then what it lacks may be on one of them.
fn is_cut(answer: &Value) -> bool {
    const MORE: &[&str] =
        &["NextToken", "nextToken", "NextMarker", "Marker", "Truncated", "IsTruncated"];
    let says = |name: &&str| {
        answer
            .get(*name)
            .is_some_and(|it| !matches!(it, Value::Null | Value::Bool(false)) && *it != json!(""))
    };
    MORE.iter().any(says) || answer.get("AdditionalRoutesAvailable") == Some(&Value::Bool(true))
}

/// What was to be there, and what is; neither when it is a secret.
fn differs(expect: &Expectation, found: Option<Value>) -> Outcome {
    let is_hidden = expect.path.split(['.', '[']).any(is_secret);
    let shown = |value: Option<Value>| value.map(|it| if is_hidden { json!(HIDDEN) } else { it });
    Outcome::Differs {
        id: expect.key.id.clone(),
        path: expect.path.clone(),
        expected: shown(expect.value.clone()),
        found: shown(found.filter(|_| !expect.path.is_empty())),
    }
}

/// What an answer shows of an expectation, or why there is none.
fn shown(
    check: &Check,
    answer: &Result<Value, CallFailure>,
    expect: &Expectation,
) -> Result<Seen, String> {
    let found = match answer {
        Ok(answer) => seen(check, Ok(answer), expect),
        Err(failure) => match failure.code() {
            Some(code) => seen(check, Err(code), expect),
            None => Seen::NotTold,
        },
    };
    match (found, answer) {
        (Seen::NotTold, Err(failure)) => {
            Err(format!("{}:{}: {failure}", check.service, check.operation))
        }
        (found, _) => Ok(found),
    }
}

/// Whether a resource is to be there again under an id that is not known before.
fn is_made_again(step: &Step, expect: &Expectation) -> bool {
    expect.path.is_empty() && expect.value.is_some() && !is_named(step, &expect.key.id)
}

/// Whether a step speaks of a resource by this id, and not by one that the plan makes anew.
fn is_named(step: &Step, id: &str) -> bool {
    let text = serde_json::to_string(id).unwrap_or_default();
    let holds = |value: &Value| value.to_string().contains(&text);
    holds(&step.input) || step.check.as_ref().is_some_and(|check| holds(&check.input))
}

/// The value at a path of an answer: `Instances[0].InstanceId`.
fn at<'a>(answer: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(answer, |value, part| match part.split_once('[') {
        Some((name, index)) => {
            let index: usize = index.strip_suffix(']')?.parse().ok()?;
            value.get(name)?.get(index)
        }
        None => value.get(part),
    })
}

fn no_answer(step: usize, path: &str) -> String {
    format!("the answer of step {step} has no `{path}`")
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}
