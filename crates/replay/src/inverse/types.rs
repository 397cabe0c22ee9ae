//! The words of a plan: what was called, what to call to take it back, and what is missing.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::{Key, Source};

/// A call of the AWS API that succeeded, as botocore spells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Call {
    /// The service by its boto3 name: `ec2`, `s3`, `elbv2`.
    pub service: String,
    /// The operation by its API name: `ReplaceRoute`.
    pub operation: String,
    /// The request's members by their botocore names.
    pub request: Value,
    /// The response's members by their botocore names; null when none was recorded.
    pub response: Value,
    /// The event's id.
    pub event_id: String,
    /// The account's 12 digits.
    pub account: String,
    /// The Region that the call went to.
    pub region: String,
    /// When it was, as it is to be shown.
    pub time: String,
    /// Who called, as it is to be shown.
    pub who: String,
    /// From where, as it is to be shown.
    pub source_ip: String,
    /// The caller's user agent.
    pub user_agent: String,
}

/// How honest the word undo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The same state comes back.
    Exact,
    /// The function comes back under a new identity: what names the old one must be changed.
    Compensating,
    /// A part of it cannot come back.
    Partial,
    /// There is no way back.
    Irreversible,
}

impl Class {
    /// The class below: what an undo is worth when something that it needs is not known.
    pub fn lower(self) -> Self {
        match self {
            Self::Exact => Self::Compensating,
            Self::Compensating => Self::Partial,
            Self::Partial | Self::Irreversible => Self::Irreversible,
        }
    }

    /// The class in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Compensating => "compensating",
            Self::Partial => "partial",
            Self::Irreversible => "irreversible",
        }
    }
}

/// What a plan may hold that is refused otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Overwrite what was changed again since.
    pub overwrite_later_changes: bool,
    /// Take back what looks like containment: a key disabled, an access key made inactive, a deny.
    pub undo_containment: bool,
}

/// The way back from some events, as text for a human to run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The lowest class of its parts.
    pub class: Class,
    /// The events that it takes back, in the order in which it does.
    pub events: Vec<Undone>,
    /// What to call, in order.
    pub steps: Vec<Step>,
    /// What must be known first.
    pub questions: Vec<Question>,
    /// What was changed again since, and is not overwritten unless asked for.
    pub conflicts: Vec<Conflict>,
    /// What else the plan touches.
    pub blast_radius: Vec<String>,
    /// What to think of before it is run.
    pub warnings: Vec<String>,
    /// What will not come back.
    pub not_restored: Vec<String>,
    /// What names an old identity and must be changed by hand.
    pub rewire: Vec<Place>,
    /// Where the resources are managed by code, and what to do there.
    pub managed_by: Vec<Managed>,
}

/// An event that a plan takes back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Undone {
    /// The event's id.
    pub event_id: String,
    /// `ec2:ReplaceRoute`.
    pub event: String,
    /// The event's account.
    pub account: String,
    /// The event's Region.
    pub region: String,
    /// When it was.
    pub time: String,
    /// Who called.
    pub who: String,
    /// From where.
    pub source_ip: String,
    /// How honest its undo is.
    pub class: Class,
    /// What it changed.
    pub changes: Vec<Changed>,
    /// Why there is nothing to call, when there is nothing.
    pub nothing_to_do: Option<String>,
}

/// A property that an event changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// The resource.
    pub key: Key,
    /// The property's path in the resource's body; empty for the whole resource, whose value is `true`.
    pub path: String,
    /// What it was before.
    pub before: Told,
    /// What the event made of it.
    pub after: Told,
    /// What it is now.
    pub now: Told,
}

/// A value that a plan tells, and where it is known from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Told {
    /// It is this.
    Value {
        /// The value.
        value: Value,
        /// Where it is known from.
        source: Source,
    },
    /// It is known that there is none.
    Absent,
    /// It is not known; never the same as absent.
    Unknown,
}

/// A call that takes back a part of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its number in the plan, from 1.
    pub number: usize,
    /// The event that it takes back.
    pub event_id: String,
    /// The account to call in.
    pub account: String,
    /// The Region to call in.
    pub region: String,
    /// The service by its boto3 name.
    pub service: String,
    /// The operation by its API name.
    pub operation: String,
    /// The request by botocore's names; `{"$ref": "step 1 Vpc.VpcId"}` where an earlier answer goes.
    pub input: Value,
    /// Where in `input` the answers of earlier steps go.
    pub refs: Vec<Ref>,
    /// Whether it only reads, for a value that a later step needs.
    pub is_read: bool,
    /// How honest it is.
    pub class: Class,
    /// Why it is there.
    pub why: String,
    /// The values from before that it puts back.
    pub uses: Vec<Used>,
    /// What it will not restore.
    pub not_restored: Vec<String>,
    /// What names the old identity and must be changed.
    pub rewire: Vec<Place>,
    /// The call that waits until the next step can go on.
    pub wait: Option<Wait>,
    /// The read-only call that shows whether it worked.
    pub check: Option<Check>,
    /// What that call must show.
    pub expect: Vec<Expectation>,
    /// Why it is not to be run unless asked for.
    pub held: Option<String>,
}

/// A place in a request where the answer of an earlier step goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ref {
    /// The place, as a JSON pointer.
    pub at: String,
    /// The number of the earlier step.
    pub step: usize,
    /// The path in its answer, also a JMESPath.
    pub path: String,
}

/// A value from before that a step puts back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Used {
    /// The resource.
    pub key: Key,
    /// The path in its body.
    pub path: String,
    /// The value.
    pub value: Value,
    /// Where it is known from.
    pub source: Source,
}

/// A place that names something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The resource.
    pub key: Key,
    /// The path in its body.
    pub path: String,
    /// The id that it names.
    pub names: String,
}

/// A read-only call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The service by its boto3 name.
    pub service: String,
    /// The operation by its API name.
    pub operation: String,
    /// The request by botocore's names.
    pub input: Value,
    /// Where in `input` the answers of earlier steps go.
    pub refs: Vec<Ref>,
}

/// A waiter of the AWS tools.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wait {
    /// The waiter's name as the CLI spells it: `nat-gateway-available`.
    pub waiter: String,
    /// The member of its request that takes the ids: `NatGatewayIds`.
    pub member: String,
    /// The path of the id in the step's own answer.
    pub path: String,
}

/// What a resource must look like afterwards.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expectation {
    /// The resource, by its old identity.
    pub key: Key,
    /// The path in its body; empty for the whole resource.
    pub path: String,
    /// What must be there; nothing when nothing may be. Of a whole resource: that it is there.
    pub value: Option<Value>,
}

/// Something that must be known before the plan is whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// The event whose undo needs it.
    pub event_id: String,
    /// The call that needs it.
    pub needed_by: String,
    /// What is asked, in words.
    pub asks: String,
    /// The value's path in the resource's body.
    pub path: String,
    /// What was inferred, but told by nobody.
    pub inferred: Option<Value>,
    /// The events that would tell it.
    pub told_by_events: Vec<String>,
    /// The call whose answer, taken before the event, would tell it.
    pub told_by_snapshot: String,
    /// Whether the call is left out until it is answered.
    pub is_blocking: bool,
}

/// A property that was changed again after the event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conflict {
    /// The event to take back.
    pub event_id: String,
    /// The event that changed it again, when it is known.
    pub later_event_id: Option<String>,
    /// The property, with its three values.
    pub changed: Changed,
    /// What is the matter, in words.
    pub why: String,
}

/// A resource that is managed by code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Managed {
    /// The tool: `Terraform`, `CloudFormation`.
    pub tool: String,
    /// Its own resource type, where it is known: `aws_nat_gateway`.
    pub resource_type: Option<String>,
    /// The resource's id before the plan.
    pub id: String,
    /// The stack or workspace, when a tag tells it.
    pub stack: Option<String>,
    /// How it is known.
    pub because: String,
    /// The step that gives it a new id, and the path in its answer.
    pub renamed_by: Option<Ref>,
}
