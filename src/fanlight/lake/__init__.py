"""Facts: append, read, compact, erase. Immutable Parquet files; the state database says which count."""

from fanlight.lake.lake import Lake
from fanlight.lake.read import Reader, open_reader
from fanlight.lake.tables import TABLE_OF, TABLES, FactTable

__all__ = ["TABLES", "TABLE_OF", "FactTable", "Lake", "Reader", "open_reader"]
