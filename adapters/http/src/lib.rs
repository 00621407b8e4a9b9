//! Syncline over HTTP
