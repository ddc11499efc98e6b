"""The sets that vector indexes are compared on: rows, queries that are not among them, and the exact neighbours."""
import os

import numpy as np

CLUSTERED = {
    # name: clusters, dimensions of the space the centres lie in and of each cluster's own subspace, decay of its spectrum, spread
    "c768": dict(clusters=500, centers_in=160, local=48, decay=.08, spread=.825),
    "h768": dict(clusters=200, centers_in=256, local=128, decay=.01, spread=.949),
    "million": dict(clusters=500, centers_in=160, local=48, decay=.08, spread=.825),
}


def clustered(name, rows, queries, dimension=768, seed=42):
    """Text embeddings as seen from afar: power-law clusters with a subspace each, bridges between them, one common direction, noise.
    c768 is easy; h768 has flat spectra, so that a row's neighbours are hardly nearer than the rest of its cluster."""
    shape = CLUSTERED[name]
    random = np.random.default_rng(seed)
    k, g, local = shape["clusters"], shape["centers_in"], shape["local"]
    basis = random.standard_normal((g, dimension), "f4") / np.sqrt(dimension)
    common = random.standard_normal(dimension, "f4")
    common /= np.linalg.norm(common)
    centers = random.standard_normal((k, g), "f4") * (.992 / np.sqrt(1 + .03 * np.arange(g)) / np.sqrt(g)).astype("f4")
    spectrum = (shape["spread"] / np.sqrt(1 + shape["decay"] * np.arange(local)) / np.sqrt(local)).astype("f4")
    scales = np.zeros((k, g), "f4")
    for cluster in range(k):
        scales[cluster, random.permutation(g)[:local]] = spectrum
    weights = 1 / (np.arange(k) + 3.0) ** .7
    weights /= weights.sum()

    def points(count):
        one, other = random.choice(k, count, p=weights), random.choice(k, count, p=weights)
        mix = np.where(random.random(count) < .15, .5 + .5 * random.random(count), 1.0)[:, None].astype("f4")
        z = mix * centers[one] + (1 - mix) * centers[other] + scales[one] * random.standard_normal((count, g), "f4")
        x = common * np.float32(.75) + random.standard_normal((count, dimension), "f4") * np.float32(.12 / np.sqrt(dimension)) + z @ basis
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    base = np.vstack([points(min(10_000, rows - at)) for at in range(0, rows, 10_000)])
    return base, points(queries)


def isotropic(rows, queries, dimension=384, seed=43):
    """No structure at all: what no index can be fast on, and must still be right on."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((rows + queries, dimension), "f4")
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x[:rows], x[rows:]


def real(folder):
    base = np.fromfile(os.path.join(folder, "vectors", "real384.base.f16"), "<f2").reshape(-1, 384).astype("f4")
    queries = np.fromfile(os.path.join(folder, "vectors", "real384.query.f16"), "<f2").reshape(-1, 384).astype("f4")
    return base, queries


def exact(base, queries, k=100, keep=None):
    """Exact nearest by inner product; the rows have length 1. `keep`: the rows that may be answered with."""
    rows = base if keep is None else base[keep]
    answers = []
    for some in np.array_split(queries, max(1, len(queries) // 100)):
        scores = some @ rows.T
        top = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, 1)
        answers.append(top if keep is None else keep[top])
    return np.vstack(answers).astype("<i4")


def filters(base):
    """Name to sorted rows: chosen at random, and by place (all on one side of a plane, as a category would be)."""
    random = np.random.default_rng(7)
    place = np.argsort(base @ (base[0] - base[1]), kind="stable")
    chance = random.permutation(len(base))
    chosen = {}
    for percent in (.1, 1, 10, 50):
        count = max(10, int(len(base) * percent / 100))
        chosen[f"{percent:g}% random"] = np.sort(chance[:count]).astype("<i4")
        chosen[f"{percent:g}% by place"] = np.sort(place[:count]).astype("<i4")
    return chosen


def write(folder, name, base, queries):
    """Files for the C++ side; what is there already is kept."""
    folder = os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(f"{folder}/complete"):
        np.ascontiguousarray(base, "<f4").tofile(f"{folder}/base.f32")
        np.ascontiguousarray(queries, "<f4").tofile(f"{folder}/query.f32")
        exact(base, queries, 100).tofile(f"{folder}/truth.i32")
        # Inserted late, from elsewhere: the part of the rows that lies farthest along one direction.
        np.argsort(base @ (base[2] - base[3]), kind="stable").astype("<i4").tofile(f"{folder}/order.i32")
        with open(f"{folder}/filters.txt", "w", encoding="ascii") as listing:
            for number, (title, rows) in enumerate(filters(base).items()):
                rows.tofile(f"{folder}/filter{number}.i32")
                listing.write(title + "\n")
        open(f"{folder}/complete", "w", encoding="ascii").close()
    return folder
