//! Syncline's store on PostgreSQL, and the embedded local cluster

pub mod local_cluster;
