"""Neighbour lists as two arrays: nothing per edge but its target, and a whole walk is a few slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Csr", "Ints"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Csr:
    """For each key 0 … n-1 its values: `items[starts[key]:starts[key + 1]]`."""

    starts: Ints
    items: Ints

    @classmethod
    def of(cls, keys: Ints, values: Ints, size: int) -> Csr:
        """Group `values` by `keys`; pairs with a negative key or value are left out."""
        kept = (keys >= 0) & (values >= 0)
        keys, values = keys[kept], values[kept]
        order = np.argsort(keys, kind="stable")
        starts = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(keys, minlength=size), out=starts[1:])
        return cls(starts, values[order])

    def one(self, key: int) -> Ints:
        """Values of one key (a view)."""
        return self.items[self.starts[key] : self.starts[key + 1]]

    def counts(self) -> Ints:
        """How many values each key has."""
        return np.diff(self.starts)

    def gather(self, keys: Ints) -> Ints:
        """Values of all keys, one list after the other."""
        return self.items[self.positions(keys)]

    def positions(self, keys: Ints) -> Ints:
        """Places in `items` of all values of the keys, in the order of the keys."""
        first = self.starts[keys]
        lengths = self.starts[keys + 1] - first
        total = int(lengths.sum())
        if total == 0:
            return np.empty(0, np.int64)
        ends = np.cumsum(lengths)
        steps = np.arange(total) - np.repeat(ends - lengths, lengths)
        places: Ints = np.repeat(first, lengths) + steps
        return places

    def spread(self, keys: Ints) -> tuple[Ints, Ints]:
        """(position of the key in `keys`, value) for every value."""
        lengths = self.starts[keys + 1] - self.starts[keys]
        return np.repeat(np.arange(len(keys)), lengths), self.gather(keys)
