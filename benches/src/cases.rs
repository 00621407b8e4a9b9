//! What is measured, and against which SQL.

use crate::{library::Search, load::Action, pgbench::Script};

/// How many connections the load generator and `pgbench` have, unless it is said otherwise.
pub(crate) const CONNECTIONS: usize = 16;

/// The most that may be said: each has users of its own.
pub(crate) const MOST_CONNECTIONS: u64 = 256;

/// How much there is before anything is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amounts {
    /// Users, each with one device.
    pub users: usize,
    /// Documents of each of them.
    pub documents: usize,
    /// Documents of the one user with a large collection.
    pub large: usize,
    /// How many of them changed since that user's device looked last.
    pub changed: usize,
    /// Users of whom two devices edit the same documents.
    pub pairs: usize,
    /// Users who edit documents of another.
    pub borrowers: usize,
    /// How many documents each of them may edit.
    pub lent: usize,
}

/// The amounts of every run.
pub(crate) const AMOUNTS: Amounts = Amounts {
    users: 1_000,
    documents: 100,
    large: 100_000,
    changed: 1_000,
    pairs: 256,
    borrowers: 256,
    lent: 20,
};

/// What a run has that only searches.
pub(crate) const NOTHING: Amounts = Amounts {
    users: 0,
    documents: 0,
    large: 0,
    changed: 0,
    pairs: 0,
    borrowers: 0,
    lent: 0,
};

/// A kind of request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// What the table calls it.
    pub name: &'static str,
    /// What the devices do.
    pub action: Action,
    /// How many connections do it: one, or as many as it is said.
    pub connections: usize,
    /// What is counted.
    pub unit: &'static str,
    /// How many of them a request brings.
    pub per_request: u32,
    /// The same work in five round trips, where a plain server would take so many.
    pub five_trips: Option<Script>,
    /// The same work in one statement.
    pub statement: Script,
    /// Whether the memory of the server is told.
    pub tells_memory: bool,
    /// What Syncline's predecessor reached on such a machine, in memory, without durability and
    /// tokens.
    pub predecessor: Option<u32>,
}

/// Keys that no table has yet, as good as certainly.
pub(crate) const NEW: (u64, u64) = (1_000_000, 1_000_000_000_000_000);
/// Keys that every user has.
const KNOWN: (u64, u64) = (1, AMOUNTS.documents as u64);

/// An upsert of one document.
pub(crate) const PUSH_ONE: &str = include_str!("../sql/push_one.sql");
const PUSH_ONE_IN_FIVE_TRIPS: &str = include_str!("../sql/push_one_in_five_trips.sql");
const PUSH_HUNDRED: &str = include_str!("../sql/push_hundred.sql");
const PUSH_HUNDRED_IN_FIVE_TRIPS: &str = include_str!("../sql/push_hundred_in_five_trips.sql");
const LOOK_UP: &str = include_str!("../sql/look_up.sql");
const PULL: &str = include_str!("../sql/pull.sql");

/// A script that draws from these keys.
pub(crate) const fn script(text: &'static str, keys: (u64, u64)) -> Script {
    Script {
        text,
        keys,
        seen: 0,
    }
}

impl Case {
    /// The case on each of so many connections, or on its only one.
    pub(crate) fn on(&self, connections: &[usize]) -> Vec<Self> {
        if self.connections == 1 {
            return vec![*self];
        }
        let on = |connections| Self {
            connections,
            ..*self
        };
        connections.iter().copied().map(on).collect()
    }

    /// Whether it reads the library, and nothing else.
    pub(crate) fn is_of_library(&self) -> bool {
        matches!(self.action, Action::Search(_) | Action::PullLibrary)
    }

    /// Whether two devices edit the same documents.
    pub(crate) fn is_of_pairs(&self) -> bool {
        matches!(
            self.action,
            Action::PushConflicting(_) | Action::PushMerging(_)
        )
    }

    /// Whether documents of others are edited.
    pub(crate) fn is_of_borrowers(&self) -> bool {
        matches!(self.action, Action::PushBorrowed(_))
    }
}

/// A push of documents that the server has, beside an upsert of as many.
const fn push_known(name: &'static str, action: Action, documents: u32) -> Case {
    let (five_trips, statement) = match documents {
        1 => (PUSH_ONE_IN_FIVE_TRIPS, PUSH_ONE),
        _ => (PUSH_HUNDRED_IN_FIVE_TRIPS, PUSH_HUNDRED),
    };
    Case {
        name,
        action,
        connections: CONNECTIONS,
        unit: "documents",
        per_request: documents,
        five_trips: Some(script(five_trips, KNOWN)),
        statement: script(statement, KNOWN),
        tells_memory: false,
        predecessor: None,
    }
}

/// A page of a search, on as few connections as there are processors for it.
const fn search(name: &'static str, search: Search, statement: &'static str) -> Case {
    Case {
        name,
        action: Action::Search(search),
        connections: 1,
        unit: "pages",
        per_request: 1,
        five_trips: None,
        statement: script(statement, KNOWN),
        tells_memory: false,
        predecessor: None,
    }
}

/// All cases, in the order in which they are measured.
pub(crate) const CASES: [Case; 19] = [
    Case {
        name: "push 1 new",
        action: Action::PushNew(1),
        connections: CONNECTIONS,
        unit: "documents",
        per_request: 1,
        five_trips: Some(script(PUSH_ONE_IN_FIVE_TRIPS, NEW)),
        statement: script(PUSH_ONE, NEW),
        tells_memory: false,
        predecessor: Some(4_250),
    },
    Case {
        name: "push 1 changed",
        action: Action::PushChanged(1),
        connections: CONNECTIONS,
        unit: "documents",
        per_request: 1,
        five_trips: Some(script(PUSH_ONE_IN_FIVE_TRIPS, KNOWN)),
        statement: script(PUSH_ONE, KNOWN),
        tells_memory: false,
        predecessor: Some(4_250),
    },
    Case {
        name: "push 100 new",
        action: Action::PushNew(100),
        connections: CONNECTIONS,
        unit: "documents",
        per_request: 100,
        five_trips: Some(script(PUSH_HUNDRED_IN_FIVE_TRIPS, NEW)),
        statement: script(PUSH_HUNDRED, NEW),
        tells_memory: false,
        predecessor: Some(68_000),
    },
    Case {
        name: "push 100 changed",
        action: Action::PushChanged(100),
        connections: CONNECTIONS,
        unit: "documents",
        per_request: 100,
        five_trips: Some(script(PUSH_HUNDRED_IN_FIVE_TRIPS, KNOWN)),
        statement: script(PUSH_HUNDRED, KNOWN),
        tells_memory: false,
        predecessor: Some(68_000),
    },
    push_known("push 1 conflicting", Action::PushConflicting(1), 1),
    push_known("push 100 conflicting", Action::PushConflicting(100), 100),
    push_known("push 1 merged text", Action::PushMerging(1), 1),
    push_known("push 100 merged texts", Action::PushMerging(100), 100),
    push_known("push 1 of another's", Action::PushBorrowed(1), 1),
    Case {
        name: "pull 1,000 changed of 100,000",
        action: Action::PullChanged,
        connections: CONNECTIONS,
        unit: "pulls",
        per_request: 1,
        five_trips: None,
        statement: Script {
            text: PULL,
            keys: KNOWN,
            seen: AMOUNTS.large,
        },
        tells_memory: false,
        predecessor: Some(309),
    },
    Case {
        name: "empty pull",
        action: Action::PullNothing,
        connections: CONNECTIONS,
        unit: "pulls",
        per_request: 1,
        five_trips: None,
        statement: script(LOOK_UP, KNOWN),
        tells_memory: false,
        predecessor: Some(3_900),
    },
    Case {
        name: "full pull of 100,000",
        action: Action::PullAll,
        connections: 1,
        unit: "documents",
        per_request: 100_000,
        five_trips: None,
        statement: script(PULL, KNOWN),
        tells_memory: true,
        predecessor: None,
    },
    Case {
        name: "export of 100,000",
        action: Action::Export,
        connections: 1,
        unit: "documents",
        per_request: 100_000,
        five_trips: None,
        statement: script(PULL, KNOWN),
        tells_memory: true,
        predecessor: None,
    },
    search(
        "search eq",
        Search::Equal,
        include_str!("../sql/search_equal.sql"),
    ),
    search(
        "search contains",
        Search::Contains,
        include_str!("../sql/search_contains.sql"),
    ),
    search(
        "search range",
        Search::Range,
        include_str!("../sql/search_range.sql"),
    ),
    search(
        "search text",
        Search::Text,
        include_str!("../sql/search_text.sql"),
    ),
    search(
        "search sorted page",
        Search::Sorted,
        include_str!("../sql/search_sorted.sql"),
    ),
    Case {
        name: "pull 1,000 own, 300 shared",
        action: Action::PullLibrary,
        connections: 1,
        unit: "pulls",
        per_request: 1,
        five_trips: None,
        statement: script(include_str!("../sql/pull_library.sql"), KNOWN),
        tells_memory: false,
        predecessor: None,
    },
];
