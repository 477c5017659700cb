#!/usr/bin/env python3
"""Relative links in the documents lead somewhere, the index of decisions is complete, and the blocks fenced as
```cpp FILE stand in that file of the tree, as a whole or in part.   usage: check_pages.py ROOT"""
import re
import sys
from pathlib import Path

CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
QUOTE = re.compile(r"^```cpp +(\S+)[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def broken_links(page):
    return [f"{page}: no {link}" for link in LINK.findall(CODE.sub("", page.read_text()))
            if "://" not in link and not (page.parent / link).exists()]


def missing_decisions(folder):
    index = (folder / "README.md").read_text()
    return [f"{folder / 'README.md'}: does not list {page.name}" for page in sorted(folder.glob("[0-9]*.md"))
            if f"({page.name})" not in index]


def lines(text):
    return [line.strip() for line in text.splitlines()]


def stands_in(quoted, text):
    wanted, there = lines(quoted), lines(text)
    return any(there[i:i + len(wanted)] == wanted for i in range(len(there)))


def wrong_quotes(page, root):
    return [f"{page}: this does not stand in {source}:\n{quoted}" for source, quoted in QUOTE.findall(page.read_text())
            if not stands_in(quoted, (root / source).read_text())]


root = Path(sys.argv[1])
pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md")]
faults = [fault for page in sorted(pages) for fault in broken_links(page) + wrong_quotes(page, root)]
faults += missing_decisions(root / "docs" / "adr")
print("\n".join(faults) or f"{len(pages)} pages: nothing found")
sys.exit(1 if faults else 0)
