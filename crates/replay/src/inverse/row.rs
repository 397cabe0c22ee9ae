//! What the table says of one event, and how a line of the table is written.
//!
//! A call is one text: `CreateNatGateway SubnetId=old.SubnetId AllocationId?=old.Address`. Its words:
//!
//! | word | is |
//! |---|---|
//! | `?Operation` | left out when a value that it needs is known to be absent |
//! | `~Operation` | only reads, for a value that a later step needs |
//! | `@Routes Operation` | once for each element of that list of the prior resource, called `each` |
//! | `RuleNumber!=:32767` | before the operation: only elements that differ, `==` only those that do not |
//! | `Member=VALUE` | a member of the request; `Member?=` is left out when absent |
//! | `*` | each member of `back` that the event's request has, with its value from before |
//!
//! A value is `id`, `account`, `region`, `req.PATH`, `res.PATH` (the event), `old.PATH` (before),
//! `was.PATH` (just after), `now.PATH` (newest), `step1.PATH` (an answer), `each.PATH`, `:JSON`;
//! `a|b` is the first that there is, `[a]` a list of one, `NAME:…` one of the functions in `expr`.
//! Closures were rejected: a table of text can be read, printed into the documentation, and checked
//! against AWS's models line by line.

use super::case::Case;
use super::types::Class;

/// What an event does to what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It made the resource.
    Made,
    /// It ended the resource.
    Ended,
    /// It set values.
    Set,
    /// It added a part.
    Added,
    /// It removed a part.
    Removed,
}

/// When an event looks like containment of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Containment {
    /// Never.
    Never,
    /// Always.
    Always,
    /// When a member of the request is this.
    When(&'static str, &'static str),
    /// When the document at a member of the request denies something.
    Denies(&'static str),
    /// When the policy that the member names is one that denies, by its name.
    DenyingName(&'static str),
}

/// The inverse of one event.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) class: Class,
    pub(crate) effect: Effect,
    /// The type of what it is about, and the value that names it: `AWS::EC2::VPC req.VpcId`.
    pub(crate) about: &'static str,
    /// The paths in the resource's body that the event changes; none for the whole resource.
    pub(crate) touches: &'static [&'static str],
    /// The calls that take it back.
    pub(crate) undo: &'static [&'static str],
    /// The calls that take it back when there was nothing before.
    pub(crate) or_none: &'static [&'static str],
    /// Members that the event sets, and where their values from before are: `Groups=Groups[].GroupId`.
    pub(crate) back: &'static [&'static str],
    /// The path of the new id in the answer of the first call.
    pub(crate) new_id: &'static str,
    /// The waiter after the first call, and the member that takes the id.
    pub(crate) wait: Option<(&'static str, &'static str)>,
    /// The call that shows the result, when it is not the one of the type.
    pub(crate) check: &'static str,
    /// What does not come back.
    pub(crate) lost: &'static [&'static str],
    /// What to know before.
    pub(crate) notes: &'static [&'static str],
    /// Whether the event also succeeds when it changes nothing.
    pub(crate) is_lax: bool,
    /// The member of the request that, when true, makes an end final.
    pub(crate) forever: &'static str,
    /// Whether its undo can widen access.
    pub(crate) widens: bool,
    pub(crate) containment: Containment,
    /// What writes the steps where a table is not enough.
    pub(crate) code: Option<fn(&mut Case<'_>)>,
}

const ROW: Row = Row {
    service: "ec2",
    operation: "",
    class: Class::Exact,
    effect: Effect::Set,
    about: "",
    touches: &[],
    undo: &[],
    or_none: &[],
    back: &[],
    new_id: "",
    wait: None,
    check: "",
    lost: &[],
    notes: &[],
    is_lax: false,
    forever: "",
    widens: false,
    containment: Containment::Never,
    code: None,
};

type Texts = &'static [&'static str];

/// An event that made a resource; its undo ends it.
pub(crate) const fn made(operation: &'static str, about: &'static str, undo: Texts) -> Row {
    Row { operation, about, undo, effect: Effect::Made, ..ROW }
}

/// An event that ended a resource; its undo makes another.
pub(crate) const fn ended(operation: &'static str, about: &'static str, undo: Texts) -> Row {
    Row { operation, about, undo, effect: Effect::Ended, class: Class::Compensating, ..ROW }
}

/// An event that set values; its undo sets those from before.
pub(crate) const fn set(operation: &'static str, about: &'static str, undo: Texts) -> Row {
    Row { operation, about, undo, effect: Effect::Set, ..ROW }
}

/// An event that added a part.
pub(crate) const fn added(
    operation: &'static str,
    about: &'static str,
    touches: Texts,
    undo: Texts,
) -> Row {
    Row { operation, about, touches, undo, effect: Effect::Added, ..ROW }
}

/// An event that removed a part.
pub(crate) const fn removed(
    operation: &'static str,
    about: &'static str,
    touches: Texts,
    undo: Texts,
) -> Row {
    Row { operation, about, touches, undo, effect: Effect::Removed, ..ROW }
}

impl Row {
    pub(crate) const fn of(self, service: &'static str) -> Self {
        Self { service, ..self }
    }

    pub(crate) const fn class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    pub(crate) const fn touches(self, touches: Texts) -> Self {
        Self { touches, ..self }
    }

    pub(crate) const fn back(self, back: Texts) -> Self {
        Self { back, ..self }
    }

    pub(crate) const fn or_none(self, or_none: Texts) -> Self {
        Self { or_none, ..self }
    }

    pub(crate) const fn new_id(self, new_id: &'static str) -> Self {
        Self { new_id, ..self }
    }

    pub(crate) const fn wait(self, waiter: &'static str, member: &'static str) -> Self {
        Self { wait: Some((waiter, member)), ..self }
    }

    pub(crate) const fn check(self, check: &'static str) -> Self {
        Self { check, ..self }
    }

    pub(crate) const fn lost(self, lost: Texts) -> Self {
        Self { lost, ..self }
    }

    pub(crate) const fn notes(self, notes: Texts) -> Self {
        Self { notes, ..self }
    }

    pub(crate) const fn lax(self) -> Self {
        Self { is_lax: true, ..self }
    }

    pub(crate) const fn forever(self, forever: &'static str) -> Self {
        Self { forever, ..self }
    }

    pub(crate) const fn widens(self) -> Self {
        Self { widens: true, ..self }
    }

    pub(crate) const fn containment(self, containment: Containment) -> Self {
        Self { containment, ..self }
    }

    pub(crate) const fn code(self, code: fn(&mut Case<'_>)) -> Self {
        Self { code: Some(code), ..self }
    }
}
