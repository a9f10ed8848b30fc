//! HTTP: `/metrics`, `/healthz`, `/readyz`. Small, read-only, and bounded against slow or many
//! clients.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::Telemetry;

/// Connections at a time: a scraper, its twin and a few probes. More wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 16;

/// How long a client may take for its request's head.
const HEADER_TIME: Duration = Duration::from_secs(5);

/// How long a connection may last; scrapers open a new one.
const CONNECTION_TIME: Duration = Duration::from_secs(60);

/// Most bytes of a request's head; scrapers send a few hundred.
const HEADER_SIZE: usize = 8192;

/// Most header fields of a request.
const HEADERS_MAX: usize = 64;

/// What the server answers from.
#[derive(Debug, Default)]
pub struct State {
    /// The metrics.
    pub telemetry: Telemetry,
    ready: AtomicBool,
}

impl State {
    /// The sensor is armed, or no longer: `/readyz` tells.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }
}

/// The server, listening.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the address cannot be bound; the error says what to do.
    pub async fn bind(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot serve metrics on {address}; set `metrics.address` (--metrics-address) to \
                 a free address of this machine, or to `off`"
            )
        })?;
        Ok(Server { listener })
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until the future is dropped.
    pub async fn serve(self, state: Arc<State>) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            // The semaphore is never closed.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                return;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, Arc::clone(&state), slot));
                }
                Err(error) => {
                    // Out of descriptors, say: trying again at once would only burn CPU time.
                    tracing::warn!(%error, "cannot accept a connection for metrics");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, state: Arc<State>, _slot: OwnedSemaphorePermit) {
    let service = service_fn(|request| {
        let response = respond(&request, &state);
        async { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_SIZE)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    // What goes wrong on a connection is the client's affair.
    let _ = tokio::time::timeout(CONNECTION_TIME, served).await;
}

fn respond<B>(request: &Request<B>, state: &State) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=utf-8";
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let is_ready = state.ready.load(Ordering::Relaxed);
    let (status, kind, body) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => (
            StatusCode::OK,
            OPEN_METRICS,
            Bytes::from(state.telemetry.encode()),
        ),
        (&Method::GET | &Method::HEAD, "/healthz") => (StatusCode::OK, TEXT, "ok\n".into()),
        (&Method::GET | &Method::HEAD, "/readyz") if is_ready => {
            (StatusCode::OK, TEXT, "armed\n".into())
        }
        (&Method::GET | &Method::HEAD, "/readyz") => (
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "not armed yet\n".into(),
        ),
        (&Method::GET | &Method::HEAD, _) => (StatusCode::NOT_FOUND, TEXT, "not found\n".into()),
        _ => (
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "only GET and HEAD\n".into(),
        ),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
