//! What the errors of the services are answered with.

use syncline_application::{
    access::AccessError,
    accounts::AccountError,
    documents::DocumentError,
    export::ExportError,
    import::ImportError,
    live::LiveError,
    organisations::OrganisationError,
    ports::StoreError,
    search::SearchError,
    sync::{Detail, Rejection, RejectionCode, SyncError},
};
use syncline_domain::organisation::Refusal;

use super::{ApiError, ErrorCode};
use crate::organisation::not_a_member;

impl From<SyncError> for ApiError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::UnknownApplication(_) => Self::new(ErrorCode::NotFound, error.to_string()),
            SyncError::BadRequest(rule) => Self::new(ErrorCode::BadRequest, rule),
            SyncError::NotMember => not_a_member(),
            SyncError::AccountDeleted(error) => Self::from(error),
            SyncError::Rejected(rejections) => Self::from(rejections),
            SyncError::ClockSkew { error, server_time } => Self {
                server_time: Some(server_time),
                ..Self::new(ErrorCode::ClockSkew, error)
            },
            SyncError::Store(error) => Self::from(error),
            SyncError::Clock(_) | SyncError::Interrupted => Self::internal(&error),
        }
    }
}

impl From<DocumentError> for ApiError {
    fn from(error: DocumentError) -> Self {
        let code = match error {
            DocumentError::NotFound(_) | DocumentError::NoSuchVersion => ErrorCode::NotFound,
            DocumentError::ReadOnly(_) => ErrorCode::Forbidden,
            DocumentError::BadRequest(_) => ErrorCode::BadRequest,
            DocumentError::Sync(error) => return Self::from(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        let code = match error {
            AccountError::LastAdmin(_) => ErrorCode::Conflict,
            AccountError::Busy => ErrorCode::Unavailable,
            AccountError::Store(error) => return Self::from(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        let code = match error {
            ExportError::BadRequest(_) => ErrorCode::BadRequest,
            ExportError::Busy => ErrorCode::Unavailable,
            ExportError::TooManyColumns(_) => ErrorCode::Conflict,
            ExportError::Refused(refusal) => return Self::from(refusal),
            ExportError::Store(error) => return Self::from(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Busy | ImportError::BusyWithFiles => {
                Self::new(ErrorCode::Unavailable, error.to_string())
            }
            ImportError::Sync(error) => Self::from(error),
        }
    }
}

impl From<LiveError> for ApiError {
    fn from(error: LiveError) -> Self {
        let code = match error {
            LiveError::TooManyOfUser(_) => ErrorCode::RateLimited,
            LiveError::TooMany | LiveError::Closed => ErrorCode::Unavailable,
            LiveError::BadTicket => ErrorCode::Unauthorized,
            LiveError::AccountDeleted(error) => return Self::from(error),
            LiveError::Sync(error) => return Self::from(error),
            LiveError::Store(error) => return Self::from(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<OrganisationError> for ApiError {
    fn from(error: OrganisationError) -> Self {
        let code = match error {
            OrganisationError::NotRegisterable => ErrorCode::Forbidden,
            OrganisationError::NameTaken => ErrorCode::Conflict,
            OrganisationError::BadPage(_) => ErrorCode::BadRequest,
            OrganisationError::AccountDeleted(error) => return Self::from(error),
            OrganisationError::Refused(refusal) => return Self::from(refusal),
            OrganisationError::Store(error) => return Self::from(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        let code = match error {
            SearchError::UnknownApplication(_) => ErrorCode::NotFound,
            SearchError::BadRequest(_) => ErrorCode::BadRequest,
            SearchError::NotAMember => return not_a_member(),
            SearchError::TooSlow(_) => ErrorCode::Unavailable,
            SearchError::Store(error) => return Self::from(error),
        };
        Self::new(code, error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NotInIt | Refusal::NoSuchMember => ErrorCode::NotFound,
            Refusal::AdminsOnly => ErrorCode::Forbidden,
            Refusal::AlreadyMember | Refusal::LastAdmin => ErrorCode::Conflict,
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        let sentence = error.to_string();
        match error {
            AccessError::NotFound | AccessError::NoSuchLink => {
                Self::new(ErrorCode::NotFound, sentence)
            }
            AccessError::WhichCollection => Self::new(ErrorCode::Conflict, sentence),
            AccessError::Refused(_) => Self::new(ErrorCode::BadRequest, sentence),
            AccessError::NoRandomness => Self::internal(&error),
            AccessError::Store(error) => Self::from(error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Contention => Self::in_the_way(&error),
            StoreError::Unavailable(_) => Self::unavailable(&error),
            StoreError::TooMuch(_) => Self::new(ErrorCode::PayloadTooLarge, error.to_string()),
            StoreError::Corrupt(_) | StoreError::Other(_) => Self::internal(&error),
        }
    }
}

/// One error for a request of which several changes may be wrong: a broken schema is told first,
/// as clients of the predecessor know it.
impl From<Vec<Rejection>> for ApiError {
    fn from(rejections: Vec<Rejection>) -> Self {
        let has = |code| rejections.iter().any(|rejection| rejection.code == code);
        if has(RejectionCode::SchemaValidationFailed) {
            let is_schema = |code| code == RejectionCode::SchemaValidationFailed;
            return Self {
                details: details(rejections, is_schema),
                ..Self::new(
                    ErrorCode::SchemaValidationFailed,
                    "Schema validation failed",
                )
            };
        }
        let (kind, code) = if has(RejectionCode::NotFound) {
            (RejectionCode::NotFound, ErrorCode::NotFound)
        } else if has(RejectionCode::Forbidden) {
            (RejectionCode::Forbidden, ErrorCode::Forbidden)
        } else {
            (RejectionCode::BadRequest, ErrorCode::BadRequest)
        };
        let first = rejections.iter().find(|rejection| rejection.code == kind);
        let sentence = first.map(|rejection| rejection.error.clone());
        Self {
            details: details(rejections, |_| true),
            ..Self::new(code, sentence.unwrap_or_default())
        }
    }
}

fn details(rejections: Vec<Rejection>, of: impl Fn(RejectionCode) -> bool) -> Vec<Detail> {
    rejections
        .into_iter()
        .filter(|rejection| of(rejection.code))
        .flat_map(|rejection| rejection.details)
        .collect()
}
