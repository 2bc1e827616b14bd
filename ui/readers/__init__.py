"""What readers make of answers: verdicts on them, and pages of answers they share."""
