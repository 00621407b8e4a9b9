//! Divides what comes in pieces into lines, each of bounded length.

/// A line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number; the first one has 1.
    pub(super) number: u64,
    /// What stands in it; none if that is too long.
    pub(super) text: Option<Vec<u8>>,
}

/// The line that has begun, and how many came before.
pub(super) struct Lines {
    begun: Vec<u8>,
    is_too_long: bool,
    ended: u64,
    most_bytes: usize,
}

impl Lines {
    /// A file none of which has come. A line has at most so many bytes.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            begun: Vec::new(),
            is_too_long: false,
            ended: 0,
            most_bytes,
        }
    }

    /// The line that ends in `piece`, if one does. What comes behind it is left in `piece`.
    pub(super) fn next(&mut self, piece: &mut &[u8]) -> Option<Line> {
        let mut parts = piece.splitn(2, |byte| *byte == b'\n');
        let (part, rest) = (parts.next().unwrap_or_default(), parts.next());
        self.keep(part);
        *piece = rest.unwrap_or_default();
        rest.map(|_| self.end())
    }

    /// The last line, which no line break ends; none if nothing stands there.
    pub(super) fn last(&mut self) -> Option<Line> {
        let is_empty = self.begun.is_empty() && !self.is_too_long;
        (!is_empty).then(|| self.end())
    }

    fn keep(&mut self, part: &[u8]) {
        self.is_too_long |= self.begun.len() + part.len() > self.most_bytes;
        if self.is_too_long {
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(part);
        }
    }

    fn end(&mut self) -> Line {
        self.ended += 1;
        let text = std::mem::take(&mut self.begun);
        let is_too_long = std::mem::take(&mut self.is_too_long);
        Line {
            number: self.ended,
            text: (!is_too_long).then_some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Lines};

    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let mut lines = Lines::new(5);
        let mut found = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while let Some(line) = lines.next(&mut rest) {
                found.push(line);
            }
        }
        found.extend(lines.last());
        found
    }

    /// However the file is divided into pieces.
    #[test]
    fn lines_are_what_stands_between_line_breaks() {
        let text = b"one\n\ntoo long\nfive5\ntwo";
        let expected = [
            (1, Some("one")),
            (2, Some("")),
            (3, None),
            (4, Some("five5")),
            (5, Some("two")),
        ];
        let expected = expected.map(|(number, text)| Line {
            number,
            text: text.map(|text| text.as_bytes().to_vec()),
        });
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(lines(&pieces), expected, "{first} {second}");
            }
        }
        assert_eq!(lines(&[b""]), []);
        assert_eq!(lines(&[b"a\n"]).len(), 1);
        assert_eq!(lines(&[b"far too", b" long"])[0].text, None);
    }
}
