"""Every NumPy and SciPy function, called once: on arrays, on tensors of wengert, and on those of the rivals."""
