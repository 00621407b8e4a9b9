use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process,
};

use rand::{TryRng, rngs::SysRng};

/// Makes a secret and keeps it at `path`, readable by its owner alone. When another process was
/// faster, its secret stays: the file appears at once and whole, or was there.
pub(super) fn keep(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let draft = path.with_extension(process::id().to_string());
    write(&draft)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

fn write(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(secret()?.as_bytes())?;
    file.sync_all()
}

/// 32 bytes that nobody can guess, in hexadecimal digits.
fn secret() -> io::Result<String> {
    let mut bytes = [0; 32];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(io::Error::other)?;
    let mut digits = String::with_capacity(2 * bytes.len() + 1);
    for byte in bytes {
        write!(digits, "{byte:02x}").map_err(io::Error::other)?;
    }
    digits.push('\n');
    Ok(digits)
}
