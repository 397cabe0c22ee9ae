//! What a request says about its signer.
//!
//! Signatures are not verified: the server binds to loopback only, where whoever can connect can read
//! the store's files as well. Verification belongs here once credentials can be configured.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

const SIGV4: &str = "AWS4-HMAC-SHA256";

/// The `Authorization` header claims Signature Version 4 and has no whole credential scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IncompleteSignature;

/// Returns the Region of the request's credential scope; nothing when it is not signed with SigV4.
///
/// # Source
/// AWS General Reference, "Elements of an AWS API request signature": `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
pub(crate) fn signed_region(headers: &HeaderMap) -> Result<Option<String>, IncompleteSignature> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| IncompleteSignature)?;
    let Some(fields) = value.trim_start().strip_prefix(SIGV4) else { return Ok(None) };
    let credential = fields
        .split(',')
        .find_map(|field| field.trim().strip_prefix("Credential="))
        .ok_or(IncompleteSignature)?;
    // An access key id may hold a `/`, the scope may not.
    let scope: Vec<&str> = credential.rsplitn(5, '/').collect();
    match scope.as_slice() {
        ["aws4_request", service, region, date, key]
            if !service.is_empty() && !region.is_empty() && date.len() == 8 && !key.is_empty() =>
        {
            Ok(Some((*region).to_owned()))
        }
        _ => Err(IncompleteSignature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(authorization: &str, expect: Result<Option<&str>, IncompleteSignature>) {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        assert_eq!(signed_region(&headers), expect.map(|region| region.map(str::to_owned)));
    }

    #[test]
    fn the_region_is_the_third_part_of_the_credential() {
        check(
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260110/eu-west-1/cloudtrail/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=00",
            Ok(Some("eu-west-1")),
        );
        check(
            "AWS4-HMAC-SHA256 SignedHeaders=host,Signature=00,\
             Credential=a/b/20260110/all/cloudtrail/aws4_request",
            Ok(Some("all")),
        );
    }

    #[test]
    fn another_scheme_is_unsigned() {
        check("Basic dXNlcjpwYXNz", Ok(None));
        check("", Ok(None));
        assert_eq!(signed_region(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn half_a_signature_is_refused() {
        check("AWS4-HMAC-SHA256", Err(IncompleteSignature));
        check("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE", Err(IncompleteSignature));
        check(
            "AWS4-HMAC-SHA256 Credential=/20260110//cloudtrail/aws4_request",
            Err(IncompleteSignature),
        );
        check(
            "AWS4-HMAC-SHA256 Credential=A/20260110/us-east-1/cloudtrail",
            Err(IncompleteSignature),
        );
    }
}
