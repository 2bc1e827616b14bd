"""Fetching larger models: what a name means, what the hub says of its file, and the download that goes on where it stopped."""
