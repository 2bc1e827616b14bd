"""Fetching pages: from real servers on loopback that stand in for the internet."""
