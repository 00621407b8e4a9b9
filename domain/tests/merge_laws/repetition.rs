//! Pushing the same change again changes nothing.

use proptest::prelude::*;
use syncline_domain::merge::Merged;

use crate::{
    history::{Devices, turns},
    server::Server,
};

proptest! {
    #[test]
    fn a_push_that_comes_again_changes_nothing(turns in turns(8)) {
        let (mut devices, mut server) = (Devices::new(), Server::default());
        let mut pushed = Vec::new();
        for turn in turns {
            let base = turn.base(&server);
            let edit = devices.edit(turn.device, &turn.work, &server, base);
            server.push(&edit, base);
            prop_assert_eq!(server.merged(&edit, base), Merged::default(), "at once: {:?}", edit);
            pushed.push((edit, base));
        }
        for (edit, base) in pushed {
            prop_assert_eq!(server.merged(&edit, base), Merged::default(), "later: {:?}", edit);
        }
    }
}
