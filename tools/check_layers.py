#!/usr/bin/env python3
"""Checks that each folder of thrum/ includes only the layers below it, and that public headers stay light.

usage: tools/check_layers.py [ROOT]     prints one line per fault; exit status 1 if there are any
"""
import re
import sys
from pathlib import Path

BASE = {"core", "runtime", "comm", "linalg"}
EVERYTHING_BUT_CACHE = BASE | {"data", "metrics", "model"}
# Which layers each folder may include, besides itself.
MAY_INCLUDE = {
    "core": set(),
    "runtime": {"core"},
    "cache": {"core", "runtime"},
    "comm": {"core", "runtime"},
    "linalg": {"core", "runtime", "comm"},
    "data": BASE,
    "metrics": BASE,
    "model": BASE | {"data"},
    "learn": EVERYTHING_BUT_CACHE,
    "serve": {"core", "runtime", "data", "model"},
    "cli": EVERYTHING_BUT_CACHE | {"cache", "learn", "serve"},
}
PROGRAMS = {"cli"}  # folders whose headers nobody outside includes
# Libraries that only sources may use: they cost every including unit seconds, or bind users to a version.
SOURCES_ONLY = ("nlohmann/", "fmt/", "simdjson", "hwy/", "tbb/", "oneapi/", "CLI/", "toml++/", "hwloc", "zstd", "zlib",
                "xxhash", "cblas", "gtest/", "gmock/", "benchmark/")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def is_public_header(path: Path) -> bool:
    return path.suffix == ".h" and not re.search(r"_(internal|test)$", path.stem)


def included_layer(include: str) -> str | None:
    """The layer of "thrum/data/table.h"; None for what is no part of a layer."""
    parts = include.split("/")
    return parts[1] if parts[0] == "thrum" and len(parts) > 2 else None


def public_header_faults(include: str) -> list[str]:
    if include.startswith(SOURCES_ONLY):
        return [f"a public header includes <{include}>; only sources may"]
    if include.endswith("_internal.h"):
        return [f'a public header includes the private "{include}"']
    return []


def include_faults(root: Path, path: Path) -> list[str]:
    """The faults in the includes of one file of thrum/LAYER/."""
    layer = path.relative_to(root).parts[1]
    faults = []
    for _, include in INCLUDE.findall(path.read_text()):
        target = included_layer(include)
        if target is not None and target != layer and target not in MAY_INCLUDE[layer]:
            faults.append(f'{layer} may not include {target}: "{include}"')
        if include.startswith("thrum/") and not (root / include).exists():
            faults.append(f'no such header: "{include}"')
        if layer not in PROGRAMS and is_public_header(path):
            faults += public_header_faults(include)
    return faults


def installed_faults(root: Path, layer: Path) -> list[str]:
    """Public headers must be listed in the layer's CMakeLists.txt, so that they are installed and compile alone."""
    listed = re.split(r"[\s()]+", (layer / "CMakeLists.txt").read_text())
    return [f"{path.relative_to(root)}: not among the HEADERS of {layer.name}/CMakeLists.txt"
            for path in sorted(layer.rglob("*.h"))
            if is_public_header(path) and str(path.relative_to(layer)) not in listed]


def check(root: Path) -> list[str]:
    """Every fault of the tree, as lines for people."""
    faults = []
    for layer in sorted(path for path in (root / "thrum").iterdir() if path.is_dir()):
        if layer.name not in MAY_INCLUDE:
            faults.append(f"thrum/{layer.name}: not a layer; the layers are {', '.join(MAY_INCLUDE)}")
            continue
        for path in sorted(path for path in layer.rglob("*") if path.suffix in (".h", ".cc")):
            faults += [f"{path.relative_to(root)}: {fault}" for fault in include_faults(root, path)]
        if layer.name not in PROGRAMS:
            faults += installed_faults(root, layer)
    return faults


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    faults = check(root)
    print("\n".join(faults) if faults else "layers: nothing found")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
