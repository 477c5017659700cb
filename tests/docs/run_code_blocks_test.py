#!/usr/bin/env python3
import tempfile
import unittest
from pathlib import Path

from run_code_blocks import run


class RunCodeBlocks(unittest.TestCase):
    def run_text(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "page.md")
            path.write_text(text)
            return run(path, folder)

    def test_blocks_share_one_shell_and_the_example_data(self):
        status, output, faults = self.run_text("```sh\nx=7\n```\ntext\n```sh\necho $x; ls breast_cancer.csv\n```\n")
        self.assertEqual((status, faults), (0, []))
        self.assertIn("7\nbreast_cancer.csv\n", output)

    def test_a_failing_command_ends_the_run(self):
        status, output, _ = self.run_text("```sh\nfalse\necho after\n```\n")
        self.assertEqual(status, 1)
        self.assertNotIn("after", output)

    def test_blocks_of_other_kinds_and_those_marked_are_not_run(self):
        status, output, _ = self.run_text("```sh\necho yes\n```\n```sh no-run\nfalse\n```\n```python\n1/0\n```\n")
        self.assertEqual(status, 0)
        self.assertIn("yes", output)

    def test_promised_output_must_be_printed(self):
        self.assertEqual(self.run_text("```sh\necho abc\n# prints: abc\n```\n")[2], [])
        self.assertEqual(self.run_text("```sh\necho abc\n# prints: xyz\n```\n")[2],
                         ["block at line 2: nothing printed 'xyz'"])

    def test_a_page_without_blocks_is_a_fault(self):
        self.assertEqual(len(self.run_text("nothing here")[2]), 1)


if __name__ == "__main__":
    unittest.main()
