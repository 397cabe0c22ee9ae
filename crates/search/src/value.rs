//! The values of each short name in an event.

use trailhound_record::Event;

use crate::field::SearchField;
use crate::json::{Value, any_at_path};

const SERVICE_SUFFIX: &str = ".amazonaws.com";

/// Calls `accept` with each value that `field` has in `event`, until it returns true; returns whether
/// it did. Values may repeat.
pub(crate) fn any_value(
    field: SearchField,
    event: &Event,
    mut accept: impl FnMut(&str) -> bool,
) -> bool {
    match field {
        SearchField::User => any_user(event, accept),
        SearchField::Role => any_role(event, accept),
        SearchField::Resource => {
            let named = event.resources.iter().map(|resource| &resource.resource_name);
            let mut names = named.chain(&event.resource_ids);
            names.any(|name| accept(name) || any_part_of_arn(name, &mut accept))
        }
        SearchField::Type => {
            let types = event.resources.iter().filter_map(|it| it.resource_type.as_deref());
            types
                .into_iter()
                .any(|name| any_spelling(name, name.strip_prefix("AWS::"), &mut accept))
        }
        SearchField::Service => {
            event.event_source.as_deref().is_some_and(|source| any_service(source, accept))
        }
        _ => single(field, event).is_some_and(accept),
    }
}

fn any_spelling(whole: &str, short: Option<&str>, mut accept: impl FnMut(&str) -> bool) -> bool {
    accept(whole) || short.is_some_and(accept)
}

/// As [`any_value`], with what an ARN says behind its account: the whole of it, and its last part.
fn any_part_of_arn(name: &str, mut accept: impl FnMut(&str) -> bool) -> bool {
    let resource = name.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4));
    resource.is_some_and(|resource| {
        let last = resource.rsplit(['/', ':']).next().filter(|last| last.len() < resource.len());
        accept(resource) || last.is_some_and(accept)
    })
}

/// The value of a field that has at most one.
fn single(field: SearchField, event: &Event) -> Option<&str> {
    match field {
        SearchField::Event => event.event_name.as_deref(),
        SearchField::Ip => event.source_ip_address.as_deref(),
        SearchField::Key => event.access_key_id.as_deref(),
        SearchField::Account => event.account_id.as_deref(),
        SearchField::Region => event.aws_region.as_deref(),
        SearchField::Error => event.error_code.as_deref(),
        SearchField::Agent => event.user_agent.as_deref(),
        SearchField::Id => event.event_id.as_deref(),
        SearchField::User
        | SearchField::Role
        | SearchField::Resource
        | SearchField::Type
        | SearchField::Service => None,
    }
}

/// As [`any_value`], with the spellings of a service.
pub(crate) fn any_service(source: &str, accept: impl FnMut(&str) -> bool) -> bool {
    any_spelling(source, source.strip_suffix(SERVICE_SUFFIX), accept)
}

fn any_user(event: &Event, mut accept: impl FnMut(&str) -> bool) -> bool {
    let session = event.user_identity_arn.as_deref().and_then(session_of_arn);
    event.username.as_deref().is_some_and(&mut accept)
        || session.is_some_and(&mut accept)
        || any_string(event, &["userIdentity", "userName"], accept)
}

/// The last part of the ARN of an identity.
pub(crate) fn session_of_arn(arn: &str) -> Option<&str> {
    arn.rsplit_once('/').map(|(_, name)| name).filter(|name| !name.is_empty())
}

fn any_role(event: &Event, mut accept: impl FnMut(&str) -> bool) -> bool {
    let issuer = ["userIdentity", "sessionContext", "sessionIssuer", "userName"];
    let issuer_arn = ["userIdentity", "sessionContext", "sessionIssuer", "arn"];
    role_of_arn(event.user_identity_arn.as_deref().unwrap_or_default()).is_some_and(&mut accept)
        || any_string(event, &issuer, &mut accept)
        || any_string(event, &issuer_arn, accept)
}

/// The role's name in the ARN of a role or of its session.
pub(crate) fn role_of_arn(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    match resource.split_once('/')? {
        ("assumed-role", rest) => rest.split('/').next(),
        ("role", rest) => rest.rsplit('/').next(),
        _ => None,
    }
    .filter(|name| !name.is_empty())
}

/// As [`any_value`], with the strings at a path of the record.
fn any_string(event: &Event, path: &[&str], mut accept: impl FnMut(&str) -> bool) -> bool {
    any_at_path(&event.raw, path, |value| match value {
        Value::String(text) => accept(&String::from_utf8_lossy(&text)),
        _ => false,
    })
}

impl SearchField {
    /// The values that the field has in `event`, without repeats: any of them may pass a test.
    pub fn values(self, event: &Event) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        any_value(self, event, |value| {
            if !values.iter().any(|known| known == value) {
                values.push(value.to_owned());
            }
            false
        });
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_from_the_arn_of_itself_or_its_session() {
        for (arn, role) in [
            ("arn:aws:sts::123456789012:assumed-role/Admin/alice", Some("Admin")),
            ("arn:aws:iam::123456789012:role/path/Admin", Some("Admin")),
            ("arn:aws:iam::123456789012:user/alice", None),
            ("arn:aws:iam::123456789012:root", None),
            ("role/Admin", None),
            ("", None),
        ] {
            assert_eq!(role_of_arn(arn), role, "{arn}");
        }
    }
}
