//! Which server a service's calls go to, and for which Region they are signed.
//!
//! # Source
//! AWS general reference, "Service endpoints"; botocore's `endpoints.json`.

use trailhound_model::Service;
use url::Url;

use crate::CallError;

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// `https://ec2.eu-west-1.amazonaws.com`, without a slash at its end.
    pub(crate) base: String,
    /// The host and port, for messages.
    pub(crate) host: String,
    /// The Region in the signature.
    pub(crate) region: String,
}

/// Says where calls of `service` in `region` go.
pub(crate) fn place(
    service: &Service,
    region: &str,
    endpoint_url: Option<&str>,
) -> Result<Place, CallError> {
    if !is_region(region) {
        return Err(CallError::Region { region: region.to_owned() });
    }
    let suffix = match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    let global = service.global_endpoint.as_deref().filter(|_| suffix == "amazonaws.com");
    let signing_region = match global {
        Some(_) if region.starts_with("us-gov-") => region,
        // Services without Regions sign for the first one.
        Some(_) => "us-east-1",
        None => region,
    };
    let base = match (endpoint_url, global) {
        (Some(given), _) => given.trim_end_matches('/').to_owned(),
        (None, Some(host)) => format!("https://{host}"),
        (None, None) => format!("https://{}.{region}.{suffix}", service.endpoint_prefix),
    };
    let url = check(&base)?;
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok(Place { base, host, region: signing_region.to_owned() })
}

/// Whether it is spelled as Regions are: `eu-west-1`. It becomes a part of the host's name.
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let number = parts.next_back().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && parts.clone().count() >= 2 && parts.all(is_word)
}

/// Reads an endpoint's address.
pub(crate) fn check(endpoint: &str) -> Result<Url, CallError> {
    let wrong = || CallError::Endpoint { endpoint: endpoint.to_owned() };
    let url = Url::parse(endpoint).map_err(|_| wrong())?;
    let is_server = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    is_server.then_some(url).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trailhound_model::operation;

    #[track_caller]
    fn check_place(call: (&str, &str), region: &str, endpoint: Option<&str>, expected: &str) {
        let service = &operation(call.0, call.1).unwrap().service;
        let found = place(service, region, endpoint);
        let text =
            found.map_or_else(|it| it.to_string(), |it| format!("{} {}", it.base, it.region));
        assert_eq!(text, expected);
    }

    #[test]
    fn services_have_hosts_by_region() {
        let route = ("ec2", "ReplaceRoute");
        check_place(route, "eu-west-1", None, "https://ec2.eu-west-1.amazonaws.com eu-west-1");
        check_place(
            route,
            "cn-north-1",
            None,
            "https://ec2.cn-north-1.amazonaws.com.cn cn-north-1",
        );
        check_place(("iam", "GetUser"), "eu-west-1", None, "https://iam.amazonaws.com us-east-1");
        check_place(
            route,
            "eu-west-1",
            Some("http://127.0.0.1:5000/"),
            "http://127.0.0.1:5000 eu-west-1",
        );
        check_place(route, "evil.example:8099/?x=", None, "`evil.example:8099/?x=` is no Region");
        check_place(
            route,
            "eu-west-1",
            Some("localhost:5000"),
            "the endpoint `localhost:5000` is no address of a server",
        );
    }
}
