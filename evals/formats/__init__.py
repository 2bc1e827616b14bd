"""Public formats of evaluation sets, one module each: files in, a suite or a task out.

Each adapter raises `InputError` with the file and line that is wrong.
"""
