"""Explanations: the evaluation of a function and its derivatives, step by step, with the user's own numbers and names."""
