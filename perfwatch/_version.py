"""The only version string of the project."""

__version__ = "0.1.0"
