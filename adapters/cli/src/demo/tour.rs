//! What is told, and what of it is checked.

use serde_json::Value;
use syncline_application::ports::Clock;
use syncline_client::{Document, UnixMillis};

use super::{DemoError, terminal::Terminal};
use crate::clock::SystemClock;

/// The course of a demonstration.
pub(super) struct Tour {
    terminal: Terminal,
    chapters: usize,
    promises: usize,
    time: UnixMillis,
}

/// Something that can be shown when a promise is not kept.
pub(super) trait Shown {
    /// As text of one or more lines.
    fn shown(&self) -> String;
}

impl Tour {
    /// Begins, with what it is about and where the server is.
    pub(super) fn begin(
        mut terminal: Terminal,
        title: &str,
        server: &str,
    ) -> Result<Self, DemoError> {
        terminal.title(title)?;
        terminal.act("server", server)?;
        Ok(Self {
            terminal,
            chapters: 0,
            promises: 0,
            time: UnixMillis(0),
        })
    }

    /// Begins a chapter.
    pub(super) fn chapter(&mut self, title: &str) -> Result<(), DemoError> {
        self.chapters += 1;
        Ok(self.terminal.chapter(self.chapters, title)?)
    }

    /// Somebody does something.
    pub(super) fn act(&mut self, actor: &str, text: &str) -> Result<(), DemoError> {
        Ok(self.terminal.act(actor, text)?)
    }

    /// Shows something that belongs to what was just told.
    pub(super) fn show(&mut self, label: &str, shown: &impl Shown) -> Result<(), DemoError> {
        Ok(self.terminal.detail(label, shown.shown())?)
    }

    /// Checks that what came is what was promised.
    pub(super) fn promise<T>(&mut self, text: &str, expected: &T, came: &T) -> Result<(), DemoError>
    where
        T: PartialEq + Shown,
    {
        if expected == came {
            self.promises += 1;
            return Ok(self.terminal.kept(text)?);
        }
        self.terminal.broken(text)?;
        self.show("expected", expected)?;
        self.show("came", came)?;
        Err(DemoError::Broken(text.to_owned()))
    }

    /// The time, in which no two moments are the same: who edits later is later.
    pub(super) fn now(&mut self) -> UnixMillis {
        self.time = SystemClock.now().max(UnixMillis(self.time.0 + 1));
        self.time
    }

    pub(super) fn end(mut self) -> Result<(), DemoError> {
        self.terminal
            .title(&format!("All {} promises were kept.", self.promises))?;
        Ok(())
    }
}

impl Shown for Document {
    fn shown(&self) -> String {
        Value::Object(self.clone()).to_string()
    }
}

impl Shown for Value {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for String {
    fn shown(&self) -> String {
        self.clone()
    }
}

impl Shown for usize {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for bool {
    fn shown(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref()
            .map_or_else(|| "nothing".to_owned(), Shown::shown)
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn shown(&self) -> String {
        if self.is_empty() {
            return "nothing".to_owned();
        }
        self.iter().map(Shown::shown).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::{DemoError, Terminal, Tour, UnixMillis};

    /// What was told, for the test to read.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn tour(paper: &Paper) -> Tour {
        let terminal = Terminal::plain(Box::new(paper.clone()));
        Tour {
            terminal,
            chapters: 0,
            promises: 0,
            time: UnixMillis(0),
        }
    }

    #[test]
    fn a_broken_promise_ends_the_tour_and_shows_both_sides() {
        let paper = Paper::default();
        let mut tour = tour(&paper);
        let lines = vec!["one".to_owned(), "two".to_owned()];
        let error = tour.promise("two lines", &lines, &Vec::new()).unwrap_err();
        assert!(matches!(error, DemoError::Broken(promise) if promise == "two lines"));
        let told = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        let expected = "    ✗ two lines\n      expected    one\n                  two\n      \
                        came        nothing\n";
        assert_eq!(told, expected);
    }

    #[test]
    fn no_two_moments_are_the_same() {
        let mut tour = tour(&Paper::default());
        let (first, second) = (tour.now(), tour.now());
        assert!(first < second);
    }
}
