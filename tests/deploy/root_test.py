#!/usr/bin/env python3
"""The recipe for a minimal root file system makes one in which thrum serves.   usage: root_test.py BUILD_FOLDER CPACK THRUM"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deployment import RECIPES, ask, free_port, running, skip, train

# The mount is seen by these processes only, and goes with them.
IN_ROOT = 'mount -t proc proc "$0/proc" && exec chroot --userspec=thrum "$0" thrum "$@"'


def mirror_answers():
    try:
        ask("http://deb.debian.org/debian/dists/bookworm/Release", seconds=0)
    except OSError:
        return False
    return True


def main():
    build, cpack, thrum = sys.argv[1:]
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        skip("needs root and debootstrap")
    if not mirror_answers():
        skip("Debian's mirror does not answer")
    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), Path(name, "root")
        subprocess.run([cpack, "--config", f"{build}/CPackConfig.cmake", "-B", folder], check=True, capture_output=True)
        package, = folder.glob("thrum_*.deb")
        made = subprocess.run(["sh", RECIPES / "make_root.sh", package, root], capture_output=True, text=True)
        assert made.returncode == 0, made.stdout[-2000:] + made.stderr
        assert not (root / "usr/bin/python3").exists()
        train(thrum, root / "srv/models/model.thrum")
        port = free_port()
        with running("unshare", "--mount", "sh", "-c", IN_ROOT, root, "-q", "serve", "/srv/models/model.thrum", "-w", 2,
                     "-b", f"127.0.0.1:{port}"):
            body = json.dumps({"instances": [[1] * 30]}).encode()
            assert b"predictions" in ask(f"http://127.0.0.1:{port}/predict", body)
        size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"served from a root of {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
