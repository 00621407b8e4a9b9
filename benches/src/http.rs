//! A connection that is kept alive, and as little of HTTP/1.1 as costs next to nothing: whatever
//! the load generator takes of two cores is missing to the server.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::BenchError;

const READ_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 32;

/// A connection to the server.
pub(crate) struct Connection {
    stream: TcpStream,
    outgoing: Vec<u8>,
    /// What was received and not yet taken.
    incoming: Vec<u8>,
    body: Vec<u8>,
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// Its method and path.
    pub target: &'static str,
    token: &'a str,
    body: &'a str,
    organisation: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// A sync.
    pub(crate) fn sync(token: &'a str, body: &'a str) -> Self {
        Self {
            target: "POST /bench/sync",
            token,
            body,
            organisation: None,
        }
    }

    /// A search.
    pub(crate) fn search(token: &'a str, body: &'a str) -> Self {
        Self {
            target: "POST /bench/search",
            token,
            body,
            organisation: None,
        }
    }

    /// An export with a document a line.
    pub(crate) fn export(token: &'a str) -> Self {
        Self {
            target: "GET /account/export?format=ndjson",
            token,
            body: "",
            organisation: None,
        }
    }

    /// The same, among the documents of an organisation.
    pub(crate) fn in_organisation(self, organisation: Option<&'a str>) -> Self {
        Self {
            organisation,
            ..self
        }
    }
}

/// How the end of a body is found.
#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            outgoing: Vec::new(),
            incoming: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Sends a request and returns the body of its answer, which must be 200.
    pub(crate) async fn send(&mut self, call: &Call<'_>) -> Result<&[u8], BenchError> {
        self.outgoing.clear();
        let Call {
            target,
            token,
            body,
            organisation,
        } = call;
        let length = body.len();
        let organisation = organisation.map(|id| format!("X-Org-Id: {id}\r\n"));
        let organisation = organisation.unwrap_or_default();
        let head = format!(
            "{target} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\n{organisation}Content-Length: {length}\r\n\r\n"
        );
        self.outgoing.extend_from_slice(head.as_bytes());
        self.outgoing.extend_from_slice(body.as_bytes());
        self.stream.write_all(&self.outgoing).await?;
        let (status, framing) = self.read_head().await?;
        match framing {
            Framing::Length(length) => self.read_length(length).await?,
            Framing::Chunked => self.read_chunks().await?,
        }
        if status == 200 {
            return Ok(&self.body);
        }
        let text = String::from_utf8_lossy(&self.body);
        Err(format!("the server answered {status}: {text}").into())
    }

    async fn read_head(&mut self) -> Result<(u16, Framing), BenchError> {
        self.incoming.clear();
        loop {
            self.receive().await?;
            if let Some((length, status, framing)) = parse_head(&self.incoming)? {
                self.incoming.drain(..length);
                return Ok((status, framing));
            }
        }
    }

    async fn read_length(&mut self, length: usize) -> Result<(), BenchError> {
        std::mem::swap(&mut self.body, &mut self.incoming);
        self.body.reserve(length.saturating_sub(self.body.len()));
        while self.body.len() < length {
            if self.stream.read_buf(&mut self.body).await? == 0 {
                return Err("the server closed the connection amid an answer".into());
            }
        }
        Ok(())
    }

    async fn read_chunks(&mut self) -> Result<(), BenchError> {
        self.body.clear();
        loop {
            let (line, size) = loop {
                match httparse::parse_chunk_size(&self.incoming) {
                    Ok(httparse::Status::Complete((line, size))) => break (line, size),
                    Ok(httparse::Status::Partial) => self.receive().await?,
                    Err(_) => return Err("the server sent a malformed chunk".into()),
                }
            };
            let end = line + usize::try_from(size)?;
            // A chunk ends with a line break of its own.
            while self.incoming.len() < end + 2 {
                self.receive().await?;
            }
            self.body
                .extend_from_slice(self.incoming.get(line..end).unwrap_or_default());
            self.incoming.drain(..end + 2);
            if size == 0 {
                return Ok(());
            }
        }
    }

    async fn receive(&mut self) -> Result<(), BenchError> {
        self.incoming.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.incoming).await? {
            0 => Err("the server closed the connection amid an answer".into()),
            _ => Ok(()),
        }
    }
}

/// The length of the head, the status and how the body ends; none while the head is incomplete.
fn parse_head(bytes: &[u8]) -> Result<Option<(usize, u16, Framing)>, BenchError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes)? else {
        return Ok(None);
    };
    let value = |name: &str| {
        let header = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        header.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let framing = match value("content-length") {
        Some(length) => Framing::Length(length.parse()?),
        None if value("transfer-encoding") == Some("chunked") => Framing::Chunked,
        None => return Err("the server sent an answer without a length".into()),
    };
    Ok(Some((length, response.code.unwrap_or_default(), framing)))
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::{Call, Connection};

    /// What the client makes of an answer that comes in two parts.
    async fn answer_to(first: &'static [u8], second: &'static [u8]) -> Result<Vec<u8>, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Connection::open(listener.local_addr().unwrap())
            .await
            .unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream.write_all(first).await.unwrap();
            stream.write_all(second).await.unwrap();
        });
        let call = Call::sync("token", "{}");
        let body = client.send(&call).await.map(<[u8]>::to_vec);
        server.await.unwrap();
        body.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_body_of_known_length_is_read() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Le";
        assert_eq!(
            answer_to(head, b"ngth: 5\r\n\r\nhello").await,
            Ok(b"hello".to_vec())
        );
    }

    #[tokio::test]
    async fn chunks_are_put_together() {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel";
        assert_eq!(
            answer_to(head, b"\r\n2\r\nlo\r\n0\r\n\r\n").await,
            Ok(b"hello".to_vec())
        );
    }

    #[tokio::test]
    async fn a_refusal_is_an_error() {
        let head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(
            answer_to(head, b"no").await,
            Err("the server answered 401: no".to_owned())
        );
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_an_error() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
        assert!(
            answer_to(head, b"no")
                .await
                .unwrap_err()
                .contains("amid an answer")
        );
    }
}
