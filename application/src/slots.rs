//! Who does at the moment what takes long: each user once at most, so that nobody keeps others out alone.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use syncline_domain::identifier::UserId;

/// So many users do the same at once.
const MOST: usize = 4;

/// The users who do it.
#[derive(Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<HashSet<UserId>>>);

impl Slots {
    /// None if the user has one, or if all are taken.
    pub(crate) fn take(&self, user: &UserId) -> Option<Slot> {
        let mut users = self.users();
        if users.len() >= MOST || !users.insert(user.clone()) {
            return None;
        }
        drop(users);
        Some(Slot {
            slots: self.clone(),
            user: user.clone(),
        })
    }

    fn users(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
}
