"""Fitting of the small weights in `rag/weights/`, from public data by code; not needed to answer."""
