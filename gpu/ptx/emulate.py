"""Runs PTX, one thread at a time: what the compiler made of the inline assembly, without a card.

Functions become Python functions, a basic block a branch of a loop. Only what the kernels of this project use is known; anything else is an
error. Threads do not wait for one another: no barriers, no shuffles, no shared memory.
"""

import re

MASK = {1: 1, 8: 0xFF, 16: 0xFFFF, 32: 0xFFFFFFFF, 64: 0xFFFFFFFFFFFFFFFF}


class Memory:
    """Regions at addresses of their own, so that an access outside of one is an error."""

    def __init__(self):
        self.regions = {}
        self.next = 1

    def allocate(self, data):
        base = self.next << 32
        self.regions[self.next] = bytearray(data)
        self.next += 1
        return base

    def free(self, base):
        del self.regions[base >> 32]

    def read(self, address, size):
        region, at = self.regions[address >> 32], address & 0xFFFFFFFF
        if at + size > len(region) or at % size:
            raise IndexError(f"read of {size} bytes at {at} of {len(region)}")
        return int.from_bytes(region[at : at + size], "little")

    def write(self, address, size, value):
        region, at = self.regions[address >> 32], address & 0xFFFFFFFF
        if at + size > len(region) or at % size:
            raise IndexError(f"write of {size} bytes at {at} of {len(region)}")
        region[at : at + size] = value.to_bytes(size, "little")

    def bytes(self, base):
        return bytes(self.regions[base >> 32])


def argument(frame, name, at, size, value):
    """Puts a value into an argument of the call to come."""
    data = frame.setdefault(name, bytearray())
    data.extend(bytes(max(0, at + size - len(data))))
    data[at : at + size] = value.to_bytes(size, "little")


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


def leading_zeros(value):
    return 32 - value.bit_length()


def insert(field, into, at, length):
    mask = ((1 << length) - 1) << at
    return into & ~mask | (field << at) & mask


def funnel(low, high, shift, right):
    both = high << 32 | low
    return (both >> shift if right else both << shift >> 32) & 0xFFFFFFFF


COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Translator:
    """One PTX function."""

    def __init__(self, module, text):
        self.module = module
        head, body = text.split("{", 1)
        self.parameters = re.findall(r"\.param\s+(?:\.align \d+ )?\.[a-z]\d+\s+([\w$]+)", head)
        self.local_bytes = 0
        match = re.search(r"\.local\s+\.align \d+ \.b8\s+(\S+)\[(\d+)\];", body)
        if match:
            self.local_bytes = int(match.group(2))
        self.lines = self.blocks(self.statements(body))

    @staticmethod
    def statements(body):
        body = re.sub(r"//[^\n]*", "", body)
        # Braces of vectors, not of scopes.
        body = re.sub(r"\{(%[^{}]*)\}", lambda match: match.group(1).replace(",", "|"), body)
        for part in re.split(r";|(\$L\w+:)|[{}]", body):
            part = " ".join((part or "").split())
            if not part or part.startswith((".reg", ".local", ".param", ".pragma", ".loc", ".branchtargets")):
                continue
            yield part

    def name(self, operand):
        operand = operand.strip()
        if operand.startswith("%"):
            special = {"%tid.x": "tid", "%ctaid.x": "ctaid", "%ntid.x": "ntid", "%nctaid.x": "nctaid"}
            if operand in special:
                return special[operand]
            return operand[1:]
        if operand.startswith("__local_depot"):
            return "depot"
        if re.fullmatch(r"-?\d+|0[xX][0-9a-fA-F]+U?", operand):
            return str(int(operand.rstrip("U"), 0))
        if operand in self.parameters:
            return f"place({self.parameters.index(operand)})"
        raise ValueError(f"operand {operand}")

    def address(self, operand):
        base, _, offset = operand.strip()[1:-1].partition("+")
        return f"({self.name(base)} + {offset or 0})"

    def blocks(self, statements):
        labels, code = {}, [[]]
        for statement in statements:
            if statement.endswith(":"):
                labels[statement[:-1]] = len(code)
                code.append([])
            else:
                code[-1].append(statement)
                if re.match(r"(@\S+ )?bra", statement):
                    code.append([])
        lines = []
        for number, block in enumerate(code):
            lines.append(f"  {'if' if number == 0 else 'elif'} at == {number}:")
            for statement in block:
                lines += ["   " + line for line in self.statement(statement, labels)]
            lines.append(f"   at = {number + 1}")
        return lines

    def statement(self, statement, labels):
        guard = ""
        match = re.match(r"@(!?)%(p\d+) (.*)", statement)
        if match:
            guard = f"if {'not ' if match.group(1) else ''}{match.group(2)}: "
            statement = match.group(3)
        op, _, rest = statement.partition(" ")
        operands = [part.strip() for part in rest.split(",")] if rest else []
        if op in ("bra", "bra.uni"):
            return self.jump(guard, labels[operands[0]])
        if op == "ret":
            return [f"{guard}return"]
        lines = self.operation(op.split("."), operands)
        return [guard, *(" " + line for line in lines)] if guard else lines

    @staticmethod
    def jump(guard, target):
        if not guard:
            return [f"at = {target}", "continue"]
        return [guard, f" at = {target}", " continue"]

    def operation(self, op, operands):
        kind = op[-1]
        bits = int(kind[1:]) if re.fullmatch(r"[usb]\d+", kind) else 1
        mask = MASK.get(bits)
        if op[0] == "call":
            function = operands[0]
            arguments = re.findall(r"param\d+", " ".join(operands[1:]))
            return [f"run({function!r}, [{', '.join(f'bytes(frame.pop({name!r}))' for name in arguments)}])"]
        if op[1:2] == ["param"]:
            return self.parameter(op[0], operands, bits // 8)
        if op[0] in ("ld", "st"):
            return self.access(op, operands, bits // 8, kind)
        if op[0].startswith("cvta"):
            return [f"{self.name(operands[0])} = {self.name(operands[1])}"]
        if op[0] == "mov" and "|" in operands[1]:
            low, high = (self.name(half) for half in operands[1].split("|"))
            return [f"{self.name(operands[0])} = {high} << {bits // 2} | {low}"]
        if op[0] == "mov" and "|" in operands[0]:
            low, high = (self.name(half) for half in operands[0].split("|"))
            whole = self.name(operands[1])
            return [f"{low} = {whole} & {MASK[bits // 2]}", f"{high} = {whole} >> {bits // 2}"]
        d, *names = [self.name(operand) for operand in operands]
        carry = "cc" in op
        s = [f"signed({name}, {bits})" if kind[0] == "s" and name[0].isalpha() else name for name in names]
        if op[0] in ("add", "addc", "sub", "subc", "mad", "madc"):
            return self.chain(op, d, names, mask, bits, carry)
        wide = {"mul.wide": f"{s[0]} * {s[1]}" if len(s) > 1 else "", "mul.lo": f"{names[0]} * {names[1]}" if len(s) > 1 else ""}
        key = ".".join(op[:2])
        if key in wide:
            return [f"{d} = ({wide[key]}) & {MASK[64] if op[1] == 'wide' else mask}"]
        if key == "mul.hi":
            return [f"{d} = ({names[0]} * {names[1]}) >> {bits}"]
        if op[0] == "setp":
            return [f"{d} = int({s[0]} {COMPARE[op[1]]} {s[1]})"]
        if op[0] == "cvt":
            source = int(op[-1][1:])
            target = int(op[-2][1:])
            value = f"signed({names[0]}, {source})" if op[-1][0] == "s" else names[0]
            return [f"{d} = {value} & {MASK[target]}"]
        if op[0] == "shf":
            low, high, shift = names
            amount = f"({shift} & 31)" if op[2] == "wrap" else f"min({shift}, 32)"
            return [f"{d} = funnel({low}, {high}, {amount}, {op[1] == 'r'})"]
        forms = {
            "mov": "{0}",
            "and": "{0} & {1}",
            "or": "{0} | {1}",
            "xor": "{0} ^ {1}",
            "not": "~{0}",
            "neg": "-{0}",
            "shl": "{0} << min({1}, " + str(bits) + ")",
            "selp": "{0} if {2} else {1}",
            "div": "{0} // {1}",
            "rem": "{0} % {1}",
            "clz": "leading_zeros({0})",
            "bfi": "insert({0}, {1}, {2}, {3})",
        }
        if op[0] in forms:
            return [f"{d} = ({forms[op[0]].format(*names)}) & {mask}"]
        typed = {"shr": "{0} >> min({1}, " + str(bits) + ")", "abs": "abs({0})", "min": "min({0}, {1})", "max": "max({0}, {1})"}
        if op[0] in typed:
            return [f"{d} = ({typed[op[0]].format(s[0], *(s[1:] if op[0] != 'shr' else names[1:]))}) & {mask}"]
        raise ValueError(f"instruction {'.'.join(op)}")

    @staticmethod
    def chain(op, d, names, mask, bits, carry):
        """Additions, subtractions and products with carries: the flag is what the instruction before left."""
        carry_in = " + cc" if op[0].endswith("c") and op[0] != "sub" else ""
        if op[0] in ("add", "addc"):
            total = f"{names[0]} + {names[1]}{carry_in}"
        elif op[0] in ("sub", "subc"):
            total = f"{names[0]} - {names[1]}{carry_in.replace('+', '-')}"
        elif op[1] == "wide":
            return [f"{d} = ({names[0]} * {names[1]} + {names[2]}) & {MASK[64]}"]
        else:
            product = f"({names[0]} * {names[1]} {'>> ' + str(bits) if op[1] == 'hi' else '& ' + str(mask)})"
            total = f"{product} + {names[2]}{carry_in}"
        lines = [f"total = {total}", f"{d} = total & {mask}"]
        if carry:
            lines.append(f"cc = total >> {bits} & 1")
        return lines if carry else [f"{d} = ({total}) & {mask}"]

    def parameter(self, op, operands, size):
        """Arguments of a call, by value, and parameters."""
        values, where = operands if op == "ld" else reversed(operands)
        name, _, offset = where[1:-1].partition("+")
        lines = []
        for i, value in enumerate(values.split("|")):
            value, at = self.name(value), int(offset or 0) + i * size
            if op == "ld":
                lines.append(f"{value} = parameter({self.parameters.index(name)}, {at}, {size})")
            else:
                lines.append(f"argument(frame, {name!r}, {at}, {size}, {value} & {MASK[8 * size]})")
        return lines

    def access(self, op, operands, size, kind):
        store = op[0] == "st"
        values, where = (operands[1], operands[0]) if store else operands
        names = [self.name(value) for value in values.split("|")]
        base = self.address(where)
        lines = []
        for i, name in enumerate(names):
            place = f"{base} + {i * size}"
            if store:
                lines.append(f"memory.write({place}, {size}, {name} & {MASK[8 * size]})")
            elif kind[0] == "s":
                lines.append(f"{name} = signed(memory.read({place}, {size}), {8 * size}) & {MASK[max(32, 8 * size)]}")
            else:
                lines.append(f"{name} = memory.read({place}, {size})")
        return lines

    def source(self):
        lines = ["def function(memory, run, parameter, place, tid, ctaid, ntid, nctaid, depot):", " at = 0", " cc = 0", " frame = {}", " while True:"]
        return "\n".join(lines + self.lines)


class Module:
    """The functions of a PTX file."""

    def __init__(self, ptx):
        self.memory = Memory()
        pattern = r"^(?:\.visible )?\.(?:entry|func)\s+([\w$]+)\s*\([^)]*\)[^{;]*\{.*?^\}"
        self.functions = {match.group(1): match.group(0) for match in re.finditer(pattern, ptx, re.M | re.S)}
        self.translated = {}

    def function(self, name):
        """A function as Python, and the bytes of its local memory: translated when first called."""
        if name not in self.translated:
            translator = Translator(self, self.functions[name])
            scope = {"argument": argument, "signed": signed, "leading_zeros": leading_zeros, "insert": insert, "funnel": funnel}
            exec(compile(translator.source(), name, "exec"), scope)
            self.translated[name] = (scope["function"], translator.local_bytes)
        return self.translated[name]

    def call(self, name, arguments, tid=0, ctaid=0, ntid=1, nctaid=1):
        """Runs one thread. Arguments are integers, or the bytes of a structure passed by value."""
        function, local_bytes = self.function(name)
        depot = self.memory.allocate(bytes(local_bytes))
        places = {}

        def parameter(index, offset, size):
            argument = arguments[index]
            if isinstance(argument, bytes):
                return int.from_bytes(argument[offset : offset + size], "little")
            return argument & MASK[8 * size]

        def place(index):
            # A structure passed by value whose address is taken.
            if index not in places:
                places[index] = self.memory.allocate(arguments[index])
            return places[index]

        def run(callee, values):
            self.call(callee, values, tid, ctaid, ntid, nctaid)

        function(self.memory, run, parameter, place, tid, ctaid, ntid, nctaid, depot)
        for base in [depot, *places.values()]:
            self.memory.free(base)

    def launch(self, name, arguments, blocks, threads):
        """Runs the threads of a grid, one after the other."""
        for block in range(blocks):
            for thread in range(threads):
                self.call(name, arguments, thread, block, threads, blocks)
