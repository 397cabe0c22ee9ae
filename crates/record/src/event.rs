//! The typed, flat form of a record: what a table row, a page or `LookupEvents` shows.

use crate::batch::{is_insight_event, is_management};
use crate::field::Field;
use crate::resources;
use crate::time::Timestamp;
use crate::walk::{ParseRecordError, Walk};

/// A resource that an event names: AWS's type, when it is known, and the name or ARN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// `AWS::EC2::Instance`, ...; nothing when the type is not known.
    pub resource_type: Option<String>,
    /// An id, a name or an ARN, as it stands in the record.
    pub resource_name: String,
}

/// One record, read: its bytes and the values that people filter and look at.
///
/// Units: `event_time` in UTC. Texts are as in the record, hostile content included: whoever prints
/// them escapes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The record, byte for byte as delivered.
    pub raw: Vec<u8>,
    /// 0 for the first body under this (account, event id); n for the n-th different one (a conflict).
    pub conflict: u32,
    /// `eventID`.
    pub event_id: Option<String>,
    /// `eventTime`, when it is an instant.
    pub event_time: Option<Timestamp>,
    /// `eventName`.
    pub event_name: Option<String>,
    /// `eventSource`.
    pub event_source: Option<String>,
    /// `awsRegion`.
    pub aws_region: Option<String>,
    /// `sourceIPAddress`: an address, or the name of a service.
    pub source_ip_address: Option<String>,
    /// `userAgent`.
    pub user_agent: Option<String>,
    /// `errorCode`; present means that the call failed.
    pub error_code: Option<String>,
    /// `errorMessage`.
    pub error_message: Option<String>,
    /// `readOnly`, when the record says.
    pub read_only: Option<bool>,
    /// `eventType`.
    pub event_type: Option<String>,
    /// `eventCategory`; absent before eventVersion 1.08.
    pub event_category: Option<String>,
    /// `recipientAccountId`, or the account of the identity when that is absent.
    pub account_id: Option<String>,
    /// `userIdentity.type`.
    pub user_identity_type: Option<String>,
    /// `userIdentity.arn`.
    pub user_identity_arn: Option<String>,
    /// `userIdentity.accessKeyId`.
    pub access_key_id: Option<String>,
    /// The user name as `LookupEvents` derives it (`spec` section "Username derivation").
    pub username: Option<String>,
    /// The resources as `LookupEvents` derives them, without repeats.
    pub resources: Vec<Resource>,
    /// Every ARN and resource-id-shaped string anywhere in request, response and `resources`.
    pub resource_ids: Vec<String>,
    /// Whether Event history shows it by default: a management event, and no Insights event.
    pub is_management: bool,
    /// Whether it is an Insights event; `event_name` and `event_source` are then those of the API that
    /// it is about.
    pub is_insight: bool,
}

/// The verbs of calls that only read, for records that do not say.
///
/// # Source
/// AWS's naming of actions; service authorization reference, access levels Read and List.
pub const READ_VERBS: &[&str] = &[
    "Get",
    "List",
    "Describe",
    "Head",
    "BatchGet",
    "BatchDescribe",
    "Lookup",
    "Search",
    "Query",
    "Scan",
    "Simulate",
    "Preview",
];

impl Event {
    /// Whether the call only reads: as the record says, or, where it does not say, by the verb of its name.
    pub fn only_reads(&self) -> bool {
        let name = self.event_name.as_deref().unwrap_or_default();
        let is_verb = |verb: &str| {
            let noun = name.strip_prefix(verb);
            noun.is_some_and(|noun| noun.is_empty() || noun.starts_with(|c: char| c.is_uppercase()))
        };
        self.read_only.unwrap_or_else(|| READ_VERBS.iter().any(|verb| is_verb(verb)))
    }

    /// Whether the call failed: it has an error code, or, as sign-ins and some services write it, an error
    /// message alone.
    pub fn has_failed(&self) -> bool {
        self.error_code.is_some() || self.error_message.is_some()
    }

    /// Reads `raw`, one whole record.
    ///
    /// # Errors
    /// [`ParseRecordError`] when `raw` is not one JSON object within the limits.
    pub fn parse(raw: Vec<u8>, conflict: u32) -> Result<Self, ParseRecordError> {
        let mut walk = Walk::default();
        walk.parse_whole(&raw)?;
        let text = |field: Field| walk.text(&raw, field).map(|text| text.into_owned());
        let subject =
            |field, member| text(field).or_else(|| resources::insight_member(&walk, &raw, member));
        let found = resources::of_event(&walk, &raw);
        Ok(Self {
            conflict,
            event_id: text(Field::EventId),
            event_time: walk.event_time(&raw),
            event_name: subject(Field::EventName, "eventName"),
            event_source: subject(Field::EventSource, "eventSource"),
            aws_region: text(Field::AwsRegion),
            source_ip_address: text(Field::SourceIpAddress),
            user_agent: text(Field::UserAgent),
            error_code: text(Field::ErrorCode),
            error_message: text(Field::ErrorMessage),
            read_only: walk.bool(&raw, Field::ReadOnly),
            event_type: text(Field::EventType),
            event_category: text(Field::EventCategory),
            account_id: walk.account_id(&raw).map(|text| text.into_owned()),
            user_identity_type: text(Field::UserIdentityType),
            user_identity_arn: text(Field::UserIdentityArn),
            access_key_id: walk.access_key_id(&raw).map(|text| text.into_owned()),
            username: resources::username(&walk, &raw).map(|text| text.into_owned()),
            resources: found.resources,
            resource_ids: found.resource_ids,
            is_management: is_management(&walk, &raw),
            is_insight: is_insight_event(&walk, &raw),
            raw,
        })
    }
}
