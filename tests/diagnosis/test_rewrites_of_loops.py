"""What is moved out of a loop, asked of a set or collected: changed texts, and refusals."""

from __future__ import annotations

import pytest
from rewriting import becomes, refused

# Hoisting


def test_a_call_that_does_not_depend_on_the_loop_goes_in_front_of_it_and_every_comment_stays():
    before = """
    import numpy as np


    def centred(rows, weights):
        # the mean of the weights is that of the survey
        out = []
        for row in rows:  # one station each
            out.append(row - np.mean(weights))  # <- centred
        return out  # as a list
    """
    after = """
    import numpy as np
    def centred(rows, weights):
        out = []
        kept_mean = np.mean(weights)
        for row in rows:
            out.append(row - kept_mean)
        return out
    """
    found = becomes("loop-invariant", before, after)
    for comment in ("# the mean of the weights", "# one station each", "# <- centred", "# as a list"):
        assert comment in found.text


def test_of_nested_loops_the_value_goes_in_front_of_the_outermost_that_it_does_not_depend_on():
    before = """
    import math
    def total(rows, scale):
        out = 0.0
        for row in rows:
            for value in row:
                out += value * math.exp(scale)  # <-
        return out
    """
    after = """
    import math
    def total(rows, scale):
        out = 0.0
        kept_exp = math.exp(scale)
        for row in rows:
            for value in row:
                out += value * kept_exp
        return out
    """
    becomes("loop-invariant", before, after)


def test_calls_that_are_written_alike_share_one_value_and_others_have_their_own():
    before = """
    import numpy as np
    def scaled(rows, weights):
        out = []
        for row in rows:
            out.append((row - np.mean(weights)) / np.std(weights) + np.mean(weights) - np.mean(weights[1:]))  # <-
        return out
    """
    after = """
    import numpy as np
    def scaled(rows, weights):
        out = []
        kept_mean = np.mean(weights)
        kept_std = np.std(weights)
        kept_mean_2 = np.mean(weights[1:])
        for row in rows:
            out.append((row - kept_mean) / kept_std + kept_mean - kept_mean_2)
        return out
    """
    becomes("loop-invariant", before, after)


@pytest.mark.parametrize(
    "body",
    [
        "buffer = np.zeros(3)  # <-\n        buffer[0] = row\n        out.append(buffer)",
        "out.append(np.zeros(weights))  # <-",
        "weights[0] = row\n        out.append(row - np.mean(weights))  # <-",
        "weights.append(row)\n        out.append(row - np.mean(weights))  # <-",
        "out.append(row - np.mean(row))  # <-",
        "out.append(row - rng.normal())  # <-",
        "out.append(row - changed(weights))  # <-",
        "out.append(row - counted())  # <-",
        "if row > 3:\n            out.append(row - np.mean(weights))  # <-",
        "alias = weights\n        alias[0] = row\n        out.append(row - np.mean(weights))  # <-",
    ],
    ids=[
        "buffer",
        "kept",
        "stored",
        "appended",
        "dependent",
        "drawn",
        "impure",
        "global",
        "conditional",
        "alias",
    ],
)
def test_a_call_stays_in_the_loop_where_its_value_may_change_or_be_changed(body):
    text = f"""
import numpy as np
count = 0
def changed(weights):
    weights[0] += 1
    return weights[0]
def counted():
    return count
def count_up():
    global count
    count += 1
def study(rows, weights, rng):
    out = []
    for row in rows:
        {body}
    return out
"""
    refused("loop-invariant", text)


# Membership


def test_a_set_is_asked_in_place_of_a_list_that_grows_in_the_loop():
    before = """
    def distinct(papers):
        seen = []  # in order
        for paper in papers:
            if paper not in seen:  # <-
                seen.append(paper)
        return seen
    """
    after = """
    def distinct(papers):
        seen = []
        known_seen = set(seen)
        for paper in papers:
            if paper not in known_seen:
                seen.append(paper)
                known_seen.add(paper)
        return seen
    """
    found = becomes("list-membership", before, after)
    assert "# in order" in found.text


def test_a_comprehension_asks_a_set_that_is_made_in_front_of_it():
    before = """
    def common(left, right):
        right = list(right)
        return [one for one in left if one in right]  # <-
    """
    after = """
    def common(left, right):
        right = list(right)
        known_right = set(right)
        return [one for one in left if one in known_right]
    """
    becomes("list-membership", before, after)


def test_a_list_of_the_module_gets_its_set_beside_it():
    before = """
    STOP = ["a", "the"]
    def plain(word):
        return word not in STOP  # <-
    """
    after = """
    STOP = ["a", "the"]
    STOP_SET = frozenset(STOP)
    def plain(word):
        return word not in STOP_SET
    """
    becomes("list-membership", before, after)


@pytest.mark.parametrize(
    "body",
    [
        "if paper in seen:  # <-\n            seen.remove(paper)",
        "if paper not in seen:  # <-\n            seen.append([paper])",
        "if paper not in seen:  # <-\n            grow(seen, paper)",
        "seen = list(papers)\n        hits += paper in seen  # <-",
        "hits += seen.index(paper)  # <-",
        "hits += paper in self.seen  # <-",
    ],
)
def test_a_list_that_changes_out_of_sight_keeps_being_asked(body):
    text = f"""
def grow(items, one):
    items.append(one)
def study(self, papers):
    seen, hits = [], 0
    for paper in papers:
        {body}
    return hits
"""
    refused("list-membership", text)


# Growth


def test_rows_are_collected_and_stacked_once():
    before = """
    import numpy as np
    def table(events):
        rows = np.empty((0, 2))
        for event in events:
            rows = np.vstack((rows, [event, event ** 2]))  # <- one row more
        return rows
    """
    after = """
    import numpy as np
    def table(events):
        rows = np.empty((0, 2))
        rows_parts = [rows]
        for event in events:
            rows_parts.append(np.array([event, event ** 2]))
        rows = np.vstack(rows_parts)
        return rows
    """
    found = becomes("quadratic-growth", before, after)
    assert "# <- one row more" in found.text


def test_what_is_appended_flat_is_joined_flat():
    before = """
    import numpy as np
    def values(events):
        found = np.array([])
        for event in events:
            found = np.append(found, event * 2.0)  # <-
        return found
    """
    after = """
    import numpy as np
    def values(events):
        found = np.array([])
        found_parts = [found]
        for event in events:
            found_parts.append(np.ravel(event * 2.0))
        found = np.concatenate([np.ravel(one) for one in found_parts])
        return found
    """
    becomes("quadratic-growth", before, after)


def test_text_is_joined_once_after_the_outermost_loop_that_only_adds_to_it():
    before = """
    def listing(table):
        text = "head"
        for row in table:
            for value in row:
                text += f"{value:.3f} "  # <-
            text += "\\n"
        return text
    """
    after = """
    def listing(table):
        text = "head"
        text_parts = [text]
        for row in table:
            for value in row:
                text_parts.append(f"{value:.3f} ")
            text_parts.append("\\n")
        text = "".join(text_parts)
        return text
    """
    becomes("quadratic-growth", before, after)


@pytest.mark.parametrize(
    "body",
    [
        "self.rows = np.vstack((self.rows, row))  # <-",
        "rows = np.vstack((rows, row))  # <-\n        print(len(rows))",
        "rows = np.vstack((row, rows))  # <-",
        "rows = np.vstack((rows, rows))  # <-",
        "rows = np.insert(rows, 0, row)  # <-",
        "rows = np.vstack((rows, row))  # <-\n        if row is None:\n            return rows",
        "total += row  # <-",
    ],
)
def test_what_somebody_looks_at_on_the_way_keeps_growing(body):
    text = f"""
import numpy as np
def study(self, table):
    rows = np.empty((0, 2))
    total = 0.0
    for row in table:
        {body}
    return rows
"""
    refused("quadratic-growth", text)
