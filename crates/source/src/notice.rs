//! Recognises the JSON objects that travel beside records and are none.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// What an object is that is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Recognised; holds no record.
    SetAside(&'static str),
    /// What another AWS service hands to a function; records may be inside.
    Envelope,
}

/// The members that tell.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Head {
    event_source: Option<Value>,
    s3: Option<IgnoredAny>,
    digest_end_time: Option<IgnoredAny>,
    log_files: Option<IgnoredAny>,
    message_type: Option<Value>,
    s3_bucket: Option<IgnoredAny>,
    s3_object_key: Option<IgnoredAny>,
}

/// Says what the whole object at the start of `text` is, when it is one of these.
///
/// # Source
/// S3 user guide, "Event message structure"; CloudTrail user guide, "Configuring Amazon SNS
/// notifications" and "Digest file structure"; CloudWatch Logs user guide, "Real-time processing of
/// log data with subscriptions".
pub(crate) fn recognise(text: &[u8]) -> Option<Notice> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let head = Head::deserialize(&mut deserializer).ok()?;
    let is =
        |value: &Option<Value>, name: &str| matches!(value, Some(Value::String(is)) if is == name);
    if let Some(Value::String(source)) = &head.event_source
        && source.starts_with("aws:")
    {
        return Some(match head.s3 {
            Some(_) => Notice::SetAside("S3 event notification"),
            None => Notice::Envelope,
        });
    }
    if head.digest_end_time.is_some() && head.log_files.is_some() {
        return Some(Notice::SetAside("digest file"));
    }
    if head.s3_bucket.is_some() && head.s3_object_key.is_some() {
        return Some(Notice::SetAside("SNS delivery notification"));
    }
    if is(&head.message_type, "CONTROL_MESSAGE") {
        return Some(Notice::SetAside("CloudWatch Logs control message"));
    }
    None
}

/// What CloudTrail publishes when a topic is attached; the whole message.
pub(crate) const VALIDATION_MESSAGE: &[u8] = b"CloudTrail validation message.";
/// The kind under which [`VALIDATION_MESSAGE`] is set aside.
pub(crate) const VALIDATION_KIND: &str = "SNS validation message";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_recognised() {
        let check = |text: &str, expected: Option<Notice>| {
            assert_eq!(recognise(text.as_bytes()), expected, "{text}");
        };
        check(
            r#"{"eventSource":"aws:s3","s3":{}}"#,
            Some(Notice::SetAside("S3 event notification")),
        );
        check(r#"{"eventSource":"aws:sqs","body":"x"}"#, Some(Notice::Envelope));
        check(r#"{"digestEndTime":null,"logFiles":[]}"#, None);
        check(r#"{"digestEndTime":"x","logFiles":[]} x"#, Some(Notice::SetAside("digest file")));
        check(
            r#"{"s3Bucket":"b","s3ObjectKey":["k"]}"#,
            Some(Notice::SetAside("SNS delivery notification")),
        );
        check(r#"{"eventSource":"s3.amazonaws.com","s3":{}}"#, None);
        check(r#"{"eventSource":["odd"]}"#, None);
    }
}
