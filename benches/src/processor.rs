//! How much processor time a process has used.

use std::fs;

use rustix::param::clock_ticks_per_second;

use crate::BenchError;

/// The processor time of `process` so far, in seconds: all its threads, not its children.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of ticks are far below 2^52"
)]
pub(crate) fn seconds(process: u32) -> Result<f64, BenchError> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let ticks = ticks(&stat).ok_or("/proc/<pid>/stat is not as it should be")?;
    Ok(ticks as f64 / clock_ticks_per_second() as f64)
}

/// User and system time are the 14th and 15th field; the second is a name in brackets, which may
/// hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn user_and_system_time_are_added() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 25 9 9 20 0 3 0 8 1 2";
        assert_eq!(ticks(stat), Some(175));
        assert_eq!(ticks("7 (a) S 1"), None);
    }
}
