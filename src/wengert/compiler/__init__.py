"""The compiler behind `wengert.jit`: Graph → passes → loop IR → LLVM text → native code."""
