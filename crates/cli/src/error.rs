//! How a command ends: its exit code, and the error with the hint that follows it.

use crate::args::ColorChoice;
use crate::ui::Ui;
use clap::error::ErrorKind as ClapErrorKind;
use std::io::ErrorKind;
use std::process::ExitCode;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// 0: done.
    Done,
    /// 1: failed, or the answer is partial.
    Failed,
    /// 2: the command line asks for something that cannot be.
    Usage,
    /// 3: done, and something was found that should not be there.
    Finding,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => ExitCode::SUCCESS,
            Status::Failed => ExitCode::from(1),
            Status::Usage => ExitCode::from(2),
            Status::Finding => ExitCode::from(3),
        }
    }
}

/// Why a command failed, and what to do next.
#[derive(Debug)]
pub(crate) struct CliError {
    pub(crate) error: anyhow::Error,
    pub(crate) place: Option<String>,
    /// What to do next.
    pub(crate) hint: Option<String>,
    status: Status,
}

/// Prints what clap has to say, which is help, the version or a usage error, and returns the exit code.
pub(crate) fn usage_of(error: clap::Error) -> ExitCode {
    let is_help = error.kind() == ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_help || !error.use_stderr() {
        error.exit();
    }
    let error = from_clap(&error.to_string());
    Ui::new(ColorChoice::Auto, None, false).fail(&error);
    error.status().into()
}

/// Takes clap's paragraphs apart: the first is the error, tips and the usage are the hint.
fn from_clap(text: &str) -> CliError {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut paragraphs = text.split("\n\n").map(one_line);
    let first = paragraphs.next().unwrap_or_default();
    let mut hints: Vec<_> = paragraphs
        .filter_map(|paragraph| {
            let tip = paragraph.strip_prefix("tip: ").map(str::to_owned);
            tip.or_else(|| paragraph.strip_prefix("Usage: ").map(|usage| format!("usage: {usage}")))
        })
        .collect();
    hints.push("--help says more".to_owned());
    CliError::usage(first.strip_prefix("error: ").unwrap_or(&first), hints.join("; "))
}

/// What a command returns.
pub(crate) type CmdResult = Result<Status, CliError>;

impl CliError {
    /// The command line asks for something that cannot be; `hint` says what can.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            error: anyhow::Error::msg(message.into()),
            place: None,
            hint: Some(hint.into()),
            status: Status::Usage,
        }
    }

    /// The command failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        anyhow::Error::msg(message.into()).into()
    }

    /// The same with lines that show the place.
    pub(crate) fn at(self, place: impl Into<String>) -> Self {
        Self { place: Some(place.into()), ..self }
    }

    /// The same with what to do next.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The exit code.
    pub(crate) fn status(&self) -> Status {
        self.status
    }

    /// Whether the reader of our output has gone away, which is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
        })
    }
}

impl<E: Into<anyhow::Error>> From<E> for CliError {
    fn from(error: E) -> Self {
        Self { error: error.into(), place: None, hint: None, status: Status::Failed }
    }
}
