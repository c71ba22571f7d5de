"""Compiles the kernels for cards, and checks what came out.

usage: compile.py TOOLS OUT [--disassembler PATH]

TOOLS holds the unpacked wheels nvidia-cuda-nvrtc-cu12 and nvidia-cuda-nvcc-cu12. Writes to OUT, for every file of kernels, the assembly for
compute_80 and machine code for sm_80 and sm_90, and `SHA256SUMS` of all of them and of what they were compiled from. Fails if a kernel in
`bounds.txt` spills, or takes more registers than stated there, and lists the registers of all. With a disassembler (`nvdisasm`), also lists
instructions by kind.
"""

import ctypes
import hashlib
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
KERNELS = ROOT / "kernels"
VIRTUAL = "compute_80"
REAL = ["sm_80", "sm_90"]
OPTIONS = [f"--gpu-architecture={VIRTUAL}", "-std=c++17"]


def sources():
    """The files of kernels for cards: tests of the launcher run on the host only."""
    return sorted(path for path in KERNELS.glob("*.cu") if not path.name.endswith("_test.cu"))


def text(value):
    return ctypes.c_char_p(value.encode())


class Nvrtc:
    """NVIDIA's run-time compiler."""

    def __init__(self, folder):
        # The library looks for its other half by name, in what is already loaded.
        ctypes.CDLL(str(next(folder.glob("libnvrtc-builtins.so.*"))), mode=ctypes.RTLD_GLOBAL)
        self.library = ctypes.CDLL(str(folder / "libnvrtc.so.12"))

    def compile(self, path):
        headers = sorted(KERNELS.glob("*.cuh"))
        names = (ctypes.c_char_p * len(headers))(*[header.name.encode() for header in headers])
        contents = (ctypes.c_char_p * len(headers))(*[header.read_bytes() for header in headers])
        program = ctypes.c_void_p()
        status = self.library.nvrtcCreateProgram(
            ctypes.byref(program), text(path.read_text()), text(path.name), len(headers), contents, names
        )
        if status != 0:
            sys.exit(f"error: {path.name}: nvrtcCreateProgram gave {status}")
        options = (ctypes.c_char_p * len(OPTIONS))(*[option.encode() for option in OPTIONS])
        if self.library.nvrtcCompileProgram(program, len(OPTIONS), options) != 0:
            sys.exit(f"error: {path.name}:\n{self.output(program, 'ProgramLog')}")
        return self.output(program, "PTX")

    def output(self, program, what):
        size = ctypes.c_size_t()
        getattr(self.library, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        getattr(self.library, f"nvrtcGet{what}")(program, buffer)
        return buffer.value.decode()


def assemble(ptxas, assembly, real, code):
    """Machine code, and what the assembler says of every kernel: registers and bytes spilled."""
    command = [ptxas, "-v", f"-arch={real}", "-O3", str(assembly), "-o", str(code)]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"error: {assembly.name} for {real}:\n{result.stderr}")
    kernels = {}
    for block in result.stderr.split("Compiling entry function '")[1:]:
        name = block.split("'")[0]
        registers = int(re.search(r"Used (\d+) registers", block)[1])
        spilled = sum(int(bytes) for bytes in re.findall(r"(\d+) bytes spill", block))
        stack = int(re.search(r"(\d+) bytes stack frame", block)[1])
        kernels[name] = {"registers": registers, "spilled": spilled, "stack": stack}
    return kernels


def instructions(disassembler, code):
    """How often each kernel has each instruction that decides its speed."""
    listing = subprocess.run([disassembler, str(code)], capture_output=True, text=True, check=True).stdout
    counts = {}
    for section in re.split(r"^\s*\.section\s+\.text\.", listing, flags=re.M)[1:]:
        name = section.split(",")[0].strip().strip('"')
        kinds = {"IMAD.WIDE": r"IMAD\.WIDE", "IMAD": r"IMAD(?!\.WIDE|\.MOV|\.SHL|\.IADD)", "IADD3": r"IADD3", "LDL/STL": r"LDL|STL"}
        counts[name] = {kind: len(re.findall(rf"\b(?:{pattern})", section)) for kind, pattern in kinds.items()}
    return counts


def bounds():
    """The registers that hot kernels may take."""
    lines = (ROOT / "ptx" / "bounds.txt").read_text().splitlines()
    pairs = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {name: int(registers) for name, registers in pairs}


def main():
    tools, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    disassembler = sys.argv[4] if sys.argv[3:4] == ["--disassembler"] else None
    out.mkdir(parents=True, exist_ok=True)
    nvrtc = Nvrtc(tools / "nvidia/cuda_nvrtc/lib")
    ptxas = tools / "nvidia/cuda_nvcc/bin/ptxas"
    ptxas.chmod(0o755)
    jobs, written = [], []
    with ThreadPoolExecutor() as pool:
        for source in sources():
            assembly = out / f"{source.stem}.ptx"
            assembly.write_text(nvrtc.compile(source))
            written.append(assembly)
            for real in REAL:
                code = out / f"{source.stem}.{real}.cubin"
                written.append(code)
                jobs.append((real, code, pool.submit(assemble, ptxas, assembly, real, code)))
    wrong, seen = [], set()
    limits = bounds()
    for real, code, job in jobs:
        counted = instructions(disassembler, code) if disassembler else {}
        for name, found in sorted(job.result().items()):
            seen.add(name)
            details = "".join(f", {count} {kind}" for kind, count in counted.get(name, {}).items())
            print(f"   {real} {name}: {found['registers']} registers, {found['spilled']} bytes spilled, {found['stack']} of stack{details}")
            limit = limits.get(name)
            if limit is None:
                continue
            if found["registers"] > limit:
                wrong.append(f"{real} {name}: {found['registers']} registers > {limit}")
            if found["spilled"]:
                wrong.append(f"{real} {name}: {found['spilled']} bytes spilled")
    wrong += [f"bounds.txt names {name}, which is no kernel" for name in limits if name not in seen]
    origins = sources() + sorted(KERNELS.glob("*.cuh"))
    digest = lambda path: hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [f"{digest(path)}  ../kernels/{path.name}" for path in origins]
    lines += [f"{digest(path)}  {path.name}" for path in sorted(written)]
    (out / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    if wrong:
        sys.exit("error: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
