#!/usr/bin/env python3
"""systemd understands the unit.   usage: unit_test.py THRUM"""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deployment import RECIPES, skip


def main():
    if shutil.which("systemd-analyze") is None:
        skip("systemd-analyze is not installed")
    text = (RECIPES / "thrum.service").read_text()
    assert "/usr/bin/thrum" in text
    assert "ExecReload=/bin/kill -HUP $MAINPID" in text, "systemctl reload"
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder, "thrum.service")
        unit.write_text(text.replace("/usr/bin/thrum", sys.argv[1]))
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
                                capture_output=True, text=True)
    told = [line for line in result.stderr.splitlines() if "thrum.service" in line]
    assert result.returncode == 0 and not told, result.stderr
    print("nothing to say of the unit")


if __name__ == "__main__":
    main()
