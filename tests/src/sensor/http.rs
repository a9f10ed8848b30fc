//! The little HTTP that health and metrics need.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

const TIMEOUT: Duration = Duration::from_secs(2);

/// Asks 127.0.0.1 for a path: the status code and the body.
///
/// # Errors
/// When there is no answer in two seconds, or none in HTTP.
pub fn get(port: u16, path: &str) -> Result<(u16, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).context("connect")?;
    stream
        .set_read_timeout(Some(TIMEOUT))
        .context("set a time limit")?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .context("send the request")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context("read the answer")?;
    parse(&String::from_utf8_lossy(&answer)).context("not an HTTP answer")
}

fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let code = head.split_whitespace().nth(1)?.parse().ok()?;
    Some((code, body.to_owned()))
}

/// Sum of the samples of `metric` with `label` in a text of metrics.
pub(super) fn total(text: &str, metric: &str, label: &str) -> u64 {
    let value = |line: &str| {
        let (series, value) = line.rsplit_once(' ')?;
        let labels = series.strip_prefix(metric)?.strip_prefix('{')?;
        labels.contains(label).then(|| value.parse::<u64>().ok())?
    };
    text.lines().filter_map(value).sum()
}

#[cfg(test)]
mod tests {
    use super::{parse, total};

    #[test]
    fn sums_samples() {
        let text = "# TYPE a counter\na_total{kind=\"x\",cause=\"1\"} 3\na_total{kind=\"x\"} 4\n\
                    a_total{kind=\"y\"} 5\na_total_more{kind=\"x\"} 6\n";
        assert_eq!(total(text, "a_total", "kind=\"x\""), 7);
        assert_eq!(total(text, "b_total", ""), 0);
    }

    #[test]
    fn parses_answers() {
        assert_eq!(
            parse("HTTP/1.1 200 OK\r\nA: b\r\n\r\nok"),
            Some((200, "ok".to_owned()))
        );
        assert_eq!(parse("nonsense"), None);
    }
}
