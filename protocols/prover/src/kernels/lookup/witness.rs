//! Looking up over integers.

use kernelwise_core::program::LookupTable;

use crate::error::ProveError;

/// `table(x)`, element by element.
pub(crate) fn execute(
    launch: &str,
    table: &LookupTable,
    x: &[i64],
) -> Result<Vec<i64>, ProveError> {
    let look_up = |&got: &i64| {
        let outside = || ProveError::OutOfDomain {
            launch: launch.to_owned(),
            expected: table.domain(),
            got,
        };
        table.apply(got).ok_or_else(outside)
    };
    x.iter().map(look_up).collect()
}
