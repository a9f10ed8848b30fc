//! Exemplars: events by field values, which a rule carries to prove itself on the real engine.

use std::{borrow::Cow, collections::BTreeMap};

use rsigma_eval::{Event as SigmaFields, EventValue};
use serde_json::{Map, Value as Json};
use yaml_serde::Value;

use super::{
    Category,
    attributes::{Exemplar, Exemplars},
    fields::{self, Field, Type},
};
use crate::{
    enrich::{Image, Observation, Process, command_line},
    event::{
        Body, Credentials, Event, Exec, ExecFailed, ExecutableFile, Namespaces, Origin, ProcessKey,
        Stdio, Text,
    },
};

impl Exemplars {
    /// Both kinds.
    pub(super) fn all(&self) -> impl Iterator<Item = &Exemplar> {
        self.positive.iter().chain(&self.negative)
    }
}

/// Checks the names and types of an exemplar's values.
///
/// # Errors
/// With the first value that is wrong.
pub(super) fn check(exemplar: &Exemplar, category: Category) -> Result<(), String> {
    for (name, value) in &exemplar.event {
        let Some(field) = fields::find(name) else {
            let hint = fields::nearest(name);
            let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!("unknown field `{name}`{hint}"));
        };
        if !field.exists_in(category) {
            return Err(format!(
                "field `{name}` does not exist in {}",
                category.name()
            ));
        }
        if convert(field, value).is_none() {
            return Err(format!("field `{name}` holds a {}", field.kind.name()));
        }
    }
    Ok(())
}

fn convert(field: &Field, value: &Value) -> Option<Json> {
    match (field.kind, value) {
        (Type::Text, Value::String(text)) => Some(Json::from(text.as_str())),
        (Type::Number, Value::Number(number)) => number.as_i64().map(Json::from),
        (Type::Bool, Value::Bool(value)) => Some(Json::from(*value)),
        (Type::Texts, Value::Sequence(values)) => {
            let texts = values.iter().map(|value| Some(Json::from(value.as_str()?)));
            texts.collect::<Option<Vec<_>>>().map(Json::from)
        }
        _ => None,
    }
}

/// An exemplar as the engine reads it: the given values, and what follows from them.
pub(super) struct ExemplarEvent {
    values: BTreeMap<String, Json>,
    event: Event,
    process: Process,
}

impl ExemplarEvent {
    pub(super) fn new(exemplar: &Exemplar) -> Self {
        let values: BTreeMap<_, _> = exemplar
            .event
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), convert(fields::find(name)?, value)?)))
            .collect();
        let text =
            |name: &str| Text::from(values.get(name).and_then(Json::as_str).unwrap_or_default());
        let args = match values.get("Args") {
            Some(Json::Array(args)) => args
                .iter()
                .filter_map(Json::as_str)
                .map(Text::from)
                .collect(),
            _ => {
                let line = values
                    .get("CommandLine")
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                line.split_whitespace().map(Text::from).collect()
            }
        };
        let asked = if values.contains_key("Asked") {
            text("Asked")
        } else {
            text("Image")
        };
        let failed = values.get("Exec.Failed").and_then(Json::as_bool) == Some(true);
        let exec = exec(text("Image"), asked.clone(), text("Interpreter"), args);
        let body = if failed {
            Body::ExecFailed(ExecFailed {
                errno: 0,
                asked,
                args: exec.args.clone(),
                args_cut: false,
            })
        } else {
            Body::Exec(Box::new(exec.clone()))
        };
        ExemplarEvent {
            values,
            event: event(body),
            process: process(exec),
        }
    }

    fn observation(&self) -> Observation<'_> {
        Observation {
            event: &self.event,
            process: &self.process,
            ancestors: &[],
            container: None,
            in_container: false,
            shell_link: None,
        }
    }

    fn derived(&self, field: &Field) -> Option<EventValue<'static>> {
        if !field.derived {
            return None;
        }
        let observation = self.observation();
        (field.get)(&observation).map(into_owned)
    }
}

impl SigmaFields for ExemplarEvent {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        match self.values.get(path) {
            Some(value) => Some(EventValue::from(value)),
            None => self.derived(fields::find(path)?),
        }
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.values.values().filter_map(Json::as_str).any(pred)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let texts = self.values.values().filter_map(Json::as_str);
        texts.map(Cow::Borrowed).collect()
    }

    fn to_json(&self) -> Json {
        let values = self.values.iter();
        Json::Object(
            values
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Map<_, _>>(),
        )
    }
}

fn into_owned(value: EventValue<'_>) -> EventValue<'static> {
    match value {
        EventValue::Str(text) => EventValue::Str(Cow::Owned(text.into_owned())),
        EventValue::Int(number) => EventValue::Int(number),
        EventValue::Float(number) => EventValue::Float(number),
        EventValue::Bool(value) => EventValue::Bool(value),
        EventValue::Array(values) => {
            EventValue::Array(values.into_iter().map(into_owned).collect())
        }
        EventValue::Null | EventValue::Map(_) => EventValue::Null,
    }
}

fn exec(executable: Text, asked: Text, interpreter: Text, args: Vec<Text>) -> Exec {
    Exec {
        parent: KEY,
        old_tid: 0,
        namespace_pid: 0,
        args,
        args_cut: false,
        executable,
        path_cut: false,
        cwd: Text::default(),
        asked,
        interpreter,
        cgroup_path: Text::default(),
        environment: Vec::new(),
        file: ExecutableFile::default(),
        credentials: Credentials::default(),
        tty: Text::default(),
        session: 0,
        namespaces: Namespaces::default(),
        stdio: [Stdio::Closed, Stdio::Closed, Stdio::Closed],
    }
}

const KEY: ProcessKey = ProcessKey {
    pid: 0,
    start_time: 0,
};

fn event(body: Body) -> Event {
    Event {
        origin: Origin {
            time: 0,
            cpu: 0,
            sequence: 0,
            process: KEY,
            tid: 0,
            cgroup: 0,
            uid: 0,
            gid: 0,
            mnt_ns: 0,
            pid_ns: 0,
            comm: Text::default(),
        },
        body,
    }
}

fn process(exec: Exec) -> Process {
    let command_line = command_line(&exec.args);
    Process {
        key: KEY,
        parent: None,
        namespace_pid: 0,
        image: std::sync::Arc::new(Image {
            cgroup: 0,
            exec,
            command_line,
            user: None,
            in_container: false,
            time: 0,
        }),
        cgroup: 0,
        container: None,
        exited: None,
        remote: None,
        remote_time: 0,
    }
}
