//! Lake's names of an event data store, put into words that a SQL parser knows.
//!
//! A bare UUID after FROM is no SQL token, nor are an ARN and the placeholders of AWS's samples. They
//! are replaced in the text, outside of strings, quoted names and comments; quoted ones are replaced in
//! the parsed statement.

use crate::error::QueryError;
use crate::statement::{EVENTS_TABLE, EventDataStoreNames};

const PLACEHOLDER_BYTES_MAX: usize = 40;

/// Replaces every unquoted name of the event data store by the table's name.
///
/// # Errors
/// [`QueryError::UnknownEventDataStore`] when a UUID or ARN is another store's.
pub(crate) fn name_tables(sql: &str, names: &EventDataStoreNames) -> Result<String, QueryError> {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    let mut is_in_word = false;
    while let Some(first) = rest.chars().next() {
        let mut length = opaque_len(rest).unwrap_or(first.len_utf8());
        if !is_in_word && let Some(name) = name_at(rest) {
            check(name, names)?;
            out.push_str(EVENTS_TABLE);
            length = name.len();
        } else {
            out.push_str(rest.get(..length).unwrap_or_default());
        }
        is_in_word = is_word(first);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}

/// Refuses a UUID or ARN that is not the store's own.
pub(crate) fn check(name: &str, names: &EventDataStoreNames) -> Result<(), QueryError> {
    let id = name.rsplit('/').next().unwrap_or(name);
    let is_own = match uuid_at(id) {
        None => true,
        Some(id) if name.starts_with("arn:") => {
            name.eq_ignore_ascii_case(&names.arn) && id.eq_ignore_ascii_case(&names.id)
        }
        Some(id) => id.eq_ignore_ascii_case(&names.id),
    };
    if is_own { Ok(()) } else { Err(QueryError::UnknownEventDataStore { id: name.to_owned() }) }
}

/// Whether `name`, as a whole, is a UUID or an event data store's ARN.
pub(crate) fn is_store_name(name: &str) -> bool {
    uuid_at(name) == Some(name) || arn_at(name) == Some(name)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the string, quoted name or comment that `text` starts with.
pub(crate) fn opaque_len(text: &str) -> Option<usize> {
    let (opening, closing) = [("'", "'"), ("\"", "\""), ("--", "\n"), ("/*", "*/")]
        .into_iter()
        .find(|(opening, _)| text.starts_with(opening))?;
    let inner = text.get(opening.len()..)?;
    // A doubled quote ends one string and starts the next: what is inside stays inside.
    Some(inner.find(closing).map_or(text.len(), |at| opening.len() + at + closing.len()))
}

/// The name of an event data store that `text` starts with.
fn name_at(text: &str) -> Option<&str> {
    uuid_at(text).or_else(|| arn_at(text)).or_else(|| placeholder_at(text))
}

fn uuid_at(text: &str) -> Option<&str> {
    let uuid = text.get(..36)?;
    let is_uuid = uuid.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let after = text.get(36..)?.chars().next();
    (is_uuid && !after.is_some_and(|c| is_word(c) || c == '-')).then_some(uuid)
}

fn arn_at(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("arn:")?;
    let (before, after) = rest.split_once(":eventdatastore/")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-');
    if !before.chars().all(is_plain) {
        return None;
    }
    let length = text.len() - after.len() + uuid_at(after)?.len();
    text.get(..length)
}

/// `$EDS_ID`, `${EDS_ID}`, `<EDS ID>`, `<event_data_store_id>` and their like.
fn placeholder_at(text: &str) -> Option<&str> {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let length = if let Some(inner) = text.strip_prefix('<') {
        inner.bytes().take(PLACEHOLDER_BYTES_MAX).position(|byte| byte == b'>')? + 2
    } else if let Some(inner) = text.strip_prefix("${") {
        inner.bytes().take(PLACEHOLDER_BYTES_MAX).position(|byte| byte == b'}')? + 3
    } else {
        let inner = text.strip_prefix('$')?;
        let word = inner.find(|c| !is_word(c)).unwrap_or(inner.len());
        // Dashboards write `$EventDataStoreId$`.
        1 + word + usize::from(inner.get(word..)?.starts_with('$'))
    };
    let placeholder = text.get(..length)?;
    let is_known = |c: char| c.is_ascii_alphanumeric() || " _-$<>{}".contains(c);
    let letters: String = placeholder.chars().filter(|c| is_letter(*c)).collect();
    let is_store = matches!(letters.to_ascii_lowercase().as_str(), "edsid" | "eventdatastoreid");
    (is_store && placeholder.chars().all(is_known)).then_some(placeholder)
}
