//! Each detection, performed for real on the host and in a container, beside a benign look-alike.

use anyhow::{Result, ensure};
use vigie_tests::{Place, Root, Workload, shared};

/// One detection with what raises it and what only looks like it.
struct Detection {
    alert_type: &'static str,
    severity: &'static str,
    positive: &'static str,
    /// Executable of the process that the alert is about.
    executable: &'static str,
    benign: &'static str,
    /// Whether it also holds outside of containers.
    on_host: bool,
}

fn check(test: &str, detection: &Detection) -> Result<()> {
    let Some(sensor) = shared::live(test)? else {
        return Ok(());
    };
    let root = Root::debian()?;
    let (marker, mark) = match detection.alert_type {
        "K8S.NODE_EICAR" => (
            "K8S.NODE_DigitalCurrencyMining",
            "cp /bin/true /tmp/xmrig; /tmp/xmrig",
        ),
        _ => ("K8S.NODE_EICAR", shared::MARK),
    };
    for place in Place::BOTH {
        let workload = Workload::new(&root, place);
        if place == Place::Container || detection.on_host {
            let outcome = workload.script(detection.positive)?;
            let alert = shared::expect(sensor, &outcome, detection.alert_type, |alert| {
                alert.process().executable.as_deref() == Some(detection.executable)
            })?;
            ensure!(
                alert.severity() == detection.severity,
                "severity of {:#}",
                alert.json
            );
        } else {
            let outcome = workload.script(&format!("{}\n{mark}", detection.positive))?;
            shared::expect_none(sensor, &outcome, detection.alert_type, marker)?;
        }
        let outcome = workload.script(&format!("{}\n{mark}", detection.benign))?;
        shared::expect_none(sensor, &outcome, detection.alert_type, marker)?;
    }
    Ok(())
}

#[test]
fn digital_currency_mining() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_DigitalCurrencyMining",
        severity: "High",
        positive: "cp /bin/true /tmp/upd; /tmp/upd -o stratum+tcp://192.0.2.20:3333 -u w -p x",
        executable: "/tmp/upd",
        benign: "cp /bin/true /opt/pm4py-miner; /opt/pm4py-miner --input /data/log.xes",
        on_host: true,
    };
    check("digital_currency_mining", &detection)
}

#[test]
fn crypto_coin_miner_execution() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_CryptoCoinMinerExecution",
        severity: "Medium",
        positive: "cp /bin/true /tmp/sysupd; /tmp/sysupd --donate-level=1 --cpu-priority=5",
        executable: "/tmp/sysupd",
        benign: "cp /bin/true /opt/app-server; /opt/app-server --pool=10 --user app",
        on_host: true,
    };
    check("crypto_coin_miner_execution", &detection)
}

#[test]
fn crypto_coin_miner_artifacts() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_CryptoCoinMinerArtifacts",
        severity: "Medium",
        positive: "cp /bin/true /tmp/kdevtmpfsi; /tmp/kdevtmpfsi",
        executable: "/tmp/kdevtmpfsi",
        benign: "mkdir /app; echo '{\"pool\":{\"max\":5}}' > /app/config.json; cat /app/config.json",
        on_host: false,
    };
    check("crypto_coin_miner_artifacts", &detection)
}

#[test]
fn kube_config_access() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_KubeConfigAccess",
        severity: "Medium",
        positive: "mkdir -p /var/lib/kubelet; : >> /var/lib/kubelet/kubeconfig\n\
                   cd /var/lib/kubelet; base64 kubeconfig",
        executable: "/usr/bin/base64",
        benign: "mkdir -p /etc/kubernetes/manifests; ls /etc/kubernetes/manifests",
        on_host: true,
    };
    check("kube_config_access", &detection)
}

#[test]
fn imds_call() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_ImdsCall",
        severity: "Medium",
        // curl turns the number into 169.254.169.254: only the connect shows it.
        positive: "curl -m 1 -s http://2852039166/latest/meta-data/iam/ || true",
        executable: "/usr/bin/curl",
        benign: "curl -m 1 -s http://192.0.2.7/metadata || true; ping -c 1 -W 1 169.254.1.1",
        on_host: false,
    };
    check("imds_call", &detection)
}

#[test]
fn imds_call_shows_its_address() -> Result<()> {
    let Some(sensor) = shared::live("imds_call_shows_its_address")? else {
        return Ok(());
    };
    let outcome = Workload::container(&Root::busybox()?).run(&[
        "timeout",
        "1",
        "wget",
        "-qO-",
        "http://169.254.169.254/latest/meta-data/",
    ])?;
    shared::expect(sensor, &outcome, "K8S.NODE_ImdsCall", |alert| {
        alert.peer().is_some_and(|peer| {
            peer.address.as_deref() == Some("169.254.169.254") && peer.port == Some(80)
        })
    })?;
    Ok(())
}

#[test]
fn namespace_creation() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_NamespaceCreation",
        severity: "Informational",
        positive: "perl -e 'syscall(272, 0x10000000)'",
        executable: "/usr/bin/perl",
        benign: "python3 -c 'import threading; t=threading.Thread(target=print); t.start(); t.join()'",
        on_host: false,
    };
    check("namespace_creation", &detection)
}

#[test]
fn ssh_key_access() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_SshKeyAccess",
        severity: "Informational",
        positive: "mkdir -p /root/.ssh; echo 'ssh-ed25519 AAAAC3 x' | tee -a /root/.ssh/authorized_keys",
        executable: "/usr/bin/tee",
        benign: "grep -rl authorized_keys /etc/ssh || true",
        on_host: true,
    };
    check("ssh_key_access", &detection)
}

#[test]
fn history_file_cleared() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_HistoryFileCleared",
        severity: "Medium",
        positive: "echo ls >> /root/.bash_history; : | tee /root/.bash_history",
        executable: "/usr/bin/tee",
        benign: "touch /tmp/deploy_history /tmp/history.json; rm -f /tmp/deploy_history /tmp/history.json",
        on_host: true,
    };
    check("history_file_cleared", &detection)
}

#[test]
fn eicar() -> Result<()> {
    let detection = Detection {
        alert_type: "K8S.NODE_EICAR",
        severity: "High",
        positive: "cp /bin/echo /tmp/asc_alerttest_662jfi039n; \
                   /tmp/asc_alerttest_662jfi039n testing eicar pipe",
        executable: "/tmp/asc_alerttest_662jfi039n",
        benign: "cp /bin/echo /tmp/asc_alerttest_662jfi039n; grep -c asc_alerttest_662jfi039n /etc/hosts",
        on_host: true,
    };
    check("eicar", &detection)
}
