#!/usr/bin/env python3
"""Makes the .deb and looks into it.   usage: check_deb.py BUILD_FOLDER CPACK"""
import subprocess
import sys
import tempfile
from pathlib import Path

build, cpack = sys.argv[1:]


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def missing(wanted, found):
    return [f"not in the package: {name}" for name in wanted if name not in found]


with tempfile.TemporaryDirectory() as folder:
    run(cpack, "--config", f"{build}/CPackConfig.cmake", "-B", folder)
    package, = Path(folder).glob("thrum_*.deb")
    contents = {line.split()[-1].removeprefix(".") for line in run("dpkg-deb", "--contents", package).splitlines()}
    depends = run("dpkg-deb", "--field", package, "Depends")
    run("dpkg-deb", "--extract", package, f"{folder}/tree")
    version = run(f"{folder}/tree/usr/bin/thrum", "--version")

cmake = next((path for path in contents if path.endswith("/ThrumConfig.cmake")), "")
share = "/usr/share/"
faults = missing(["/usr/bin/thrum", "/usr/include/thrum/thrum.h", f"{share}doc/thrum/README.md",
                  f"{share}man/man1/thrum.1", f"{share}bash-completion/completions/thrum",
                  f"{share}zsh/site-functions/_thrum", f"{share}fish/vendor_completions.d/thrum.fish"], contents)
faults += [] if cmake else ["not in the package: ThrumConfig.cmake"]
# libopenblas0-pthread is opened at run time; the others are found by dpkg-shlibdeps.
faults += [f"the package does not depend on {library}: {depends}"
           for library in ("libopenblas0-pthread", "libtbb12", "libc6") if library not in depends]
faults += [] if version.startswith("thrum ") else [f"thrum --version says: {version}"]
print("\n".join(faults) or f"{package.name}: {len(contents)} entries; depends on {depends}")
sys.exit(1 if faults else 0)
