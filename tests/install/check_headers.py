#!/usr/bin/env python3
"""The public headers of the tree, and no other, are installed.   usage: check_headers.py ROOT INCLUDE"""
import sys
from pathlib import Path

root, include = map(Path, sys.argv[1:])
sys.path.insert(0, str(root / "tools"))
from check_layers import PROGRAMS, is_public_header  # noqa: E402

installed = {str(path.relative_to(include)) for path in include.rglob("*.h")}
public = {str(path.relative_to(root)) for path in (root / "thrum").rglob("*.h")
          if is_public_header(path) and path.relative_to(root).parts[1] not in PROGRAMS}
for path in sorted(public ^ installed):
    print(f"{path}: {'not installed' if path in public else 'installed, but not public'}")
sys.exit(1 if public ^ installed else 0)
