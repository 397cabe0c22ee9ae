//! The terminal: where answers, notes and errors go, how wide and in which colors.

use crate::args::{ColorChoice, Output};
use crate::error::CliError;
use crate::text::{visible, wrapped};
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

/// A way to set text off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Bold,
    Dim,
    Red,
}

/// Standard output for data, standard error for everything else.
#[derive(Debug)]
pub(crate) struct Ui {
    out: BufWriter<Stdout>,
    output: Option<Output>,
    is_quiet: bool,
    out_is_terminal: bool,
    out_has_color: bool,
    err_has_color: bool,
    width: Option<usize>,
}

impl Ui {
    /// Builds it from the flags and the environment.
    pub(crate) fn new(color: ColorChoice, output: Option<Output>, is_quiet: bool) -> Self {
        let out_is_terminal = io::stdout().is_terminal();
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let wants_none =
            set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        let has_color = |is_terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !wants_none,
        };
        let columns = set("COLUMNS").and_then(|text| text.to_str()?.parse().ok());
        let terminal = || {
            let size = terminal_size::terminal_size_of(io::stdout())?;
            Some(usize::from(size.0.0))
        };
        Self {
            out: BufWriter::new(io::stdout()),
            output,
            is_quiet,
            out_is_terminal,
            out_has_color: has_color(out_is_terminal),
            err_has_color: has_color(io::stderr().is_terminal()),
            width: columns.or_else(terminal).filter(|&cells| cells > 0),
        }
    }

    /// Another one with the same flags, for a thread of its own; whole lines of both do not mix once each
    /// is flushed after its lines.
    pub(crate) fn beside(&self) -> Self {
        Self { out: BufWriter::new(io::stdout()), ..*self }
    }

    /// The form asked for, if one was.
    pub(crate) fn output(&self) -> Option<Output> {
        self.output
    }

    /// The form asked for, or a table.
    ///
    /// # Errors
    /// A usage error when `command` has no such form.
    pub(crate) fn output_among(&self, command: &str, forms: &[Output]) -> Result<Output, CliError> {
        let output = self.output.unwrap_or(Output::Table);
        if forms.contains(&output) {
            return Ok(output);
        }
        let name = |form: &Output| format!("{form:?}").to_lowercase();
        let names: Vec<_> = forms.iter().map(name).collect();
        Err(CliError::usage(
            format!("`{command}` has no output form `{}`", name(&output)),
            format!("use --output {}", names.join(" or --output ")),
        ))
    }

    /// Whether answers are read on a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// Whether notes are unwanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// How many cells an answer's line may take, where that is known.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Returns `text` in the colors of `paint`, if answers have colors.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        painted(self.out_has_color, paint, text)
    }

    /// Writes one line of the answer; `line` must be fit for a terminal.
    pub(crate) fn line(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        self.out.write_all(line.as_ref().as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Where the answer's bytes go.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// Hands what was written so far to the reader.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Tells people something that is not the answer.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet {
            say(&visible(text));
        }
    }

    /// As [`Ui::note`], a long text on several lines where the width is known.
    pub(crate) fn note_wrapped(&self, text: &str) {
        if !self.is_quiet {
            say(&wrapped(&visible(text), self.width));
        }
    }

    /// Warns, quiet or not.
    pub(crate) fn warn(&self, text: &str) {
        say(&format!("{} {}", painted(self.err_has_color, Paint::Red, "warning:"), visible(text)));
    }

    /// Says what to do next.
    pub(crate) fn hint(&self, text: &str) {
        say(&format!("{} {}", painted(self.err_has_color, Paint::Bold, "hint:"), visible(text)));
    }

    /// Prints an error on one line, its causes behind it, and its hint.
    pub(crate) fn fail(&self, error: &CliError) {
        let chain = format!("{:#}", error.error);
        say(&format!("{} {}", painted(self.err_has_color, Paint::Red, "error:"), visible(&chain)));
        for line in error.place.iter().flat_map(|place| place.lines()) {
            say(&format!("  {}", visible(line)));
        }
        if let Some(hint) = &error.hint {
            self.hint(hint);
        }
    }
}

/// Writes a line to standard error; when nobody can read it, there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn painted(has_color: bool, paint: Paint, text: &str) -> String {
    let code = match paint {
        Paint::Plain => return text.to_owned(),
        Paint::Bold => "1",
        Paint::Dim => "2",
        Paint::Red => "31",
    };
    if has_color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
