//! The settings that the server insists on. They are given on the command line, which outranks
//! `postgresql.conf`; everything else there is for the operator to tune.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::Path,
};

/// The socket's name carries a port number although no port is opened.
pub(super) const PORT: u16 = 5432;
/// The name of the socket.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

const FIXED: [&str; 19] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    // A cursor is sound only if what was visible survives a crash.
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "timezone=UTC",
    "log_timezone=UTC",
    // One file per weekday, overwritten a week later.
    "logging_collector=on",
    "log_destination=stderr",
    "log_directory=log",
    "log_filename=postgresql-%a.log",
    "log_truncate_on_rotation=on",
    "log_rotation_age=1d",
    "log_rotation_size=0",
    "log_checkpoints=off",
    // Statements and details quote users' data.
    "log_min_messages=warning",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
];

/// The arguments of `postgres` for a cluster whose socket is in `socket_folder`.
pub(super) fn arguments(socket_folder: &Path) -> impl Iterator<Item = OsString> {
    let mut socket = OsString::from("unix_socket_directories=");
    socket.push(quote(socket_folder.as_os_str()));
    let settings = FIXED.iter().map(OsString::from).chain([socket]);
    settings.flat_map(|setting| [OsString::from("-c"), setting])
}

/// The setting is a list: a folder with a comma or a space is one entry only in quotes.
fn quote(folder: &OsStr) -> OsString {
    let mut quoted = vec![b'"'];
    for byte in folder.as_bytes() {
        quoted.extend(std::iter::repeat_n(
            *byte,
            if *byte == b'"' { 2 } else { 1 },
        ));
    }
    quoted.push(b'"');
    OsString::from_vec(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_quoted() {
        assert_eq!(
            quote(OsStr::new("/a, \"b\"")),
            OsStr::new("\"/a, \"\"b\"\"\"")
        );
    }

    #[test]
    fn the_socket_is_named_after_the_port() {
        assert_eq!(SOCKET, format!(".s.PGSQL.{PORT}"));
        assert!(FIXED.contains(&format!("port={PORT}").as_str()));
    }
}
