//! The columns of the table: one for each field of the record, and what rebuilds it byte for byte.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use deltalake_core::kernel::{DataType as DeltaType, PrimitiveType};
use trailhound_record::field::{FIELDS, Field, Kind};

/// The partition column: the UTC date of the event time, null when that is not readable.
pub const EVENT_DATE: &str = "event_date";
/// The members without a column of their own, as one JSON object; null when there are none.
pub const EXTRA_FIELDS: &str = "extra_fields";
/// Key order and white space of the record: see `trailhound_record::rebuild`.
pub const SHAPE: &str = "shape";
/// 0, or n for the n-th different body under one (account, event id).
pub const CONFLICT: &str = "conflict";

/// Position of `extra_fields` among the columns of a file; `shape` and `conflict` follow it.
pub(crate) const EXTRA_FIELDS_AT: usize = FIELDS;
pub(crate) const SHAPE_AT: usize = FIELDS + 1;
pub(crate) const CONFLICT_AT: usize = FIELDS + 2;

/// The columns of a segment file, in order: every [`Field`], then `extra_fields`, `shape`, `conflict`.
pub(crate) static FILE_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let mut fields: Vec<ArrowField> = Field::ALL
        .iter()
        .map(|field| ArrowField::new(field.column(), arrow_type(field.kind()), true))
        .collect();
    fields.push(ArrowField::new(EXTRA_FIELDS, DataType::Utf8, true));
    fields.push(ArrowField::new(SHAPE, DataType::Utf8, true));
    fields.push(ArrowField::new(CONFLICT, DataType::Int32, true));
    Arc::new(Schema::new(fields))
});

fn arrow_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Json => DataType::Utf8,
        Kind::Bool => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The table's columns for the Delta log: those of the files, and the partition column.
pub(crate) fn delta_columns() -> Vec<(&'static str, DeltaType)> {
    let mut columns: Vec<_> = Field::ALL
        .iter()
        .map(|field| {
            let primitive = match field.kind() {
                Kind::Text | Kind::Json => PrimitiveType::String,
                Kind::Bool => PrimitiveType::Boolean,
                Kind::Time => PrimitiveType::Timestamp,
            };
            (field.column(), DeltaType::Primitive(primitive))
        })
        .collect();
    columns.push((EXTRA_FIELDS, DeltaType::Primitive(PrimitiveType::String)));
    columns.push((SHAPE, DeltaType::Primitive(PrimitiveType::String)));
    columns.push((CONFLICT, DeltaType::Primitive(PrimitiveType::Integer)));
    columns.push((EVENT_DATE, DeltaType::Primitive(PrimitiveType::Date)));
    columns
}

/// Whether a column's values rarely repeat, so that a dictionary would only cost.
pub(crate) fn is_mostly_distinct(field: Field) -> bool {
    matches!(
        field,
        Field::EventTime
            | Field::EventId
            | Field::RequestId
            | Field::SharedEventId
            | Field::RequestParameters
            | Field::ResponseElements
            | Field::AdditionalEventData
    )
}

/// Whether a column's values are so few and short that compression gains next to nothing after the
/// dictionary, while its set-up costs as much as reading a page.
pub(crate) fn is_tiny(field: Field) -> bool {
    field.kind() == Kind::Bool
        || matches!(
            field,
            Field::EventVersion
                | Field::EventSource
                | Field::EventName
                | Field::AwsRegion
                | Field::ErrorCode
                | Field::EventType
                | Field::ApiVersion
                | Field::RecipientAccountId
                | Field::VpcEndpointAccountId
                | Field::EventCategory
                | Field::SessionCredentialFromConsole
                | Field::UserIdentityType
                | Field::UserIdentityAccountId
                | Field::UserIdentityInvokedBy
                | Field::UserIdentityIdentityProvider
                | Field::SessionEc2RoleDelivery
                | Field::SessionEc2IssuedInVpc
                | Field::SessionAssumedRoot
                | Field::SessionIssuerType
                | Field::SessionIssuerAccountId
                | Field::SessionMfaAuthenticated
                | Field::TlsVersion
                | Field::TlsCipherSuite
                | Field::TlsKeyExchange
        )
}
