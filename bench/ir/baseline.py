"""BM25 as a textbook has it (Porter stems, k1 1.2, b .75), over titles and texts: what a hybrid has to beat."""
import collections
import math
import re

import snowballstemmer

STOP = set("a an and are as at be but by for if in into is it its no not of on or such that the their then there these they this to was "
           "were will with from which have has had been what how who whom can do does we".split())
STEM = snowballstemmer.stemmer("porter")


def words(text):
    return STEM.stemWords([word for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in STOP])


class Bm25:
    def __init__(self, documents, k1=1.2, b=0.75):
        """`documents`: (id, text) pairs."""
        self.ids = [name for name, _ in documents]
        counts = [collections.Counter(words(text)) for _, text in documents]
        lengths = [sum(count.values()) for count in counts]
        mean = sum(lengths) / len(lengths)
        self.postings = collections.defaultdict(list)
        for number, count in enumerate(counts):
            for word, often in count.items():
                self.postings[word].append((number, often * (k1 + 1) / (often + k1 * (1 - b + b * lengths[number] / mean))))

    def rank(self, query, count=1000):
        """(id, score) pairs, best first; equal scores in the order of the documents."""
        scores = [0.0] * len(self.ids)
        for word in words(query):
            having = self.postings.get(word, [])
            idf = math.log(1 + (len(self.ids) - len(having) + 0.5) / (len(having) + 0.5))
            for number, part in having:
                scores[number] += idf * part
        best = sorted(range(len(scores)), key=lambda number: (-scores[number], number))[:count]
        return [(self.ids[number], scores[number]) for number in best]
