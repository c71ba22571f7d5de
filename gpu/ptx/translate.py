"""Translates PTX to C++ over the launcher of the host, so that tests run what the compiler made of the kernels.

usage: translate.py TOOLS COMPILED OUT

TOOLS as for compile.py, COMPILED holds what it wrote; OUT gets a C++ file for each file of kernels, those for tests included.

A function becomes a function, a register a variable, a branch a goto. Only what the kernels of this project use is known; anything else is an
error. Shared memory, whose addresses have 32 bits, is found through windows, one per variable, and accesses to it are checked.
"""

import pathlib
import re
import sys

from compile import KERNELS, Nvrtc

PRELUDE = """#include "shim.h"

#include <algorithm>
#include <cstring>

namespace {

struct Window {
    unsigned char* base;
    size_t bytes;
};

constexpr uint32_t window(uint32_t number) { return number << 24; }
[[maybe_unused]] unsigned char* shared(const Window* windows, uint64_t address, size_t size, kw_shim::Site site) {
    const Window& window = windows[address >> 24 & 0xff];
    const size_t at = address & 0xffffff;
    if (at + size > window.bytes || at % size != 0) kw_shim::fail(site, "%zu bytes at %zu of %zu", size, at, window.bytes);
    return window.base + at;
}
template <class T>
[[maybe_unused]] T get(const void* address) {
    T value;
    memcpy(&value, address, sizeof(T));
    return value;
}
template <class T>
[[maybe_unused]] void put(void* address, T value) {
    memcpy(address, &value, sizeof(T));
}
[[maybe_unused]] void* at(uint64_t address) { return reinterpret_cast<void*>(address); }
[[maybe_unused]] uint64_t address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }
template <class T>
[[maybe_unused]] T exchange_add(void* address, T value) {
    const T old = get<T>(address);
    put<T>(address, static_cast<T>(old + value));
    return old;
}
[[maybe_unused]] uint32_t permute(uint32_t a, uint32_t b, uint32_t selector) {
    const uint64_t bytes = static_cast<uint64_t>(b) << 32 | a;
    uint32_t result = 0;
    for (int i = 0; i < 4; i++) {
        const uint32_t nibble = selector >> (4 * i) & 15;
        uint32_t byte = bytes >> (8 * (nibble & 7)) & 0xff;
        if (nibble & 8) byte = byte & 0x80 ? 0xff : 0;
        result |= byte << (8 * i);
    }
    return result;
}
template <class A, class B>
[[maybe_unused]] uint32_t dot(uint32_t a, uint32_t b, uint32_t c) {
    for (int i = 0; i < 4; i++) c += static_cast<uint32_t>(static_cast<A>(a >> (8 * i)) * static_cast<B>(b >> (8 * i)));
    return c;
}
[[maybe_unused]] uint32_t reverse(uint32_t x) {
    uint32_t result = 0;
    for (int i = 0; i < 32; i++) result |= (x >> i & 1) << (31 - i);
    return result;
}
[[maybe_unused]] uint64_t insert(uint64_t field, uint64_t into, uint32_t from, uint32_t length) {
    const uint64_t mask = (length >= 64 ? ~0ull : (1ull << length) - 1) << from;
    return (into & ~mask) | (field << from & mask);
}
[[maybe_unused]] uint32_t shuffle(uint32_t mask, uint32_t value, uint32_t source, kw_shim::Site site) {
    return static_cast<uint32_t>(
        kw_shim::collective(kw_shim::Collective::Shuffle, mask, value, source < 32 ? source : kw_shim::lane(), site));
}

"""

# The types of registers and operations.
TYPES = {"b": "uint", "u": "uint", "s": "int"}
COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "lo": "<", "ls": "<=", "hi": ">", "hs": ">="}
SPECIAL = {"tid": "thread_idx", "ctaid": "block_idx", "ntid": "block_dim", "nctaid": "grid_dim"}


def c_type(kind):
    if kind == "pred":
        return "bool"
    if not re.fullmatch(r"[bus](8|16|32|64)", kind):
        raise ValueError(f"type {kind}")
    return f"{TYPES[kind[0]]}{kind[1:]}_t"


def width(kind):
    return int(kind[1:])


class Function:
    """One function of a PTX file."""

    def __init__(self, module, kernel, name, parameters, body):
        self.module, self.kernel, self.name = module, kernel, name
        pattern = r"\.param\s+(?:\.align (\d+) )?\.([a-z]\d+)\s+([\w$]+)(?:\[(\d+)\])?"
        found = re.findall(pattern, parameters)
        self.parameters = [name for _, _, name, _ in found]
        self.sizes = [int(count or 1) * width(kind) // 8 for _, kind, _, count in found]
        self.lines = []
        body = re.sub(r"//[^\n]*", "", body)
        # Braces of vectors, not of scopes; lists of arguments on one line.
        body = re.sub(r"\{(%[^{}]*)\}", lambda match: match.group(1).replace(",", "|").replace(" ", ""), body)
        for part in re.split(r";|(\$L\w+:)|([{}])", body):
            statement = " ".join((part or "").split())
            if statement:
                self.lines += self.statement(statement)

    # Operands.

    def operand(self, text, kind):
        text = text.strip()
        special = re.fullmatch(r"%(n?ctaid|n?tid)\.([xyz])", text)
        if special:
            return f"kw_shim_{SPECIAL[special[1]]}.{special[2]}"
        if text.startswith("%"):
            return f"static_cast<{c_type(kind)}>({self.register(text)})"
        if re.fullmatch(r"-?\d+|0[xX][0-9a-fA-F]+U?", text):
            number = int(text.rstrip("U"), 0)
            if kind == "pred":
                return str(number != 0).lower()
            return f"static_cast<{c_type(kind)}>({number & (1 << 64) - 1}ull)"
        return self.symbol(text)

    def symbol(self, text):
        if text.startswith("__local_depot"):
            return "address(depot)"
        if text in self.parameters:
            return f"address(arguments[{self.parameters.index(text)}])"
        if text in self.module.windows:
            return f"window({self.module.windows[text]})"
        raise ValueError(f"operand {text}")

    @staticmethod
    def register(text):
        return "v_" + text.strip()[1:]

    def place(self, space, text, size):
        """The host's address of a memory operand."""
        base, _, offset = text.strip()[1:-1].partition("+")
        if space == "param":
            if base in self.parameters:
                return f"static_cast<unsigned char*>(arguments[{self.parameters.index(base)}]) + {offset or 0}"
            return f"{base} + {offset or 0}"
        where = f"{self.operand(base, 'u64')} + {offset or 0}" if base.startswith("%") else f"{self.symbol(base)} + {offset or 0}"
        return f"shared(windows, {where}, {size}, SITE)" if space == "shared" else f"at({where})"

    # Statements.

    def statement(self, text):
        if text.endswith(":"):
            return [f"{text[1:-1]}: ;"]
        if text in "{}":
            return [text]
        registers = re.fullmatch(r"\.reg \.(\w+) %(\w+)<(\d+)>", text)
        if registers:
            kind, name, count = registers.groups()
            names = ", ".join(f"v_{name}{i}" for i in range(int(count)))
            return [f"[[maybe_unused]] {c_type(kind)} {names};"]
        register = re.fullmatch(r"\.reg \.(\w+) %(\w+)", text)
        if register:
            return [f"[[maybe_unused]] {c_type(register[1])} v_{register[2]};"]
        local = re.fullmatch(r"\.local \.align \d+ \.b8 \w+\[(\d+)\]", text)
        if local:
            return [f"alignas(16) unsigned char depot[{local[1]}];"]
        argument = re.fullmatch(r"\.param (?:\.align \d+ )?\.(\w+) (\w+)(?:\[(\d+)\])?", text)
        if argument:
            return [f"alignas(16) unsigned char {argument[2]}[{int(argument[3] or 1) * width(argument[1]) // 8}];"]
        if text.startswith((".reg", ".shared", ".pragma", ".loc")):
            return []
        guard = ""
        guarded = re.match(r"@(!?)(%p\d+) (.*)", text)
        if guarded:
            guard = f"if ({guarded[1]}{self.register(guarded[2])}) "
            text = guarded[3]
        op, _, rest = text.partition(" ")
        op = op.split(".")
        if op[0] == "bra":
            return [f"{guard}goto {rest[1:]};"]
        if op[0] == "ret":
            return [f"{guard}return;"]
        if op[0] == "call":
            callee, values = rest.split(",", 1)
            values = re.findall(r"param\d+", values)
            return [f"{guard}{{ void* values[] = {{{', '.join([*values, 'nullptr'])}}}; {self.module.c_name(callee.strip())}(values); }}"]
        lines = self.operation(op, [part.strip() for part in rest.split(",")] if rest else [])
        return [f"{guard}{{ {' '.join(lines)} }}"] if guard else lines

    def assign(self, register, value):
        return [f"{self.register(register)} = {value};"]

    def operation(self, op, operands):
        kind = op[-1]
        if op[0] in ("ld", "st"):
            return self.access(op, operands)
        if op[0] in ("bar", "barrier"):
            return ["kw_shim::barrier(SITE);"] if op[1] == "sync" else [self.refuse(op)]
        if op[0] in ("membar", "fence"):
            return []
        if op[0] in ("atom", "red"):
            return self.atomic(op, operands)
        if op[0] == "cvta":
            value = self.operand(operands[1], "u64")
            return self.assign(operands[0], f"address(shared(windows, {value}, 1, SITE))" if op[1] == "shared" else value)
        if op[0] == "mov" and "|" in operands[0] + operands[1]:
            return self.pack(operands, width(kind))
        if op[0] == "shfl":
            return self.shuffle(op, operands)
        if op[0] in ("add", "addc", "sub", "subc", "mad", "madc") and op[1] != "wide":
            return self.chain(op, operands, kind)
        if op[0] == "cvt":
            return self.assign(operands[0], f"static_cast<{c_type(op[-2])}>({self.operand(operands[1], kind)})")
        if op[0] == "setp":
            values = [self.operand(value, kind) for value in operands[1:]]
            if len(values) != 2:
                self.refuse(op)
            return self.assign(operands[0], f"{values[0]} {COMPARE[op[1]]} {values[1]}")
        if op[0] == "selp":
            values = [self.operand(value, kind) for value in operands[1:3]]
            return self.assign(operands[0], f"{self.register(operands[3])} ? {values[0]} : {values[1]}")
        if op[0] == "dp4a":
            types = [{"u": "uint8_t", "s": "int8_t"}[part[0]] for part in op[1:3]]
            values = [self.operand(value, "u32") for value in operands[1:]]
            return self.assign(operands[0], f"dot<{', '.join(types)}>({', '.join(values)})")
        return self.assign(operands[0], self.plain(op, kind, operands[1:]))

    def plain(self, op, kind, operands):
        key = ".".join(op[:2]) if op[0] == "mul" or op[:2] == ["mad", "wide"] else op[0]
        type_ = c_type(kind)
        values = [self.operand(value, kind) for value in operands]
        if op[0] in ("shl", "shr", "bfi"):
            values[1 if op[0] != "bfi" else 2 :] = [self.operand(value, "u32") for value in operands[1 if op[0] != "bfi" else 2 :]]
        bits = 1 if kind == "pred" else width(kind)
        if op[0] == "shf" and op[2] != "wrap":
            self.refuse(op)
        signed = kind[0] == "s"
        double = f"{'int' if signed else 'uint'}{2 * bits}_t" if bits in (16, 32) else ""
        # Signed or not, all that matters below are the lowest bits; unsigned arithmetic wraps.
        unsigned = [f"static_cast<uint64_t>({value})" for value in values]
        forms = {
            "mov": "{0}",
            "and": "{0} & {1}",
            "or": "{0} | {1}",
            "xor": "{0} ^ {1}",
            "not": "!{0}" if kind == "pred" else "~{0}",
            "min": "std::min({0}, {1})",
            "max": "std::max({0}, {1})",
            "div": "{0} / {1}",
            "rem": "{0} % {1}",
            "shl": f"{{1}} >= {bits} ? 0 : {{0}} << {{1}}",
            "shr": f"{{0}} >> std::min({{1}}, {bits - 1}u)" if signed else f"{{1}} >= {bits} ? 0 : {{0}} >> {{1}}",
            "clz": "({0} == 0 ? 32 : __builtin_clz({0}))",
            "popc": "__builtin_popcount({0})",
            "brev": "reverse({0})",
            "prmt": "permute({0}, {1}, {2})",
            "bfi": "insert({0}, {1}, {2}, {3})",
            "shf": f"(static_cast<uint64_t>({{1}}) << 32 | {{0}}) {'>> ({2} & 31)' if op[1] == 'r' else '<< ({2} & 31) >> 32'}",
            "mul.hi": f"static_cast<{type_}>((static_cast<{double}>({{0}}) * static_cast<{double}>({{1}})) >> {bits})",
            "mul.wide": f"static_cast<{double}>({{0}}) * static_cast<{double}>({{1}})",
            "mad.wide": f"static_cast<{double}>({{0}}) * static_cast<{double}>({{1}}) + static_cast<{double}>({{2}})",
        }
        wrapping = {"abs": "({2} < 0 ? 0 - {0} : {0})", "neg": "0 - {0}", "mul.lo": "{0} * {1}"}
        if key in wrapping:
            text = wrapping[key].format(unsigned[0], unsigned[-1], values[0])
        elif key in forms and (double or "double" not in forms[key]):
            text = forms[key].format(*values)
        else:
            self.refuse(op)
        return text if key in ("mul.wide", "mad.wide") else f"static_cast<{type_}>({text})"

    def chain(self, op, operands, kind):
        """Additions, subtractions and products, with the carry that the instruction before left."""
        values = [f"static_cast<uint64_t>({self.operand(value, kind)})" for value in operands[1:]]
        bits = width(kind)
        carry = "cc" if op[0] in ("addc", "subc", "madc") else "0"
        if op[0].startswith("mad"):
            half = {"lo": "& 0xffffffffu", "hi": ">> 32"}.get(op[1])
            if op[1] == "lo" and "cc" not in op and op[0] == "mad":
                total = f"{values[0]} * {values[1]} + {values[2]}"
            elif bits == 32 and kind[0] != "s" and half:
                total = f"({values[0]} * {values[1]} {half}) + {values[2]} + {carry}"
            else:
                self.refuse(op)
        else:
            sign = "+" if op[0].startswith("add") else "-"
            total = f"{values[0]} {sign} {values[1]} {sign} {carry}"
        lines = [f"total = {total};", f"{self.register(operands[0])} = static_cast<{c_type(kind)}>(total);"]
        if "cc" in op:
            if bits != 32:
                self.refuse(op)
            lines.append("cc = total >> 32 & 1;")
        return lines

    def pack(self, operands, bits):
        half = f"b{bits // 2}"
        if "|" in operands[1]:
            low, high = (self.operand(part, half) for part in operands[1].split("|"))
            return self.assign(operands[0], f"static_cast<uint64_t>({high}) << {bits // 2} | {low}")
        whole = self.operand(operands[1], f"b{bits}")
        low, high = operands[0].split("|")
        return [
            *self.assign(low, f"static_cast<uint{bits // 2}_t>({whole})"),
            *self.assign(high, f"static_cast<uint{bits // 2}_t>({whole} >> {bits // 2})"),
        ]

    def shuffle(self, op, operands):
        result = operands[0].split("|")
        value, lane, clamp, mask = (self.operand(text, "b32") for text in operands[1:])
        source = {"up": "kw_shim::lane() - ", "down": "kw_shim::lane() + ", "bfly": "kw_shim::lane() ^ ", "idx": ""}[op[2]]
        # Lanes of the whole warp: what the clamp says, which may be in a register.
        whole = 0 if op[2] == "up" else 31
        check = f"if ({clamp} != {whole}) kw_shim::fail(SITE, \"a shuffle within %u lanes\", {clamp});"
        return [check, *self.assign(result[0], f"shuffle({mask}, {value}, {source}{lane}, SITE)")]

    def atomic(self, op, operands):
        space, kind = op[1], op[-1]
        if op[-2] != "add":
            self.refuse(op)
        where, value = operands[-2], self.operand(operands[-1], kind)
        call = f"exchange_add<{c_type(kind)}>({self.place(space, where, width(kind) // 8)}, {value})"
        return self.assign(operands[0], call) if op[0] == "atom" else [f"{call};"]

    def access(self, op, operands):
        kind, type_ = op[-1], c_type(op[-1])
        spaces = [part for part in op[1:-1] if part in ("global", "shared", "local", "param")]
        space = spaces[0] if spaces else "generic"
        store = op[0] == "st"
        values, where = (operands[1], operands[0]) if store else operands
        values = values.split("|")
        size = width(kind) // 8
        lines = [f"unsigned char* memory = static_cast<unsigned char*>({self.place(space, where, size * len(values))});".replace(
            "static_cast<unsigned char*>(static_cast<unsigned char*>(", "(static_cast<unsigned char*>(")]
        for i, value in enumerate(values):
            if store:
                lines.append(f"put<{type_}>(memory + {i * size}, {self.operand(value, kind)});")
            else:
                lines.append(f"{self.register(value)} = get<{type_}>(memory + {i * size});")
        return ["{ " + " ".join(lines) + " }"]

    def refuse(self, op):
        raise ValueError(f"instruction {'.'.join(op)} in {self.name}")

    def source(self):
        name = self.module.c_name(self.name)
        windows = []
        for symbol, number in self.module.windows.items():
            bytes_ = self.module.shared[symbol]
            if not any(f"window({number})" in line for line in self.lines):
                windows.append("{nullptr, 0}")
            elif bytes_ is None:
                windows.append("{static_cast<unsigned char*>(dynamic), dynamic_bytes}")
            else:
                windows.append(f'{{static_cast<unsigned char*>(kw_shim::static_shared({bytes_}, 1, {{"{symbol}", 0}})), {bytes_}}}')
        lines = [
            f"void {name}([[maybe_unused]] void** arguments) {{",
            "[[maybe_unused]] uint64_t total = 0, cc = 0;",
            "[[maybe_unused]] size_t dynamic_bytes = 0;",
            "[[maybe_unused]] void* dynamic = kw_shim::dynamic_shared(&dynamic_bytes);",
            f"[[maybe_unused]] const Window windows[] = {{{', '.join(windows or ['{nullptr, 0}'])}}};",
            *(line.replace("SITE", f'kw_shim::Site{{"{self.name}", {i}}}') for i, line in enumerate(self.lines)),
            "}",
        ]
        if self.kernel:
            sizes = ", ".join(str(size) for size in [*self.sizes, 0])
            lines += [
                f"const uint32_t bytes_{name}[] = {{{sizes}}};",
                f'kw_shim::Kernel kernel_{name} = {{"{self.name}", {name}, bytes_{name}, {len(self.sizes)}, nullptr}};',
                f"const struct Enlist_{name} {{ Enlist_{name}() {{ kw_shim::enlist(&kernel_{name}); }} }} enlist_{name};",
            ]
        return "\n".join(lines)


class Module:
    """A PTX file."""

    def __init__(self, text, name):
        self.name = name
        # Without a length: as many bytes as the launch asks for.
        symbols = re.findall(r"\.shared\s+(?:\.align \d+ )?\.(\w\d+) ([\w$]+)(?:\[(\d*)\])?;", text)
        self.shared = {symbol: int(len_ or 1) * width(kind) // 8 for kind, symbol, len_ in symbols}
        self.shared |= dict.fromkeys(re.findall(r"\.shared\s+\.align \d+ \.b8 ([\w$]+)\[\];", text))
        self.windows = {symbol: number for number, symbol in enumerate(self.shared)}
        pattern = r"^(?:\.visible )?\.(entry|func)\s+([\w$]+)\s*\(([^)]*)\)([^{;]*)\{(.*?)^\}"
        found = re.findall(pattern, text, re.M | re.S)
        self.names = {name: f"f{i}" for i, (_, name, _, _, _) in enumerate(found)}
        self.functions = [Function(self, kind == "entry", name, parameters, body) for kind, name, parameters, _, body in found]

    def c_name(self, name):
        return self.names[name]

    def source(self):
        declarations = "".join(f"void {name}(void** arguments);\n" for name in self.names.values())
        bodies = "\n\n".join(function.source() for function in self.functions)
        return f'{PRELUDE}{declarations}\n{bodies}\n\n}}  // namespace\n\nextern "C" void kw_shim_module_{self.name}() {{}}\n'


def main():
    tools, compiled, out = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    texts = {path.stem: path.read_text() for path in compiled.glob("*.ptx")}
    nvrtc = Nvrtc(tools / "nvidia/cuda_nvrtc/lib")
    for test in ["field_test", "curve_test"]:
        texts[test] = nvrtc.compile(KERNELS / f"{test}.cu")
    for name, text in texts.items():
        path, source = out / f"{name}.cpp", Module(text, name).source()
        # What has not changed is not compiled again.
        if not path.exists() or path.read_text() != source:
            path.write_text(source)


if __name__ == "__main__":
    main()
