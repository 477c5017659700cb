#!/usr/bin/env python3
"""Relative links in the documents lead somewhere, the index of decisions is complete, and programs that are shown are
those of the tree: a block ```cpp examples/NAME.cc holds that file.   usage: check_pages.py ROOT"""
import re
import sys
from pathlib import Path

SHOWN = re.compile(r"^```cpp (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def broken_links(page):
    return [f"{page}: no {link}" for link in LINK.findall(BLOCK.sub("", page.read_text()))
            if "://" not in link and not (page.parent / link).exists()]


def outdated_programs(page, root):
    return [f"{page}: shows another {path}" for path, text in SHOWN.findall(page.read_text())
            if not (root / path).exists() or (root / path).read_text() != text]


def missing_decisions(folder):
    index = (folder / "README.md").read_text()
    return [f"{folder / 'README.md'}: does not list {page.name}" for page in sorted(folder.glob("[0-9]*.md"))
            if f"({page.name})" not in index]


root = Path(sys.argv[1])
pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md")]
faults = [fault for page in sorted(pages) for fault in broken_links(page) + outdated_programs(page, root)]
faults += missing_decisions(root / "docs" / "adr")
print("\n".join(faults) or f"{len(pages)} pages: nothing found")
sys.exit(1 if faults else 0)
