//! Syncline's store on PostgreSQL, and the embedded local cluster
