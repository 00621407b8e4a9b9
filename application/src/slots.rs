//! Who does at the moment what takes long: each user once at most, so that nobody keeps others out alone.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use syncline_domain::identifier::UserId;

/// So many users do the same at once, where that keeps a connection busy for long.
const MOST: usize = 4;

/// The users who do it.
#[derive(Clone)]
pub(crate) struct Slots {
    most: usize,
    users: Arc<Mutex<HashSet<UserId>>>,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            most: MOST,
            users: Arc::default(),
        }
    }
}

impl Slots {
    /// For any number of users, each of them once.
    pub(crate) fn of_each_user() -> Self {
        Self {
            most: usize::MAX,
            ..Self::default()
        }
    }

    /// None if the user has one, or if all are taken.
    pub(crate) fn take(&self, user: &UserId) -> Option<Slot> {
        let mut users = self.users();
        if users.len() >= self.most || !users.insert(user.clone()) {
            return None;
        }
        drop(users);
        Some(Slot {
            slots: self.clone(),
            user: user.clone(),
        })
    }

    fn users(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to do it, until it is dropped.
pub(crate) struct Slot {
    slots: Slots,
    user: UserId,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.users().remove(&self.user);
    }
}

#[cfg(test)]
mod tests {
    use syncline_domain::identifier::UserId;

    use super::Slots;

    #[test]
    fn each_user_has_one_slot_and_there_are_four() {
        let slots = Slots::default();
        let users = ["ada", "bob", "cyd", "dan", "eve"].map(|name| UserId::new(name).unwrap());
        let mut taken: Vec<_> = users.iter().map(|user| slots.take(user)).collect();
        assert!(taken.pop().unwrap().is_none(), "there is a fifth");
        assert!(taken.iter().all(Option::is_some));
        taken.pop();
        assert!(slots.take(&users[0]).is_none(), "ada has a second");
        assert!(slots.take(&users[4]).is_some());
    }

    #[test]
    fn each_user_has_one_slot_however_many_there_are() {
        let slots = Slots::of_each_user();
        let users = ["ada", "bob", "cyd", "dan", "eve"].map(|name| UserId::new(name).unwrap());
        let taken: Vec<_> = users.iter().map(|user| slots.take(user)).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(slots.take(&users[0]).is_none(), "ada has a second");
    }
}
