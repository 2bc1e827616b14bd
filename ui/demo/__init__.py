"""A small site of its own origin that shows the chat, for trying the embed out: `make demo`."""
