# ruff: noqa: F821 - its names are in the space that it is executed in
while witness.wants("L3", 0.20):
    shuffle(cards)  # L3: executed
