//! Who stands behind the events of an answer, for commands that print them.

use crate::error::CliError;
use trailhound_app::App;
use trailhound_app::who::{Attribution, Tracer};
use trailhound_record::Event;

/// Finds who stands behind events; each session is asked for once an answer.
#[derive(Default)]
pub(crate) struct Actors<'a> {
    /// Nothing where nobody wants to know.
    app: Option<&'a App>,
    tracer: Option<Tracer>,
    /// Of tracers that are no more.
    unreadable: Vec<String>,
}

impl<'a> Actors<'a> {
    /// Who stands behind events of `app`.
    pub(crate) fn of(app: &'a App) -> Self {
        Self { app: Some(app), ..Self::default() }
    }

    /// The actor of each event; nothing where nobody wants to know.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn attribute(
        &mut self,
        events: &[Event],
    ) -> Result<Vec<Option<Attribution>>, CliError> {
        let Some(app) = self.app else { return Ok(vec![None; events.len()]) };
        let tracer = match &mut self.tracer {
            Some(tracer) => tracer,
            none => none.insert(app.tracer()?),
        };
        let found = events.iter().map(|event| Some(tracer.attribute(event))).collect();
        for reason in tracer.unreadable() {
            if !self.unreadable.contains(reason) {
                self.unreadable.push(reason.clone());
            }
        }
        Ok(found)
    }

    /// Looks anew at what the store holds from the next events on.
    pub(crate) fn refresh(&mut self) {
        self.tracer = None;
    }

    /// What could not be read: with it the actors might be others.
    pub(crate) fn unreadable(&self) -> &[String] {
        &self.unreadable
    }
}
