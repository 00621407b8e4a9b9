//! How the demonstration looks: aligned, calm, and in colour only where somebody sees it.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write, stdout},
};

/// The width of the column in which the devices stand.
const ACTOR: usize = 12;

/// Where the demonstration is told.
pub(super) struct Terminal {
    out: Box<dyn Write + Send>,
    is_coloured: bool,
}

/// The looks of a text, as ANSI codes.
#[derive(Clone, Copy)]
enum Look {
    Bold = 1,
    Faint = 2,
    Red = 31,
    Green = 32,
    Cyan = 36,
}

impl Terminal {
    /// Standard output; without colour if it is no terminal, or `NO_COLOR` is set.
    pub(super) fn of_process() -> Self {
        let is_coloured = stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
        Self {
            out: Box::new(stdout()),
            is_coloured,
        }
    }

    #[cfg(test)]
    pub(super) fn plain(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            is_coloured: false,
        }
    }

    pub(super) fn title(&mut self, text: &str) -> io::Result<()> {
        let text = self.dressed(Look::Bold, text);
        writeln!(self.out, "\n{text}")
    }

    pub(super) fn chapter(&mut self, number: usize, text: &str) -> io::Result<()> {
        let text = self.dressed(Look::Bold, text);
        writeln!(self.out, "\n{number:>2}  {text}")
    }

    /// Somebody does something.
    pub(super) fn act(&mut self, actor: &str, text: &str) -> io::Result<()> {
        let actor = self.dressed(Look::Cyan, &format!("{actor:<ACTOR$}"));
        writeln!(self.out, "    {actor}{text}")
    }

    /// Lines that belong to what was just told.
    pub(super) fn detail(&mut self, label: &str, text: impl Display) -> io::Result<()> {
        let label = self.dressed(Look::Faint, &format!("{label:<ACTOR$}"));
        let indent = " ".repeat(4 + 2 + ACTOR);
        let text = text.to_string();
        let mut lines = text.lines();
        writeln!(
            self.out,
            "      {label}{}",
            lines.next().unwrap_or_default()
        )?;
        for line in lines {
            writeln!(self.out, "{indent}{line}")?;
        }
        Ok(())
    }

    pub(super) fn kept(&mut self, promise: &str) -> io::Result<()> {
        let mark = self.dressed(Look::Green, "✓");
        writeln!(self.out, "    {mark} {promise}")
    }

    pub(super) fn broken(&mut self, promise: &str) -> io::Result<()> {
        let mark = self.dressed(Look::Red, "✗");
        writeln!(self.out, "    {mark} {promise}")
    }

    fn dressed(&self, look: Look, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[{}m{text}\u{1b}[0m", look as u8)
        } else {
            text.to_owned()
        }
    }
}
