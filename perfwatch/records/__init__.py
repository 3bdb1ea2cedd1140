"""The nouns: frozen records that travel from measuring to rendering.

Records hold facts and no logic. They must not import anything of ours.
"""
