//! One sensor for all tests of a binary, and what every live test checks.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::require;
use crate::sensor::{Alert, Sensor};
use crate::workload::Outcome;

/// Longest that an alert may take from the end of the workload.
const ALERT_TIMEOUT: Duration = Duration::from_secs(5);

/// After the marker of a quiet workload, the time in which a late alert may still come.
const QUIET: Duration = Duration::from_millis(300);

/// Executable name of Microsoft's documented test alert.
pub const EICAR: &str = "asc_alerttest_662jfi039n";

/// Command that raises an EICAR alert: it marks the end of a workload that must be quiet.
pub const MARK: &str = "cp \"$(type -P echo)\" /tmp/asc_alerttest_662jfi039n && \
                        /tmp/asc_alerttest_662jfi039n mark";

/// The sensor of this test binary, started by the first test that asks; nothing when the machine
/// does not allow live tests, which is printed. Ask before anything is run that it is to see.
///
/// # Errors
/// When it does not start.
pub fn live(test: &str) -> Result<Option<&'static Sensor>> {
    static SENSOR: OnceLock<Result<Sensor, String>> = OnceLock::new();
    if !require::live(test) {
        return Ok(None);
    }
    let start = || Sensor::start(&[]).map_err(|error| format!("{error:#}"));
    SENSOR
        .get_or_init(start)
        .as_ref()
        .map(Some)
        .map_err(|error| anyhow!("{error}"))
}

/// Whether an alert is about a process of this workload.
#[must_use]
pub fn belongs(alert: &Alert, outcome: &Outcome) -> bool {
    let same_container =
        outcome.container.is_some() && alert.container_id() == outcome.container.as_deref();
    same_container || alert.descends_from(outcome.pid)
}

/// Waits for an alert of this type from this workload that `wanted` accepts, and checks that its
/// container and pod are those of the workload.
///
/// # Errors
/// When none comes, or it names another container or pod.
pub fn expect(
    sensor: &Sensor,
    outcome: &Outcome,
    alert_type: &str,
    wanted: impl Fn(&Alert) -> bool,
) -> Result<Alert> {
    let alert = sensor
        .alert_until(ALERT_TIMEOUT, |alert| {
            alert.alert_type() == alert_type && belongs(alert, outcome) && wanted(alert)
        })
        .with_context(|| format!("{alert_type} from {outcome:?}"))?;
    let (container, pod) = (outcome.container.as_deref(), outcome.pod_uid.as_deref());
    ensure!(
        alert.container_id() == container,
        "container of {}: {:#}",
        outcome.pid,
        alert.json
    );
    ensure!(
        alert.pod_uid() == pod,
        "pod instead of {pod:?}: {:#}",
        alert.json
    );
    ensure!(
        alert.descends_from(outcome.pid),
        "{} is no ancestor in {:#}",
        outcome.pid,
        alert.json
    );
    Ok(alert)
}

/// Checks that a workload that ended with `marker` raised no alert of this type.
///
/// # Errors
/// When it did, or when its marker does not show.
pub fn expect_none(
    sensor: &Sensor,
    outcome: &Outcome,
    alert_type: &str,
    marker: &str,
) -> Result<()> {
    expect(sensor, outcome, marker, |_| true).context("the marker of a benign workload")?;
    thread::sleep(QUIET);
    let false_alert = sensor
        .alerts()
        .into_iter()
        .find(|alert| alert.alert_type() == alert_type && belongs(alert, outcome));
    match false_alert {
        Some(alert) => bail!("{alert_type} falsely raised: {:#}", alert.json),
        None => Ok(()),
    }
}
