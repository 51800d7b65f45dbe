"""Content to labels: what kinds of sensitive data a text or an object holds, without keeping any of it."""

from fanlight.labels.labeller import Labeller
from fanlight.labels.values import LabelError, LabelledObject, Span, TextLabels

__all__ = ["LabelError", "LabelledObject", "Labeller", "Span", "TextLabels"]
