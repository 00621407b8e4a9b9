//! Writes the conformance vectors in `domain/vectors`:
//! `cargo run -p syncline-domain --example vectors`.

#[path = "vectors/files.rs"]
mod files;

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for (name, text) in files::all() {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
