"""The ways to differentiate: differences, complex steps, dual numbers, Taylor series, symbols; their comparison."""
