"""What sensitive means at this company: categories that customers add to those of the catalog."""

from fanlight.labels.custom.compiled import About, CustomCategories
from fanlight.labels.custom.definitions import CategoryProblem, Definition

__all__ = ["About", "CategoryProblem", "CustomCategories", "Definition"]
