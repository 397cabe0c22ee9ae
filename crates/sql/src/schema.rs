//! The columns of the table `events`, and where each comes from.
//!
//! # Source
//! CloudTrail user guide, "CloudTrail Lake supported SQL schemas for event data stores"; names are
//! lower-cased as there.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Fields, Schema, TimeUnit};
use trailhound_record::field::Field;
use trailhound_store::Column;

/// What a JSON value becomes. A value of another kind becomes null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonKind {
    /// Its text: a string's decoded text, any other value's JSON text.
    Text,
    /// `map<string,string>` of an object's members, each as in `Text`.
    Map,
    /// A struct of some of an object's members, found without regard to case.
    Struct(&'static [(&'static str, JsonKind)]),
    /// A list of a list's items.
    List(&'static JsonKind),
}

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A text.
    Text(Field),
    /// A text that records also give as a Boolean or a number.
    LooseText(Field),
    /// A Boolean.
    Bool(Field),
    /// `eventTime`.
    EventTime,
    /// A text that is an instant.
    Time(Field),
    /// A JSON value.
    Json(Field, JsonKind),
    /// A member without a column in the store.
    Extra(&'static str, JsonKind),
    /// A struct; null when every member is.
    Struct(&'static [(&'static str, Source)]),
    /// The record, byte for byte.
    Body,
    /// SHA-256 of the record in hexadecimal. AWS does not say which sum it uses.
    BodyHash,
}

use JsonKind as J;
use Source as S;

const SESSION_CONTEXT: Source = S::Struct(&[
    (
        "attributes",
        S::Struct(&[
            ("creationdate", S::Time(Field::SessionCreationDate)),
            ("mfaauthenticated", S::LooseText(Field::SessionMfaAuthenticated)),
        ]),
    ),
    (
        "sessionissuer",
        S::Struct(&[
            ("type", S::Text(Field::SessionIssuerType)),
            ("principalid", S::Text(Field::SessionIssuerPrincipalId)),
            ("arn", S::Text(Field::SessionIssuerArn)),
            ("accountid", S::Text(Field::SessionIssuerAccountId)),
            ("username", S::Text(Field::SessionIssuerUserName)),
        ]),
    ),
    (
        "webidfederationdata",
        S::Json(
            Field::SessionWebIdFederationData,
            J::Struct(&[("federatedprovider", J::Text), ("attributes", J::Map)]),
        ),
    ),
    ("sourceidentity", S::Text(Field::SessionSourceIdentity)),
    ("ec2roledelivery", S::LooseText(Field::SessionEc2RoleDelivery)),
    ("ec2issuedinvpc", S::LooseText(Field::SessionEc2IssuedInVpc)),
]);

const USER_IDENTITY: Source = S::Struct(&[
    ("type", S::Text(Field::UserIdentityType)),
    ("principalid", S::Text(Field::UserIdentityPrincipalId)),
    ("arn", S::Text(Field::UserIdentityArn)),
    ("accountid", S::Text(Field::UserIdentityAccountId)),
    ("accesskeyid", S::Text(Field::UserIdentityAccessKeyId)),
    ("username", S::Text(Field::UserIdentityUserName)),
    ("sessioncontext", SESSION_CONTEXT),
    (
        "onbehalfof",
        S::Json(
            Field::UserIdentityOnBehalfOf,
            J::Struct(&[("userid", J::Text), ("identitystorearn", J::Text)]),
        ),
    ),
    (
        "inscopeof",
        S::Json(
            Field::UserIdentityInScopeOf,
            J::Struct(&[
                ("sourcearn", J::Text),
                ("sourceaccount", J::Text),
                ("issuertype", J::Text),
                ("credentialsissuedto", J::Text),
            ]),
        ),
    ),
    ("invokedby", S::Text(Field::UserIdentityInvokedBy)),
    ("identityprovider", S::Text(Field::UserIdentityIdentityProvider)),
]);

const RESOURCE: JsonKind = J::Struct(&[
    ("accountid", J::Text),
    ("type", J::Text),
    ("arn", J::Text),
    ("arnprefix", J::Text),
]);

/// The columns of CloudTrail events.
pub(crate) const EVENTS: &[(&str, Source)] = &[
    ("eventversion", S::Text(Field::EventVersion)),
    ("useridentity", USER_IDENTITY),
    ("eventtime", S::EventTime),
    ("eventsource", S::Text(Field::EventSource)),
    ("eventname", S::Text(Field::EventName)),
    ("awsregion", S::Text(Field::AwsRegion)),
    ("sourceipaddress", S::Text(Field::SourceIpAddress)),
    ("useragent", S::Text(Field::UserAgent)),
    ("errorcode", S::Text(Field::ErrorCode)),
    ("errormessage", S::Text(Field::ErrorMessage)),
    ("requestparameters", S::Json(Field::RequestParameters, J::Map)),
    ("responseelements", S::Json(Field::ResponseElements, J::Map)),
    ("additionaleventdata", S::Json(Field::AdditionalEventData, J::Map)),
    ("requestid", S::Text(Field::RequestId)),
    ("eventid", S::Text(Field::EventId)),
    ("readonly", S::Bool(Field::ReadOnly)),
    ("resources", S::Json(Field::Resources, J::List(&RESOURCE))),
    ("eventtype", S::Text(Field::EventType)),
    ("apiversion", S::Text(Field::ApiVersion)),
    ("managementevent", S::Bool(Field::ManagementEvent)),
    ("recipientaccountid", S::Text(Field::RecipientAccountId)),
    ("sharedeventid", S::Text(Field::SharedEventId)),
    ("annotation", S::Extra("annotation", J::Text)),
    ("vpcendpointid", S::Text(Field::VpcEndpointId)),
    ("vpcendpointaccountid", S::Text(Field::VpcEndpointAccountId)),
    ("serviceeventdetails", S::Json(Field::ServiceEventDetails, J::Map)),
    ("addendum", S::Json(Field::Addendum, J::Map)),
    ("edgedevicedetails", S::Json(Field::EdgeDeviceDetails, J::Map)),
    ("insightdetails", S::Json(Field::InsightDetails, J::Map)),
    ("eventcategory", S::Text(Field::EventCategory)),
    (
        "tlsdetails",
        S::Struct(&[
            ("tlsversion", S::Text(Field::TlsVersion)),
            ("ciphersuite", S::Text(Field::TlsCipherSuite)),
            ("clientprovidedhostheader", S::Text(Field::TlsClientProvidedHostHeader)),
        ]),
    ),
    ("sessioncredentialfromconsole", S::LooseText(Field::SessionCredentialFromConsole)),
    ("eventjson", S::Body),
    ("eventjsonchecksum", S::BodyHash),
];

const CONFIGURATION_ITEM: JsonKind = J::Struct(&[
    ("configurationitemversion", J::Text),
    ("configurationitemcapturetime", J::Text),
    ("configurationitemstatus", J::Text),
    ("configurationitemstateid", J::Text),
    ("accountid", J::Text),
    ("resourcetype", J::Text),
    ("resourceid", J::Text),
    ("resourcename", J::Text),
    ("arn", J::Text),
    ("awsregion", J::Text),
    ("availabilityzone", J::Text),
    ("resourcecreationtime", J::Text),
    ("configuration", J::Map),
    ("supplementaryconfiguration", J::Map),
    ("relatedevents", J::Text),
    (
        "relationships",
        J::Struct(&[
            ("name", J::Text),
            ("resourcetype", J::Text),
            ("resourceid", J::Text),
            ("resourcename", J::Text),
        ]),
    ),
    ("tags", J::Map),
]);

/// The columns of AWS Config configuration items, for the records of that category in the store.
pub(crate) const CONFIGURATION_ITEMS: &[(&str, Source)] = &[
    ("eventversion", S::Text(Field::EventVersion)),
    ("eventcategory", S::Text(Field::EventCategory)),
    ("eventtype", S::Text(Field::EventType)),
    ("eventid", S::Text(Field::EventId)),
    ("eventtime", S::EventTime),
    ("awsregion", S::Text(Field::AwsRegion)),
    ("recipientaccountid", S::Text(Field::RecipientAccountId)),
    ("addendum", S::Json(Field::Addendum, J::Map)),
    ("eventdata", S::Extra("eventData", CONFIGURATION_ITEM)),
    ("eventjson", S::Body),
    ("eventjsonchecksum", S::BodyHash),
];

/// The Arrow schema of `columns`.
pub(crate) fn arrow_schema(columns: &[(&str, Source)]) -> Schema {
    Schema::new(columns.iter().map(|(name, source)| source.arrow(name)).collect::<Vec<_>>())
}

/// `map<string,string>`.
pub(crate) fn map_type() -> DataType {
    DataType::Map(Arc::new(ArrowField::new("entries", map_entries_type(), false)), false)
}

pub(crate) fn map_entries_type() -> DataType {
    DataType::Struct(map_entry_fields())
}

pub(crate) fn map_entry_fields() -> Fields {
    Fields::from(vec![
        ArrowField::new("key", DataType::Utf8, false),
        ArrowField::new("value", DataType::Utf8, true),
    ])
}

/// The type of every time: Lake's have no zone and are UTC.
pub(crate) const TIME: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

impl JsonKind {
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Map => map_type(),
            Self::Struct(members) => DataType::Struct(Self::fields(members)),
            Self::List(item) => {
                DataType::List(Arc::new(ArrowField::new("item", item.data_type(), true)))
            }
        }
    }

    pub(crate) fn fields(members: &[(&str, Self)]) -> Fields {
        let field = |(name, kind): &(&str, Self)| ArrowField::new(*name, kind.data_type(), true);
        members.iter().map(field).collect()
    }
}

impl Source {
    fn arrow(self, name: &str) -> ArrowField {
        ArrowField::new(name, self.data_type(), true)
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Text(_) | Self::LooseText(_) | Self::Body | Self::BodyHash => DataType::Utf8,
            Self::Bool(_) => DataType::Boolean,
            Self::EventTime | Self::Time(_) => TIME,
            Self::Json(_, kind) | Self::Extra(_, kind) => kind.data_type(),
            Self::Struct(members) => DataType::Struct(Self::fields(members)),
        }
    }

    pub(crate) fn fields(members: &[(&str, Self)]) -> Fields {
        members.iter().map(|(name, source)| source.arrow(name)).collect()
    }

    /// Notes what must be read for it.
    pub(crate) fn note_needs(self, needs: &mut Needs) {
        match self {
            Self::Text(field) | Self::Bool(field) | Self::Time(field) | Self::Json(field, _) => {
                needs.columns.insert(Column::Field(field));
            }
            Self::LooseText(field) => {
                needs.columns.extend([Column::Field(field), Column::ExtraFields]);
            }
            Self::EventTime => {
                needs.columns.insert(Column::Field(Field::EventTime));
            }
            Self::Extra(..) => {
                needs.columns.insert(Column::ExtraFields);
            }
            Self::Struct(members) => {
                members.iter().for_each(|(_, source)| source.note_needs(needs));
            }
            Self::Body | Self::BodyHash => needs.has_body = true,
        }
    }
}

/// What must be read of a block for some columns.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) columns: HashSet<Column>,
    pub(crate) has_body: bool,
}
