//! Who a record says acted: `userIdentity`, taken apart.

use serde_json::Value;
use trailhound_record::{Event, Timestamp};

/// What `userIdentity` says. Absent and empty members are `None`.
///
/// # Source
/// CloudTrail user guide, "CloudTrail userIdentity element", eventVersion 1.11.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the names are AWS's own, documented in its user guide")]
pub struct Identity {
    pub identity_type: Option<String>,
    pub arn: Option<String>,
    pub principal_id: Option<String>,
    pub account_id: Option<String>,
    pub access_key_id: Option<String>,
    pub user_name: Option<String>,
    pub invoked_by: Option<String>,
    pub identity_provider: Option<String>,
    /// `onBehalfOf.userId`.
    pub on_behalf_of: Option<String>,
    /// `inScopeOf.sourceArn`.
    pub in_scope_of: Option<String>,
    pub session: Session,
}

/// What `sessionContext` says of the session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the names are AWS's own, documented in its user guide")]
pub struct Session {
    pub issuer_type: Option<String>,
    pub issuer_arn: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub source_identity: Option<String>,
    /// Whether EC2 says that it delivered the credentials to an instance.
    pub is_of_instance: bool,
    /// The provider of a web identity, and its subject when the record holds it.
    pub federated_provider: Option<String>,
    pub federated_subject: Option<String>,
}

impl Identity {
    /// Who made `event`.
    pub fn of(event: &Event) -> Self {
        let record: Value = serde_json::from_slice(&event.raw).unwrap_or_default();
        record.get("userIdentity").map(Self::of_json).unwrap_or_default()
    }

    /// Reads a `userIdentity`.
    pub fn of_json(json: &Value) -> Self {
        let text = |pointer: &str| text(json, pointer);
        Self {
            identity_type: text("/type"),
            arn: text("/arn"),
            principal_id: text("/principalId"),
            account_id: text("/accountId"),
            access_key_id: text("/accessKeyId"),
            user_name: text("/userName"),
            invoked_by: text("/invokedBy"),
            identity_provider: text("/identityProvider"),
            on_behalf_of: text("/onBehalfOf/userId"),
            in_scope_of: text("/inScopeOf/sourceArn"),
            session: Session::of_json(json.get("sessionContext").unwrap_or(&Value::Null)),
        }
    }

    /// The last part of a session's ARN: chosen by whoever made the session.
    pub fn session_name(&self) -> Option<&str> {
        let (_, path) = self.arn.as_deref()?.split_once(":assumed-role/")?;
        path.rsplit_once('/').map(|(_, name)| name).filter(|name| !name.is_empty())
    }

    /// The name of the role whose session it is.
    pub fn role_name(&self) -> Option<&str> {
        let (_, path) = self.arn.as_deref()?.split_once(":assumed-role/")?;
        path.rsplit_once('/').map(|(role, _)| role)
    }

    /// One line for people: the ARN, or what else the record says.
    pub fn text(&self) -> String {
        let named = |name: &String| match (&self.identity_type, &self.account_id) {
            (Some(kind), Some(account)) => format!("{kind} {name} of account {account}"),
            (Some(kind), None) => format!("{kind} {name}"),
            _ => name.clone(),
        };
        self.arn
            .clone()
            .or_else(|| self.invoked_by.as_ref().filter(|_| self.principal_id.is_none()).cloned())
            .or_else(|| self.user_name.as_ref().map(named))
            .or_else(|| self.principal_id.as_ref().map(named))
            .or_else(|| self.on_behalf_of.as_ref().map(named))
            .or_else(|| self.account_id.as_ref().map(|account| format!("account {account}")))
            .or_else(|| self.identity_type.clone())
            .unwrap_or_else(|| "nobody named".to_owned())
    }
}

impl Session {
    fn of_json(json: &Value) -> Self {
        let text = |pointer: &str| text(json, pointer);
        let attributes = json.pointer("/webIdFederationData/attributes").and_then(Value::as_object);
        let subject = attributes.and_then(|members| {
            let is_subject = |key: &str| key == "sub" || key.ends_with(":sub");
            members.iter().find(|(key, _)| is_subject(key)).and_then(|(_, value)| value.as_str())
        });
        Self {
            issuer_type: text("/sessionIssuer/type"),
            issuer_arn: text("/sessionIssuer/arn"),
            creation_date: text("/attributes/creationDate").and_then(|at| Timestamp::parse(&at)),
            source_identity: text("/sourceIdentity"),
            is_of_instance: json.get("ec2RoleDelivery").is_some(),
            federated_provider: text("/webIdFederationData/federatedProvider"),
            federated_subject: subject.map(str::to_owned),
        }
    }
}

/// The text at `pointer`; nothing when it is empty or no text.
pub(crate) fn text(json: &Value, pointer: &str) -> Option<String> {
    let text = json.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether `key` can be looked for: some publishers of logs mask keys, and masks are all alike.
pub(crate) fn is_key(key: &str) -> bool {
    matches!(key.get(..4), Some("AKIA" | "ASIA"))
        && key.len() >= 16
        && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether `key` is the id of temporary credentials.
pub(crate) fn is_temporary_key(key: &str) -> bool {
    is_key(key) && key.starts_with("ASIA")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    fn check(identity: &Value, expect: &Expect) {
        let identity = Identity::of_json(identity);
        let name = identity.session_name().unwrap_or("-");
        let role = identity.role_name().unwrap_or("-");
        expect.assert_eq(&format!("{}; role {role}, session {name}", identity.text()));
    }

    #[test]
    fn identities_have_a_line_each() {
        check(
            &json!({"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/Deploy/alice"}),
            &expect![
                "arn:aws:sts::123456789012:assumed-role/Deploy/alice; role Deploy, session alice"
            ],
        );
        check(
            &json!({"type":"AWSService","invokedBy":"ec2.amazonaws.com"}),
            &expect!["ec2.amazonaws.com; role -, session -"],
        );
        check(
            &json!({"type":"AWSAccount","principalId":"AROAEXAMPLE:s","accountId":"123456789012"}),
            &expect!["AWSAccount AROAEXAMPLE:s of account 123456789012; role -, session -"],
        );
        check(&json!("odd"), &expect!["nobody named; role -, session -"]);
    }

    #[test]
    fn masked_keys_are_no_keys() {
        assert!(is_temporary_key("ASIAIOSFODNN7EXAMPLE"));
        assert!(!is_temporary_key("AKIAIOSFODNN7EXAMPLE"));
        assert!(!is_key("AKIA****************"));
        assert!(!is_key(""));
    }
}
