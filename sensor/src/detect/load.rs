//! From rule files to checked rules: every mistake is found at once, each with file and line.

use std::collections::{HashMap, HashSet};

use rsigma_parser::{
    CorrelationCondition, CorrelationRule, FilterRule, FilterRuleTarget, LogSource, SigmaRule,
    parse_sigma_yaml,
};

use super::{
    Category, Rule,
    attributes::{Attributes, Exemplars, KEY, Metadata},
    exemplar, fields,
    source::{Document, RuleError, RuleSource},
    walk,
};

/// A rule that is in order, but for events that Vigie does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The file.
    pub file: String,
    /// Line of the rule, from 1.
    pub line: usize,
    /// Title of the rule.
    pub title: String,
    /// Why it is not used.
    pub reason: String,
}

/// A checked detection rule.
pub(super) struct Checked {
    pub(super) rule: Rule,
    pub(super) category: Category,
    pub(super) sigma: SigmaRule,
    pub(super) exemplars: Exemplars,
    pub(super) line: usize,
}

/// Everything that the rule files hold.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) rules: Vec<Checked>,
    pub(super) correlations: Vec<(Rule, CorrelationRule)>,
    pub(super) filters: Vec<(FilterRule, String, usize)>,
    pub(super) set_aside: Vec<SetAside>,
    pub(super) errors: Vec<RuleError>,
    /// Names that correlations and filters may use for a rule that was set aside.
    aside: HashSet<String>,
    /// Where each id was seen first.
    ids: HashMap<String, String>,
}

/// Reads and checks rule files.
pub(super) fn load(sources: impl Iterator<Item = RuleSource>) -> Loaded {
    let mut loaded = Loaded::default();
    for source in sources {
        for document in Document::all(&source) {
            loaded.document(&document);
        }
    }
    loaded.check_references();
    loaded
}

impl Loaded {
    fn document(&mut self, document: &Document<'_>) {
        let parsed = match parse_sigma_yaml(&document.text()) {
            Ok(parsed) => parsed,
            Err(error) => return self.errors.push(document.parse_error(&error.to_string())),
        };
        let errors = parsed.errors.iter();
        self.errors
            .extend(errors.map(|error| document.parse_error(error)));
        for rule in parsed.rules {
            self.detection(document, rule);
        }
        for correlation in parsed.correlations {
            self.correlation(document, correlation);
        }
        for filter in parsed.filters {
            self.filter(document, filter);
        }
    }

    fn detection(&mut self, document: &Document<'_>, sigma: SigmaRule) {
        let Some((rule, attributes)) = self.describe(
            document,
            sigma.id.as_deref(),
            &sigma.title,
            sigma.description.as_deref(),
            sigma.level,
            &sigma.tags,
            &sigma.custom_attributes,
        ) else {
            return;
        };
        let Some(category) = category_of(&sigma.logsource) else {
            let reason = format!(
                "Vigie has no events for {}",
                describe_source(&sigma.logsource)
            );
            return self.put_aside(document, &sigma, reason);
        };
        let names: Vec<_> = walk::field_names(&sigma.detection).collect();
        if let Some(reason) = names.iter().find_map(|name| {
            let reason = fields::unavailable(name)?;
            Some(format!("{name} is never known: {reason}"))
        }) {
            return self.put_aside(document, &sigma, reason);
        }
        self.check_fields(document, &names, &[category]);
        for exemplar in attributes.exemplars.all() {
            if let Err(reason) = exemplar::check(exemplar, category) {
                let line = document.line_of_text(&exemplar.name);
                let reason = format!("exemplar `{}`: {reason}", exemplar.name);
                self.errors.push(document.error(line, reason));
            }
        }
        self.rules.push(Checked {
            rule,
            category,
            sigma,
            exemplars: attributes.exemplars,
            line: document.start(),
        });
    }

    fn correlation(&mut self, document: &Document<'_>, correlation: CorrelationRule) {
        let Some((rule, _)) = self.describe(
            document,
            correlation.id.as_deref(),
            &correlation.title,
            correlation.description.as_deref(),
            correlation.level,
            &correlation.tags,
            &correlation.custom_attributes,
        ) else {
            return;
        };
        let aliases: HashSet<_> = correlation
            .aliases
            .iter()
            .map(|it| it.alias.as_str())
            .collect();
        let mut names: Vec<&str> = correlation.group_by.iter().map(String::as_str).collect();
        if let CorrelationCondition::Threshold {
            field: Some(fields),
            ..
        } = &correlation.condition
        {
            names.extend(fields.iter().map(String::as_str));
        }
        names.retain(|name| !aliases.contains(name));
        for alias in &correlation.aliases {
            names.extend(alias.mapping.values().map(String::as_str));
        }
        self.check_fields(document, &names, &Category::ALL);
        self.correlations.push((rule, correlation));
    }

    fn filter(&mut self, document: &Document<'_>, filter: FilterRule) {
        let names: Vec<_> = walk::field_names(&filter.detection).collect();
        self.check_fields(document, &names, &Category::ALL);
        let place = (document.file().to_owned(), document.start());
        self.filters.push((filter, place.0, place.1));
    }

    /// What a rule says about itself, unless that is wrong.
    #[expect(
        clippy::too_many_arguments,
        reason = "rules and correlations share no type"
    )]
    fn describe(
        &mut self,
        document: &Document<'_>,
        id: Option<&str>,
        title: &str,
        description: Option<&str>,
        level: Option<rsigma_parser::Level>,
        tags: &[String],
        custom: &HashMap<String, yaml_serde::Value>,
    ) -> Option<(Rule, Attributes)> {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            let reason = format!("rule `{title}` has no id (a UUID that never changes)");
            self.errors
                .push(document.error(document.line_of_key("title"), reason));
            return None;
        };
        let line = document.line_of_text(id);
        let place = format!("{}:{line}", document.file());
        if let Some(first) = self.ids.get(id) {
            let reason = format!("id {id} is already taken by the rule at {first}");
            self.errors.push(document.error(line, reason));
            return None;
        }
        self.ids.insert(id.to_owned(), place);
        let attributes = match Attributes::parse(custom) {
            Ok(attributes) => attributes,
            Err(reason) => {
                let reason = format!("{KEY}: {reason}");
                self.errors
                    .push(document.error(document.line_of_key(KEY), reason));
                return None;
            }
        };
        let metadata = Metadata {
            id,
            file: document.file(),
            title,
            description,
            level,
            tags,
        };
        Some((metadata.rule(&attributes), attributes))
    }

    /// Reports names that are no field of any of `categories`.
    fn check_fields(&mut self, document: &Document<'_>, names: &[&str], categories: &[Category]) {
        let mut seen = HashSet::new();
        for name in names {
            if seen.insert(*name)
                && let Some(reason) = field_error(name, categories)
            {
                self.errors
                    .push(document.error(document.line_of_key(name), reason));
            }
        }
    }

    fn put_aside(&mut self, document: &Document<'_>, sigma: &SigmaRule, reason: String) {
        self.aside.extend(sigma.id.clone());
        self.aside.extend(sigma.name.clone());
        self.aside.insert(sigma.title.clone());
        self.set_aside.push(SetAside {
            file: document.file().to_owned(),
            line: document.start(),
            title: sigma.title.clone(),
            reason,
        });
    }

    /// Reports correlations and filters of rules that do not exist; those of rules that were set
    /// aside are set aside too.
    fn check_references(&mut self) {
        let mut known = HashSet::new();
        for checked in &self.rules {
            known.extend(
                [checked.sigma.id.as_deref(), checked.sigma.name.as_deref()]
                    .into_iter()
                    .flatten(),
            );
            known.insert(&checked.sigma.title);
        }
        for (_, correlation) in &self.correlations {
            known.extend(
                [correlation.id.as_deref(), correlation.name.as_deref()]
                    .into_iter()
                    .flatten(),
            );
        }
        let missing = |names: &[String]| {
            let wrong = names.iter().find(|name| !known.contains(name.as_str()));
            wrong.map(|name| format!("no rule has the id, name or title `{name}`"))
        };
        let mut errors = Vec::new();
        for (rule, correlation) in &self.correlations {
            if let Some(reason) = missing(&correlation.rules) {
                errors.push((rule.file.clone(), self.line_of(&rule.id), reason));
            }
        }
        for (filter, file, line) in &self.filters {
            if let FilterRuleTarget::Specific(names) = &filter.rules {
                let here: Vec<_> = names
                    .iter()
                    .filter(|it| !self.aside.contains(*it))
                    .cloned()
                    .collect();
                if let Some(reason) = missing(&here) {
                    errors.push((file.clone(), *line, reason));
                }
            }
        }
        let errors = errors.into_iter();
        self.errors
            .extend(errors.map(|(file, line, reason)| RuleError { file, line, reason }));
    }

    fn line_of(&self, id: &str) -> usize {
        let place = self.ids.get(id);
        let line = place.and_then(|place| place.rsplit(':').next()?.parse().ok());
        line.unwrap_or(1)
    }
}

fn category_of(source: &LogSource) -> Option<Category> {
    Category::of_logsource(
        source.product.as_deref(),
        source.category.as_deref(),
        source.service.as_deref(),
    )
}

fn describe_source(source: &LogSource) -> String {
    let parts = [
        ("product", &source.product),
        ("category", &source.category),
        ("service", &source.service),
    ];
    let given = parts
        .iter()
        .filter_map(|(key, value)| Some(format!("{key} {}", value.as_ref()?)));
    let given: Vec<_> = given.collect();
    if given.is_empty() {
        "a rule without a log source".to_owned()
    } else {
        given.join(", ")
    }
}

/// Why `name` cannot be used in rules for `categories`.
fn field_error(name: &str, categories: &[Category]) -> Option<String> {
    let Some(field) = fields::find(name) else {
        let hint = fields::nearest(name)
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Some(format!("unknown field `{name}`{hint}"));
    };
    if categories.iter().any(|category| field.exists_in(*category)) {
        return None;
    }
    let exists = Category::ALL.into_iter().filter(|it| field.exists_in(*it));
    let exists: Vec<_> = exists.map(Category::name).collect();
    let wanted: Vec<_> = categories.iter().map(|it| it.name()).collect();
    Some(format!(
        "field `{name}` exists in {}, not in {}",
        exists.join(", "),
        wanted.join(", ")
    ))
}
