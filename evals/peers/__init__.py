"""Footnote beside LlamaIndex, LangChain, Haystack and txtai: `python -m evals.peers DATA_DIR` (docs/peers.md)."""
