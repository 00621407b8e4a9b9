//! A database that comes back as it was some time ago, by each way of docs/backup.md and with its
//! commands. Devices that know what came later bring back what was lost.

#![cfg(test)]

mod base_backup;
mod devices;
mod dump;
mod files;
mod guide;
mod promotion;
