#!/usr/bin/env python3
"""limits.py TARGET REPORT FIGURES: what a report of synthesis says, against limits; adds it to the file FIGURES.

TARGET is ecp5 (REPORT by nextpnr), routed (four lanes; likewise), lanes (by `stat -json` of yosys) or xc7 (likewise). Limits are five percent above what was measured when they were set, with yosys
0.23; there is no slack for multiplier slices, because one more or less means that they are no longer the instantiated ones, and none for the clock
of one lane, which the driver reckons with (`ROUTED_HZ`).
"""

import json
import re
import sys

# Least and most of each figure. Clocks are in MHz; LUT pairs of 7-series are those of logic, apart from shift registers.
LIMITS = {
    "ecp5": {"LUT": (0, 12810), "FF": (0, 13490), "DSP": (34, 34), "block RAM": (129, 137), "clock": (140, 1000)},
    "routed": {"LUT": (0, 50970), "FF": (0, 53650), "DSP": (136, 136), "block RAM": (132, 143), "clock": (100, 1000)},
    "lanes": {"LUT": (0, 48400), "FF": (0, 53700), "DSP": (136, 136), "block RAM": (132, 143)},
    "xc7": {"LUT": (0, 8780), "shift registers": (0, 311), "FF": (0, 11380), "DSP": (34, 34), "block RAM": (57, 62)},
}


def ecp5(report):
    """Figures of a report by nextpnr."""
    used = {name: cells["used"] for name, cells in report["utilization"].items()}
    return {
        "LUT": used["TRELLIS_COMB"],
        "FF": used["TRELLIS_FF"],
        "DSP": used["MULT18X18D"],
        "block RAM": used["DP16KD"],
        "clock": round(min(clock["achieved"] for clock in report["fmax"].values()), 1),
    }


def counter(report):
    """What counts the cells in a report by yosys whose type matches a pattern."""
    cells = report["design"]["num_cells_by_type"]
    return lambda pattern: sum(number for name, number in cells.items() if re.fullmatch(pattern, name))


def lanes(report):
    """Figures of a report by yosys, for ECP5: an adder's cell takes two LUTs, a small memory's six."""
    count = counter(report)
    return {
        "LUT": count("LUT4") + 2 * count("CCU2C") + 6 * count("TRELLIS_DPR16X4"),
        "FF": count("TRELLIS_FF"),
        "DSP": count("MULT18X18D"),
        "block RAM": count("DP16KD"),
    }


def xc7(report):
    """Figures of a report by yosys, for 7-series."""
    count = counter(report)
    return {
        "LUT": count("LUT[1-6]|INV") + 4 * count("RAM32M"),
        "shift registers": count("SRL.*"),
        "FF": count("FD[RSCP]E"),
        "DSP": count("DSP48E1"),
        "block RAM": count("RAMB36E1") + count("RAMB18E1") / 2,
    }


def violations(figures, limits):
    """The figures that are not within their limits."""
    return [
        f"{name}: {figures[name]} is not within {least} to {most}"
        for name, (least, most) in limits.items()
        if not least <= figures[name] <= most
    ]


def main(target, report, path):
    with open(report) as file:
        figures = {"ecp5": ecp5, "routed": ecp5, "lanes": lanes, "xc7": xc7}[target](json.load(file))
    try:
        with open(path) as file:
            known = json.load(file)
    except FileNotFoundError:
        known = {}
    with open(path, "w") as file:
        json.dump({**known, target: figures}, file, indent=1)
    print(f"   {target}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
    # A limit that nothing violates may have been misspelt: one just beside the figure must be noticed.
    for name, value in figures.items():
        for limit in [(0, value - 1), (value + 1, value + 2)]:
            assert violations(figures, {name: limit}), name
    wrong = violations(figures, LIMITS[target])
    if wrong:
        sys.exit("error: " + "; ".join(wrong))


main(*sys.argv[1:])
