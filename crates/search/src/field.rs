//! The names that a query may use, and what they mean.

use trailhound_record::field::{Field, Level};

/// A field with a short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SearchField {
    /// The derived user name, `userIdentity.userName`, or the last part of `userIdentity.arn`.
    User,
    /// `eventName`; for Insights events the API they are about.
    Event,
    /// `eventSource`, with or without `.amazonaws.com`.
    Service,
    /// `sourceIPAddress`.
    Ip,
    /// `userIdentity.accessKeyId`.
    Key,
    /// User name or ARN of the session issuer, or the role in `userIdentity.arn`.
    Role,
    /// `recipientAccountId`, or the account of the identity when that is absent.
    Account,
    /// `awsRegion`.
    Region,
    /// `errorCode`.
    Error,
    /// A resource name, id or ARN in request, response or `resources`; also what an ARN says behind the
    /// account (`role/path/Admin`), and the last part of that (`Admin`).
    Resource,
    /// `userAgent`.
    Agent,
    /// The type of a resource, with or without `AWS::`.
    Type,
    /// `eventID`.
    Id,
}

/// What `is:` can claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// `readOnly` is true.
    Read,
    /// `readOnly` is false.
    Write,
    /// The call failed: there is an `errorCode`, or, as in sign-ins, an `errorMessage` alone.
    Error,
    /// The console did it: `sessionCredentialFromConsole`, a sign-in or console action by `eventType`,
    /// or the console's user agent.
    Console,
    /// The identity is the account's root user.
    Root,
    /// An Insights event.
    Insight,
    /// A management event.
    Management,
    /// A second record with a known event ID and other bytes.
    Conflict,
}

/// A name of the language, for help and completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// The short name.
    pub name: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// What it means, in one line.
    pub description: &'static str,
    /// A query that uses it.
    pub example: &'static str,
}

/// What a name in front of `:` stands for, when it is a name of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Field(SearchField),
    Is,
    Since,
    Until,
    Exists,
}

macro_rules! names {
    ($($target:expr, $name:literal $aliases:expr, $description:literal, $example:literal;)*) => {
        const INFOS: &[FieldInfo] = &[$(FieldInfo {
            name: $name, aliases: &$aliases, description: $description, example: $example,
        },)*];
        const TARGETS: &[Name] = &[$($target,)*];
    };
}

names! {
    Name::Field(SearchField::User), "user" [],
        "who: the user name as LookupEvents derives it, userName, or the session's name", "user:alice";
    Name::Field(SearchField::Event), "event" ["eventName"],
        "the event name", "event:Delete*";
    Name::Field(SearchField::Service), "service" ["eventSource"],
        "the service, with or without .amazonaws.com", "service:ec2";
    Name::Field(SearchField::Ip), "ip" ["sourceIPAddress"],
        "the source: an IP address, a network (CIDR) or the name of a service", "ip:203.0.113.0/24";
    Name::Field(SearchField::Key), "key" [],
        "the access key of the identity", "key:AKIAIOSFODNN7EXAMPLE";
    Name::Field(SearchField::Role), "role" [],
        "the role of the session: its name or ARN", "role:Admin*";
    Name::Field(SearchField::Account), "account" [],
        "the account that the event was delivered to", "account:123456789012";
    Name::Field(SearchField::Region), "region" ["awsRegion"],
        "the Region", "region:us-east-1";
    Name::Field(SearchField::Error), "error" ["errorCode"],
        "the error code; error:* is any; is:error also finds failures without a code", "error:AccessDenied";
    Name::Field(SearchField::Resource), "resource" [],
        "an id, name or ARN of a resource, or the last part of an ARN", "resource:i-0123456789abcdef0";
    Name::Field(SearchField::Agent), "agent" [],
        "a part of the user agent", "agent:terraform";
    Name::Field(SearchField::Type), "type" [],
        "the type of a resource, with or without AWS::", "type:EC2::Instance";
    Name::Is, "is" [],
        "read, write, error, console, root, insight, management or conflict", "is:write";
    Name::Field(SearchField::Id), "id" ["eventID"],
        "the event ID", "id:11111111-2222-3333-4444-555555555555";
    Name::Since, "since" [],
        "event time at or after: an age, a date, ISO 8601, now, today, yesterday", "since:-30m";
    Name::Until, "until" [],
        "event time before: the same", "until:2023-07-10T12:00:00+02:00";
    Name::Exists, "exists" [],
        "the record has a value there", "exists:responseElements.credentials";
}

/// Every name of the language, in the order in which help shows them.
pub fn fields() -> &'static [FieldInfo] {
    INFOS
}

impl SearchField {
    /// The short name.
    pub fn name(self) -> &'static str {
        let at = TARGETS.iter().position(|target| *target == Name::Field(self));
        at.and_then(|at| INFOS.get(at)).map_or("", |info| info.name)
    }

    /// The field with this short name or alias, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match find_name(name)? {
            Name::Field(field) => Some(field),
            _ => None,
        }
    }
}

impl Flag {
    /// Every flag, in the order in which help shows them.
    pub const ALL: &'static [Flag] = &[
        Flag::Read,
        Flag::Write,
        Flag::Error,
        Flag::Console,
        Flag::Root,
        Flag::Insight,
        Flag::Management,
        Flag::Conflict,
    ];

    /// As it is written after `is:`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Error => "error",
            Self::Console => "console",
            Self::Root => "root",
            Self::Insight => "insight",
            Self::Management => "management",
            Self::Conflict => "conflict",
        }
    }

    /// The flag with this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|flag| flag.name().eq_ignore_ascii_case(name))
    }
}

/// What `name` stands for, in any case.
pub(crate) fn find_name(name: &str) -> Option<Name> {
    let is_it = |info: &FieldInfo| {
        std::iter::once(&info.name).chain(info.aliases).any(|it| it.eq_ignore_ascii_case(name))
    };
    TARGETS.get(INFOS.iter().position(is_it)?).copied()
}

/// The member of a record called `name` in any case, as AWS spells it.
pub(crate) fn find_member(name: &str) -> Option<&'static str> {
    members().find(|member| member.eq_ignore_ascii_case(name))
}

fn members() -> impl Iterator<Item = &'static str> {
    let fields = Field::ALL.iter().filter(|field| field.level() == Level::Top);
    let objects = [Level::UserIdentity, Level::TlsDetails];
    fields.map(|field| field.key()).chain(objects.map(Level::key))
}

/// The known name nearest to what was typed, if one is near.
pub(crate) fn nearest_name(typed: &str) -> Option<&'static str> {
    let names = INFOS
        .iter()
        .flat_map(|info| std::iter::once(info.name).chain(info.aliases.iter().copied()));
    nearest(typed, names.chain(members()))
}

/// The flag nearest to what was typed, if one is near.
pub(crate) fn nearest_flag(typed: &str) -> Option<&'static str> {
    nearest(typed, Flag::ALL.iter().map(|flag| flag.name()))
}

fn nearest(typed: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let length = typed.chars().count();
    if length > 64 {
        return None;
    }
    let lower = typed.to_ascii_lowercase();
    let begins = |name: &str| length >= 3 && name.starts_with(&lower) || lower.starts_with(name);
    let distance = |name: &'static str| {
        let folded = name.to_ascii_lowercase();
        let edits = strsim::damerau_levenshtein(&lower, &folded);
        (if begins(&folded) { edits.min(1) } else { edits }, name)
    };
    let (edits, name) = names.map(distance).min_by_key(|(edits, _)| *edits)?;
    (edits <= (length / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_are_distinct() {
        assert_eq!(SearchField::from_name("EVENTNAME"), Some(SearchField::Event));
        assert_eq!(SearchField::Service.name(), "service");
        assert_eq!(find_member("requestparameters"), Some("requestParameters"));
        let mut names: Vec<_> = INFOS
            .iter()
            .flat_map(|info| std::iter::once(&info.name).chain(info.aliases))
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_not() {
        for (typed, expect) in [
            ("usr", Some("user")),
            ("username", Some("user")),
            ("evnt", Some("event")),
            ("sourceip", Some("sourceIPAddress")),
            ("requestparameter", Some("requestParameters")),
            ("zzzz", None),
        ] {
            assert_eq!(nearest_name(typed), expect, "{typed}");
        }
        assert_eq!(nearest_flag("wrte"), Some("write"));
    }
}
