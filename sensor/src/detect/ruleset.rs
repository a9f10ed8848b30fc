//! The loaded rules and the engines that they run on.

use std::{collections::HashMap, sync::Arc};

use rsigma_eval::{
    CorrelationConfig, CorrelationEngine, Engine, EvaluationResult, MatchDetailLevel, ResultBody,
};
use rsigma_parser::{FilterRuleTarget, SigmaCollection};
use serde_json::Value;

use super::{
    Category, Detection, Matched, Rule,
    attributes::Exemplar,
    event::SigmaEvent,
    exemplar::ExemplarEvent,
    explain,
    filter::KernelFilter,
    load::{Checked, Loaded, SetAside, load},
    source::{RuleError, RuleSource},
};
use crate::enrich::Observation;

/// Groups (as in `group-by`) that correlations remember; the oldest go first. A few hundred bytes
/// each.
const CORRELATION_GROUPS_MAX: usize = 10_000;

/// Events that one group of a correlation remembers; the oldest go first. Thresholds beyond it
/// cannot be reached.
const CORRELATION_GROUP_EVENTS_MAX: usize = 1_000;

/// A set of rules, ready to look at observations.
pub struct RuleSet {
    rules: Vec<Arc<Rule>>,
    by_id: HashMap<String, Entry>,
    engines: [Option<Engine>; Category::ALL.len()],
    correlations: Option<CorrelationEngine>,
    set_aside: Vec<SetAside>,
    filter: KernelFilter,
}

/// A rule by its id.
struct Entry {
    rule: Arc<Rule>,
    /// `None` for a correlation.
    category: Option<Category>,
    positive: Vec<Exemplar>,
    negative: Vec<Exemplar>,
}

impl RuleSet {
    /// Builds a rule set from rule files.
    ///
    /// # Errors
    /// With every mistake of every file.
    pub fn load(sources: impl Iterator<Item = RuleSource>) -> Result<Self, Vec<RuleError>> {
        let mut loaded = load(sources);
        let engines = engines(&mut loaded);
        let correlations = correlations(&mut loaded);
        if !loaded.errors.is_empty() {
            loaded
                .errors
                .sort_by(|left, right| (&left.file, left.line).cmp(&(&right.file, right.line)));
            return Err(loaded.errors);
        }
        let mut set = RuleSet {
            rules: Vec::new(),
            by_id: HashMap::new(),
            engines,
            correlations,
            filter: KernelFilter::of(&loaded.rules),
            set_aside: loaded.set_aside,
        };
        for checked in loaded.rules {
            let exemplars = checked.exemplars;
            set.insert(
                checked.rule,
                Some(checked.category),
                exemplars.positive,
                exemplars.negative,
            );
        }
        for (rule, _) in loaded.correlations {
            set.insert(rule, None, Vec::new(), Vec::new());
        }
        Ok(set)
    }

    fn insert(
        &mut self,
        rule: Rule,
        category: Option<Category>,
        positive: Vec<Exemplar>,
        negative: Vec<Exemplar>,
    ) {
        let rule = Arc::new(rule);
        self.rules.push(Arc::clone(&rule));
        let entry = Entry {
            rule: Arc::clone(&rule),
            category,
            positive,
            negative,
        };
        self.by_id.insert(rule.id.clone(), entry);
    }

    /// The rules, in the order in which they were loaded.
    #[must_use]
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// Rules that are in order, but for events that Vigie does not have.
    #[must_use]
    pub fn set_aside(&self) -> &[SetAside] {
        &self.set_aside
    }

    /// What the kernel must report for these rules.
    #[must_use]
    pub fn kernel_filter(&self) -> &KernelFilter {
        &self.filter
    }

    /// Log source category of a rule; `None` for a correlation or an unknown id.
    #[must_use]
    pub fn category(&self, rule_id: &str) -> Option<Category> {
        self.by_id.get(rule_id)?.category
    }

    /// Takes over what the correlations of `old` remember, for those that still have their ids.
    pub fn inherit(&mut self, old: &RuleSet) {
        if let (Some(new), Some(old)) = (&mut self.correlations, &old.correlations) {
            new.import_state(old.export_state());
        }
    }

    /// Every rule that matches. Nothing is allocated for an event that no rule is about.
    pub fn detect(&mut self, observation: &Observation<'_>) -> Vec<Detection> {
        let mut results = Vec::new();
        let event = SigmaEvent(observation);
        for category in Category::of(observation) {
            if let Some(engine) = self.engine(*category) {
                results.append(&mut engine.evaluate(&event));
            }
        }
        if results.is_empty() {
            return Vec::new();
        }
        if let Some(correlations) = &mut self.correlations {
            let seconds = observation.event.origin.time / 1_000_000_000;
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            results = correlations.process_with_detections(&event, results, seconds);
        }
        results
            .into_iter()
            .filter_map(|result| self.detection(result))
            .collect()
    }

    fn engine(&self, category: Category) -> Option<&Engine> {
        self.engines.get(category as usize)?.as_ref()
    }

    fn detection(&self, result: EvaluationResult) -> Option<Detection> {
        let entry = self.by_id.get(result.header.rule_id.as_deref()?)?;
        Some(Detection {
            rule: Arc::clone(&entry.rule),
            matched: matched(result.body),
        })
    }

    /// Why a rule does or does not match an observation, as text of several lines; `None` for an
    /// unknown id.
    #[must_use]
    pub fn explain(&self, observation: &Observation<'_>, rule_id: &str) -> Option<String> {
        let entry = self.by_id.get(rule_id)?;
        let Some(category) = entry.category else {
            return Some(
                "A correlation: it looks at the detections of its rules, not at an event.\n".into(),
            );
        };
        if !Category::of(observation).contains(&category) {
            return Some(format!(
                "Not looked at: the rule is about {} events.\n",
                category.name()
            ));
        }
        let rules = self.engine(category)?.rules();
        let compiled = rules
            .iter()
            .find(|rule| rule.id.as_deref() == Some(rule_id))?;
        Some(explain::text(compiled, &SigmaEvent(observation)))
    }

    /// Runs the exemplars of every rule, or of the one with `rule_id`.
    #[must_use]
    pub fn test(&self, rule_id: Option<&str>) -> Vec<RuleReport> {
        let wanted = |rule: &&Arc<Rule>| rule_id.is_none_or(|id| id == rule.id);
        let entries = self
            .rules
            .iter()
            .filter(wanted)
            .filter_map(|rule| self.by_id.get(&rule.id));
        entries.filter_map(|entry| self.test_entry(entry)).collect()
    }

    fn test_entry(&self, entry: &Entry) -> Option<RuleReport> {
        let engine = self.engine(entry.category?)?;
        let positive = entry.positive.iter().map(|exemplar| (exemplar, true));
        let negative = entry.negative.iter().map(|exemplar| (exemplar, false));
        let run = |(exemplar, expected): (&Exemplar, bool)| {
            let event = ExemplarEvent::new(exemplar);
            let results = engine.evaluate(&event);
            let is_ours = |result: &EvaluationResult| {
                result.header.rule_id.as_deref() == Some(&entry.rule.id)
            };
            let matched = results.iter().any(is_ours);
            let compiled = engine
                .rules()
                .iter()
                .find(|rule| rule.id.as_deref() == Some(&entry.rule.id));
            let explanation =
                (matched != expected).then(|| compiled.map(|rule| explain::text(rule, &event)));
            ExemplarReport {
                name: exemplar.name.clone(),
                expected,
                matched,
                explanation: explanation.flatten(),
            }
        };
        Some(RuleReport {
            rule: Arc::clone(&entry.rule),
            exemplars: positive.chain(negative).map(run).collect(),
        })
    }
}

/// How a rule did on its exemplars.
#[derive(Debug)]
pub struct RuleReport {
    /// The rule.
    pub rule: Arc<Rule>,
    /// Each exemplar.
    pub exemplars: Vec<ExemplarReport>,
}

/// How one exemplar came out.
#[derive(Debug)]
pub struct ExemplarReport {
    /// What it shows.
    pub name: String,
    /// Whether the rule must match it.
    pub expected: bool,
    /// Whether it did.
    pub matched: bool,
    /// Why, when that is not what was expected.
    pub explanation: Option<String>,
}

impl ExemplarReport {
    /// Whether it came out as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.expected == self.matched
    }
}

/// One engine per category that has rules.
fn engines(loaded: &mut Loaded) -> [Option<Engine>; Category::ALL.len()] {
    Category::ALL.map(|category| {
        let here: Vec<&Checked> = loaded
            .rules
            .iter()
            .filter(|it| it.category == category)
            .collect();
        if here.is_empty() {
            return None;
        }
        let mut engine = Engine::new();
        engine.set_match_detail(MatchDetailLevel::Summary);
        for (index, error) in engine.add_rules(here.iter().map(|checked| &checked.sigma)) {
            if let Some(checked) = here.get(index) {
                loaded.errors.push(RuleError {
                    file: checked.rule.file.clone(),
                    line: checked.line,
                    reason: error.to_string(),
                });
            }
        }
        for (filter, file, line) in &loaded.filters {
            let concerns = |checked: &&Checked| match &filter.rules {
                FilterRuleTarget::Any => true,
                FilterRuleTarget::Specific(names) => names
                    .iter()
                    .any(|name| *name == checked.rule.id || *name == checked.rule.title),
            };
            if !here.iter().any(|checked| concerns(checked)) {
                continue;
            }
            if let Err(error) = engine.apply_filter(filter) {
                loaded.errors.push(RuleError {
                    file: file.clone(),
                    line: *line,
                    reason: error.to_string(),
                });
            }
        }
        Some(engine)
    })
}

/// The engine of the correlations, if there are any.
fn correlations(loaded: &mut Loaded) -> Option<CorrelationEngine> {
    let (first, _) = loaded.correlations.first()?;
    let mut collection = SigmaCollection::new();
    collection.correlations = loaded
        .correlations
        .iter()
        .map(|(_, it)| it.clone())
        .collect();
    // Known to it for their names only: detections are made by our own engines.
    collection.rules = loaded
        .rules
        .iter()
        .map(|checked| checked.sigma.clone())
        .collect();
    let mut engine = CorrelationEngine::new(CorrelationConfig {
        max_state_entries: CORRELATION_GROUPS_MAX,
        max_group_entries: Some(CORRELATION_GROUP_EVENTS_MAX),
        emit_detections: false,
        ..CorrelationConfig::default()
    });
    if let Err(error) = engine.add_collection(&collection) {
        loaded.errors.push(RuleError {
            file: first.file.clone(),
            line: 1,
            reason: error.to_string(),
        });
    }
    Some(engine)
}

/// Reasons for a match.
fn matched(body: ResultBody) -> Vec<Matched> {
    match body {
        ResultBody::Detection(body) => {
            let fields = body
                .matched_fields
                .into_iter()
                .filter(|field| !field.negated);
            let fields = fields.map(|field| Matched {
                selection: field.selection.unwrap_or_default(),
                field: Some(field.field).filter(|name| name != "keyword"),
                value: value_text(field.value),
            });
            fields.collect()
        }
        ResultBody::Correlation(body) => {
            let mut matched = vec![Matched {
                selection: body.correlation_type.as_str().to_owned(),
                field: None,
                value: Some(format!(
                    "{} within {} s",
                    body.aggregated_value, body.timespan_secs
                )),
            }];
            matched.extend(body.group_key.into_iter().map(|(field, value)| Matched {
                selection: "group-by".to_owned(),
                field: Some(field),
                value: Some(value),
            }));
            matched
        }
    }
}

fn value_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
