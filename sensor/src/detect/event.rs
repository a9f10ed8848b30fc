//! An observation as the Sigma engine reads it.

use std::borrow::Cow;

use rsigma_eval::{Event, EventValue};
use serde_json::{Map, Value};

use super::{Category, fields};
use crate::enrich::Observation;

/// An observation seen through the table of fields. Nothing is copied: a field is read when a rule
/// asks for it.
pub(super) struct SigmaEvent<'a>(pub(super) &'a Observation<'a>);

impl SigmaEvent<'_> {
    fn present(&self) -> impl Iterator<Item = (&'static str, EventValue<'_>)> {
        let categories = Category::of(self.0);
        fields::all()
            .filter(move |field| categories.iter().any(|category| field.exists_in(*category)))
            .filter_map(|field| Some((field.name, (field.get)(self.0)?)))
    }
}

impl Event for SigmaEvent<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        (fields::find(path)?.get)(self.0)
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.present().any(|(_, value)| any_string(&value, pred))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut strings = Vec::new();
        for (_, value) in self.present() {
            collect_strings(value, &mut strings);
        }
        strings
    }

    fn to_json(&self) -> Value {
        let fields = self.present();
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_json()));
        Value::Object(fields.collect::<Map<_, _>>())
    }
}

fn any_string(value: &EventValue<'_>, pred: &dyn Fn(&str) -> bool) -> bool {
    match value {
        EventValue::Str(text) => pred(text),
        EventValue::Array(values) => values.iter().any(|value| any_string(value, pred)),
        _ => false,
    }
}

fn collect_strings<'a>(value: EventValue<'a>, strings: &mut Vec<Cow<'a, str>>) {
    match value {
        EventValue::Str(text) => strings.push(text),
        EventValue::Array(values) => {
            for value in values {
                collect_strings(value, strings);
            }
        }
        _ => {}
    }
}
