//! The members of a record that get a column of their own, and where they stand in the JSON.
//!
//! Every other member, and every value that is not of the kind its column holds, is kept verbatim in
//! the `extra_fields` column: nothing is dropped, nothing is stored twice.
//!
//! # Source
//! CloudTrail user guide, "record contents" (eventVersion 1.11) and "userIdentity element".

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The decoded text of a JSON string.
    Text,
    /// `true` or `false`.
    Bool,
    /// The JSON text of any value but `null`, verbatim.
    Json,
    /// An instant, written by CloudTrail as `YYYY-MM-DDTHH:MM:SSZ`.
    Time,
}

/// The objects whose members have columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The record itself.
    Top,
    /// `userIdentity`.
    UserIdentity,
    /// `userIdentity.sessionContext`.
    SessionContext,
    /// `userIdentity.sessionContext.sessionIssuer`.
    SessionIssuer,
    /// `userIdentity.sessionContext.attributes`.
    Attributes,
    /// `tlsDetails`.
    TlsDetails,
}

/// What a known key of an object leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// A value with a column.
    Field(Field),
    /// An object whose members have columns.
    Object(Level),
}

macro_rules! fields {
    ($($level:ident { $($variant:ident $kind:ident $key:literal $column:literal;)* })*) => {
        /// A member of a record that has a column; AWS's own names, flattened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the names are AWS's own, documented in its user guide")]
        pub enum Field { $($($variant,)*)* }

        impl Field {
            /// Every field, in column order.
            pub const ALL: &'static [Field] = &[$($(Field::$variant,)*)*];

            /// The column's name.
            pub const fn column(self) -> &'static str {
                match self { $($(Field::$variant => $column,)*)* }
            }

            /// The member's key in the JSON.
            pub const fn key(self) -> &'static str {
                match self { $($(Field::$variant => $key,)*)* }
            }

            /// What the column holds.
            pub const fn kind(self) -> Kind {
                match self { $($(Field::$variant => Kind::$kind,)*)* }
            }

            /// The object that the member stands in.
            pub const fn level(self) -> Level {
                match self { $($(Field::$variant => Level::$level,)*)* }
            }
        }

        /// The field called `key` in `level`, if there is one.
        #[inline]
        #[expect(non_upper_case_globals, reason = "a pattern needs a constant for each key")]
        fn field_of(level: Level, key: &[u8]) -> Option<Field> {
            match level {
                $(Level::$level => {
                    $(
                        const $variant: &[u8] = $key.as_bytes();
                    )*
                    match key { $($variant => Some(Field::$variant),)* _ => None }
                })*
            }
        }
    };
}

fields! {
    Top {
        EventVersion Text "eventVersion" "event_version";
        EventTime Time "eventTime" "event_time";
        EventSource Text "eventSource" "event_source";
        EventName Text "eventName" "event_name";
        AwsRegion Text "awsRegion" "aws_region";
        SourceIpAddress Text "sourceIPAddress" "source_ip_address";
        UserAgent Text "userAgent" "user_agent";
        ErrorCode Text "errorCode" "error_code";
        ErrorMessage Text "errorMessage" "error_message";
        RequestParameters Json "requestParameters" "request_parameters";
        ResponseElements Json "responseElements" "response_elements";
        AdditionalEventData Json "additionalEventData" "additional_event_data";
        RequestId Text "requestID" "request_id";
        EventId Text "eventID" "event_id";
        EventType Text "eventType" "event_type";
        ApiVersion Text "apiVersion" "api_version";
        ManagementEvent Bool "managementEvent" "management_event";
        ReadOnly Bool "readOnly" "read_only";
        Resources Json "resources" "resources";
        RecipientAccountId Text "recipientAccountId" "recipient_account_id";
        ServiceEventDetails Json "serviceEventDetails" "service_event_details";
        SharedEventId Text "sharedEventID" "shared_event_id";
        VpcEndpointId Text "vpcEndpointId" "vpc_endpoint_id";
        VpcEndpointAccountId Text "vpcEndpointAccountId" "vpc_endpoint_account_id";
        EventCategory Text "eventCategory" "event_category";
        Addendum Json "addendum" "addendum";
        SessionCredentialFromConsole Text "sessionCredentialFromConsole" "session_credential_from_console";
        EventContext Json "eventContext" "event_context";
        EdgeDeviceDetails Json "edgeDeviceDetails" "edge_device_details";
        InsightDetails Json "insightDetails" "insight_details";
    }
    UserIdentity {
        UserIdentityType Text "type" "user_identity_type";
        UserIdentityPrincipalId Text "principalId" "user_identity_principal_id";
        UserIdentityArn Text "arn" "user_identity_arn";
        UserIdentityAccountId Text "accountId" "user_identity_account_id";
        UserIdentityAccessKeyId Text "accessKeyId" "user_identity_access_key_id";
        UserIdentityUserName Text "userName" "user_identity_user_name";
        UserIdentityInvokedBy Text "invokedBy" "user_identity_invoked_by";
        UserIdentityIdentityProvider Text "identityProvider" "user_identity_identity_provider";
        UserIdentityCredentialId Text "credentialId" "user_identity_credential_id";
        UserIdentityOnBehalfOf Json "onBehalfOf" "user_identity_on_behalf_of";
        UserIdentityInScopeOf Json "inScopeOf" "user_identity_in_scope_of";
        UserIdentityInvokedByDelegate Json "invokedByDelegate" "user_identity_invoked_by_delegate";
    }
    SessionContext {
        SessionSourceIdentity Text "sourceIdentity" "session_source_identity";
        SessionEc2RoleDelivery Text "ec2RoleDelivery" "session_ec2_role_delivery";
        SessionEc2IssuedInVpc Text "ec2IssuedInVpc" "session_ec2_issued_in_vpc";
        SessionAssumedRoot Text "assumedRoot" "session_assumed_root";
        SessionWebIdFederationData Json "webIdFederationData" "session_web_id_federation_data";
    }
    SessionIssuer {
        SessionIssuerType Text "type" "session_issuer_type";
        SessionIssuerPrincipalId Text "principalId" "session_issuer_principal_id";
        SessionIssuerArn Text "arn" "session_issuer_arn";
        SessionIssuerAccountId Text "accountId" "session_issuer_account_id";
        SessionIssuerUserName Text "userName" "session_issuer_user_name";
    }
    Attributes {
        SessionCreationDate Text "creationDate" "session_creation_date";
        SessionMfaAuthenticated Text "mfaAuthenticated" "session_mfa_authenticated";
    }
    TlsDetails {
        TlsVersion Text "tlsVersion" "tls_version";
        TlsCipherSuite Text "cipherSuite" "tls_cipher_suite";
        TlsClientProvidedHostHeader Text "clientProvidedHostHeader" "tls_client_provided_host_header";
        TlsKeyExchange Text "keyExchange" "tls_key_exchange";
    }
}

/// How many fields there are.
pub const FIELDS: usize = Field::ALL.len();

impl Level {
    /// Every level below the top, in the order of its mark.
    pub const NESTED: &'static [Level] = &[
        Level::UserIdentity,
        Level::SessionContext,
        Level::SessionIssuer,
        Level::Attributes,
        Level::TlsDetails,
    ];

    /// The key under which this object stands in the object above; empty for the record itself.
    pub const fn key(self) -> &'static str {
        match self {
            Level::Top => "",
            Level::UserIdentity => "userIdentity",
            Level::SessionContext => "sessionContext",
            Level::SessionIssuer => "sessionIssuer",
            Level::Attributes => "attributes",
            Level::TlsDetails => "tlsDetails",
        }
    }

    /// What `key` leads to in this object, if it has a column or members with columns.
    #[inline]
    pub fn member(self, key: &[u8]) -> Option<Member> {
        let object = match (self, key) {
            (Level::Top, b"userIdentity") => Level::UserIdentity,
            (Level::Top, b"tlsDetails") => Level::TlsDetails,
            (Level::UserIdentity, b"sessionContext") => Level::SessionContext,
            (Level::SessionContext, b"sessionIssuer") => Level::SessionIssuer,
            (Level::SessionContext, b"attributes") => Level::Attributes,
            _ => return field_of(self, key).map(Member::Field),
        };
        Some(Member::Object(object))
    }
}

/// The characters that stand for a known key in a shape, by field and then by nested level.
///
/// None of them is a JSON structure character, white space or a value mark of [`crate::rebuild`].
const MARKS: &[u8; 82] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ123456789!#$%&'()-./;<>[]^_`|~";

/// The character that stands for `member`'s key in a shape.
#[expect(clippy::indexing_slicing, reason = "the assertion below holds the table long enough")]
pub(crate) const fn mark(member: Member) -> u8 {
    const { assert!(FIELDS + 5 <= MARKS.len()) };
    match member {
        Member::Field(field) => MARKS[field as usize],
        Member::Object(level) => MARKS[FIELDS + level as usize - 1],
    }
}

/// The member whose key `mark` stands for.
pub(crate) fn member_of_mark(mark: u8) -> Option<Member> {
    let at = MARKS.iter().position(|&candidate| candidate == mark)?;
    match Field::ALL.get(at) {
        Some(&field) => Some(Member::Field(field)),
        None => Level::NESTED.get(at - FIELDS).map(|&level| Member::Object(level)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_key_and_its_mark() {
        for &field in Field::ALL {
            let member = Member::Field(field);
            assert_eq!(field.level().member(field.key().as_bytes()), Some(member));
            assert_eq!(member_of_mark(mark(member)), Some(member));
        }
        for &level in Level::NESTED {
            let member = Member::Object(level);
            assert_eq!(member_of_mark(mark(member)), Some(member));
        }
        assert_eq!(Level::Top.member(b"userName"), None);
    }

    #[test]
    fn marks_are_distinct_and_not_structure() {
        let mut marks = MARKS.to_vec();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), MARKS.len());
        assert!(!marks.iter().any(|mark| b"{},: \t\r\n\"*?@0+=".contains(mark)));
    }
}
