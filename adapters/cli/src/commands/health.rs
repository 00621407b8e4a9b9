//! `syncline health`: whether the server of this configuration is ready.

use std::{
    io::{Write, stdout},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{configuration::Configuration, server::ServerError};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

const REQUEST: &[u8] = b"GET /ready HTTP/1.0\r\n\r\n";

/// Ends well if the server is ready.
pub(super) async fn run(configuration: &Configuration) -> Result<(), ServerError> {
    let address = reachable(configuration.listen);
    let status = timeout(PATIENCE, status(address))
        .await
        .map_err(|_| format!("{address} does not answer; see what the server logs"))?
        .map_err(|error| {
            format!("cannot reach {address}: {error}; is `syncline serve` running?")
        })?;
    if status == "200" {
        writeln!(stdout(), "The server on {address} is ready.")?;
        return Ok(());
    }
    Err(format!("{address} is not ready (status {status}); see what the server logs").into())
}

/// The status of the answer: the second word of its first line.
async fn status(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    stream.take(1024).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.split(' ').nth(1).unwrap_or("none").to_owned())
}

/// A server that listens on every address is reached by the one of this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
