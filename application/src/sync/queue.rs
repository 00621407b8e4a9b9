//! Requests that wait for the database are done together: a statement, and above all a commit,
//! costs about as much for several of them as for one.

use tokio::sync::{Mutex, mpsc, oneshot};

/// Jobs that wait until a worker takes all there are.
pub(super) struct Queue<Job, Outcome> {
    // Each request waits for its one job, so that their number bounds the queue's length.
    sender: mpsc::UnboundedSender<Entry<Job, Outcome>>,
    receiver: Mutex<mpsc::UnboundedReceiver<Entry<Job, Outcome>>>,
    /// How many are taken at once.
    most: usize,
}

/// A job, and who waits for it.
pub(super) struct Entry<Job, Outcome> {
    pub(super) job: Job,
    waiting: oneshot::Sender<Outcome>,
}

impl<Job, Outcome> Queue<Job, Outcome> {
    /// A queue of which at most so many jobs are taken at once.
    pub(super) fn new(most: usize) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            sender,
            receiver: Mutex::new(receiver),
            most,
        }
    }

    /// Waits until a worker has done `job`. None if it failed to.
    pub(super) async fn run(&self, job: Job) -> Option<Outcome> {
        let (waiting, outcome) = oneshot::channel();
        self.sender.send(Entry { job, waiting }).ok()?;
        outcome.await.ok()
    }

    /// Takes over a job from another queue.
    pub(super) fn put(&self, entry: Entry<Job, Outcome>) {
        // It fails only without a receiver, which is beside the sender.
        let _ = self.sender.send(entry);
    }

    /// The job that has waited longest. One whose caller has gone is left out.
    pub(super) async fn take_one(&self) -> Option<Entry<Job, Outcome>> {
        let mut receiver = self.receiver.lock().await;
        let entry = receiver.recv().await;
        entry.filter(|entry| !entry.waiting.is_closed())
    }

    /// What waits now, and at least one job. Jobs whose callers have gone are left out.
    pub(super) async fn take(&self) -> Vec<Entry<Job, Outcome>> {
        let mut entries = Vec::new();
        let mut receiver = self.receiver.lock().await;
        while entries.is_empty() {
            receiver.recv_many(&mut entries, self.most).await;
            entries.retain(|entry| !entry.waiting.is_closed());
        }
        entries
    }
}

impl<Job, Outcome> Entry<Job, Outcome> {
    /// Tells who waits. Nobody may be left.
    pub(super) fn answer(self, outcome: Outcome) {
        let _ = self.waiting.send(outcome);
    }
}
