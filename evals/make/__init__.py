"""Question sets made from a person's own articles (`footnote eval make`)."""
