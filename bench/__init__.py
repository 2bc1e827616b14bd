"""`make bench`: figures of speed and memory, each beside a peer or a limit in the same run."""
