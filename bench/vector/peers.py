#!/usr/bin/env python3
"""peers.py build|measure PEER FOLDER DIMENSION. build: builds one peer's index with 2 threads and keeps it in the folder with what that took.
measure: loads it, raises its effort until recall@10 >= .99 on the queries, measures there, prints one JSON line with both. A graph builds for
minutes, and needs no quiet machine for that; measuring does, and is over soon. A new peer is one more class."""
import json
import os
import resource
import sys
import time

import numpy as np

TARGET = .99


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_mb():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


class Usearch:
    kind, efforts = "f32", (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)

    def build(self, base):
        from usearch.index import Index
        self.index = Index(ndim=base.shape[1], metric="cos", dtype=self.kind, connectivity=16, expansion_add=128)
        self.index.add(np.arange(len(base)), base, threads=2)

    def effort(self, value):
        self.index.expansion_search = value

    def search(self, query):
        return self.index.search(query, 10, threads=1).keys

    def search_all(self, queries):
        self.index.search(queries, 10, threads=2)

    def save(self, path):
        self.index.save(path)

    def load(self, path, dimension):
        from usearch.index import Index
        self.index = Index.restore(path)


class UsearchI8(Usearch):
    kind = "i8"


class Hnswlib:
    efforts = Usearch.efforts

    def build(self, base):
        import hnswlib
        self.index = hnswlib.Index("cosine", base.shape[1])
        self.index.init_index(len(base), M=16, ef_construction=128)
        self.index.add_items(base, num_threads=2)

    def effort(self, value):
        self.index.set_ef(value)

    def search(self, query):
        return self.index.knn_query(query, 10, num_threads=1)[0][0]

    def search_all(self, queries):
        self.index.knn_query(queries, 10, num_threads=2)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path, dimension):
        import hnswlib
        self.index = hnswlib.Index("cosine", dimension)
        self.index.load_index(path)


class FaissHnsw:
    efforts = Usearch.efforts
    filtered = True

    def build(self, base):
        import faiss
        self.faiss = faiss
        faiss.omp_set_num_threads(2)
        self.index = faiss.index_factory(base.shape[1], self.spec(base), faiss.METRIC_INNER_PRODUCT)
        self.prepare()
        if not self.index.is_trained:
            self.index.train(base)
        self.index.add(base)

    def spec(self, base):
        return "HNSW16,Flat"

    def prepare(self):
        self.index.hnsw.efConstruction = 128

    def effort(self, value):
        self.value = self.index.hnsw.efSearch = value

    def search(self, query):
        return self.index.search(query[None], 10)[1][0]

    def search_all(self, queries):
        self.faiss.omp_set_num_threads(2)
        self.index.search(queries, 10)
        self.faiss.omp_set_num_threads(1)

    def parameters(self, selector):
        return self.faiss.SearchParametersHNSW(sel=selector, efSearch=self.value)

    def search_filtered(self, query, bits):
        return self.index.search(query[None], 10, params=self.parameters(self.faiss.IDSelectorBitmap(bits)))[1][0]

    def save(self, path):
        self.faiss.write_index(self.index, path)

    def load(self, path, dimension):
        import faiss
        self.faiss = faiss
        self.index = faiss.read_index(path)
        faiss.omp_set_num_threads(1)


class FaissFastScan(FaissHnsw):
    """Inverted file, 4-bit product codes with fast scan, float32 refinement."""
    efforts = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512)
    filtered = False

    def spec(self, base):
        return f"IVF512,PQ{base.shape[1] // 4}x4fs,RFlat"

    def prepare(self):
        pass

    def effort(self, value):
        self.index.k_factor = 20
        self.faiss.downcast_index(self.index.base_index).nprobe = value


PEERS = {"usearch": Usearch, "usearch i8": UsearchI8, "hnswlib": Hnswlib, "faiss HNSW": FaissHnsw, "faiss IVF fast scan": FaissFastScan}


def recall(found, truth):
    return float(np.mean([len(set(map(int, f)) & set(map(int, t[:10]))) / 10 for f, t in zip(found, truth)]))


def best_times(call, queries, passes):
    best = np.full(len(queries), np.inf)
    for _ in range(passes):
        for i, query in enumerate(queries):
            start = time.perf_counter()
            call(query)
            best[i] = min(best[i], time.perf_counter() - start)
    return best * 1e6


def measure_filters(peer, folder, rows, queries, base):
    measured = {}
    with open(f"{folder}/filters.txt", encoding="ascii") as listing:
        titles = listing.read().splitlines()
    for number, title in enumerate(titles):
        keep = np.fromfile(f"{folder}/filter{number}.i32", "<i4")
        mask = np.zeros(rows, bool)
        mask[keep] = True
        bits = np.packbits(mask, bitorder="little")
        some = queries[:100]
        scores = some @ base[keep].T
        truth = keep[np.argsort(-scores, axis=1)[:, :10]]
        found = [peer.search_filtered(query, bits) for query in some]
        times = best_times(lambda query, bits=bits: peer.search_filtered(query, bits), some, 1)
        measured[title] = {"recall": round(recall(found, truth), 4), "p50_us": round(float(np.median(times)), 1)}
    return measured


def build(peer, base, path):
    memory, cpu, wall = resident_mb(), cpu_seconds(), time.perf_counter()
    peer.build(base)
    took = {"build_cpu_s": round(cpu_seconds() - cpu, 2), "build_s": round(time.perf_counter() - wall, 2), "memory_mb": round(resident_mb() - memory)}
    peer.save(path)
    with open(path + ".json", "w", encoding="ascii") as file:
        json.dump(took, file)


def measure(peer, name, folder, base, path):
    queries = np.fromfile(f"{folder}/query.f32", "<f4").reshape(-1, base.shape[1])
    truth = np.fromfile(f"{folder}/truth.i32", "<i4").reshape(len(queries), -1)
    with open(path + ".json", encoding="ascii") as file:
        out = {"system": name, **json.load(file)}
    start = time.perf_counter()
    peer.load(path, base.shape[1])
    out["load_ms"] = round((time.perf_counter() - start) * 1e3, 1)
    for effort in peer.efforts:
        peer.effort(effort)
        out["effort"], out["recall"] = effort, round(recall([peer.search(query) for query in queries], truth), 4)
        if out["recall"] >= TARGET:
            break
    times = best_times(peer.search, queries, 3)
    out["p50_us"], out["p99_us"] = round(float(np.median(times)), 1), round(float(np.percentile(times, 99)), 1)
    per_second = 0.0
    many = np.vstack([queries] * 4)
    for _ in range(3):
        start = time.perf_counter()
        peer.search_all(many)
        per_second = max(per_second, len(many) / (time.perf_counter() - start))
    out["qps_2threads"] = round(per_second)
    if getattr(peer, "filtered", False):
        out["filters"] = measure_filters(peer, folder, len(base), queries, base)
    print(json.dumps(out), flush=True)


def main():
    step, name, folder, dimension = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    path = f"{folder}/{name.replace(' ', '-')}.index"
    base = np.fromfile(f"{folder}/base.f32", "<f4").reshape(-1, dimension)
    if step == "build":
        build(PEERS[name](), base, path)
    else:
        measure(PEERS[name](), name, folder, base, path)


if __name__ == "__main__":
    main()
