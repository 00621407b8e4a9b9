//! Tables for people.

/// The rows, of which the first has the names of the columns: the first column to the left, the
/// others to the right, each as wide as it has to be.
pub(crate) fn lay_out(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if column == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        cells.collect::<Vec<_>>().join("  ") + "\n"
    };
    rows.iter().map(line).collect()
}

/// The names of columns.
pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{lay_out, names};

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [names(&["case", "a second"]), names(&["a long name", "7"])];
        let text = "case         a second\na long name         7\n";
        assert_eq!(lay_out(&rows), text);
    }
}
