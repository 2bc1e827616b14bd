"""The commands of `footnote`, one small module each; heavy imports stay inside the functions."""
