#!/usr/bin/env python3
import tempfile
import unittest
from pathlib import Path

import check_layers


class CheckLayers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("thrum/core/CMakeLists.txt", "thrum_add_layer(core HEADERS error.h view.h)")
        self.write("thrum/core/error.h", "#pragma once\n#include <string>\n")
        self.write("thrum/core/view.h", '#pragma once\n#include "thrum/core/error.h"\n')

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def faults(self):
        return check_layers.check(self.root)

    def layer(self, name, source):
        """A layer with one source file."""
        self.write(f"thrum/{name}/CMakeLists.txt", "")
        self.write(f"thrum/{name}/a.cc", source)

    def test_a_tree_in_order_has_no_faults(self):
        self.layer("serve", '#include "thrum/core/view.h"\n#include <nlohmann/json.hpp>\n')
        self.assertEqual(self.faults(), [])

    def test_includes_upwards_are_faults(self):
        self.layer("learn", "")
        self.write("thrum/learn/learner.h", "")
        self.write("thrum/learn/CMakeLists.txt", "thrum_add_layer(learn HEADERS learner.h)")
        self.layer("serve", '#include "thrum/learn/learner.h"')
        self.assertEqual(self.faults(), ['thrum/serve/a.cc: serve may not include learn: "thrum/learn/learner.h"'])

    def test_a_header_that_is_not_there_is_a_fault(self):
        self.layer("runtime", '#include "thrum/core/gone.h"')
        self.assertEqual(self.faults(), ['thrum/runtime/a.cc: no such header: "thrum/core/gone.h"'])

    def test_json_library_in_a_public_header_is_a_fault(self):
        self.write("thrum/core/view.h", "#include <nlohmann/json.hpp>")
        self.assertEqual(self.faults(),
                         ["thrum/core/view.h: a public header includes <nlohmann/json.hpp>; only sources may"])

    def test_private_header_in_a_public_one_is_a_fault_and_in_a_private_one_is_none(self):
        self.write("thrum/core/json_internal.h", "#include <nlohmann/json.hpp>")
        self.write("thrum/core/tree_internal.h", '#include "thrum/core/json_internal.h"')
        self.assertEqual(self.faults(), [])
        self.write("thrum/core/view.h", '#include "thrum/core/json_internal.h"')
        self.assertEqual(self.faults(),
                         ['thrum/core/view.h: a public header includes the private "thrum/core/json_internal.h"'])

    def test_public_header_that_is_not_installed_is_a_fault(self):
        self.write("thrum/core/random.h", "")
        self.assertEqual(self.faults(), ["thrum/core/random.h: not among the HEADERS of core/CMakeLists.txt"])

    def test_an_unknown_folder_is_a_fault(self):
        self.write("thrum/utils/a.cc", "")
        self.assertEqual(len(self.faults()), 1)
        self.assertIn("thrum/utils: not a layer", self.faults()[0])


if __name__ == "__main__":
    unittest.main()
