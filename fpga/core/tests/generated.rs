//! What is committed is what the sources say, and the sources avoid what rust-hdl gets wrong.

use kernelwise_fpga_core::lint::lint;
use kernelwise_fpga_core::{core::Single, emit, lanes::Quad};
use rust_hdl::prelude::*;

#[test]
fn committed_verilog_is_up_to_date() {
    let mut core = Single::default();
    core.connect_all();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rtl/kernelwise_core.v");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == emit::verilog(&core, "kernelwise_core"),
        "{path} is stale: cargo run > rtl/kernelwise_core.v"
    );
}

#[test]
fn core_passes_the_lint() {
    let mut core = Single::default();
    core.connect_all();
    assert_eq!(lint(&core), []);
}

#[test]
fn lanes_pass_the_lint() {
    // Four cores by value are more than the stack of a test.
    let check = || {
        let mut lanes = Quad::default();
        lanes.connect_all();
        assert_eq!(lint(&lanes), []);
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    thread.spawn(check).unwrap().join().unwrap();
}

/// A block of one output and the expression that drives it.
macro_rules! block {
    ($name:ident, $out:ty, $($update:tt)+) => {
        #[derive(LogicBlock, Default)]
        struct $name {
            pub a: Signal<In, Bits<8>>,
            pub b: Signal<In, Bits<8>>,
            pub y: Signal<Out, $out>,
        }

        impl Logic for $name {
            $($update)+
        }
    };
}

fn rules<B: Block + Default>() -> Vec<u8> {
    lint(&B::default())
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

block!(
    SumIsZero,
    Bit,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = (self.a.val() + 1) == 0;
    }
);
block!(
    ComplementIs,
    Bit,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = (!self.a.val()) == 0xf0;
    }
);
block!(
    CastSum,
    Bits<9>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = bit_cast::<9, 8>(self.a.val() + self.b.val());
    }
);
block!(
    CastDifference,
    Bits<9>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = bit_cast::<9, 8>(self.a.val() - self.b.val());
    }
);
block!(
    CastShift,
    Bits<16>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = bit_cast::<16, 8>(self.a.val() << 4);
    }
);
block!(
    CastComplement,
    Bits<16>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = bit_cast::<16, 8>(!self.a.val());
    }
);
block!(
    AndIsZero,
    Bit,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() & self.b.val() == 0;
    }
);
block!(
    OrIs,
    Bit,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() | self.b.val() == 0xff;
    }
);
block!(
    XorIsZero,
    Bit,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() ^ self.b.val() == 0;
    }
);
block!(
    SliceOfSum,
    Bits<4>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = (self.a.val() + self.b.val()).get_bits::<4>(0);
    }
);

#[test]
fn wrong_forms_are_rejected() {
    assert_eq!(rules::<SumIsZero>(), [2]);
    assert_eq!(rules::<ComplementIs>(), [2]);
    assert_eq!(rules::<CastSum>(), [1]);
    assert_eq!(rules::<CastDifference>(), [1]);
    assert_eq!(rules::<CastShift>(), [1]);
    assert_eq!(rules::<CastComplement>(), [1]);
    assert_eq!(rules::<AndIsZero>(), [3]);
    assert_eq!(rules::<OrIs>(), [3]);
    assert_eq!(rules::<XorIsZero>(), [3]);
    assert_eq!(rules::<SliceOfSum>(), [4]);
}

block!(
    Carry,
    Bit,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = (self.a.val() + self.b.val()) < self.a.val();
    }
);
block!(
    Average,
    Bits<8>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = (self.a.val() + self.b.val()) >> 1;
    }
);
block!(
    Masked,
    Bit,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = (self.a.val() & self.b.val()) == 0;
    }
);
block!(
    CastSignal,
    Bits<9>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = bit_cast::<9, 8>(self.a.val()) + bit_cast::<9, 8>(self.b.val());
    }
);
block!(
    Increment,
    Bits<8>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() + 1;
    }
);
block!(
    Shifted,
    Bits<8>,
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = (self.a.val() << 1) | (self.b.val() >> 7);
    }
);

#[test]
fn right_forms_are_accepted() {
    assert_eq!(rules::<Carry>(), []);
    assert_eq!(rules::<Average>(), []);
    assert_eq!(rules::<Masked>(), []);
    assert_eq!(rules::<CastSignal>(), []);
    assert_eq!(rules::<Increment>(), []);
    assert_eq!(rules::<Shifted>(), []);
}
