use syncline_client::TransportError;

use super::tour::Shown;

/// What the server said instead of an answer.
pub(super) struct Refusal {
    status: u16,
    code: String,
    sentence: String,
    /// The fields that break a rule, each with the rule.
    pub(super) fields: Vec<(String, String)>,
}

impl Refusal {
    /// What there is instead of an answer, if anything is.
    pub(super) fn of(error: Option<TransportError>) -> Self {
        match error {
            Some(TransportError::Refused {
                status,
                code,
                error,
                details,
                ..
            }) => {
                let fields = details
                    .into_iter()
                    .map(|detail| (detail.field, detail.message));
                Self {
                    status,
                    code,
                    sentence: error,
                    fields: fields.collect(),
                }
            }
            Some(other) => Self::without_fields(other.to_string()),
            None => Self::without_fields("it was stored".to_owned()),
        }
    }

    fn without_fields(sentence: String) -> Self {
        Self {
            status: 0,
            code: String::new(),
            sentence,
            fields: Vec::new(),
        }
    }

    /// The rules that were broken.
    pub(super) fn messages(&self) -> Vec<String> {
        self.fields
            .iter()
            .map(|(_, message)| message.clone())
            .collect()
    }

    /// Its status and code.
    pub(super) fn kind(&self) -> (u16, String) {
        (self.status, self.code.clone())
    }
}

impl Shown for Refusal {
    fn shown(&self) -> String {
        let fields = self
            .fields
            .iter()
            .map(|(field, message)| format!("\n{field}: {message}"));
        format!(
            "{} {}{}",
            self.status,
            self.sentence,
            fields.collect::<String>()
        )
    }
}

impl Shown for (u16, String) {
    fn shown(&self) -> String {
        format!("status {}, {}", self.0, self.1)
    }
}
