//! Writes the conformance vectors in `domain/vectors`:
//! `cargo run -p syncline-domain --example vectors`.
//!
//! With a seed and a count it writes as many other stories to its output instead, in the form of
//! `rebase.json`, so that clients in other languages can be held to the domain on random cases.

#[path = "vectors/files.rs"]
mod files;

use std::{env, error::Error, fs, path::Path};

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    if let [_, seed, count] = env::args().collect::<Vec<_>>().as_slice() {
        let stories: Vec<Value> = files::rebase::generated(seed.parse()?, count.parse()?).collect();
        serde_json::to_writer(std::io::stdout().lock(), &json!({ "stories": stories }))?;
        return Ok(());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for (name, text) in files::all() {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
