//! A path as a question that reachability answers.

use std::net::IpAddr;

use ipnet::IpNet;
use trailhound_reach::{End, Ports, Protocol, Query};

use super::error::InsightsError;
use super::types::{InsightsPath, PathFilter, PortRange};

/// The question of a path.
///
/// # Errors
/// When it is none, or one that reachability cannot answer.
///
/// # Source
/// API reference, "CreateNetworkInsightsPath": `SourceIp` and `DestinationPort` are the header at the
/// source, `DestinationIp` is at the destination, each as in the filter that excludes it.
pub(super) fn query(path: &InsightsPath) -> Result<Query, InsightsError> {
    let empty = PathFilter::default();
    check_combinations(path)?;
    let leaving = path.filter_at_source.as_ref().unwrap_or(&empty);
    let arriving = path.filter_at_destination.as_ref().unwrap_or(&empty);
    for (name, is_given) in [
        ("SourceAddress", arriving.source_address.is_some()),
        ("SourcePortRange", arriving.source_port_range.is_some()),
    ] {
        if is_given {
            return Err(InsightsError::unsupported(format!(
                "FilterAtDestination.{name}: what translation leaves of a source is not filtered; use \
                 FilterAtSource"
            )));
        }
    }
    let source = end("Source", &path.source)?;
    let at_source = address("FilterAtSource.DestinationAddress", &leaving.destination_address)?;
    let at_destination = match address("DestinationIp", &path.destination_ip)? {
        Some(address) => Some(address),
        None => address("FilterAtDestination.DestinationAddress", &arriving.destination_address)?,
    };
    let destination = match (&path.destination, at_source.or(at_destination)) {
        (Some(text), _) => end("Destination", text)?,
        (None, Some(address)) => End::Address(address),
        (None, None) => return Err(InsightsError::Missing { name: "Destination" }),
    };
    let mut query = Query::new(source, destination).protocol(protocol(&path.protocol)?);
    query.destination_ip = destination_ip(&query, at_source, at_destination)?;
    query.source_ip = match address("SourceIp", &path.source_ip)? {
        Some(address) => Some(address),
        None => address("FilterAtSource.SourceAddress", &leaving.source_address)?,
    }
    .map(IpNet::from);
    query.source_port =
        ports("FilterAtSource.SourcePortRange", leaving.source_port_range.as_ref())?;
    query.port = destination_ports(path, leaving, arriving)?;
    Ok(query)
}

fn check_combinations(path: &InsightsPath) -> Result<(), InsightsError> {
    if path.filter_at_source.is_some()
        && (path.source_ip.is_some() || path.destination_port.is_some())
    {
        return Err(InsightsError::combination(
            "FilterAtSource cannot be given with SourceIp or DestinationPort",
        ));
    }
    if path.filter_at_destination.is_some() && path.destination_ip.is_some() {
        return Err(InsightsError::combination(
            "FilterAtDestination cannot be given with DestinationIp",
        ));
    }
    Ok(())
}

/// One end, by its id.
pub(super) fn end(name: &str, text: &str) -> Result<End, InsightsError> {
    let is_plain = text.len() <= 100
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b':'));
    let found = End::parse(text).filter(|_| is_plain);
    found.ok_or_else(|| {
        let reason = "it is the ID or ARN of an instance, a network interface, an internet gateway, a \
                      virtual private gateway, a transit gateway attachment, a VPC endpoint or a peering \
                      connection, or an address";
        InsightsError::value(name, text, reason)
    })
}

fn address(name: &str, text: &Option<String>) -> Result<Option<IpAddr>, InsightsError> {
    let parse = |text: &String| {
        text.parse().map_err(|_| InsightsError::value(name, text, "it is no IP address"))
    };
    text.as_ref().map(parse).transpose()
}

fn protocol(text: &str) -> Result<Protocol, InsightsError> {
    match text {
        "tcp" => Ok(Protocol::Tcp),
        "udp" => Ok(Protocol::Udp),
        _ => Err(InsightsError::value("Protocol", text, "it is tcp or udp")),
    }
}

/// The destination address as packets have it when they leave the source.
fn destination_ip(
    query: &Query,
    at_source: Option<IpAddr>,
    at_destination: Option<IpAddr>,
) -> Result<Option<IpNet>, InsightsError> {
    if let (Some(one), Some(other)) = (at_source, at_destination)
        && one != other
    {
        return Err(InsightsError::unsupported(
            "two destination addresses, one at the source and one at the destination; give one",
        ));
    }
    let Some(address) = at_source.or(at_destination) else { return Ok(None) };
    if let End::Address(own) = &query.destination {
        if *own != address {
            return Err(InsightsError::combination(
                "Destination is an address, and the destination address is another one",
            ));
        }
        return Ok(None);
    }
    let is_from_internet = match &query.source {
        End::Internet => true,
        End::Gateway(id) => id.starts_with("igw-"),
        _ => false,
    };
    let is_machine = matches!(query.destination, End::Interface(_) | End::Instance(_));
    if at_source.is_none() && is_from_internet && is_machine && is_private(address) {
        return Err(InsightsError::unsupported(
            "a private destination address of packets from the internet; give the public one in \
             FilterAtSource.DestinationAddress, or leave it out",
        ));
    }
    Ok(Some(IpNet::from(address)))
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_private(),
        IpAddr::V6(_) => false,
    }
}

/// No hop that is evaluated changes a destination port: what is asked of both ends is one thing.
fn destination_ports(
    path: &InsightsPath,
    leaving: &PathFilter,
    arriving: &PathFilter,
) -> Result<Option<Ports>, InsightsError> {
    let one = path.destination_port.map(|port| PortRange { from_port: Some(port), to_port: None });
    let at_source = match one {
        Some(one) => ports("DestinationPort", Some(&one))?,
        None => {
            let range = leaving.destination_port_range.as_ref();
            ports("FilterAtSource.DestinationPortRange", range)?
        }
    };
    let at_destination = ports(
        "FilterAtDestination.DestinationPortRange",
        arriving.destination_port_range.as_ref(),
    )?;
    let (Some(one), Some(other)) = (at_source, at_destination) else {
        return Ok(at_source.or(at_destination));
    };
    let both = Ports { from: one.from.max(other.from), to: one.to.min(other.to) };
    if both.from > both.to {
        return Err(InsightsError::combination(
            "the destination ports of both ends exclude each other",
        ));
    }
    Ok(Some(both))
}

fn ports(name: &str, range: Option<&PortRange>) -> Result<Option<Ports>, InsightsError> {
    let Some(range) = range else { return Ok(None) };
    let text = |port: Option<i64>| port.map(|it| it.to_string()).unwrap_or_default();
    let wrong = || {
        let shown = format!("{}-{}", text(range.from_port), text(range.to_port));
        InsightsError::value(name, &shown, "ports are 0 to 65535, the first not after the last")
    };
    let from = range.from_port.ok_or_else(wrong)?;
    let to = range.to_port.unwrap_or(from);
    let port = |number: i64| u16::try_from(number).map_err(|_| wrong());
    let found = Ports { from: port(from)?, to: port(to)? };
    if found.from > found.to { Err(wrong()) } else { Ok(Some(found)) }
}
