//! A real PostgreSQL behind TLS, with a certificate of an authority of the test's own.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use syncline_postgres::local_cluster::LocalCluster;

use crate::support::{refusal, syncline};

/// For addresses of this machine alone, without a password, but never without encryption.
const ACCESS: &str = "hostssl all all 127.0.0.1/32 trust\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_held_to_its_authority_and_its_host() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let program = initialise(&data).await;
    for authority in ["ours", "theirs"] {
        make_authority(folder.path(), authority);
    }
    make_certificate(folder.path(), "ours");
    let (mut postgres, port) = start(folder.path(), &program);
    let url = |host: &str, more: &str| format!("postgres://syncline@{host}:{port}/syncline?{more}");
    let verified = |host: &str, authority: &str| {
        let file = folder.path().join(format!("{authority}.pem"));
        url(
            host,
            &format!("sslmode=verify-full&sslrootcert={}", file.display()),
        )
    };
    wait(&verified("127.0.0.1", "ours")).await;

    let migrated = syncline(&["migrate"], &verified("127.0.0.1", "ours"));
    assert!(migrated.status.success(), "{migrated:?}");
    for wrong in [
        verified("127.0.0.1", "theirs"),
        // The certificate is for the address alone.
        verified("localhost", "ours"),
        url("127.0.0.1", "sslmode=verify-full"),
    ] {
        let error = refusal(&["serve"], &wrong);
        assert!(
            error.contains("by TLS") && error.contains("sslrootcert"),
            "{error}"
        );
    }
    // Where nothing is encrypted, nobody is let in.
    let error = refusal(&["serve"], &url("127.0.0.1", "sslmode=disable"));
    assert!(error.contains("cannot reach the database"), "{error}");
    postgres.kill().unwrap();
    postgres.wait().unwrap();
}

/// Makes a cluster, and returns the program that runs it.
async fn initialise(data: &Path) -> PathBuf {
    let cluster = LocalCluster::start(data).await.unwrap();
    let file = fs::read_to_string(data.join("postgres/postmaster.pid")).unwrap();
    let process = file.lines().next().unwrap().trim();
    let program = fs::read_link(format!("/proc/{process}/exe")).unwrap();
    cluster.stop().await.unwrap();
    program
}

fn start(folder: &Path, program: &Path) -> (Child, u16) {
    let cluster = folder.join("data/postgres");
    let owner = fs::metadata(&cluster).unwrap();
    fs::write(folder.join("access"), ACCESS).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
    chown(
        folder.join("server.key"),
        Some(owner.uid()),
        Some(owner.gid()),
    )
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut command = Command::new(program);
    command.arg("-D").arg(&cluster);
    for setting in [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        "ssl=on".to_owned(),
        format!("hba_file={}", folder.join("access").display()),
        format!("ssl_cert_file={}", folder.join("server.pem").display()),
        format!("ssl_key_file={}", folder.join("server.key").display()),
    ] {
        command.args(["-c", &setting]);
    }
    command.current_dir("/").uid(owner.uid()).gid(owner.gid());
    let process = command.stderr(Stdio::null()).spawn().unwrap();
    (process, port)
}

async fn wait(url: &str) {
    let options: PgConnectOptions = url.parse().unwrap();
    for _ in 0..500 {
        if options.connect().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!(
        "PostgreSQL never answered: {:?}",
        options.connect().await.err()
    );
}

fn make_authority(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                  -subj /CN={name} -keyout {name}.key -out {name}.pem"
        ),
    );
}

fn make_certificate(folder: &Path, authority: &str) {
    openssl(
        folder,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=database \
         -addext subjectAltName=IP:127.0.0.1 -keyout server.key -out server.csr",
    );
    openssl(
        folder,
        &format!(
            "x509 -req -in server.csr -CA {authority}.pem -CAkey {authority}.key \
                  -CAcreateserial -days 2 -copy_extensions copy -out server.pem"
        ),
    );
}

#[track_caller]
fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
