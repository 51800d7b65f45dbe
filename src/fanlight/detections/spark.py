"""The batch query on Spark, from the same tree; needs the package pyspark and Java."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fanlight.detections.batch import Batch
from fanlight.detections.record import Record
from fanlight.detections.rulefile import Rule

__all__ = ["spark_match"]


def spark_match(batch: Batch) -> Callable[[Sequence[Record]], list[tuple[int, Rule]]]:
    """A judge of flat records on a local Spark session (or the one that is running)."""
    from pyspark.sql import SparkSession  # type: ignore[import-not-found, unused-ignore]

    builder: Any = SparkSession.builder
    session = (
        builder.master("local[2]")
        .appName("fanlight-rules")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")

    def run(records: Sequence[Record]) -> list[tuple[int, Rule]]:
        if not batch.rules or not records:
            return []
        table = batch.table(records)
        session.createDataFrame(table).createOrReplaceTempView("events")
        rows = session.sql(batch.sql(table, "spark")).collect()
        return batch.hits_in([int(row["row"]) for row in rows], lambda name: [row[name] for row in rows])

    return run
