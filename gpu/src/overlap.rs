//! Jobs whose copies to the card travel while the job before is computed.

/// Starts every job before waiting for the results of the one before, so that the card has always something to do; results in the order of jobs.
///
/// # Errors
/// The first of either kind; what was started is dropped.
pub(crate) fn overlapped<J, P, R, E>(
    jobs: impl IntoIterator<Item = J>,
    mut start: impl FnMut(J) -> Result<P, E>,
    mut finish: impl FnMut(P) -> Result<R, E>,
) -> Result<Vec<R>, E> {
    let mut results = Vec::new();
    let mut pending = None;
    for job in jobs {
        let started = start(job)?;
        if let Some(before) = pending.replace(started) {
            results.push(finish(before)?);
        }
    }
    if let Some(last) = pending {
        results.push(finish(last)?);
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn jobs_start_before_results_are_waited_for() {
        let log = RefCell::new(Vec::new());
        let entry = |what: &str, job: i32| log.borrow_mut().push(format!("{what} {job}"));
        let start = |job| {
            entry("start", job);
            if job == 9 { Err(job) } else { Ok(job) }
        };
        let finish = |job| {
            entry("finish", job);
            Ok(10 * job)
        };
        assert_eq!(overlapped([1, 2, 3], start, finish), Ok(vec![10, 20, 30]));
        let expected = [
            "start 1", "start 2", "finish 1", "start 3", "finish 2", "finish 3",
        ];
        assert_eq!(log.take(), expected);
        assert_eq!(overlapped([1, 9, 3], start, finish), Err(9));
        assert_eq!(log.take(), ["start 1", "start 9"]);
        assert_eq!(overlapped([], start, finish), Ok(vec![]));
    }
}
