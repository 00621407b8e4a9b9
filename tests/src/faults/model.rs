//! What is true of a world, as far as its requests and answers tell: who may see what, and which
//! values were made where.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::Value;
use syncline_domain::{
    access::{Access, AccessEntry, Namespace, Reader, access},
    identifier::{OrganisationId, UserId},
};
use tokio::time::Instant;

use super::timeline::Timeline;
use crate::simulation::ledger::{Ledger, Token, tokens};

/// The values of a run are above a multiple of this, and smaller numbers are no values.
pub(super) const VALUES: u64 = 1_000_000;

/// A document, whoever looks at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) namespace: Namespace,
    pub(super) key: String,
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Namespace::Personal(user) => write!(formatter, "{}/{}", user.as_str(), self.key),
            Namespace::Organisation(_) => write!(formatter, "organisation/{}", self.key),
        }
    }
}

/// What leads to a document without a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    None,
    /// Whoever asked for it did not hear the answer.
    Unknown,
    Token(String),
}

impl Link {
    fn is(&self, token: &str) -> bool {
        matches!(self, Self::Token(own) if own == token)
    }
}

/// The judge's knowledge of a world.
pub(super) struct Model {
    pub(super) start: Instant,
    pub(super) organisation: OrganisationId,
    pub(super) ledger: Ledger,
    /// In which document each value was made, and by whom.
    makers: BTreeMap<Token, (Name, String)>,
    members: BTreeMap<String, Timeline<bool>>,
    entries: BTreeMap<Name, Timeline<AccessEntry>>,
    /// When accounts were deleted: from when on perhaps, and from when on certainly.
    departures: BTreeMap<String, (Instant, Option<Instant>)>,
    links: BTreeMap<Name, Timeline<Link>>,
    /// The links of which somebody knows, and what they led to.
    known: BTreeMap<String, Name>,
    /// Deleted documents of which nothing is kept, and since when.
    forgotten: BTreeMap<Name, Instant>,
    /// Documents that somebody ever deleted, or was about to.
    deleted: BTreeSet<Name>,
    /// Documents whose last change may have been made or not.
    pub(super) uncertain: BTreeSet<Name>,
}

impl Model {
    /// A world in which nothing was made, with these members in its organisation.
    pub(super) fn new(seed: u64, organisation: OrganisationId, members: &[&str]) -> Self {
        let start = Instant::now();
        let members = members
            .iter()
            .map(|member| ((*member).to_owned(), Timeline::new(true, start)));
        Self {
            start,
            organisation,
            ledger: Ledger::above((seed + 1) * VALUES),
            makers: BTreeMap::new(),
            members: members.collect(),
            entries: BTreeMap::new(),
            departures: BTreeMap::new(),
            links: BTreeMap::new(),
            known: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            deleted: BTreeSet::new(),
            uncertain: BTreeSet::new(),
        }
    }

    /// Somebody is about to make `new` of `old`.
    pub(super) fn making(&mut self, name: &Name, user: &str, old: &Value, new: &Value) {
        if new.is_null() {
            self.deleted.insert(name.clone());
        }
        let old: BTreeSet<_> = tokens(old).into_iter().collect();
        for token in tokens(new) {
            if !old.contains(&token) {
                self.makers.insert(token, (name.clone(), user.to_owned()));
            }
        }
    }

    /// Whether a value was made in this document.
    pub(super) fn is_made_in(&self, token: Token, name: &Name) -> bool {
        self.makers
            .get(&token)
            .is_some_and(|(made, _)| made == name)
    }

    /// Whether the document may have been deleted at some time.
    pub(super) fn may_be_deleted(&self, name: &Name) -> bool {
        self.deleted.contains(name)
    }

    /// The user's account is about to be deleted.
    pub(super) fn leaves(&mut self, user: &str, now: Instant) {
        self.departures.insert(user.to_owned(), (now, None));
    }

    /// It was.
    pub(super) fn has_left(&mut self, user: &str, now: Instant) {
        if let Some((_, left)) = self.departures.get_mut(user) {
            *left = Some(now);
        }
    }

    /// Whether the user's account is deleted.
    pub(super) fn is_gone(&self, user: &str) -> bool {
        let departure = self.departures.get(user);
        departure.is_some_and(|(_, left)| left.is_some())
    }

    /// Whether the user's account may have been deleted until then.
    pub(super) fn may_be_gone(&self, user: &str, end: Instant) -> bool {
        let departure = self.departures.get(user);
        departure.is_some_and(|(leaves, _)| *leaves <= end)
    }

    /// The users whose accounts had been deleted by then, for certain.
    pub(super) fn gone_before(&self, start: Instant) -> impl Iterator<Item = &str> {
        let departures = self.departures.iter();
        departures
            .filter(move |(_, (_, left))| left.is_some_and(|left| left <= start))
            .map(|(user, _)| user.as_str())
    }

    /// Whether somebody's account may have been deleted between two moments.
    pub(super) fn may_somebody_leave(&self, start: Instant, end: Instant) -> bool {
        let mut departures = self.departures.values();
        departures.any(|(leaves, left)| *leaves <= end && left.is_none_or(|left| left >= start))
    }

    /// Nothing tells that the document was deleted, from now on.
    pub(super) fn forget(&mut self, name: &Name, now: Instant) {
        self.forgotten.entry(name.clone()).or_insert(now);
    }

    /// A version of the document was taken back: what was made in it before may be gone, or there again.
    pub(super) fn restored(&mut self, name: &Name) {
        let made = self.makers.iter().filter(|(_, (made, _))| made == name);
        self.ledger.excuse(made.map(|(token, _)| *token));
    }

    /// Whether a value was made in a document of which nothing was kept at some time.
    pub(super) fn is_forgotten(&self, token: Token, end: Instant) -> bool {
        let forgotten = self.makers.get(&token);
        let forgotten = forgotten.and_then(|(name, _)| self.forgotten.get(name));
        forgotten.is_some_and(|since| *since <= end)
    }

    /// Who is in the organisation, and who was or will be.
    pub(super) fn member(&mut self, user: &str) -> &mut Timeline<bool> {
        let outside = || Timeline::new(false, self.start);
        self.members.entry(user.to_owned()).or_insert_with(outside)
    }

    /// What is said of a document's readers.
    pub(super) fn entry(&mut self, name: &Name) -> &mut Timeline<AccessEntry> {
        let private = || Timeline::new(AccessEntry::default(), self.start);
        self.entries.entry(name.clone()).or_insert_with(private)
    }

    /// What leads to a document.
    pub(super) fn link(&mut self, name: &Name) -> &mut Timeline<Link> {
        let none = || Timeline::new(Link::None, self.start);
        self.links.entry(name.clone()).or_insert_with(none)
    }

    /// Somebody holds a link to a document.
    pub(super) fn know(&mut self, token: &str, name: &Name) {
        self.known.insert(token.to_owned(), name.clone());
    }

    /// Every link that somebody holds, and the document that it is for.
    pub(super) fn links(&self) -> impl Iterator<Item = (&str, &Name)> {
        self.known
            .iter()
            .map(|(token, name)| (token.as_str(), name))
    }

    /// Whether a link leads to its document; none if nobody knows.
    pub(super) fn leads(&self, token: &str) -> Option<bool> {
        let timeline = self.links.get(self.known.get(token)?)?;
        let is = timeline.last().is(token);
        timeline.is_certain().then_some(is)
    }

    /// Whether a link may have led to a value at some moment between two.
    pub(super) fn may_lead(&self, link: &str, token: Token, start: Instant, end: Instant) -> bool {
        let Some(name) = self.known.get(link) else {
            return false;
        };
        let is_there = self.is_made_in(token, name);
        let links = self.links.get(name).into_iter();
        let mut links = links.flat_map(|timeline| timeline.between(start, end));
        let is_gone = self.gone_before(start).any(|gone| is_owner(gone, name));
        is_there && !is_gone && links.any(|period| period.value.is(link))
    }

    /// Every document that was ever made, or whose readers were decided.
    pub(super) fn names(&self) -> BTreeSet<Name> {
        let made = self.makers.values().map(|(name, _)| name);
        self.entries.keys().chain(made).cloned().collect()
    }

    /// Whether the user is in the organisation, after all changes.
    pub(super) fn is_member(&self, user: &str) -> bool {
        self.members
            .get(user)
            .is_some_and(|timeline| *timeline.last())
    }

    /// Whether the user may have been in the organisation at some moment between two.
    pub(super) fn may_be_inside(&self, user: &str, start: Instant, end: Instant) -> bool {
        self.may_have_been(user, start, end, true)
    }

    /// Whether the user may not have been in it.
    pub(super) fn may_be_outside(&self, user: &str, start: Instant, end: Instant) -> bool {
        self.may_have_been(user, start, end, false)
    }

    fn may_have_been(&self, user: &str, start: Instant, end: Instant, is_member: bool) -> bool {
        let Some(timeline) = self.members.get(user) else {
            return !is_member;
        };
        let mut periods = timeline.between(start, end);
        periods.any(|period| period.value == is_member)
    }

    /// What the user may do with a document, after all changes.
    pub(super) fn access(&self, user: &str, name: &Name) -> Option<Access> {
        if self.departures.keys().any(|gone| is_owner(gone, name)) {
            return None;
        }
        let private = AccessEntry::default();
        let entry = self.entries.get(name).map_or(&private, Timeline::last);
        self.rule(user, name, entry, self.is_member(user))
    }

    /// Whether the user may have seen a value at some moment between two.
    pub(super) fn may_see(&self, user: &str, token: Token, start: Instant, end: Instant) -> bool {
        let Some((name, maker)) = self.makers.get(&token) else {
            return false;
        };
        let is_of = |gone: &str| is_owner(gone, name);
        if self.gone_before(start).any(is_of) {
            return false;
        }
        maker == user || self.may_see_document(user, name, start, end)
    }

    pub(super) fn may_see_document(
        &self,
        user: &str,
        name: &Name,
        start: Instant,
        end: Instant,
    ) -> bool {
        self.may_hold(user, name, (start, end), |access| access.is_some())
    }

    /// Whether it may have been hidden from the user at some moment between two.
    pub(super) fn may_not_see_document(
        &self,
        user: &str,
        name: &Name,
        start: Instant,
        end: Instant,
    ) -> bool {
        let mut departures = self.departures.iter();
        let is_going = departures.any(|(gone, (leaves, _))| is_owner(gone, name) && *leaves <= end);
        is_going || self.may_hold(user, name, (start, end), |access| access.is_none())
    }

    /// Whether the user may have had just this access to a document at some moment between two.
    pub(super) fn may_have(
        &self,
        user: &str,
        name: &Name,
        access: Access,
        start: Instant,
        end: Instant,
    ) -> bool {
        self.may_hold(user, name, (start, end), |held| held == Some(access))
    }

    fn may_hold(
        &self,
        user: &str,
        name: &Name,
        (start, end): (Instant, Instant),
        is_meant: impl Fn(Option<Access>) -> bool,
    ) -> bool {
        let (outside, private) = (
            Timeline::new(false, start),
            Timeline::new(AccessEntry::default(), start),
        );
        let members = self.members.get(user).unwrap_or(&outside);
        let entries = self.entries.get(name).unwrap_or(&private);
        members.between(start, end).any(|member| {
            let (start, end) = (
                start.max(member.from),
                member.until.map_or(end, |until| until.min(end)),
            );
            let mut entries = entries.between(start, end);
            entries.any(|entry| is_meant(self.rule(user, name, &entry.value, member.value)))
        })
    }

    fn rule(
        &self,
        user: &str,
        name: &Name,
        entry: &AccessEntry,
        is_member: bool,
    ) -> Option<Access> {
        let organisations = std::slice::from_ref(&self.organisation);
        let reader = Reader {
            user: &user_id(user),
            organisations: if is_member { organisations } else { &[] },
        };
        access(&name.namespace, entry, reader)
    }
}

/// Whether a document is in the user's own namespace.
pub(super) fn is_owner(user: &str, name: &Name) -> bool {
    matches!(&name.namespace, Namespace::Personal(owner) if owner.as_str() == user)
}

/// A user of a world.
pub(super) fn user_id(user: &str) -> UserId {
    UserId::new(user).expect("a world names its users well")
}
