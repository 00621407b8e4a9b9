//! An offline-first client for Syncline
