"""Explanations: a function's evaluation and its derivatives, step by step, with the user's own numbers and names."""
