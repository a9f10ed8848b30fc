//! Walks parsed detections.

use rsigma_parser::{Detection, DetectionItem, Detections};

/// Every field that detections name. The members of an array match have no name.
pub(super) fn field_names(detections: &Detections) -> impl Iterator<Item = &str> {
    let mut names = Vec::new();
    for detection in detections.named.values() {
        collect(detection, &mut names);
    }
    names.sort_unstable();
    names.into_iter()
}

fn collect<'a>(detection: &'a Detection, names: &mut Vec<&'a str>) {
    match detection {
        Detection::AllOf(items) => names.extend(items.iter().filter_map(name)),
        Detection::AnyOf(parts) | Detection::And(parts) => {
            for part in parts {
                collect(part, names);
            }
        }
        Detection::ArrayMatch { field, body, .. } => {
            names.push(field);
            collect(body, names);
        }
        Detection::Conditional { named, .. } => {
            for part in named.values() {
                collect(part, names);
            }
        }
        Detection::Keywords(_) => {}
    }
}

fn name(item: &DetectionItem) -> Option<&str> {
    item.field.name.as_deref()
}
