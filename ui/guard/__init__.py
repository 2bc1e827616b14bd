"""What stands before every request: who asks, what is let through, how much of it, and how slowly."""
