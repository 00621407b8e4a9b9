//! As much of HTTP/1.1 as a proxy needs whose every connection carries one request.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Error, ErrorKind, Result},
    net::TcpStream,
};

/// Where the path of a document leads to the restoring of its versions.
const RESTORE: &str = "/restore";

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A request that was read to its end.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether the client knows nothing of it.
    pub(super) is_copy: bool,
}

/// An answer as it came from a server.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads the only request of a connection.
    pub(super) async fn read(stream: &mut TcpStream) -> Result<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = position(&bytes, END_OF_HEAD) {
                break end;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        };
        let body = bytes.split_off(end + END_OF_HEAD.len());
        let mut request = Self::with_head(&String::from_utf8_lossy(&bytes), body)
            .ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
        let length = request.header("content-length").unwrap_or("0");
        let length: usize = length
            .parse()
            .map_err(|_| Error::from(ErrorKind::InvalidData))?;
        while request.body.len() < length {
            if stream.read_buf(&mut request.body).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(request)
    }

    fn with_head(head: &str, body: Vec<u8>) -> Option<Self> {
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_lowercase(), value.trim().to_owned()))
        });
        Some(Self {
            method,
            path,
            headers: headers.collect(),
            body,
            is_copy: false,
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|header| header.0 == name)?;
        Some(value)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The same with another body.
    pub(super) fn with_body(&self, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..self.clone()
        }
    }

    /// A restoration made a question: it reads the document, and does nothing to it.
    pub(super) fn reading(&self) -> Self {
        Self {
            method: "GET".to_owned(),
            path: self.path.replace(RESTORE, ""),
            ..self.clone()
        }
    }

    /// What is sent once more.
    pub(super) fn copy(&self) -> Self {
        Self {
            is_copy: true,
            ..self.clone()
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.path.ends_with("/events")
    }

    pub(super) fn is_link(&self) -> bool {
        self.path.starts_with("/share/")
    }

    pub(super) fn is_restoration(&self) -> bool {
        self.path.contains(RESTORE)
    }

    pub(super) fn is_reading(&self) -> bool {
        self.method == "GET" && self.path.contains("/documents/")
    }

    pub(super) fn is_search(&self) -> bool {
        self.path.ends_with("/search")
    }

    pub(super) fn is_sync(&self) -> bool {
        self.path.ends_with("/sync")
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Writes so much of it, and says in its head that more comes.
    pub(super) async fn write(&self, stream: &mut TcpStream, part: f64) -> Result<()> {
        let Self {
            status,
            retry_after,
            body,
        } = self;
        let length = body.len();
        let retry = retry_after
            .iter()
            .map(|after| format!("retry-after: {after}\r\n"));
        let head = format!(
            "HTTP/1.1 {status} answer\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{}connection: close\r\n\r\n",
            retry.collect::<String>()
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "any part will do"
        )]
        let written = (length as f64 * part) as usize;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body[..written.min(length)]).await?;
        stream.flush().await?;
        stream.shutdown().await
    }
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
