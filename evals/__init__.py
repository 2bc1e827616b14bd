"""Suites in, reports out."""
