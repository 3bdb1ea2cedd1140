# Breadth-first snowballing through a citation graph (who cites whom)
import random
from collections import Counter


def citation_graph(n, seed):
    rnd = random.Random(seed)
    refs = {0: []}
    for paper in range(1, n):
        k = min(paper, 1 + int(rnd.expovariate(0.25)))
        refs[paper] = [int(paper * rnd.random() ** 0.7) for _ in range(k)]
    return refs


class Snowball:
    def __init__(self, refs, limit):
        self.refs = refs
        self.limit = limit
        self.screened = []
        self.queue = []
        self.depth = Counter()

    def known(self, paper):
        return paper in self.screened or paper in self.queue  # [cause]

    def expand(self, paper):
        for ref in self.refs[paper]:
            if not self.known(ref):  # [cause]
                self.queue.append(ref)

    def run(self, seeds):
        self.queue = list(seeds)
        while self.queue and len(self.screened) < self.limit:
            paper = self.queue.pop(0)
            self.screened.append(paper)
            self.depth[paper // 1000] += 1
            self.expand(paper)
        return self.screened


def year(paper):
    try:
        return {0: 1960, 1: 1975}[paper // 1000]
    except KeyError:  # [decoy]
        return 1975 + paper // 1000 * 4


if __name__ == "__main__":
    graph = citation_graph(11000, seed=9)
    found = Snowball(graph, limit=6500).run(range(10_900, 10_960))
    print("screened", len(found), "oldest", min(map(year, found)))
    cited = Counter(r for p in found for r in graph[p])
    listing = ""
    for paper, times in cited.most_common(8):
        listing += f"paper {paper:5d} cited {times} times\n"  # [decoy]
    print(listing)
