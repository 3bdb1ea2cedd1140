"""A project's settings: ``[tool.perfwatch]`` and the environment become a ``Config``.

Importing this must stay cheap, and it must not decide what a setting does.
"""

from perfwatch.config.key import Key
from perfwatch.config.keys import KEYS, TargetEntry
from perfwatch.config.load import Config, load_config, project_root
from perfwatch.config.quantities import parse_duration, parse_ratio, parse_size

__all__ = [
    "KEYS",
    "Config",
    "Key",
    "TargetEntry",
    "load_config",
    "parse_duration",
    "parse_ratio",
    "parse_size",
    "project_root",
]
