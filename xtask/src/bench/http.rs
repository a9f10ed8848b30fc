//! The smallest HTTP client that can read the sensor's endpoints.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// An endpoint on this machine answers within this, or is stuck.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Far above any answer of the sensor.
const ANSWER_MAX: u64 = 16 << 20;

/// Status and body of `GET path`.
///
/// # Errors
/// No connection, no answer in time, or one that is not HTTP.
pub(super) fn get(address: SocketAddr, path: &str) -> Result<(u16, String)> {
    let context = || format!("http://{address}{path}");
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).with_context(context)?;
    stream
        .set_read_timeout(Some(TIMEOUT))
        .with_context(context)?;
    // Version 1.0: the answer ends with the connection, and is never in chunks.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").with_context(context)?;
    let mut answer = Vec::new();
    stream
        .take(ANSWER_MAX)
        .read_to_end(&mut answer)
        .with_context(context)?;
    parse(&String::from_utf8_lossy(&answer)).with_context(context)
}

fn parse(answer: &str) -> Result<(u16, String)> {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("an answer without an end of headers")?;
    let status = head
        .split(' ')
        .nth(1)
        .context("an answer without a status")?;
    Ok((
        status.parse().context("a status that is no number")?,
        body.to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn answers_have_a_status_and_a_body() {
        let (status, body) = parse("HTTP/1.0 503 Not Ready\r\nA: b\r\n\r\nx\r\n\r\ny").unwrap();
        assert_eq!((status, body.as_str()), (503, "x\r\n\r\ny"));
        assert!(parse("").is_err());
        assert!(parse("HTTP/1.0\r\n\r\n").is_err());
    }
}
