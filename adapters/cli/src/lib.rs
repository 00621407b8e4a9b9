//! The syncline command: configuration, composition root, commands
