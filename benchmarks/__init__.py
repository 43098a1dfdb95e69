"""Measurements behind the book: they print and record what they found, and assert nothing."""
