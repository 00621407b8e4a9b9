//! Use cases of Syncline and the ports they need
