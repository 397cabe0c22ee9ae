//! One access scope, analysed: which paths of a kind there are, pair by pair.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use trailhound_reach::headers::{Block, Family, HeaderSet, IntervalSet, all_ports, all_protocols};
use trailhound_reach::net::{Field, Id, Index, Interface, Resource};
use trailhound_reach::{End, Kind, Network, Ports, Protocol, Query, Verdict};

use super::analyse::{told_assumed, told_missing, values};
use super::error::InsightsError;
use super::keep::Resource as _;
use super::types::{
    self, AccessScope, AccessScopeAnalysis, AccessScopePath, Finding, PacketHeaderStatement,
    PathStatement, ResourceStatement, Status,
};
use super::walk;
use crate::App;
use crate::replay::ReplayQuery;

/// How many questions one analysis asks at most.
const QUESTIONS_MAX: usize = 20_000;
/// How many questions one pair may take: products of addresses, ports and protocols.
const QUESTIONS_OF_PAIR_MAX: usize = 64;
/// Paths of one scope.
const PATHS_OF_SCOPE_MAX: usize = 50;
/// Findings that are kept of one analysis.
const FINDINGS_MAX: usize = 1_000;

/// What a scope asks, read.
pub(super) struct Plans {
    matches: Vec<Plan>,
    excludes: Vec<Plan>,
}

struct Plan {
    source: Vec<Pick>,
    destination: Vec<Pick>,
    headers: Headers,
}

/// Some ends.
enum Pick {
    /// A gateway or an interface.
    One(End),
    /// The interfaces of an instance, subnet or VPC.
    Of(Kind, Id),
    /// All interfaces.
    Interfaces,
    /// The interfaces of all instances.
    Instances,
    /// All of a kind.
    All(Kind),
}

/// What packets are like as they leave their source; an empty list is anything.
#[derive(Default)]
struct Headers {
    protocols: Vec<Protocol>,
    sources: Vec<IpNet>,
    destinations: Vec<IpNet>,
    source_ports: Vec<Ports>,
    destination_ports: Vec<Ports>,
}

/// Reads what a scope asks.
///
/// # Errors
/// When it is not valid, or asks what cannot be answered.
pub(super) fn plan(
    matches: &[AccessScopePath],
    excludes: &[AccessScopePath],
) -> Result<Plans, InsightsError> {
    if matches.is_empty() {
        return Err(InsightsError::Missing { name: "MatchPaths" });
    }
    if matches.len().max(excludes.len()) > PATHS_OF_SCOPE_MAX {
        return Err(InsightsError::unsupported(format!(
            "scopes of more than {PATHS_OF_SCOPE_MAX} paths"
        )));
    }
    let read = |paths: &[AccessScopePath]| -> Result<Vec<Plan>, InsightsError> {
        paths.iter().map(read_path).collect()
    };
    Ok(Plans { matches: read(matches)?, excludes: read(excludes)? })
}

fn read_path(path: &AccessScopePath) -> Result<Plan, InsightsError> {
    if !path.through_resources.is_empty() {
        return Err(InsightsError::unsupported(
            "ThroughResources: paths are not narrowed to resources",
        ));
    }
    let source = read_end("Source", path.source.as_ref())?;
    let destination = read_end("Destination", path.destination.as_ref())?;
    let empty = PacketHeaderStatement::default();
    let of = |end: &Option<PathStatement>| {
        end.as_ref().and_then(|end| end.packet_header_statement.clone()).unwrap_or_default()
    };
    let (leaving, arriving) = (of(&path.source), of(&path.destination));
    let is_more = PacketHeaderStatement {
        destination_ports: Vec::new(),
        protocols: Vec::new(),
        ..arriving.clone()
    } != empty;
    let is_twice = (!leaving.destination_ports.is_empty()
        && !arriving.destination_ports.is_empty())
        || (!leaving.protocols.is_empty() && !arriving.protocols.is_empty());
    if is_more || is_twice {
        return Err(InsightsError::unsupported(
            "a PacketHeaderStatement of a Destination with more than DestinationPorts and Protocols, or \
             with those that the Source has too; put it into the Source",
        ));
    }
    let both = PacketHeaderStatement {
        destination_ports: [leaving.destination_ports.clone(), arriving.destination_ports].concat(),
        protocols: [leaving.protocols.clone(), arriving.protocols].concat(),
        ..leaving
    };
    Ok(Plan { source, destination, headers: read_headers(&both)? })
}

fn read_end(name: &'static str, end: Option<&PathStatement>) -> Result<Vec<Pick>, InsightsError> {
    let statement = end.and_then(|end| end.resource_statement.as_ref());
    let Some(ResourceStatement { resources, resource_types }) = statement else {
        return Err(InsightsError::unsupported(format!(
            "paths without a ResourceStatement in their {name}"
        )));
    };
    let mut picks = Vec::new();
    for text in resources {
        let id = text.rsplit('/').next().filter(|_| text.starts_with("arn:")).unwrap_or(text);
        picks.push(match walk::end(&format!("{name}.Resource"), id)? {
            End::Instance(id) => Pick::Of(Kind::Instance, id),
            End::Subnet(id) => Pick::Of(Kind::Subnet, id),
            End::Vpc(id) => Pick::Of(Kind::Vpc, id),
            one @ (End::Interface(_) | End::Gateway(_)) => Pick::One(one),
            End::Address(_) | End::Internet => {
                return Err(InsightsError::value(name, text, "a resource has an ID"));
            }
        });
    }
    for text in resource_types {
        picks.push(match text.as_str() {
            // All that is in some VPC, or in some subnet.
            "AWS::EC2::NetworkInterface" | "AWS::EC2::VPC" | "AWS::EC2::Subnet" => Pick::Interfaces,
            "AWS::EC2::Instance" => Pick::Instances,
            "AWS::EC2::InternetGateway" => Pick::All(Kind::InternetGateway),
            "AWS::EC2::VPNGateway" => Pick::All(Kind::VpnGateway),
            "AWS::EC2::VPCPeeringConnection" => Pick::All(Kind::Peering),
            "AWS::EC2::TransitGatewayAttachment" => Pick::All(Kind::Attachment),
            other => {
                return Err(InsightsError::unsupported(format!(
                    "the resource type {} in an access scope",
                    other.chars().take(100).collect::<String>()
                )));
            }
        });
    }
    if picks.is_empty() {
        return Err(InsightsError::value(name, "", "it names no resource and no resource type"));
    }
    Ok(picks)
}

fn read_headers(statement: &PacketHeaderStatement) -> Result<Headers, InsightsError> {
    if !statement.source_prefix_lists.is_empty() || !statement.destination_prefix_lists.is_empty() {
        return Err(InsightsError::unsupported("prefix lists in an access scope"));
    }
    let protocol = |text: &String| match text.as_str() {
        "tcp" => Ok(Protocol::Tcp),
        "udp" => Ok(Protocol::Udp),
        _ => Err(InsightsError::value("Protocol", text, "it is tcp or udp")),
    };
    let nets = |name: &str, texts: &[String]| -> Result<Vec<IpNet>, InsightsError> {
        let net = |text: &String| {
            let parsed = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            let four = parsed.ok().filter(|net: &IpNet| net.addr().is_ipv4());
            four.ok_or_else(|| InsightsError::value(name, text, "it is an IPv4 address or block"))
        };
        texts.iter().map(net).collect()
    };
    let ports = |name: &str, texts: &[String]| -> Result<Vec<Ports>, InsightsError> {
        let range = |text: &String| {
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            let found = from.trim().parse().ok().zip(to.trim().parse().ok());
            let found = found.map(|(from, to)| Ports { from, to }).filter(|it| it.from <= it.to);
            found.ok_or_else(|| InsightsError::value(name, text, "it is a port, or `80-443`"))
        };
        texts.iter().map(range).collect()
    };
    let headers = Headers {
        protocols: statement.protocols.iter().map(protocol).collect::<Result<_, _>>()?,
        sources: nets("SourceAddress", &statement.source_addresses)?,
        destinations: nets("DestinationAddress", &statement.destination_addresses)?,
        source_ports: ports("SourcePort", &statement.source_ports)?,
        destination_ports: ports("DestinationPort", &statement.destination_ports)?,
    };
    let counts = [
        headers.protocols.len(),
        headers.sources.len(),
        headers.destinations.len(),
        headers.source_ports.len(),
        headers.destination_ports.len(),
    ];
    let questions = counts.iter().fold(1_usize, |all, count| all.saturating_mul((*count).max(1)));
    if questions > QUESTIONS_OF_PAIR_MAX {
        return Err(InsightsError::unsupported(format!(
            "a PacketHeaderStatement of more than {QUESTIONS_OF_PAIR_MAX} combinations"
        )));
    }
    Ok(headers)
}

/// The options of a list, where an empty one is anything.
fn options<T: Copy>(list: &[T]) -> Vec<Option<T>> {
    if list.is_empty() { vec![None] } else { list.iter().copied().map(Some).collect() }
}

impl Headers {
    fn queries(&self, source: &End, destination: &End) -> Vec<Query> {
        let mut queries = Vec::new();
        for protocol in options(&self.protocols) {
            for source_ip in options(&self.sources) {
                for destination_ip in options(&self.destinations) {
                    for source_port in options(&self.source_ports) {
                        for port in options(&self.destination_ports) {
                            queries.push(Query {
                                protocol: protocol.unwrap_or(Protocol::Any),
                                source_ip,
                                destination_ip,
                                source_port,
                                port,
                                ..Query::new(source.clone(), destination.clone())
                            });
                        }
                    }
                }
            }
        }
        queries
    }

    /// All headers that these statements speak of.
    fn block(&self) -> Block {
        let family = Family::V4;
        let addresses = |nets: &[IpNet]| match nets {
            [] => family.all(),
            nets => union(nets.iter().map(|net| family.addresses(net))),
        };
        let ports = |ranges: &[Ports]| match ranges {
            [] => all_ports(),
            ranges => {
                union(ranges.iter().map(|it| IntervalSet::range(it.from.into(), it.to.into())))
            }
        };
        let number =
            |protocol: &Protocol| IntervalSet::one(if *protocol == Protocol::Udp { 17 } else { 6 });
        Block {
            source: addresses(&self.sources),
            destination: addresses(&self.destinations),
            protocol: match self.protocols.as_slice() {
                [] => all_protocols(),
                protocols => union(protocols.iter().map(number)),
            },
            source_port: ports(&self.source_ports),
            destination_port: ports(&self.destination_ports),
        }
    }
}

fn union(sets: impl Iterator<Item = IntervalSet>) -> IntervalSet {
    sets.fold(IntervalSet::default(), |all, set| all.union(&set))
}

/// Ends by their ids, and what may be among them without our knowing.
#[derive(Default)]
struct Ends {
    ends: BTreeMap<String, End>,
    vague: BTreeSet<String>,
}

impl Ends {
    fn of(network: &Network, picks: &[Pick]) -> Self {
        let mut found = Self::default();
        for pick in picks {
            match pick {
                Pick::One(end) => found.add(end.clone()),
                Pick::Interfaces => {
                    network.interfaces().into_iter().for_each(|id| found.add(End::Interface(id)));
                }
                Pick::All(kind) => {
                    let all = network.resources().filter(|(of, ..)| of == kind);
                    all.for_each(|(_, id, _)| found.add(End::Gateway(id.clone())));
                }
                Pick::Of(Kind::Instance, id) => {
                    let own = network.ids(&Index::InterfacesOf(id.clone()));
                    if own.is_empty() {
                        // The engine says whether it is absent or not known.
                        found.add(End::Instance(id.clone()));
                    }
                    own.into_iter().for_each(|id| found.add(End::Interface(id)));
                }
                Pick::Instances => found.add_where(network, "instance", |it| match &it.instance {
                    Field::Known(instance) => Some(instance.is_some()),
                    Field::Unknown => None,
                }),
                Pick::Of(kind, place) => {
                    if network.resource(*kind, place).is_none() {
                        found.vague.insert(format!("{place} is not in what is recorded"));
                    }
                    found.add_where(network, place, |it| {
                        let own = if *kind == Kind::Vpc { &it.vpc } else { &it.subnet };
                        match own {
                            Field::Known(own) => Some(own.as_ref() == Some(place)),
                            Field::Unknown => None,
                        }
                    });
                }
            }
        }
        found
    }

    fn add(&mut self, end: End) {
        self.ends.insert(end.text(), end);
    }

    fn add_where(
        &mut self,
        network: &Network,
        place: &str,
        is_in: impl Fn(&Interface) -> Option<bool>,
    ) {
        for id in network.interfaces() {
            match with_interface(network, &id, &is_in) {
                Some(Some(true)) => self.add(End::Interface(id)),
                Some(Some(false)) => {}
                Some(None) | None => {
                    self.vague.insert(format!("whether {id} belongs to {place} is not known"));
                }
            }
        }
    }
}

/// Asks an interface, by its own description or by its instance's.
pub(crate) fn with_interface<T>(
    network: &Network,
    id: &Id,
    ask: impl Fn(&Interface) -> T,
) -> Option<T> {
    if let Some(stored) = network.resource(Kind::Interface, id)
        && let Resource::Interface(interface) = &stored.resource
    {
        return Some(ask(interface));
    }
    let owner = network.ids(&Index::Embedded(id.clone())).into_iter().next()?;
    match &network.resource(Kind::Instance, &owner)?.resource {
        Resource::Instance(instance) => {
            let mut all = instance.interfaces.items.iter();
            all.find(|(name, _)| name == id).map(|(_, interface)| ask(interface))
        }
        _ => None,
    }
}

/// Answers a scope, writes what was found into its analysis, and returns the findings.
pub(super) fn analyse(
    app: &App,
    scope: &AccessScope,
    analysis: &mut AccessScopeAnalysis,
) -> Vec<Finding> {
    let asked = plan(&scope.match_paths, &scope.exclude_paths)
        .and_then(|plans| Ok((plans, types::at(&analysis.tags)?)));
    let (plans, at) = match asked {
        Ok(asked) => asked,
        Err(error) => {
            analysis.fail(error.to_string());
            return Vec::new();
        }
    };
    let query = ReplayQuery {
        account_id: None,
        services: vec!["ec2".to_owned()],
        until: at,
        ..ReplayQuery::default()
    };
    let replay = match app.replay(&query) {
        Ok(replay) => replay,
        Err(error) => {
            analysis.fail(error.to_string());
            return Vec::new();
        }
    };
    if !replay.coverage.unreadable.is_empty() {
        analysis.fail("segments of the store cannot be read; run `trailhound verify`");
        return Vec::new();
    }
    let (network, assumed) = replay.network();
    let mut search = Search::new(network, &plans.excludes);
    if let Err(why) = plans.matches.iter().try_for_each(|plan| search.ask(plan)) {
        analysis.fail(why);
        return Vec::new();
    }
    let warnings = [told_assumed(&assumed), search.warning()];
    let warnings: Vec<String> = warnings.into_iter().flatten().collect();
    analysis.warning_message = (!warnings.is_empty()).then(|| warnings.join("; "));
    analysis.analyzed_eni_count = Some(search.interfaces.len());
    analysis.findings_found = Some(search.verdict().to_owned());
    analysis.status = Status::Succeeded;
    let shown = search.found.into_values().take(FINDINGS_MAX).enumerate();
    shown
        .map(|(number, finding_components)| Finding {
            network_insights_access_scope_analysis_id: analysis.id().to_owned(),
            network_insights_access_scope_id: scope.id().to_owned(),
            finding_id: format!("{}-{}", analysis.id().replacen("nisa", "finding", 1), number + 1),
            finding_components,
        })
        .collect()
}

/// A search for the paths of a scope.
struct Search {
    network: Network,
    /// Pairs of ends, and the headers that are not looked for between them.
    excludes: Vec<(Ends, Ends, Block)>,
    /// By source and destination.
    found: BTreeMap<(String, String), Vec<serde_json::Value>>,
    interfaces: BTreeSet<String>,
    asked: usize,
    /// Pairs that were not decided.
    open: usize,
    /// What the first of them lacks, and who may belong to an end without our knowing.
    vague: BTreeSet<String>,
}

impl Search {
    fn new(network: Network, excludes: &[Plan]) -> Self {
        let mut taken = Vec::new();
        let mut vague = BTreeSet::new();
        for plan in excludes {
            let source = Ends::of(&network, &plan.source);
            let destination = Ends::of(&network, &plan.destination);
            vague.extend(source.vague.iter().chain(&destination.vague).cloned());
            taken.push((source, destination, plan.headers.block()));
        }
        Self {
            network,
            excludes: taken,
            found: BTreeMap::new(),
            interfaces: BTreeSet::new(),
            asked: 0,
            open: 0,
            vague,
        }
    }

    fn ask(&mut self, plan: &Plan) -> Result<(), String> {
        let sources = Ends::of(&self.network, &plan.source);
        let destinations = Ends::of(&self.network, &plan.destination);
        self.vague.extend(sources.vague.iter().chain(&destinations.vague).cloned());
        for id in sources.ends.keys().chain(destinations.ends.keys()) {
            if id.starts_with("eni-") {
                self.interfaces.insert(id.clone());
            }
        }
        for (from, source) in &sources.ends {
            for (to, destination) in &destinations.ends {
                if from == to || self.found.contains_key(&(from.clone(), to.clone())) {
                    continue;
                }
                self.ask_pair((from, to), plan.headers.queries(source, destination))?;
            }
        }
        Ok(())
    }

    fn ask_pair(&mut self, pair: (&str, &str), queries: Vec<Query>) -> Result<(), String> {
        let mut is_open = false;
        for query in queries {
            self.asked += 1;
            if self.asked > QUESTIONS_MAX {
                return Err(format!(
                    "more than {QUESTIONS_MAX} pairs and headers; ask about fewer resources"
                ));
            }
            let answer = trailhound_reach::path(&self.network, &query);
            match answer.verdict {
                Verdict::Reachable => {
                    if !self.left(pair, answer.header_set).is_empty() {
                        let key = (pair.0.to_owned(), pair.1.to_owned());
                        self.found.insert(key, values(&answer.forward));
                        return Ok(());
                    }
                }
                Verdict::Unknown | Verdict::Boundary => {
                    if self.open == 0 && !is_open {
                        let why = told_missing(&answer.missing);
                        self.vague.insert(format!("{} to {}: {why}", pair.0, pair.1));
                    }
                    is_open = true;
                }
                Verdict::ForwardOnly | Verdict::Unreachable => {}
            }
        }
        self.open += usize::from(is_open);
        Ok(())
    }

    /// What exclusions leave of the headers of a pair.
    fn left(&self, (from, to): (&str, &str), headers: HeaderSet) -> HeaderSet {
        let taken = self.excludes.iter().filter(|(sources, destinations, _)| {
            sources.ends.contains_key(from) && destinations.ends.contains_key(to)
        });
        taken.fold(headers, |headers, (.., block)| headers.without(block))
    }

    fn verdict(&self) -> &'static str {
        match (self.found.is_empty(), self.asked, self.open, self.vague.is_empty()) {
            (false, ..) => "true",
            (true, 1.., 0, true) => "false",
            // Nothing that was asked about is recorded, or something was not decided.
            (true, ..) => "unknown",
        }
    }

    fn warning(&self) -> Option<String> {
        let mut told = Vec::new();
        if self.asked == 0 {
            told.push("no two of these resources are in what is recorded".to_owned());
        }
        if self.open > 0 {
            told.push(format!("{} pairs were not decided", self.open));
        }
        told.extend(self.vague.iter().take(5).cloned());
        if self.found.len() > FINDINGS_MAX {
            told.push(format!("of {} findings {FINDINGS_MAX} are kept", self.found.len()));
        }
        (!told.is_empty()).then(|| told.join("; "))
    }
}
