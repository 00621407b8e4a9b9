//! Devices that edit offline over a network that loses, repeats and delays, from one seed.
//!
//! A run ends with a quiet time, in which every device syncs until nothing is waiting. Then all
//! must hold the same, and every edited value must be accounted for.
//!
//! | module | what it does |
//! |---|---|
//! | `device` | a device of either kind |
//! | `plain` | a device that knows the protocol of Syncline's predecessor alone |
//! | `edits` | random edits of one document |
//! | `ledger` | which values were made and overwritten, and what devices heard of them |
//! | `run` | one run, step by step |
//! | `many` | many runs, some at once |

mod device;
pub(crate) mod edits;
pub(crate) mod ledger;
mod many;
mod plain;
mod run;

pub(crate) use many::each_seed;
pub use many::simulate;
pub use run::{Plan, Run, run};

/// A seeded source of randomness.
pub(crate) type Dice = rand::rngs::StdRng;
