//! How every interface of a VPC stands to the internet, and which changes changed that.

use std::collections::BTreeMap;

use trailhound_query::Coverage;
use trailhound_reach::headers::Family;
use trailhound_reach::{Exposure, Network, Versions, internet_exposure};
use trailhound_record::Timestamp;

use crate::App;
use crate::insights::scope::with_interface;
use crate::lookup::LookupError;
use crate::network::Assumption;
use crate::path::{Answer, End, Flip, Protocol, Query, SERVICES, Untold};
use crate::replay::{Replay, ReplayQuery};

/// Which connections are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Those that the interface opens to the internet.
    ToInternet,
    /// Those that the internet opens to the interface.
    FromInternet,
}

/// A question about all interfaces of a VPC.
#[derive(Debug, Clone)]
pub struct ExposureQuery {
    /// The VPC.
    pub vpc: String,
    /// Which connections; both when empty.
    pub directions: Vec<Direction>,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port; any when absent.
    pub port: Option<u16>,
    /// The account, where one alone is wanted.
    pub account_id: Option<String>,
}

/// How one interface stands to the internet.
#[derive(Debug)]
pub struct InterfaceExposure {
    /// The interface.
    pub interface: String,
    /// The instance that has it.
    pub instance: Option<String>,
    /// The answer for each direction that was asked about.
    pub answers: BTreeMap<Direction, Answer>,
}

/// How the interfaces of a VPC stand to the internet.
#[derive(Debug)]
pub struct Exposures {
    /// The interfaces, by their ids.
    pub interfaces: Vec<InterfaceExposure>,
    /// What no event says and AWS's defaults fill in.
    pub assumed: Vec<Assumption>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// An interface whose verdict is another at the window's end than at its start.
#[derive(Debug)]
pub struct Flipped {
    /// The interface.
    pub interface: String,
    /// The instance that has it.
    pub instance: Option<String>,
    /// Which connections.
    pub direction: Direction,
    /// The answer at the window's start.
    pub before: Answer,
    /// The answer at its end.
    pub after: Answer,
    /// The changes that changed it, the newest first.
    pub flips: Vec<Flip>,
    /// Snapshots that show a change that no stored event tells.
    pub untold: Vec<Untold>,
}

/// What changed of a VPC's exposure in a window.
#[derive(Debug)]
pub struct ExposureChanges {
    /// The interfaces whose verdict differs, by their ids.
    pub flipped: Vec<Flipped>,
    /// How many interfaces were asked about.
    pub interfaces: usize,
    /// What no event says and AWS's defaults fill in.
    pub assumed: Vec<Assumption>,
    /// How many events were replayed.
    pub events_read: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

impl App {
    /// Says how every interface of a VPC stands to the internet at a time.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn exposure(
        &self,
        query: &ExposureQuery,
        at: Option<Timestamp>,
    ) -> Result<Exposures, LookupError> {
        let replay = self.replay_network(query, at)?;
        let (network, assumed) = replay.network();
        let interfaces = of_vpc(&network, query)
            .into_values()
            .map(|exposure| InterfaceExposure {
                instance: instance(&network, &exposure.interface),
                interface: exposure.interface.to_string(),
                answers: directions(query)
                    .map(|direction| (direction, answer(&exposure, direction).clone()))
                    .collect(),
            })
            .collect();
        let (events_read, coverage) = (replay.events_read, replay.coverage);
        Ok(Exposures { interfaces, assumed, events_read, coverage })
    }

    /// Finds the interfaces of a VPC that stand otherwise to the internet at a window's end than at its
    /// start, and the changes behind each.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn blame_exposure(
        &self,
        query: &ExposureQuery,
        good: Option<Timestamp>,
        bad: Option<Timestamp>,
    ) -> Result<ExposureChanges, LookupError> {
        let replay = self.replay_network(query, bad)?;
        let versioned = replay.versioned();
        let (timeline, end) = (&versioned.timeline, replay.moments().len());
        let start = replay.count_until_good(good);
        let (first, last) = (timeline.network(start), timeline.network(end));
        let (before, after) = (of_vpc(&first, query), of_vpc(&last, query));
        let mut flipped = Vec::new();
        for (interface, exposure) in &after {
            // What was not there before did not flip.
            let Some(earlier) = before.get(interface) else { continue };
            for direction in directions(query) {
                let (old, new) = (answer(earlier, direction), answer(exposure, direction));
                if old.verdict == new.verdict {
                    continue;
                }
                let question = question(query, direction, interface);
                let found = trailhound_reach::blame(timeline, &question, start, end);
                let (flips, untold) = self.behind(&replay, found.flips)?;
                flipped.push(Flipped {
                    interface: interface.clone(),
                    instance: instance(&last, interface),
                    direction,
                    before: found.good,
                    after: found.bad,
                    flips,
                    untold,
                });
            }
        }
        let assumed = versioned.assumed.clone();
        let (events_read, coverage) = (replay.events_read, replay.coverage);
        Ok(ExposureChanges { flipped, interfaces: after.len(), assumed, events_read, coverage })
    }

    fn replay_network(
        &self,
        query: &ExposureQuery,
        until: Option<Timestamp>,
    ) -> Result<Replay, LookupError> {
        self.replay(&ReplayQuery {
            account_id: query.account_id.clone(),
            services: SERVICES.iter().map(|&it| it.to_owned()).collect(),
            until,
            ..ReplayQuery::default()
        })
    }
}

fn directions(query: &ExposureQuery) -> impl Iterator<Item = Direction> {
    let all = [Direction::ToInternet, Direction::FromInternet];
    let is_wanted = |it: &Direction| query.directions.is_empty() || query.directions.contains(it);
    all.into_iter().filter(is_wanted)
}

fn answer(exposure: &Exposure, direction: Direction) -> &Answer {
    match direction {
        Direction::ToInternet => &exposure.to_internet,
        Direction::FromInternet => &exposure.from_internet,
    }
}

fn question(query: &ExposureQuery, direction: Direction, interface: &str) -> Query {
    let own = End::Interface(interface.into());
    let (source, destination) = match direction {
        Direction::ToInternet => (own, End::Internet),
        Direction::FromInternet => (End::Internet, own),
    };
    let port = query.port.map(Into::into);
    Query { port, ..Query::new(source, destination).protocol(query.protocol) }
}

/// The interfaces of the VPC that is asked about.
fn of_vpc(network: &Network, query: &ExposureQuery) -> BTreeMap<String, Exposure> {
    let asked = trailhound_reach::ExposureQuery {
        protocol: query.protocol,
        port: query.port,
        family: Family::V4,
    };
    let all = internet_exposure(network, &asked).into_iter();
    // One whose VPC nobody told may be of this one: it is told, too.
    let in_vpc = |it: &Exposure| {
        let vpc = with_interface(network, &it.interface, |own| own.vpc.known().cloned());
        vpc.flatten().is_none_or(|vpc| vpc.as_deref() == Some(&*query.vpc))
    };
    all.filter(in_vpc).map(|exposure| (exposure.interface.to_string(), exposure)).collect()
}

fn instance(network: &Network, id: &str) -> Option<String> {
    let instance = with_interface(network, &id.into(), |own| own.instance.known().cloned());
    instance.flatten().flatten().map(|id| id.to_string())
}
