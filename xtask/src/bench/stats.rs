//! Medians and quartiles of a few measurements.

/// The middle of sorted measurements, and of their halves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quartiles {
    pub(super) lower: f64,
    pub(super) median: f64,
    pub(super) upper: f64,
}

/// Quartiles of `values`, interpolated between neighbours; `None` without values.
pub(super) fn quartiles(values: &[f64]) -> Option<Quartiles> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(Quartiles {
        lower: at(&sorted, 1, 4)?,
        median: at(&sorted, 2, 4)?,
        upper: at(&sorted, 3, 4)?,
    })
}

/// The value at `part / parts` of the way through `sorted`.
fn at(sorted: &[f64], part: usize, parts: usize) -> Option<f64> {
    let steps = sorted.len().checked_sub(1)? * part;
    let low = *sorted.get(steps / parts)?;
    let high = *sorted.get(steps.div_ceil(parts))?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "both are below the number of parts"
    )]
    let between = (steps % parts) as f64 / parts as f64;
    Some(low + (high - low) * between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], expected: Option<(f64, f64, f64)>) {
        let found = quartiles(values).map(|q| (q.lower, q.median, q.upper));
        assert_eq!(found, expected, "{values:?}");
    }

    #[test]
    fn quartiles_of_few_values() {
        check(&[], None);
        check(&[3.0], Some((3.0, 3.0, 3.0)));
        check(&[2.0, 1.0], Some((1.25, 1.5, 1.75)));
        check(&[5.0, 1.0, 4.0, 2.0, 3.0], Some((2.0, 3.0, 4.0)));
        check(&[1.0, 2.0, 3.0, 4.0], Some((1.75, 2.5, 3.25)));
    }
}
