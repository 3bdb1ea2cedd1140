"""Non-linear least squares: requests, fits, their steps, and what is said to make them faster.

This module must hold the table alone and import no numerical library.
"""
