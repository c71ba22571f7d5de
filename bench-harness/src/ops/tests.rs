use std::sync::Arc;

use kernelwise_hal::NullDevice;

use super::*;
use crate::devices;
use crate::measure::{Sampling, measure};

const SAMPLING: Sampling = Sampling {
    samples: 1,
    threads: 1,
};

#[test]
fn every_case_of_every_operation_is_right_at_small_sizes() {
    let open = devices::open(&["cpu".to_owned(), "cpu-reference".to_owned()]).unwrap();
    let ops = Op::offered();
    for log_size in [1, 5, 8] {
        let setting = Setting::new(open.clone(), &ops, log_size);
        // Tens of thousands of terms over many instances take the plain tier too long.
        let small = |op: &&Op| **op != Op::SumcheckWide || log_size < 8;
        let able = |op: &&Op| op.log_sizes().contains(&log_size);
        for &op in ops.iter().filter(able).filter(small) {
            for kind in op.scalar_kinds() {
                let records = measure(setting.case(op, kind, log_size).unwrap(), SAMPLING).unwrap();
                assert!(records.len() >= 3, "{op:?} {kind}");
                let device = records.last().unwrap();
                assert!(device.ratio.is_some() && device.bytes_moved > 0, "{op:?}");
            }
        }
    }
}

#[test]
fn field_products_are_right() {
    let setting = Setting::new(devices::open(&["cpu".to_owned()]).unwrap(), &[], 12);
    let records = measure(setting.case(Op::Field, "fr", 12).unwrap(), SAMPLING).unwrap();
    assert_eq!(records.last().unwrap().counters.field_products, 1 << 12);
}

#[test]
fn what_no_device_offers_is_a_typed_error() {
    let null = Metered::new(Arc::new(NullDevice::new()));
    let setting = Setting::new(vec![null], &[], 5);
    for op in Op::offered().into_iter().filter(|&op| op != Op::Field) {
        let error = setting.case(op, op.scalar_kinds()[0], 5).err().unwrap();
        assert!(matches!(error, BenchError::Unsupported { .. }), "{error}");
    }
}

#[test]
fn sizes_out_of_range_are_refused() {
    let setting = Setting::new(Vec::new(), &[], 5);
    let error = setting.case(Op::Field, "fr", 3).err().unwrap();
    assert_eq!(error.to_string(), "size 2^3: expected 2^12 to 2^30");
}
