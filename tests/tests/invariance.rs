//! The bytes of a proof do not depend on the device that makes it, nor on the number of threads.
#![expect(clippy::expect_used, reason = "a broken helper must fail the test")]

use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_hal::{Device, DualDevice, Grain, Pool};
use kernelwise_prover::{Devices, ProverKey, Quiet, prove_witness, setup};
use kernelwise_tests::graphs::network;
use kernelwise_tests::run::Case;

fn prove_on(case: &Case, device: &dyn Device) -> Vec<u8> {
    let devices = Devices::select(&[device]).expect("offers everything");
    let proved = prove_witness(&case.key, &case.witness(), devices, &Quiet).expect("proof");
    case.verify(&proved).expect("an honest proof verifies");
    proved.proof.messages
}

fn set_up_on(case: &Case, device: &dyn Device) -> ProverKey {
    let devices = Devices::select(&[device]).expect("offers everything");
    let (program, parameters) = (case.key.program().clone(), case.key.parameters().clone());
    setup(program, parameters, devices).expect("setup")
}

fn devices() -> [Box<dyn Device>; 5] {
    let pair = |left: CpuDevice, right: CpuDevice| DualDevice::new(Arc::new(left), Arc::new(right));
    // Everything is divided.
    let grain = Grain {
        msm_scalars: 1,
        sumcheck_entries: 1,
    };
    let members: [Arc<dyn Device>; 2] = [
        Arc::new(CpuDevice::optimized()),
        Arc::new(CpuDevice::reference()),
    ];
    let pool = Pool::new(members.to_vec(), grain).expect("two devices");
    [
        Box::new(pool),
        Box::new(CpuDevice::optimized()),
        Box::new(CpuDevice::reference()),
        Box::new(pair(CpuDevice::reference(), CpuDevice::optimized())),
        Box::new(pair(CpuDevice::optimized(), CpuDevice::reference())),
    ]
}

#[test]
fn every_device_gives_the_same_key_and_proof() {
    for seed in 0..3 {
        let case = Case::new(network(seed), seed);
        let expected = prove_on(&case, &CpuDevice::reference());
        for device in devices() {
            let name = &device.info().name;
            assert_eq!(prove_on(&case, &*device), expected, "{name}");
            let key = set_up_on(&case, &*device);
            assert_eq!(
                key.verifier().digest(),
                case.key.verifier().digest(),
                "{name}"
            );
        }
    }
}

/// The device over the CUDA kernels, of which the CPU plays the last rounds, and with it what no card offers.
#[cfg(feature = "host-shim")]
#[test]
fn kernels_on_the_host_give_the_same_key_and_proof() {
    use kernelwise_gpu::{CudaFactory, HOST};
    use kernelwise_hal::{DeviceFactory, Fallback};

    let cpu: Arc<dyn Device> = Arc::new(CpuDevice::optimized());
    for factory in [
        CudaFactory::default(),
        CudaFactory::with_tail(Arc::clone(&cpu)),
    ] {
        let cuda = factory.open(HOST).expect("the kernels");
        let device = Fallback::new(cuda, Arc::clone(&cpu));
        let case = Case::new(network(1), 1);
        assert_eq!(prove_on(&case, &device), prove_on(&case, &*cpu));
        let key = set_up_on(&case, &device);
        assert_eq!(key.verifier().digest(), case.key.verifier().digest());
    }
}

/// Each operation on another device.
#[test]
fn mixed_devices_give_the_same_proof() {
    let case = Case::new(network(1), 1);
    let (fast, plain) = (CpuDevice::optimized(), CpuDevice::reference());
    let expected = prove_on(&case, &plain);
    for choice in 0..16u8 {
        let pick = |bit: u8| {
            if choice >> bit & 1 == 1 {
                &fast
            } else {
                &plain
            }
        };
        let devices = Devices {
            msm: pick(0).msm().expect("offered"),
            sumcheck: pick(1).sumcheck().expect("offered"),
            contract: pick(2).contract().expect("offered"),
            fractions: pick(3).fractions().expect("offered"),
            msm_g2: None,
            ntt: None,
        };
        let proved = prove_witness(&case.key, &case.witness(), devices, &Quiet).expect("proof");
        assert_eq!(proved.proof.messages, expected, "{choice:04b}");
    }
}

#[test]
fn every_number_of_threads_gives_the_same_proof() {
    let case = Case::new(network(2), 2);
    let prove_with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(|| {
            assert_eq!(rayon::current_num_threads(), threads);
            prove_on(&case, &CpuDevice::optimized())
        })
    };
    let expected = prove_with(1);
    for threads in [2, 5] {
        assert_eq!(prove_with(threads), expected, "{threads} threads");
    }
}

/// Nothing random goes into a proof: making it twice gives the same bytes.
#[test]
fn proofs_repeat() {
    let case = Case::new(network(0), 0);
    let device = CpuDevice::optimized();
    assert_eq!(prove_on(&case, &device), prove_on(&case, &device));
}
