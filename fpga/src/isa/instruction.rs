//! One frame of a program: six operands, three results.

use super::Row;

/// What is added to the row of an [`Address`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Fixed,
    /// The first register of the item.
    Register,
    /// Pointer a of the item.
    PointerA,
    /// Pointer b of the item.
    PointerB,
}

/// Where an operand comes from or a result goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// Row, or offset to the base.
    pub row: u16,
    /// What the row is relative to.
    pub base: Base,
    /// The item, by how many iterations ago it entered.
    pub stage: u8,
    /// Multiple of the job's quarter that is added, `0 .. 4`.
    pub quarter: u8,
}

impl Address {
    const NONE: Self = Self {
        row: 0,
        base: Base::Fixed,
        stage: 0,
        quarter: 0,
    };

    fn encode(self) -> u64 {
        let base = match self.base {
            Base::Fixed => 0,
            Base::Register => 1,
            Base::PointerA => 2,
            Base::PointerB => 3,
        };
        u64::from(self.row & 0x1fff)
            | base << 13
            | u64::from(self.stage & 7) << 15
            | u64::from(self.quarter & 3) << 18
    }

    fn decode(field: u64) -> Self {
        Self {
            row: (field & 0x1fff) as u16,
            base: match field >> 13 & 3 {
                0 => Base::Fixed,
                1 => Base::Register,
                2 => Base::PointerA,
                _ => Base::PointerB,
            },
            stage: (field >> 15 & 7) as u8,
            quarter: (field >> 18 & 3) as u8,
        }
    }
}

/// What the units of the lane do in one frame.
///
/// The operands are those of operations that start now; the results are those of operations that started
/// [`PRODUCT_FRAMES`](super::PRODUCT_FRAMES) or [`SUM_FRAMES`](super::SUM_FRAMES) earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Instruction {
    /// Factors.
    pub product: [Option<Address>; 2],
    /// Operands of the two adders.
    pub sums: [[Option<Address>; 2]; 2],
    /// Whether the adders subtract.
    pub subtract: [bool; 2],
    /// Whether the adders turn addition into subtraction, and the reverse, for negative items.
    pub signed: [bool; 2],
    /// Where the product goes.
    pub product_to: Option<Address>,
    /// Where the sums go.
    pub sums_to: [Option<Address>; 2],
}

/// Positions of the fields: six reads, then adder 0, adder 1 and the multiplier when their results are due.
const POSITIONS: [usize; 9] = [0, 1, 2, 3, 4, 5, 9, 11, 10];

impl Instruction {
    /// The row that holds this instruction.
    pub fn encode(&self) -> Row {
        let fields = [
            self.product[0],
            self.product[1],
            self.sums[0][0],
            self.sums[0][1],
            self.sums[1][0],
            self.sums[1][1],
            self.sums_to[0],
            self.sums_to[1],
            self.product_to,
        ];
        let mut row = [0; 4];
        for (position, field) in POSITIONS.into_iter().zip(fields) {
            let field = field.unwrap_or(Address::NONE).encode();
            let (limb, shift) = (20 * position / 64, 20 * position % 64);
            row[limb] |= field << shift;
            if shift > 44 {
                row[limb + 1] |= field >> (64 - shift);
            }
        }
        let flags = [
            self.sums_to[0].is_some(),
            self.sums_to[1].is_some(),
            self.product_to.is_some(),
            self.subtract[0],
            self.subtract[1],
            self.signed[0],
            self.signed[1],
        ];
        for (i, flag) in flags.into_iter().enumerate() {
            row[3] |= u64::from(flag) << (48 + i);
        }
        row
    }

    /// The instruction that a row holds. Operands that matter to nobody decode as row 0.
    pub fn decode(row: &Row) -> Self {
        let field = |position: usize| {
            let (limb, shift) = (20 * position / 64, 20 * position % 64);
            let high = if shift > 44 {
                row[limb + 1] << (64 - shift)
            } else {
                0
            };
            Address::decode(row[limb] >> shift | high)
        };
        let flag = |i: usize| row[3] >> (48 + i) & 1 == 1;
        let read = |i: usize| Some(field(POSITIONS[i]));
        let write = |i: usize| flag(i).then(|| field(POSITIONS[6 + i]));
        Self {
            product: [read(0), read(1)],
            sums: [[read(2), read(3)], [read(4), read(5)]],
            subtract: [flag(3), flag(4)],
            signed: [flag(5), flag(6)],
            product_to: write(2),
            sums_to: [write(0), write(1)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_encoding() {
        let address = |seed: u16| Address {
            row: seed.wrapping_mul(2731) & 0x1fff,
            base: [Base::Fixed, Base::Register, Base::PointerA, Base::PointerB][seed as usize % 4],
            stage: (seed % 8) as u8,
            quarter: (seed / 3 % 4) as u8,
        };
        for seed in 0..200 {
            let at = |i: u16| Some(address(9 * seed + i));
            let instruction = Instruction {
                product: [at(0), at(1)],
                sums: [[at(2), at(3)], [at(4), at(5)]],
                subtract: [seed & 1 == 1, seed & 2 == 2],
                signed: [seed & 4 == 4, seed & 8 == 8],
                product_to: at(6).filter(|_| seed & 16 == 0),
                sums_to: [at(7).filter(|_| seed & 32 == 0), at(8)],
            };
            assert_eq!(Instruction::decode(&instruction.encode()), instruction);
        }
    }
}
