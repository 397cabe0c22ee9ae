//! Signature Version 4, by AWS's own library.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use trailhound_model::{HttpRequest, Operation};

use crate::CallError;
use crate::endpoint::Place;

/// Writes the whole request and signs it as of `now`.
pub(crate) fn sign(
    operation: &Operation,
    place: &Place,
    written: &HttpRequest,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<http::Request<Vec<u8>>, CallError> {
    let failed = |reason: String| CallError::Sign { name: operation.name.clone(), reason };
    let uri = format!("{}{}{}", place.base, written.path, query(&written.query));
    let mut headers = written.headers.clone();
    if operation.needs_checksum {
        let digest = STANDARD.encode(Sha256::digest(&written.body));
        headers.push(("x-amz-sdk-checksum-algorithm".to_owned(), "SHA256".to_owned()));
        headers.push(("x-amz-checksum-sha256".to_owned(), digest));
    }
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&place.region)
        .name(&operation.service.signing_name)
        .time(now)
        .settings(settings(&operation.service.signing_name))
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(&written.body);
    let signable = SignableRequest::new(&written.method, &uri, pairs, body)
        .map_err(|error| failed(error.to_string()))?;
    let (instructions, _) =
        sign_request(signable, &params).map_err(|error| failed(error.to_string()))?.into_parts();
    let mut request = http::Request::builder().method(written.method.as_str()).uri(&uri);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let mut request =
        request.body(written.body.clone()).map_err(|error| failed(error.to_string()))?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

/// S3 signs paths as they are sent, and the body's digest in a header.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

fn query(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        text.append_pair(name, value);
    }
    // A space is `%20` in signatures, never `+`.
    format!("?{}", text.finish().replace('+', "%20"))
}
