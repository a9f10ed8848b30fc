//! From a name to its field, for every rule and every event.

use std::sync::LazyLock;

use super::{Field, all};

/// Slots of the look-up table: a power of two, well above the number of fields, so that nearly
/// every name is found at its first slot.
const SLOTS: usize = 512;

static TABLE: LazyLock<Vec<Option<&'static Field>>> = LazyLock::new(|| {
    let mut table = vec![None; SLOTS];
    for field in all() {
        let mut slot = hash(field.name);
        while table.get(slot).is_some_and(Option::is_some) {
            slot = next(slot);
        }
        if let Some(entry) = table.get_mut(slot) {
            *entry = Some(field);
        }
    }
    table
});

/// The field called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Field> {
    let mut slot = hash(name);
    loop {
        let field = (*TABLE.get(slot)?)?;
        if field.name == name {
            return Some(field);
        }
        slot = next(slot);
    }
}

fn next(slot: usize) -> usize {
    (slot + 1) % SLOTS
}

/// FNV-1a, cut to the table.
fn hash(name: &str) -> usize {
    let mut state: u32 = 0x811c_9dc5;
    for byte in name.bytes() {
        state = (state ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (state ^ (state >> 16)) as usize % SLOTS
}

/// The known name that is most like `name`, for an error message.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let wanted = name.to_lowercase();
    all()
        .map(|field| (distance(&wanted, &field.name.to_lowercase()), field.name))
        .min()
        .filter(|(distance, _)| *distance <= 2 + name.len() / 3)
        .map(|(_, name)| name)
}

/// Levenshtein distance in bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.bytes().enumerate() {
        let mut diagonal = index;
        let mut last = index + 1;
        let mut next_row = vec![last];
        for (to, above) in right.bytes().zip(row.iter().skip(1)) {
            last = (diagonal + usize::from(from != to))
                .min(above + 1)
                .min(last + 1);
            diagonal = *above;
            next_row.push(last);
        }
        row = next_row;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_field_and_nothing_else() {
        for field in all() {
            let found = find(field.name).map(|field| field.name);
            assert_eq!(found, Some(field.name), "a name comes twice");
        }
        for name in ["", "image", "Imag", "Container", "NoSuchField"] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn few_names_collide() {
        let mut slots: Vec<_> = all().map(|field| hash(field.name)).collect();
        let names = slots.len();
        slots.sort_unstable();
        slots.dedup();
        assert!(
            slots.len() * 10 >= names * 8,
            "{} slots for {names} names",
            slots.len()
        );
    }

    #[test]
    fn nearest_names() {
        let check = |name, expected| assert_eq!(nearest(name), expected, "{name}");
        check("image", Some("Image"));
        check("Commandline", Some("CommandLine"));
        check("ParentImg", Some("ParentImage"));
        check("Stdin.PeerIP", Some("Stdin.PeerIp"));
        check("zzzzzzzzzzzzzzzz", None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
