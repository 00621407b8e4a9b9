//! The table and the JSON file.

use std::{fmt::Write, fs, path::Path};

use serde::{Serialize, Serializer};

use crate::{
    BenchError,
    cases::Case,
    database::Settings,
    load::Measured,
    table::{lay_out, names},
};

/// What a run found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// How many processors server, database and load generator share.
    pub processors: usize,
    /// What the database was set to.
    pub settings: Settings,
    /// How long each case was measured.
    pub seconds: u64,
    /// The cases.
    pub rows: Vec<Row>,
}

/// Memory in use, in KiB.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Memory {
    /// Before.
    #[serde(rename = "beforeKib")]
    pub before: u64,
    /// At most.
    #[serde(rename = "peakKib")]
    pub peak: u64,
}

/// A case, with one number a turn of everything that is measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    #[serde(rename = "name", serialize_with = "name")]
    case: Case,
    unit: &'static str,
    connections: usize,
    /// Units a second.
    ours: Series,
    five_trips: Series,
    statement: Series,
    /// Ours by theirs, within a turn.
    ratio_to_five_trips: Series,
    ratio_to_statement: Series,
    /// Within how many milliseconds half of the requests were answered, and 95 of a hundred.
    median_milliseconds: Series,
    p95_milliseconds: Series,
    predecessor: Option<u32>,
    /// How many processors the server kept busy, PostgreSQL not counted.
    pub server_processors: Series,
    /// How many the load generator did.
    pub load_processors: Series,
    /// What the server's memory grew to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
}

/// The numbers of all turns.
#[derive(Debug, Default)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// Adds the number of a turn.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The one in the middle; none of nothing.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let upper = sorted.get(sorted.len() / 2)?;
        let lower = sorted.get(sorted.len().saturating_sub(1) / 2)?;
        Some(f64::midpoint(*lower, *upper))
    }
}

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Numbers<'a> {
            median: f64,
            turns: &'a [f64],
        }
        self.median()
            .map(|median| Numbers {
                median,
                turns: &self.0,
            })
            .serialize(serializer)
    }
}

fn name<S: Serializer>(case: &Case, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(case.name)
}

impl Row {
    /// A case of which nothing is known yet.
    pub(crate) fn new(case: &Case) -> Self {
        Self {
            case: *case,
            unit: case.unit,
            connections: case.connections,
            ours: Series::default(),
            five_trips: Series::default(),
            statement: Series::default(),
            ratio_to_five_trips: Series::default(),
            ratio_to_statement: Series::default(),
            median_milliseconds: Series::default(),
            p95_milliseconds: Series::default(),
            predecessor: case.predecessor,
            server_processors: Series::default(),
            load_processors: Series::default(),
            memory: None,
        }
    }

    /// Adds what a turn found.
    pub(crate) fn push(
        &mut self,
        measured: &Measured,
        five_trips: Option<f64>,
        statement: Option<f64>,
    ) {
        self.median_milliseconds.push(measured.within(50) * 1_000.0);
        self.p95_milliseconds.push(measured.within(95) * 1_000.0);
        let ours = measured.rate() * f64::from(self.case.per_request);
        self.ours.push(ours);
        let baselines = [
            (
                five_trips,
                &mut self.five_trips,
                &mut self.ratio_to_five_trips,
            ),
            (statement, &mut self.statement, &mut self.ratio_to_statement),
        ];
        for (rate, rates, ratios) in baselines {
            if let Some(rate) = rate {
                rates.push(rate);
                ratios.push(ours / rate);
            }
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.case.name.to_owned(),
            self.connections.to_string(),
            self.unit.to_owned(),
            count(self.ours.median()),
            count(self.five_trips.median()),
            fraction(self.ratio_to_five_trips.median()),
            count(self.statement.median()),
            fraction(self.ratio_to_statement.median()),
            fraction(self.median_milliseconds.median()),
            fraction(self.p95_milliseconds.median()),
            count(self.predecessor.map(f64::from)),
            format!(
                "{} / {}",
                fraction(self.server_processors.median()),
                fraction(self.load_processors.median())
            ),
        ]
    }

    /// What was found, for whoever watches.
    pub(crate) fn sentence(&self) -> String {
        let Self {
            case,
            unit,
            connections,
            ..
        } = self;
        let rate = count(self.ours.median());
        format!("{} on {connections}: {rate} {unit} a second", case.name)
    }
}

impl Report {
    /// The table, for people.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![names(&[
            "a second",
            "connections",
            "",
            "ours",
            "five trips",
            "ratio",
            "one statement",
            "ratio",
            "50% ms",
            "95% ms",
            "predecessor",
            "cores srv/load",
        ])];
        rows.extend(self.rows.iter().map(Row::cells));
        let mut text = lay_out(&rows);
        for row in &self.rows {
            if let Some(Memory { before, peak }) = row.memory {
                // Writing to a string cannot fail.
                let _ = writeln!(
                    text,
                    "memory of the server during the {}: {} MiB at most, {} MiB before",
                    row.case.name,
                    peak / 1024,
                    before / 1024
                );
            }
        }
        text
    }
}

/// Writes the JSON file.
pub(crate) fn write(path: &Path, found: &impl Serialize) -> Result<(), BenchError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(
        path,
        serde_json::to_string_pretty(found)? + "\n",
    )?)
}

/// A ratio, or none.
pub(crate) fn fraction(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// A whole number with a comma between thousands.
pub(crate) fn count(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Series, count};

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(Series(vec![]).median(), None);
        assert_eq!(Series(vec![3.0, 1.0, 2.0]).median(), Some(2.0));
        assert_eq!(Series(vec![4.0, 1.0, 2.0, 3.0]).median(), Some(2.5));
    }

    #[test]
    fn thousands_are_set_apart() {
        let texts = [9.6, 999.4, 1000.0, 1_234_567.0].map(|value| count(Some(value)));
        assert_eq!(texts, ["10", "999", "1,000", "1,234,567"]);
        assert_eq!(count(None), "-");
    }
}
