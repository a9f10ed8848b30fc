use super::*;
use crate::detect::{RuleSource, load::load, source::embedded};

fn filter(rules: &[(&str, &str)]) -> KernelFilter {
    let sources = rules.iter().enumerate().map(|(index, (category, detection))| RuleSource {
        file: format!("{index}.yml"),
        text: format!(
            "title: rule {index}\nid: id-{index}\nlogsource:\n  category: {category}\ndetection:\n{detection}\n"
        ),
    });
    let loaded = load(sources);
    assert_eq!(loaded.errors, []);
    KernelFilter::of(&loaded.rules)
}

/// Checks the keys of one file rule: names, directories, programs; `None` for everything.
fn check(detection: &str, expected: Option<[&[&str]; 3]>) {
    let found = match filter(&[("file_open", detection)]).open {
        OpenFilter::Some(keys) => Some([keys.names, keys.directories, keys.programs]),
        OpenFilter::All(_) => None,
        OpenFilter::None => panic!("no rule"),
    };
    let expected =
        expected.map(|sets| sets.map(|set| set.iter().map(ToString::to_string).collect()));
    assert_eq!(found, expected, "{detection}");
}

#[test]
fn file_rules() {
    let one = |condition: &str, rest: &str| format!("  condition: {condition}\n{rest}");
    check(
        &one("a", "  a:\n    TargetFilename: /etc/shadow"),
        Some([&["shadow"], &[], &[]]),
    );
    check(
        &one("a", "  a:\n    TargetFilename|endswith: [/x, /y/z]"),
        Some([&["x", "z"], &[], &[]]),
    );
    check(
        &one("a", "  a:\n    TargetFilename: '*/.ssh/*'"),
        Some([&[], &[".ssh"], &[]]),
    );
    check(
        &one("a", "  a:\n    TargetFilename|startswith: /etc/ssh/ss"),
        Some([&[], &["ssh"], &[]]),
    );
    check(
        &one(
            "a",
            "  a:\n    TargetFilename|contains: /pki/kubelet-client-",
        ),
        Some([&[], &["pki"], &[]]),
    );
    check(
        &one("a", "  a:\n    TargetFilename|endswith: _history"),
        None,
    );
    check(&one("a", "  a:\n    TargetFilename|contains: /part"), None);
    check(&one("a", "  a:\n    TargetFilename|re: /x$"), None);
    check(
        &one("a", "  a:\n    Image|endswith: /cat"),
        Some([&[], &[], &["cat"]]),
    );
    check(&one("a", "  a:\n    User: root"), None);
}

#[test]
fn conditions() {
    let named = "  a:\n    TargetFilename: /d/a\n    User: root\n  b:\n    Image: /bin/b\n  c:\n    TargetFilename: /d/c\n  u:\n    User: x\n";
    let with = |condition: &str| format!("{named}  condition: {condition}");
    check(&with("a"), Some([&["a"], &[], &[]]));
    check(&with("a and b"), Some([&["a"], &[], &[]]));
    check(&with("b and u"), Some([&[], &[], &["b"]]));
    check(&with("a or b"), Some([&["a"], &[], &["b"]]));
    check(&with("a or u"), None);
    check(&with("a and not u"), Some([&["a"], &[], &[]]));
    check(&with("not a"), None);
    check(&with("u and 1 of a*"), Some([&["a"], &[], &[]]));
    check(&with("1 of them"), None);
    check(&with("all of them"), Some([&["a"], &[], &[]]));
}

#[test]
fn connect_rules() {
    let ip = "  a:\n    DestinationIp: [169.254.169.254, 'fd00:ec2::254']\n    DestinationPort: 80\n  condition: a";
    let port = "  a:\n    DestinationPort: [4444, '31337']\n  condition: a";
    let unix = "  a:\n    UnixPath|endswith: /docker.sock\n  condition: a";
    let shell = "  a:\n    IsShell: true\n  condition: a";
    let network = "network_connection";
    let ConnectFilter::Some(keys) = filter(&[(network, ip), (network, port)]).connect else {
        panic!("can be told");
    };
    assert_eq!(keys.addresses.len(), 2);
    assert_eq!(keys.ports, BTreeSet::from([4444, 31337]));
    assert!(!keys.unix);
    let ConnectFilter::All {
        because: Because::Rule(rule),
        unix,
    } = filter(&[(network, unix), (network, shell)]).connect
    else {
        panic!("cannot be told");
    };
    assert_eq!((rule.id.as_str(), unix), ("id-1", true));
    assert_eq!(filter(&[]).connect, ConnectFilter::None);
}

#[test]
fn shipped_rules_open_few_files() {
    let loaded = load(embedded());
    let filter = KernelFilter::of(&loaded.rules);
    let OpenFilter::Some(keys) = filter.open else {
        panic!("a shipped rule needs every open: {:?}", filter.open);
    };
    assert!(keys.names.contains("kubeconfig") && keys.names.contains(".bash_history"));
    assert!(keys.programs.is_empty(), "{keys:?}");
    assert!(filter.namespace && filter.exec_failed);
}
