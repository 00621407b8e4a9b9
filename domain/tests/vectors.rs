//! The conformance vectors in the tree are those that the domain gives now.

#[path = "../examples/vectors/files.rs"]
mod files;

use std::{fs, path::Path};

#[test]
fn the_files_in_the_tree_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for (name, text) in files::all() {
        let found = fs::read_to_string(folder.join(name)).unwrap();
        let line = found
            .lines()
            .zip(text.lines())
            .take_while(|(old, new)| old == new)
            .count()
            + 1;
        assert!(
            found == text,
            "{name} differs from line {line} on: run `cargo run -p syncline-domain --example vectors`"
        );
    }
}
