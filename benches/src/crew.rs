//! The devices that share a connection, and take turns on it.

use crate::{
    BenchError,
    device::{Device, Due},
    document::Part,
    fill,
    http::Connection,
    load::Action,
};

/// From here the second device of a pair counts its edits.
const OTHER_EDITS: u64 = 1_000_000_000;

/// Those who do the same, each in its turn.
pub(crate) struct Turns<T> {
    all: Vec<T>,
    next: usize,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            next: 0,
        }
    }
}

impl<T> Turns<T> {
    /// One more.
    pub(crate) fn push(&mut self, one: T) {
        self.all.push(one);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Whose turn it is.
    pub(crate) fn take(&mut self) -> Result<&mut T, BenchError> {
        let turn = self.next % self.all.len().max(1);
        self.next += 1;
        self.all
            .get_mut(turn)
            .ok_or_else(|| "a connection has nobody who could do this".into())
    }
}

/// The devices of a connection.
#[derive(Default)]
pub(crate) struct Crew {
    /// Each the only one of its user.
    pub devices: Turns<Device>,
    pairs: Vec<(Action, Turns<Pair>)>,
    /// Those that edit documents of others.
    pub borrowers: Turns<Device>,
}

impl Crew {
    /// One more pair for an action.
    pub(crate) fn push_pair(&mut self, action: Action, pair: Pair) {
        let known = self.pairs.iter_mut().find(|(known, _)| *known == action);
        if let Some((_, pairs)) = known {
            pairs.push(pair);
        } else {
            let mut pairs = Turns::default();
            pairs.push(pair);
            self.pairs.push((action, pairs));
        }
    }

    /// The device whose turn it is of the pair whose turn it is.
    pub(crate) fn take_rival(&mut self, action: Action) -> Result<&mut Device, BenchError> {
        let pairs = self.pairs.iter_mut().find(|(known, _)| *known == action);
        let (_, pairs) = pairs.ok_or("a connection has no pairs for this")?;
        pairs.take()?.devices.take()
    }
}

/// Two devices of one user that edit the same documents, and whose edits all go back to the state
/// from before either pushed.
pub(crate) struct Pair {
    devices: Turns<Device>,
}

impl Pair {
    /// Gives them so many documents, of which each edits a part of its own. The second has pushed
    /// an edit of each of them, so that the first push of the first one is a conflict.
    pub(crate) async fn new(
        connection: &mut Connection,
        [mut first, mut second]: [Device; 2],
        parts: [Part; 2],
        documents: usize,
    ) -> Result<Self, BenchError> {
        fill::fill(connection, &mut first, documents).await?;
        let request = first.request(&[]);
        let answer = connection.send(&first.call(&request)).await?;
        first.apply(answer, Due::stored(0))?;
        second.see(first.server_clock());
        second.documents.clone_from(&first.documents);
        let mut devices = Turns::default();
        let edits = [(&mut first, 0), (&mut second, OTHER_EDITS)];
        for ((device, after), part) in edits.into_iter().zip(parts) {
            device.base = Some(device.server_clock().to_owned());
            let documents = device.documents.drain(..);
            device.documents = documents
                .map(|document| document.with_edits_of(part, after))
                .collect();
        }
        let edited = second.edit(documents)?;
        fill::push(connection, &mut second, &edited).await?;
        devices.push(first);
        devices.push(second);
        Ok(Self { devices })
    }
}
