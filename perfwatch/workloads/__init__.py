"""The bundled reference workloads: real scientific code in slow and fast forms.

This package must not judge speed and must not measure anything. Its tables name
functions by ``"module:function"``, so reading them loads no numerical library.
"""
