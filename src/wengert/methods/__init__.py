"""Every way to differentiate: differences, complex steps, dual numbers, Taylor series, symbols; and their comparison."""
