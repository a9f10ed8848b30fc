use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use sensor_common::{Kind, counters::Outcome};

use super::*;
use crate::detect::Severity;

/// Telemetry in which everything happened once.
fn eventful() -> Telemetry {
    let telemetry = Telemetry::new();
    telemetry.events.received(Kind::Exec);
    telemetry.events.decode_error("truncated");
    for kind in Kind::ALL {
        for outcome in Outcome::ALL {
            telemetry.events.kernel_total(kind, outcome, 3);
        }
    }
    telemetry
        .detect
        .detected("K8S.NODE_ReverseShell", Severity::High);
    telemetry.detect.rules(10, 1);
    telemetry.detect.reloaded(true);
    telemetry.alerts.written(0.002);
    telemetry.alerts.failed();
    telemetry
        .hooks
        .attached(Kind::Open, "security_file_open", 1);
    telemetry.hooks.missing(Kind::Open, "security_file_open");
    telemetry.tables.entries("processes", 100);
    telemetry.bpf.totals("exec", 10, 1_500_000_000);
    telemetry
}

#[test]
fn every_metric_of_the_table_is_served_with_its_labels() {
    let text = eventful().encode();
    for metric in METRICS {
        let name = metric.full_name();
        let suffix = if metric.kind == MetricKind::Histogram {
            "_bucket"
        } else {
            ""
        };
        let line = text.lines().find(|line| {
            line.strip_prefix(&format!("{name}{suffix}"))
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        let line = line.unwrap_or_else(|| panic!("{name} is not served:\n{text}"));
        for label in metric.labels {
            assert!(
                line.contains(&format!("{label}=\"")),
                "{line} lacks {label}"
            );
        }
        assert!(text.contains(metric.help), "help of {name}");
        assert!(markdown().contains(&format!("`{name}`")));
    }
    assert_eq!(
        text.matches("# TYPE").count(),
        METRICS.len(),
        "served but not in the table"
    );
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn values_are_right() {
    let text = eventful().encode();
    for line in [
        "vigie_events_total{kind=\"exec\"} 1",
        "vigie_events_total{kind=\"open\"} 0",
        "vigie_events_lost_total{kind=\"exec\",cause=\"ring_full\"} 3",
        "vigie_events_uninteresting_total{kind=\"open\"} 3",
        "vigie_events_suppressed_total{kind=\"connect\"} 3",
        "vigie_detections_total{alert_type=\"K8S.NODE_ReverseShell\",severity=\"High\"} 1",
        "vigie_alert_latency_seconds_bucket{le=\"0.0025\"} 1",
        "vigie_alert_latency_seconds_bucket{le=\"0.001\"} 0",
        "vigie_rules{state=\"refused\"} 1",
        "vigie_hook_tier{event=\"open\",hook=\"security_file_open\"} 1",
        "vigie_bpf_run_seconds_total{program=\"exec\"} 1.5",
        &format!(
            "vigie_build_info{{version=\"{VERSION}\",architecture=\"{}\"}} 1",
            std::env::consts::ARCH
        ),
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
    }
}

async fn serve() -> (SocketAddr, Arc<State>) {
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = server.address().unwrap();
    let state = Arc::new(State::default());
    tokio::spawn(server.serve(Arc::clone(&state)));
    (address, state)
}

/// Status and body of the answer to `request`.
async fn ask(address: SocketAddr, request: String) -> (u16, String) {
    let ask = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_answers() {
    let (address, state) = serve().await;
    let (status, body) = ask(address, request("GET", "/metrics")).await;
    assert_eq!(status, 200);
    assert!(body.contains("vigie_build_info"));
    assert_eq!(
        ask(address, request("GET", "/healthz")).await,
        (200, "ok\n".to_owned())
    );
    assert_eq!(ask(address, request("GET", "/readyz")).await.0, 503);
    state.set_ready(true);
    assert_eq!(ask(address, request("GET", "/readyz")).await.0, 200);
    assert_eq!(ask(address, request("GET", "/")).await.0, 404);
    assert_eq!(ask(address, request("POST", "/metrics")).await.0, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_requests_are_refused() {
    let (address, _) = serve().await;
    let filler = "x".repeat(20_000);
    let huge = format!("GET /metrics HTTP/1.1\r\nhost: x\r\nx: {filler}\r\n\r\n");
    let (status, _) = ask(address, huge).await;
    assert_eq!(status, 431);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_clients_do_not_keep_others_out_for_ever() {
    let (address, _) = serve().await;
    let idle: Vec<_> = (0..40)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    drop(idle);
    assert_eq!(ask(address, request("GET", "/healthz")).await.0, 200);
}

#[tokio::test]
async fn a_taken_address_is_said_with_what_to_do() {
    let first = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = first.address().unwrap();
    let error = Server::bind(address).await.expect_err("taken").to_string();
    assert!(
        error.contains(&address.to_string()) && error.contains("metrics.address"),
        "{error}"
    );
}
