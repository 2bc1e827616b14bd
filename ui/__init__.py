"""People's side: command line, chat page, HTTP API; the only place that wires everything together."""
