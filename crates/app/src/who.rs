//! Who is behind an event, a key or a session.

use trailhound_query::Coverage;
use trailhound_record::Timestamp;
pub use trailhound_trace::{
    Actor, Attribution, Evidence, Gap, How, Link, PersonKind, Strength, Subject, Tracer, Who,
    WorkloadKind,
};

use crate::App;
use crate::lookup::{LookupError, LookupPage};

/// The answer to [`App::who`].
#[derive(Debug)]
pub struct WhoAnswer {
    /// One for each session or event, the newest first; empty when the store knows nothing of the subject.
    pub found: Vec<Who>,
    /// Whether the subject has more uses than were read: there may be more sessions.
    pub is_cut: bool,
    /// Events in the store, and their earliest and latest time.
    pub events_stored: u64,
    /// See `events_stored`.
    pub times_stored: Option<(Timestamp, Timestamp)>,
    /// Segments that could not be read, with the reason.
    pub unreadable: Vec<String>,
}

impl App {
    /// Finds who is behind `subject`.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn who(&self, subject: &Subject) -> Result<WhoAnswer, LookupError> {
        let snapshot = self.store().snapshot()?;
        let stored = Coverage::of(&snapshot);
        let mut tracer = Tracer::new(snapshot);
        let (found, is_cut) = tracer.who(subject);
        Ok(WhoAnswer {
            found,
            is_cut,
            events_stored: stored.events_stored,
            times_stored: stored.times_stored,
            unreadable: tracer.unreadable().to_vec(),
        })
    }

    /// Finds who stands behind each event of `page`: each session once. What could not be read for it is
    /// added to the page's coverage.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn actors_of(&self, page: &mut LookupPage) -> Result<Vec<Attribution>, LookupError> {
        let mut tracer = self.tracer()?;
        let found = page.events.iter().map(|event| tracer.attribute(event)).collect();
        let unreadable = &mut page.coverage.unreadable;
        unreadable.extend(tracer.unreadable().iter().cloned());
        unreadable.sort();
        unreadable.dedup();
        Ok(found)
    }

    /// Starts to attribute events of the newest snapshot.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn tracer(&self) -> Result<Tracer, LookupError> {
        Ok(Tracer::new(self.store().snapshot()?))
    }
}
