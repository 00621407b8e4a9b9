//! What docs/backup.md says.

const GUIDE: &str = include_str!("../../../docs/backup.md");

/// The first commands behind these words.
#[track_caller]
pub(crate) fn commands(words: &str) -> &'static str {
    block(words, "```sh\n")
}

/// The first settings behind these words.
#[track_caller]
pub(crate) fn settings(words: &str) -> &'static str {
    block(words, "```ini\n")
}

#[track_caller]
fn block(words: &str, begin: &str) -> &'static str {
    let (_, rest) = GUIDE.split_once(words).expect("the guide says so");
    let (_, rest) = rest.split_once(begin).expect("commands follow");
    let (block, _) = rest.split_once("```").expect("they end");
    block
}
