"""Grants to a graph: what an identity reaches, who reaches a resource, by which path, since when."""

from fanlight.access.answers import Change, Explanation, Exposure, Hop, Reached, Via
from fanlight.access.graph import AccessGraph, Resource, Unknown

__all__ = ["AccessGraph", "Change", "Explanation", "Exposure", "Hop", "Reached", "Resource", "Unknown", "Via"]
