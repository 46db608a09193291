"""Functions that nobody here wrote, out of installed packages, called as they are on tensors and under transforms."""
