"""Field tags, each a list of words, in the order in which they were first read."""


def distinct(tags):
    seen = []
    for tag in tags:
        if tag not in seen:  # [cause]
            seen.append(tag)
    return seen


def make():
    return ([[str(k % 300), "reef"] for k in range(2_000)],)
