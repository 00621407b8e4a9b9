//! Who calls: session tokens
