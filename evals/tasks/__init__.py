"""What can be asked of a suite: one module for each task, each giving rows and figures in the same form."""
