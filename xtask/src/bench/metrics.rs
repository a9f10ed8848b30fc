//! Reading the sensor's metrics (the text format of Prometheus).

/// One sample: `name{labels} value`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    /// As printed, without the braces.
    pub(super) labels: String,
    pub(super) value: f64,
}

/// How the names of counters of losses end.
const LOSSES: [&str; 4] = [
    "_lost_total",
    "_suppressed_total",
    "_dropped_total",
    "_errors_total",
];

/// The label of what was tried and did not succeed.
const FAILED: &str = "result=\"failed\"";

/// Every sample of `text`.
pub(super) fn parse(text: &str) -> Vec<Sample> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(sample)
        .collect()
}

/// What each sample of `after` counts more than in `before`.
pub(super) fn increase(before: &[Sample], after: &[Sample]) -> Vec<Sample> {
    let old = |sample: &Sample| {
        let same = |other: &&Sample| other.name == sample.name && other.labels == sample.labels;
        before.iter().find(same).map_or(0.0, |other| other.value)
    };
    after
        .iter()
        .map(|sample| Sample {
            value: sample.value - old(sample),
            ..sample.clone()
        })
        .collect()
}

/// Counters that are not zero.
pub(super) fn counted(samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    samples
        .iter()
        .filter(|sample| sample.name.ends_with("_total") && sample.value > 0.0)
}

/// Counters of what was lost, those that are not zero.
pub(super) fn losses(samples: &[Sample]) -> Vec<&Sample> {
    let is_loss = |sample: &&Sample| {
        LOSSES.iter().any(|end| sample.name.ends_with(end)) || sample.labels.contains(FAILED)
    };
    counted(samples).filter(is_loss).collect()
}

/// The value below which the part `q` (0 to 1) of a histogram's observations are, interpolated
/// inside of its bucket, and the number of observations. Buckets of all label sets are added.
/// `None` when nothing was observed.
pub(super) fn quantile(samples: &[Sample], histogram: &str, q: f64) -> Option<(f64, f64)> {
    let buckets = buckets(samples, histogram);
    let total = buckets
        .last()
        .map(|(_, count)| *count)
        .filter(|total| *total > 0.0)?;
    let wanted = total * q;
    let (mut low, mut below) = (0.0, 0.0);
    for (high, count) in buckets {
        if count >= wanted {
            // The last bucket has no upper end: all that is known is the lower one.
            let inside = if count > below {
                (wanted - below) / (count - below)
            } else {
                0.0
            };
            let value = if high.is_finite() {
                low + (high - low) * inside
            } else {
                low
            };
            return Some((value, total));
        }
        (low, below) = (high, count);
    }
    None
}

/// Upper ends and cumulative counts of a histogram, in order.
fn buckets(samples: &[Sample], histogram: &str) -> Vec<(f64, f64)> {
    let name = format!("{histogram}_bucket");
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    for sample in samples.iter().filter(|sample| sample.name == name) {
        let Some(end) = label(&sample.labels, "le").and_then(|end| end.parse::<f64>().ok()) else {
            continue;
        };
        match buckets
            .iter_mut()
            .find(|(known, _)| known.total_cmp(&end).is_eq())
        {
            Some((_, count)) => *count += sample.value,
            None => buckets.push((end, sample.value)),
        }
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    buckets
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let quoted = labels
        .split(',')
        .find_map(|label| label.strip_prefix(name)?.strip_prefix('='))?;
    Some(quoted.trim_matches('"'))
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = match line.rfind('}') {
        Some(end) => line.split_at_checked(end + 1)?,
        None => line.split_once(' ')?,
    };
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    Some(Sample {
        name: name.trim().to_owned(),
        labels: labels.trim_end_matches('}').to_owned(),
        value: value.split_whitespace().next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP x y\n\
        vigie_events_total{kind=\"exec\"} 12\n\
        vigie_events_lost_total{kind=\"open\",cause=\"ring_full\"} 3\n\
        vigie_events_suppressed_total{kind=\"open\"} 0\n\
        vigie_events_total{kind=\"exec_failed\"} 2\n\
        vigie_alerts_total{result=\"failed\"} 1\n\
        up 1\n\
        l_bucket{le=\"0.1\",t=\"a\"} 5\n\
        l_bucket{le=\"0.2\",t=\"a\"} 8\n\
        l_bucket{le=\"+Inf\",t=\"a\"} 8\n\
        l_bucket{le=\"0.1\",t=\"b\"} 0\n\
        l_bucket{le=\"0.2\",t=\"b\"} 1\n\
        l_bucket{le=\"+Inf\",t=\"b\"} 2\n\
        # EOF\n";

    #[test]
    fn reads_samples() {
        let samples = parse(TEXT);
        let first = Sample {
            name: "vigie_events_total".to_owned(),
            labels: "kind=\"exec\"".to_owned(),
            value: 12.0,
        };
        assert_eq!(samples.first(), Some(&first));
        assert_eq!(samples.len(), 12);
    }

    #[test]
    fn finds_losses_that_happened() {
        let samples = parse(TEXT);
        let names: Vec<_> = losses(&samples)
            .iter()
            .map(|sample| sample.name.as_str())
            .collect();
        assert_eq!(names, ["vigie_events_lost_total", "vigie_alerts_total"]);
    }

    #[test]
    fn increases_are_differences() {
        let before = parse("a_total 1\na_total{k=\"x\"} 5\n");
        let after = parse("a_total 4\na_total{k=\"x\"} 5\na_total{k=\"y\"} 2\n");
        let values: Vec<f64> = increase(&before, &after)
            .iter()
            .map(|sample| sample.value)
            .collect();
        assert_eq!(values, [3.0, 0.0, 2.0]);
    }

    #[test]
    fn quantiles_are_interpolated() {
        let samples = parse(TEXT);
        let check = |q, expected: f64| {
            let (value, count) = quantile(&samples, "l", q).unwrap();
            assert!((value - expected).abs() < 1e-9, "{q}: {value}");
            assert!((count - 10.0).abs() < 1e-9);
        };
        check(0.25, 0.05);
        check(0.5, 0.1);
        check(0.7, 0.15);
        check(0.99, 0.2);
        assert_eq!(quantile(&samples, "none", 0.5), None);
    }
}
