//! A database that comes back as it was some time ago, by each way of docs/backup.md and with its
//! commands. Devices that know what came later bring back what was lost.

#![cfg(test)]

mod address;
mod base_backup;
mod clocks;
mod club;
mod device;
mod devices;
mod dump;
mod family;
mod files;
mod guide;
mod lives;
mod promotion;
mod renewal;
mod rows;

/// The Rust clients, which the others run as a process of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the others run it as a process of its own"]
async fn child() {
    syncline_tests::clients::drive().await;
}
