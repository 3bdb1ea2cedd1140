"""Cross-match of two star catalogues by their designations."""


def matched(survey, atlas):
    common = []
    for name in survey:
        if name in atlas:  # [cause]
            common.append(name)
    return common


def distinct(observations):
    """names in the order in which they were first seen"""
    seen = []
    for name in observations:
        if name not in seen:  # [cause]
            seen.append(name)
    return seen


def make():
    survey = [f"J{(k * 7919) % 9973:05d}" for k in range(1_500)]
    atlas = [f"J{(k * 104729) % 9973:05d}" for k in range(1_500)]
    return list(survey), list(atlas)


def make_observations():
    return ([f"J{(k * 7919) % 907:05d}" for k in range(3_000)],)
