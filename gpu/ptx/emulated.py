"""Runs what the compiler made of the arithmetic, inline assembly included, against integers.

usage: emulated.py TOOLS OUT

TOOLS as for compile.py, OUT holds what it wrote. Checks the operations of both fields at their edges, additions of points in every exceptional
case, and the kernels that add up buckets.
"""

import pathlib
import random
import sys

from compile import KERNELS, Nvrtc
from emulate import Module

R = 1 << 256
FR = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
FQ = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47


def words(values):
    return b"".join(value.to_bytes(4, "little") for value in values)


def elements(values):
    return b"".join(value.to_bytes(32, "little") for value in values)


def integers(data):
    return [int.from_bytes(data[i : i + 32], "little") for i in range(0, len(data), 32)]


def expect(what, got, expected):
    if got != expected:
        sys.exit(f"error: {what}: expected {expected}, got {got}")


def check_field(module, kernel, p):
    """Operations on stored values, of which those of Montgomery form divide by R."""
    over = pow(R, -1, p)

    def signed(a):
        low = a & ((1 << 64) - 1)
        return low - (1 << 64) if low >> 63 else low

    operations = [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b * over,
        lambda a, b: -a,
        lambda a, b: 2 * a,
        lambda a, b: a * a * over,
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b * over,
        lambda a, b: (a + b) * (a - b) * over,
        lambda a, b: ((a + b) * (a - b) - a * 2 * b) * over,
        lambda a, b: a * over,
        lambda a, b: a * R,
        lambda a, b: ((a + b) * (a - b) + a * 2 * b) * over,
        lambda a, b: (a + b) ** 2 * over,
        lambda a, b: signed(a) * R,
    ]
    edges = [0, 1, 2, p - 1, p - 2, p >> 1, (p + 1) >> 1, R % p, -R % p, (1 << 252) - 1, (1 << 253) - 1]
    edges += [(1 << bits) - 1 for bits in (32, 64, 128, 224)] + [p - (1 << bits) for bits in (32, 64, 224)]
    pairs = [(a, b) for a in edges for b in edges]
    pairs += [(random.randrange(p), random.randrange(p)) for _ in range(50)]
    memory = module.memory
    left = memory.allocate(elements(a for a, _ in pairs))
    right = memory.allocate(elements(b for _, b in pairs))
    results = memory.allocate(bytes(32 * len(pairs)))
    for number, operation in enumerate(operations):
        module.launch(kernel, [results, left, right, len(pairs), number], -(-len(pairs) // 64), 64)
        for (a, b), got in zip(pairs, integers(memory.bytes(results))):
            expect(f"{kernel} {number} of {a:#x} and {b:#x}", got, operation(a, b) % p)


class Element:
    """An element c0 + c1·u of Fq[u]/(u² + 1)."""

    def __init__(self, c0, c1=0):
        self.c0, self.c1 = c0 % FQ, c1 % FQ

    def __repr__(self):
        return f"{self.c0:#x} + {self.c1:#x} u"

    def __eq__(self, other):
        return (self.c0, self.c1) == (other.c0, other.c1)

    def __bool__(self):
        return (self.c0, self.c1) != (0, 0)

    def __add__(self, other):
        return Element(self.c0 + other.c0, self.c1 + other.c1)

    def __sub__(self, other):
        return Element(self.c0 - other.c0, self.c1 - other.c1)

    def __mul__(self, other):
        return Element(self.c0 * other.c0 - self.c1 * other.c1, self.c0 * other.c1 + self.c1 * other.c0)

    def inverse(self):
        norm = pow(self.c0**2 + self.c1**2, -1, FQ)
        return Element(self.c0 * norm, -self.c1 * norm)


# Points as pairs of coordinates, None for the identity.


def add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if not p[1] + q[1]:
            return None
        slope = Element(3) * p[0] * p[0] * (p[1] + p[1]).inverse()
    else:
        slope = (q[1] - p[1]) * (q[0] - p[0]).inverse()
    x = slope * slope - p[0] - q[0]
    return x, slope * (p[0] - x) - p[1]


def negate(p):
    return None if p is None else (p[0], Element(0) - p[1])


def times(k, p):
    total = None
    for bit in bin(k)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, p)
    return total


def total(points):
    sum = None
    for point in points:
        sum = add(sum, point)
    return sum


def stored(values, degree):
    return elements(half * R % FQ for value in values for half in (value.c0, value.c1)[:degree])


def affine(points, degree=1):
    return b"".join(stored(point or (Element(0), Element(0)), degree) for point in points)


def sums(data, degree=1):
    """The points that sums (X, Y, ZZ, ZZZ) are."""
    loose = integers(data)
    if any(value >= 2 * FQ for value in loose):
        sys.exit("error: a coordinate is not below twice the modulus")
    halves = [value * pow(R, -1, FQ) for value in loose]
    values = [Element(*halves[i : i + degree]) for i in range(0, len(halves), degree)]
    points = []
    for x, y, zz, zzz in zip(*[iter(values)] * 4):
        expect("ZZ³", zz * zz * zz, zzz * zzz)
        points.append((x * zz.inverse(), y * zzz.inverse()) if zz else None)
    return points


GENERATOR = (Element(1), Element(2))
G2_GENERATOR = (
    Element(
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
    ),
    Element(
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
    ),
)


def check_curve(module, kernel, generator, degree):
    a, b = times(random.randrange(FR), generator), times(random.randrange(FR), generator)
    pairs = [(None, None), (a, None), (None, a), (a, b), (a, a), (a, negate(a)), (a, times(2, a)), (a, negate(times(2, a)))]
    memory = module.memory
    left = memory.allocate(affine((p for p, _ in pairs), degree))
    right = memory.allocate(affine((q for _, q in pairs), degree))
    factors = [Element(1), Element(2, degree - 1), *(Element(random.randrange(1, FQ), random.randrange(FQ) * (degree - 1)) for _ in pairs[2:])]
    scales = memory.allocate(stored(factors, degree))
    results = memory.allocate(bytes(128 * degree * len(pairs)))
    for number in range(5):
        module.launch(kernel, [results, left, right, scales, len(pairs), number], 1, len(pairs))
        for i, ((p, q), got) in enumerate(zip(pairs, sums(memory.bytes(results), degree))):
            expected = add(p, q) if number < 3 else add(p, p) if number == 3 else times(i, p)
            expect(f"{kernel} {number} of pair {i}", got, expected)


def check_buckets(module):
    """Three segments of two buckets: with repeated, opposite and absent points."""
    points = [times(random.randrange(FR), GENERATOR) for _ in range(6)] + [None]
    # The identity first, a point and itself, a point and its opposite, and sums that pass through the identity.
    entries = [(6, 0), (1, 1), (1, 1), (1, 0), (6, 1), (2, 0), (3, 1), (4, 0), (4, 1), (5, 0), (5, 0)]
    segments = [entries[0:6], entries[6:9], entries[9:11]]
    memory = module.memory
    bases = memory.allocate(affine(points))
    packed = memory.allocate(words(i << 1 | sign for i, sign in entries))
    # Start, length, segment, bucket.
    jobs = memory.allocate(words([0, 6, 0, 0, 6, 3, 1, 0, 9, 2, 2, 1]))
    starts = memory.allocate(words([0, 2, 3]))
    results = memory.allocate(bytes(128 * 3))
    module.launch("kw_msm_accumulate_g1", [results, bases, packed, jobs, starts + 8], 1, 4)
    expected = [total(negate(points[i]) if sign else points[i] for i, sign in segment) for segment in segments]
    expect("segments", sums(memory.bytes(results)), expected)
    module.launch("kw_msm_combine_g1", [results, jobs, starts, starts + 8, 1], 1, 4)
    expected = [add(expected[0], expected[1]), expected[2]]
    expect("buckets", sums(memory.bytes(results))[::2], expected)
    parts = memory.allocate(bytes(128 * 2))
    module.launch("kw_msm_reduce_g1", [parts, results, starts, 1, 2, 1], 1, 3)
    expected = [expected[0], times(2, expected[1])]
    expect("chunks", sums(memory.bytes(parts)), expected)
    row = memory.allocate(bytes(128))
    module.launch("kw_msm_join_g1", [row, parts, 1, 2, 5], 1, 2)
    expect("rows", sums(memory.bytes(row)), [add(expected[0], times(32, expected[1]))])


def check_digits(module):
    """Signed digits whose sum is the scalar, for widths that divide limbs and for such as do not."""
    scalars = [0, 1, FR - 1, (1 << 253) - 1, (FR >> 1) + 1, *(random.randrange(FR) for _ in range(5))]
    memory = module.memory
    montgomery = memory.allocate(elements(scalar * R % FR for scalar in scalars))
    for bits in (2, 3, 7, 13, 16):
        windows = -(-255 // bits)
        digits = memory.allocate(bytes(2 * windows * len(scalars)))
        module.launch("kw_msm_digits_fr", [digits, montgomery, len(scalars), 1, windows, bits], 1, len(scalars))
        data = memory.bytes(digits)
        values = [int.from_bytes(data[i : i + 2], "little", signed=True) for i in range(0, len(data), 2)]
        for i, scalar in enumerate(scalars):
            own = values[i * windows : (i + 1) * windows]
            expect(f"digits of {bits} bits", sum(digit << bits * w for w, digit in enumerate(own)), scalar)
            if any(abs(digit) > 1 << bits - 1 for digit in own):
                sys.exit(f"error: a digit of {bits} bits is {own}")


def main():
    tools, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    random.seed(7)
    nvrtc = Nvrtc(tools / "nvidia/cuda_nvrtc/lib")
    fields = Module(nvrtc.compile(KERNELS / "field_test.cu"))
    check_field(fields, "kw_fr_test", FR)
    check_field(fields, "kw_fq_test", FQ)
    curves = Module(nvrtc.compile(KERNELS / "curve_test.cu"))
    check_curve(curves, "kw_g1_test", GENERATOR, 1)
    check_curve(curves, "kw_g2_test", G2_GENERATOR, 2)
    check_buckets(Module((out / "msm_sum.ptx").read_text()))
    check_digits(Module((out / "msm_digits.ptx").read_text()))


if __name__ == "__main__":
    main()
