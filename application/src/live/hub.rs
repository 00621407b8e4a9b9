use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use syncline_domain::identifier::{ApplicationName, CollectionName, OrganisationId, UserId};

use super::{LiveError, LiveLimits, stream::Hint, stream::Waiting};
use crate::{
    measures,
    ports::{Audience, Membership, Poke, Session, SubjectHash, subject_hash},
};

/// Who listens.
#[derive(Default)]
pub(super) struct Hub {
    listeners: HashMap<SubjectHash, Listener>,
    /// The listeners that belong to each organisation.
    members: HashMap<OrganisationId, HashSet<SubjectHash>>,
    count: usize,
    /// Counts the pokes that made memberships stale.
    generation: u64,
    is_closed: bool,
}

/// A user who listens.
struct Listener {
    user: UserId,
    organisations: HashSet<OrganisationId>,
    /// The generation of the last poke about the user's memberships, and whether they have to be
    /// read for it.
    changed: u64,
    is_stale: bool,
    streams: Vec<Arc<Waiting>>,
}

impl Hub {
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn add(
        &mut self,
        stream: &Arc<Waiting>,
        limits: LiveLimits,
    ) -> Result<(), LiveError> {
        if self.is_closed {
            return Err(LiveError::Closed);
        }
        if self.count >= limits.streams {
            return Err(LiveError::TooMany);
        }
        let user = &stream.session.user_id;
        let hash = subject_hash(user);
        let listener = self.listeners.entry(hash).or_insert_with(|| Listener {
            user: user.clone(),
            organisations: HashSet::new(),
            changed: self.generation,
            is_stale: false,
            streams: Vec::new(),
        });
        if listener.streams.len() >= limits.streams_of_user {
            return Err(LiveError::TooManyOfUser(limits.streams_of_user));
        }
        listener.streams.push(Arc::clone(stream));
        self.count += 1;
        measures::live_streams(self.count);
        Ok(())
    }

    pub(super) fn remove(&mut self, stream: &Arc<Waiting>) {
        let hash = subject_hash(&stream.session.user_id);
        let Some(listener) = self.listeners.get_mut(&hash) else {
            return;
        };
        let before = listener.streams.len();
        listener.streams.retain(|other| !Arc::ptr_eq(other, stream));
        self.count -= before - listener.streams.len();
        measures::live_streams(self.count);
        if listener.streams.is_empty() {
            self.leave_all(&hash);
            self.listeners.remove(&hash);
        }
    }

    /// Says to which organisations users belong, as it was read in generation `as_of`. Of whom
    /// something was heard since, it is not true any more.
    pub(super) fn set_memberships(&mut self, users: &[UserId], found: &[Membership], as_of: u64) {
        let mut by_user: HashMap<&UserId, HashSet<OrganisationId>> = HashMap::new();
        for Membership { user, organisation } in found {
            let organisations = by_user.entry(user).or_default();
            organisations.insert(organisation.clone());
        }
        for user in users {
            let hash = subject_hash(user);
            let is_true = |listener: &Listener| listener.changed <= as_of;
            if self.listeners.get(&hash).is_some_and(is_true) {
                self.leave_all(&hash);
                self.join(hash, by_user.remove(user).unwrap_or_default());
            }
        }
    }

    /// Tells whoever is concerned by a poke, unless memberships have to be read first.
    pub(super) fn tell(&mut self, poke: &Poke) {
        match poke {
            Poke::Accounts => {}
            Poke::Anything => {
                self.generation += 1;
                for listener in self.listeners.values_mut() {
                    listener.outdate(self.generation);
                }
            }
            Poke::Membership { organisation, user } => self.outdate(organisation, user.as_ref()),
            Poke::Documents {
                audience,
                application,
                collection,
            } => self.tell_of_documents(audience, application, collection),
        }
    }

    /// The users whose memberships have to be read.
    pub(super) fn take_stale(&mut self) -> Vec<UserId> {
        let listeners = self.listeners.values_mut();
        let stale = listeners.filter_map(|listener| {
            std::mem::take(&mut listener.is_stale).then(|| listener.user.clone())
        });
        stale.collect()
    }

    /// Tells users that anything may have changed.
    pub(super) fn tell_anything(&self, users: &[UserId]) {
        for user in users {
            for stream in self.streams_of(&subject_hash(user)) {
                stream.tell(Hint::Anything);
            }
        }
    }

    /// Ends the streams of some sessions.
    pub(super) fn end_where(&self, is_over: impl Fn(&Session) -> bool) {
        for stream in self.streams() {
            if is_over(&stream.session) {
                stream.end();
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.end_where(|_| true);
    }

    fn tell_of_documents(
        &self,
        audience: &Audience,
        application: &ApplicationName,
        collection: &CollectionName,
    ) {
        let hint = |organisation: Option<&OrganisationId>| Hint::Collection {
            collection: collection.clone(),
            organisation: organisation.cloned(),
        };
        let tell = |stream: &Arc<Waiting>, organisation| {
            if stream.application == *application {
                stream.tell(hint(organisation));
            }
        };
        match audience {
            Audience::User(user) => {
                self.streams_of(user).for_each(|stream| tell(stream, None));
            }
            Audience::Members(organisation) => {
                let members = self.streams_of_members(organisation);
                members.for_each(|stream| tell(stream, Some(organisation)));
            }
            Audience::Readers(organisation) => {
                let members = self.streams_of_members(organisation);
                members.for_each(|stream| tell(stream, None));
            }
            Audience::Everybody => {
                let streams = self.streams().filter(|stream| stream.everybody);
                streams.for_each(|stream| tell(stream, None));
            }
        }
    }

    /// Nothing more is told of the organisation until the memberships were read.
    fn outdate(&mut self, organisation: &OrganisationId, user: Option<&SubjectHash>) {
        self.generation += 1;
        let concerned: Vec<_> = match user {
            Some(user) => vec![*user],
            None => self.members_of(organisation).copied().collect(),
        };
        for user in concerned {
            self.leave(&user, organisation);
            if let Some(listener) = self.listeners.get_mut(&user) {
                listener.organisations.remove(organisation);
                listener.outdate(self.generation);
            }
        }
    }

    fn join(&mut self, hash: SubjectHash, organisations: HashSet<OrganisationId>) {
        for organisation in &organisations {
            let members = self.members.entry(organisation.clone()).or_default();
            members.insert(hash);
        }
        if let Some(listener) = self.listeners.get_mut(&hash) {
            listener.organisations = organisations;
        }
    }

    fn leave_all(&mut self, hash: &SubjectHash) {
        let Some(listener) = self.listeners.get_mut(hash) else {
            return;
        };
        for organisation in std::mem::take(&mut listener.organisations) {
            self.leave(hash, &organisation);
        }
    }

    fn leave(&mut self, hash: &SubjectHash, organisation: &OrganisationId) {
        if let Some(members) = self.members.get_mut(organisation) {
            members.remove(hash);
            if members.is_empty() {
                self.members.remove(organisation);
            }
        }
    }

    fn members_of(&self, organisation: &OrganisationId) -> impl Iterator<Item = &SubjectHash> {
        self.members.get(organisation).into_iter().flatten()
    }

    fn streams(&self) -> impl Iterator<Item = &Arc<Waiting>> {
        self.listeners.values().flat_map(|it| &it.streams)
    }

    fn streams_of(&self, user: &SubjectHash) -> impl Iterator<Item = &Arc<Waiting>> {
        let listener = self.listeners.get(user);
        listener.into_iter().flat_map(|it| &it.streams)
    }

    fn streams_of_members(
        &self,
        organisation: &OrganisationId,
    ) -> impl Iterator<Item = &Arc<Waiting>> {
        let members = self.members_of(organisation);
        members.flat_map(|member| self.streams_of(member))
    }
}

impl Listener {
    fn outdate(&mut self, generation: u64) {
        self.changed = generation;
        self.is_stale = true;
    }
}

#[cfg(test)]
mod tests;
