"""Footnote over HTTP for programs: our own API, OpenAI's form of it, and who may use them."""
