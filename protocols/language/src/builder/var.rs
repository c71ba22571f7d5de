//! Values of a kernel under construction, with operators.

use std::ops::{Add, Mul, Neg, Sub};

use kernelwise_core::field::{Field, Fr};

use super::KernelBuilder;
use crate::ir::NodeId;

/// A value in a kernel: a handle that is copied freely.
#[derive(Clone, Copy)]
pub struct Var<'k> {
    pub(super) builder: &'k KernelBuilder,
    pub(super) node: NodeId,
}

impl std::fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Var({})", self.node)
    }
}

/// Anything that stands for a value: a [`Var`], an integer, a field element.
pub trait Operand<'k> {
    /// The value.
    fn var(self, builder: &'k KernelBuilder) -> Var<'k>;
}

impl<'k> Operand<'k> for Var<'k> {
    fn var(self, builder: &'k KernelBuilder) -> Var<'k> {
        builder.own(self)
    }
}

impl<'k> Operand<'k> for i64 {
    fn var(self, builder: &'k KernelBuilder) -> Var<'k> {
        builder.constant(Fr::from(self))
    }
}

impl<'k> Operand<'k> for Fr {
    fn var(self, builder: &'k KernelBuilder) -> Var<'k> {
        builder.constant(self)
    }
}

fn add<'k>(a: Var<'k>, b: Var<'k>) -> Var<'k> {
    a.builder.linear(0, &[(Fr::ONE, a), (Fr::ONE, b)])
}

fn sub<'k>(a: Var<'k>, b: Var<'k>) -> Var<'k> {
    a.builder.linear(0, &[(Fr::ONE, a), (-Fr::ONE, b)])
}

fn mul<'k>(a: Var<'k>, b: Var<'k>) -> Var<'k> {
    a.builder.product(&[a, b])
}

impl<'k> Neg for Var<'k> {
    type Output = Var<'k>;

    fn neg(self) -> Var<'k> {
        self.builder.linear(0, &[(-Fr::ONE, self)])
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<'k> $trait<Var<'k>> for Var<'k> {
            type Output = Var<'k>;

            fn $method(self, other: Var<'k>) -> Var<'k> {
                $method(self, self.builder.own(other))
            }
        }

        operator!($trait, $method, i64);
        operator!($trait, $method, Fr);
    };
    ($trait:ident, $method:ident, $constant:ty) => {
        impl<'k> $trait<$constant> for Var<'k> {
            type Output = Var<'k>;

            fn $method(self, other: $constant) -> Var<'k> {
                $method(self, other.var(self.builder))
            }
        }

        impl<'k> $trait<Var<'k>> for $constant {
            type Output = Var<'k>;

            fn $method(self, other: Var<'k>) -> Var<'k> {
                $method(self.var(other.builder), other)
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
