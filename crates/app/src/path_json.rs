//! Answers about paths as JSON, for programs.

use serde_json::{Value, json};

use crate::path::{Answer, Blamed, Flip, PathFound, SettersOfHops, Trial};

impl PathFound {
    /// The answer as JSON.
    pub fn json(&self) -> Value {
        let mut json = answer(&self.answer, Some(&self.set_by));
        if let Some(members) = json.as_object_mut() {
            members.insert("assumed".to_owned(), json!(self.assumed));
            members.insert("unreadable".to_owned(), json!(self.coverage.unreadable));
        }
        json
    }
}

impl Blamed {
    /// The answer as JSON.
    pub fn json(&self) -> Value {
        let culprit = self.culprit();
        let is_culprit = |flip: &Flip| culprit.is_some_and(|it| std::ptr::eq(it, flip));
        let around = |flip: &Flip| self.set_by.as_ref().filter(|_| is_culprit(flip));
        let flips: Vec<Value> = self
            .flips
            .iter()
            .map(|flip| {
                let around = around(flip);
                let before = answer(&flip.before, around.map(|(before, _)| before));
                flip_json(flip, before, answer(&flip.after, around.map(|(_, after)| after)))
            })
            .collect();
        let innocent: Vec<&String> = self.innocent.iter().map(|it| &it.event_id).collect();
        let after_undo = self.undo.as_ref().and_then(|tested| match &tested.after {
            Trial::Answered(answer) => Some(answer.verdict),
            Trial::NewIds | Trial::Incomplete | Trial::NoCalls => None,
        });
        json!({
            "verdict": self.last.verdict,
            "culprit": culprit.and_then(|flip| flip.event.event_id.clone()),
            "flips": flips,
            "innocent": innocent,
            "changes": self.changes,
            "evaluations": self.evaluations,
            "undo": self.undo.as_ref().map(|tested| &tested.undo.plan),
            "after_undo": after_undo,
            "assumed": self.assumed,
            "unreadable": self.coverage.unreadable,
        })
    }
}

fn flip_json(flip: &Flip, before: Value, after: Value) -> Value {
    let event = &flip.event;
    json!({
        "event_id": event.event_id,
        "event_name": event.event_name,
        "event_time": event.event_time.map(|at| at.to_string()),
        "account_id": event.account_id,
        "aws_region": event.aws_region,
        "source_ip_address": event.source_ip_address,
        "user_agent": event.user_agent,
        "who": flip.attribution,
        "is_tie": flip.is_tie,
        "before": before,
        "after": after,
    })
}

fn answer(answer: &Answer, set_by: Option<&SettersOfHops>) -> Value {
    let read_set: Vec<Value> = answer
        .read_set
        .keys()
        .into_iter()
        .map(|(key, hash)| json!({"key": key, "hash": format!("{hash:016x}")}))
        .collect();
    json!({
        "verdict": answer.verdict,
        "explanations": answer.explanations,
        "missing": answer.missing,
        "forward": answer.forward,
        "return": answer.return_path,
        "headers": answer.headers,
        "read_set": read_set,
        "set_by": set_by,
    })
}
