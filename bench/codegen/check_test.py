#!/usr/bin/env python3
"""check.py on two small functions: rbp holds the circuit in the one, the frame in the other."""
import unittest

import check

BASE_REGISTER = """
0000000000000000 <f>:
   0:\tpush   %rbp
   1:\tmov    %rdi,%rbp
   4:\tmov    0x0(%rbp),%rax
   8:\ttest   %rax,%rax
   b:\tmov    0x8(%rbp),%rdx
   f:\tcall   14 <f+0x14>
\t\t\t10: R_X86_64_PLT32\toperation(int)-0x4
  14:\tpop    %rbp
  15:\tret
"""

FRAME_POINTER = """
0000000000000000 <f>:
   0:\tpush   %rbp
   1:\tmov    %rsp,%rbp
   4:\tmov    %rdi,-0x8(%rbp)
   8:\tmov    -0x8(%rbp),%rdi
   c:\tmov    -0x10(%rbp),%rax
  10:\tcall   15 <f+0x15>
\t\t\t11: R_X86_64_PLT32\toperation(int)-0x4
  15:\tpop    %rbp
  16:\tret
"""


def look_at(text):
    [path] = check.closed_paths(check.parse(text, "f"))
    return check.look_at(path)


class Check(unittest.TestCase):
    def test_a_base_register_holds_the_circuit(self):
        self.assertEqual(look_at(BASE_REGISTER), ([], 2))

    def test_a_store_through_a_base_register_is_none_to_the_stack(self):
        problems, _ = look_at(BASE_REGISTER.replace("mov    0x8(%rbp),%rdx", "mov    %rdx,0x8(%rbp)"))
        self.assertIn("a store to memory: mov    %rdx,0x8(%rbp)", problems)

    def test_a_frame_pointer_leads_to_the_stack(self):
        problems, loads = look_at(FRAME_POINTER)
        self.assertEqual(loads, 0)
        self.assertIn("a store to the stack: mov    %rdi,-0x8(%rbp)", problems)


if __name__ == "__main__":
    unittest.main()
