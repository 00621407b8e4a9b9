//! Filters as they are written in requests.

use serde_json::{Map, Value};

use super::{
    Bound, Comparison, Filter, MAX_DEPTH, MAX_FIELDS, MAX_NODES, MAX_QUERY_CHARS, MAX_TEXTS,
    MAX_VALUES, Test, TextQuery,
    reader::{FilterError, Reader, quoted, shown},
};

const OPERATORS: &[&str] = &[
    "eq", "ne", "contains", "gt", "gte", "lt", "lte", "in", "exists", "starts",
];

const TYPES: &[&str] = &["filter", "text", "and", "or", "not"];

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`FilterError`] names the first place that breaks a rule, and the rule.
    pub fn parse(filter: &Value) -> Result<Self, FilterError> {
        Parser { nodes: 0, texts: 0 }.node(&Reader::new("filter"), filter, 1)
    }
}

impl TextQuery {
    /// Reads a text query that stands beside a filter: `{ "query", "fields"? }`, or only the text.
    ///
    /// # Errors
    /// [`FilterError`] names the place that breaks a rule, and the rule.
    pub fn parse(text: &Value) -> Result<Self, FilterError> {
        let reader = Reader::new("text");
        match text {
            Value::String(query) => Ok(Self {
                query: parse_query(&reader, query)?,
                fields: Vec::new(),
            }),
            _ => parse_text(&reader, reader.members(text, &["query", "fields"])?),
        }
    }
}

/// A walk over a tree that counts its nodes.
struct Parser {
    nodes: usize,
    texts: usize,
}

impl Parser {
    fn node(&mut self, reader: &Reader, node: &Value, depth: usize) -> Result<Filter, FilterError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(reader.error(format!(
                "a filter has at most {MAX_NODES} nodes; this one has more"
            )));
        }
        if depth > MAX_DEPTH {
            return Err(reader.error(format!("a filter is at most {MAX_DEPTH} levels deep")));
        }
        let Some(members) = node.as_object() else {
            return Err(reader.error("it is an object with a `type`"));
        };
        match reader.text(members, "type")? {
            "filter" => parse_leaf(
                reader,
                reader.members(node, &["type", "field", "op", "value"])?,
            ),
            "text" => {
                self.texts += 1;
                if self.texts > MAX_TEXTS {
                    return Err(reader.error(format!(
                        "a filter has at most {MAX_TEXTS} text queries; this one has more"
                    )));
                }
                let members = reader.members(node, &["type", "query", "fields"])?;
                parse_text(reader, members).map(Filter::Text)
            }
            "and" => self.children(reader, node, depth).map(Filter::And),
            "or" => self.children(reader, node, depth).map(Filter::Or),
            "not" => self.negation(reader, node, depth),
            other => Err(reader.member("type").error(format!(
                "`{}` is no type of filter; those are {}",
                shown(other),
                quoted(TYPES)
            ))),
        }
    }

    fn children(
        &mut self,
        reader: &Reader,
        node: &Value,
        depth: usize,
    ) -> Result<Vec<Filter>, FilterError> {
        let members = reader.members(node, &["type", "filters"])?;
        let place = reader.member("filters");
        place
            .array(reader.required(members, "filters")?)?
            .iter()
            .enumerate()
            .map(|(index, child)| self.node(&place.item(index), child, depth + 1))
            .collect()
    }

    /// Of several filters it would not be clear whether all or any of them is negated.
    fn negation(
        &mut self,
        reader: &Reader,
        node: &Value,
        depth: usize,
    ) -> Result<Filter, FilterError> {
        let children = self.children(reader, node, depth)?;
        match <[Filter; 1]>::try_from(children) {
            Ok([child]) => Ok(Filter::Not(Box::new(child))),
            Err(children) => Err(reader.member("filters").error(format!(
                "`not` negates exactly one filter; this one has {}: put them into `and` or `or`",
                children.len()
            ))),
        }
    }
}

fn parse_leaf(reader: &Reader, members: &Map<String, Value>) -> Result<Filter, FilterError> {
    let path = reader.path(members, "field")?;
    let operator = reader.text(members, "op")?;
    let place = reader.member("value");
    if operator == "exists" {
        return match members.get("value") {
            None | Some(Value::Bool(true)) => Ok(Filter::Field(path, Test::Exists)),
            Some(Value::Bool(false)) => Ok(not(Filter::Field(path, Test::Exists))),
            Some(_) => Err(place.error("for `exists` it is `true` or `false`")),
        };
    }
    if !OPERATORS.contains(&operator) {
        return Err(reader.member("op").error(format!(
            "`{}` is no operator; those are {}",
            shown(operator),
            quoted(OPERATORS)
        )));
    }
    let value = reader.required(members, "value")?;
    if operator == "in" {
        return Ok(Filter::Field(path, Test::In(parse_values(&place, value)?)));
    }
    place.value(value)?;
    let test = match operator {
        "eq" => Test::Equals(value.clone()),
        "ne" => return Ok(not(Filter::Field(path, Test::Equals(value.clone())))),
        "contains" => Test::Contains(value.clone()),
        "starts" => match value {
            Value::String(start) => Test::Starts(start.clone()),
            _ => return Err(place.error("for `starts` it is a text")),
        },
        "gt" => Test::Compares(Comparison::Greater, parse_bound(&place, value)?),
        "gte" => Test::Compares(Comparison::GreaterOrEqual, parse_bound(&place, value)?),
        "lt" => Test::Compares(Comparison::Less, parse_bound(&place, value)?),
        _ => Test::Compares(Comparison::LessOrEqual, parse_bound(&place, value)?),
    };
    Ok(Filter::Field(path, test))
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

fn parse_values(place: &Reader, value: &Value) -> Result<Vec<Value>, FilterError> {
    let values = place.array(value)?;
    if values.len() > MAX_VALUES {
        return Err(place.error(format!(
            "`in` takes at most {MAX_VALUES} values; these are {}",
            values.len()
        )));
    }
    for (index, value) in values.iter().enumerate() {
        place.item(index).value(value)?;
    }
    Ok(values.to_vec())
}

fn parse_bound(place: &Reader, value: &Value) -> Result<Bound, FilterError> {
    match value {
        Value::Number(number) => Ok(Bound::Number(number.clone())),
        Value::String(text) => Ok(Bound::Text(text.clone())),
        _ => Err(place.error("only numbers and texts are greater or less than others")),
    }
}

fn parse_text(reader: &Reader, members: &Map<String, Value>) -> Result<TextQuery, FilterError> {
    let query = parse_query(&reader.member("query"), reader.text(members, "query")?)?;
    let place = reader.member("fields");
    let fields = match members.get("fields") {
        None => &[],
        Some(fields) => place.array(fields)?,
    };
    if fields.len() > MAX_FIELDS {
        return Err(place.error(format!(
            "a text is looked for in at most {MAX_FIELDS} fields; these are {}",
            fields.len()
        )));
    }
    let parse_field = |(index, field): (usize, &Value)| {
        let place = place.item(index);
        match field.as_str() {
            Some(field) => place.parse_path(field),
            None => Err(place.error("it is a path")),
        }
    };
    Ok(TextQuery {
        query,
        fields: fields
            .iter()
            .enumerate()
            .map(parse_field)
            .collect::<Result<_, _>>()?,
    })
}

fn parse_query(place: &Reader, query: &str) -> Result<String, FilterError> {
    if query.contains('\0') {
        return Err(place.error("texts hold no NUL character"));
    }
    if !(1..=MAX_QUERY_CHARS).contains(&query.chars().count()) {
        return Err(place.error(format!("it is 1 to {MAX_QUERY_CHARS} characters")));
    }
    Ok(query.to_owned())
}
