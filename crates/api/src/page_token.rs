//! Page tokens: where the next page starts, bound to its query and signed.
//!
//! A token is the base64url text of a 32-byte HMAC-SHA256 and the JSON that it covers: the position
//! of the last event shown and a digest of the query as sent. The position alone pins the view:
//! events that arrive while a client pages are newer and stay out, without a snapshot to keep.
//! Rejected alternative: tokens kept on the server; they would not survive a restart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use trailhound_app::lookup::Position;
use trailhound_record::Timestamp;

const MAC_BYTES: usize = 32;
const VERSION: u32 = 1;

/// A digest of everything in a query but the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryDigest(String);

impl QueryDigest {
    /// Digests `parts`; equal parts have equal digests.
    pub(crate) fn of(parts: &serde_json::Value) -> Self {
        let digest = Sha256::digest(parts.to_string());
        Self(URL_SAFE_NO_PAD.encode(digest))
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Body {
    version: u32,
    query: String,
    after: Position,
    /// When the first page was asked for: what "an hour ago" means on every page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_micros: Option<i64>,
}

/// Seals and opens page tokens.
pub(crate) struct PageTokens {
    key: [u8; 32],
}

impl PageTokens {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Returns the token that continues the query after `after`.
    pub(crate) fn seal(&self, query: &QueryDigest, after: &Position) -> String {
        self.seal_at(query, after, None)
    }

    /// As [`PageTokens::seal`], for a query that was first asked at `asked`.
    pub(crate) fn seal_at(
        &self,
        query: &QueryDigest,
        after: &Position,
        asked: Option<Timestamp>,
    ) -> String {
        let body = Body {
            version: VERSION,
            query: query.0.clone(),
            after: after.clone(),
            asked_micros: asked.map(|at| at.0),
        };
        // Numbers and texts always serialize.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut token = self.mac(&body).finalize().into_bytes().to_vec();
        token.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Returns the position in `token`, if this store sealed it for this very query.
    pub(crate) fn open(&self, query: &QueryDigest, token: &str) -> Option<Position> {
        self.open_at(query, token).map(|(after, _)| after)
    }

    /// As [`PageTokens::open`], with when the query was first asked.
    pub(crate) fn open_at(
        &self,
        query: &QueryDigest,
        token: &str,
    ) -> Option<(Position, Option<Timestamp>)> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (mac, body) = token.split_at_checked(MAC_BYTES)?;
        self.mac(body).verify_slice(mac).ok()?;
        let body: Body = serde_json::from_slice(body).ok()?;
        let asked = body.asked_micros.map(Timestamp);
        (body.version == VERSION && body.query == query.0).then_some((body.after, asked))
    }

    fn mac(&self, body: &[u8]) -> Hmac<Sha256> {
        // HMAC takes a block of key bytes as it is: the key, filled up with zeros.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (to, from) in block.iter_mut().zip(self.key) {
            *to = from;
        }
        let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block);
        mac.update(body);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn any_position() -> impl Strategy<Value = Position> {
        (any::<i64>(), ".{0,40}", "[0-9]{0,12}", any::<u32>()).prop_map(
            |(event_time_micros, event_key, account_id, conflict)| Position {
                event_time_micros,
                event_key,
                account_id,
                conflict,
            },
        )
    }

    proptest! {
        /// What was sealed opens, under the same key and query only.
        #[test]
        fn a_token_opens_for_its_own_query_and_key(
            position in any_position(),
            query in ".{0,20}",
            other in ".{0,20}",
            key in any::<[u8; 32]>(),
            other_key in any::<[u8; 32]>(),
        ) {
            prop_assume!(query != other && key != other_key);
            let (tokens, query) = (PageTokens::new(key), QueryDigest::of(&json!([query])));
            let token = tokens.seal(&query, &position);
            prop_assert_eq!(tokens.open(&query, &token), Some(position));
            prop_assert_eq!(tokens.open(&QueryDigest::of(&json!([other])), &token), None);
            prop_assert_eq!(PageTokens::new(other_key).open(&query, &token), None);
        }

        /// One changed, missing or added character makes a token worthless.
        #[test]
        fn a_tampered_token_does_not_open(
            position in any_position(),
            at in any::<prop::sample::Index>(),
            by in "[A-Za-z0-9_-]",
        ) {
            let (tokens, query) = (PageTokens::new([7; 32]), QueryDigest::of(&json!([])));
            let token = tokens.seal(&query, &position);
            let at = at.index(token.len());
            let mut tampered = token.clone();
            tampered.replace_range(at..=at, &by);
            if tampered != token {
                prop_assert_eq!(tokens.open(&query, &tampered), None);
            }
            tampered = token.clone();
            tampered.insert_str(at, &by);
            prop_assert_eq!(tokens.open(&query, &tampered), None);
            tampered = token;
            tampered.remove(at);
            prop_assert_eq!(tokens.open(&query, &tampered), None);
        }

        /// Garbage is no token, and no panic.
        #[test]
        fn garbage_does_not_open(token in ".{0,200}") {
            prop_assert_eq!(PageTokens::new([7; 32]).open(&QueryDigest::of(&json!([])), &token), None);
        }
    }

    #[test]
    fn the_mac_is_rfc_2104s() {
        let tokens = PageTokens::new([0x0b; 32]);
        let standard = <Hmac<Sha256> as Mac>::new_from_slice(&[0x0b; 32]).unwrap();
        assert_eq!(
            tokens.mac(b"Hi There").finalize().into_bytes(),
            standard.chain_update(b"Hi There").finalize().into_bytes()
        );
    }

    /// A client may hold a token over an upgrade: this text opens as long as its version is read.
    #[test]
    fn a_token_of_version_1_opens() {
        let token = "6YsCMlVC9ZU9Y00XUQeRudifq-DaUaiNVctau9TrSDx7InZlcnNpb24iOjEsInF1ZXJ5IjoiVUZfeFVlQ2VTcnNscENFMVBBUDZEdmpoQ1A1NmVNcjNIempjYnpONEZLQSIsImFmdGVyIjp7ImV2ZW50X3RpbWVfbWljcm9zIjoxNzY4MDQ2NDAwMDAwMDAwLCJldmVudF9rZXkiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCJhY2NvdW50X2lkIjoiMTIzNDU2Nzg5MDEyIiwiY29uZmxpY3QiOjB9fQ";
        let position = Position {
            event_time_micros: 1_768_046_400_000_000,
            event_key: "00000000-0000-4000-8000-000000000001".to_owned(),
            account_id: "123456789012".to_owned(),
            conflict: 0,
        };
        let (tokens, query) = (PageTokens::new([7; 32]), QueryDigest::of(&json!(["query"])));
        assert_eq!(tokens.seal(&query, &position), token);
        assert_eq!(tokens.open(&query, token), Some(position));
    }
}
