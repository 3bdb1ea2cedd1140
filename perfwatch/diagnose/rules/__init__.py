"""One rule a file; the table of them is in ``perfwatch.diagnose.table``."""
