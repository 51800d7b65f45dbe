"""The labeller on the shared collection of labelled documents: the floor below which it must not fall."""

import importlib.util
import json
import os
from pathlib import Path

import pytest

from fanlight.labels import Labeller
from fanlight.labels.taxonomy import taxonomy

SHARED = Path(os.environ.get("FANLIGHT_SHARED", Path(__file__).parents[3] / "shared")) / "label-eval"
FLOORS = {
    "CONFIDENTIAL_MARK": 0.95, "CUSTOMER_DATA": 0.98, "FINANCIAL": 0.9, "GOV_ID": 0.95, "HEALTH": 0.93, "LEGAL": 0.85,
    "PAYMENT_CARD": 0.95, "PERSON_NAME": 0.9, "PII": 0.93, "SECRET": 0.88, "SOURCE_CODE": 0.94,
}  # fmt: skip


@pytest.mark.shared
def test_quality_does_not_fall():
    if not SHARED.exists():
        pytest.skip("the shared reference data is not here")
    spec = importlib.util.spec_from_file_location("score", SHARED / "score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    gold = [g for g in score.load(SHARED / "gold.jsonl") if g["kind"] != "bare"]
    wanted = {g["id"] for g in gold}
    groups = taxonomy().groups
    predictions = {}
    with Labeller(b"k") as labeller, (SHARED / "docs.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["id"] in wanted:
                labels = labeller.label_text(record["text"])
                spans = [{"start": s.start, "end": s.end, "type": groups[s.group].span} for s in labels.spans]
                predictions[record["id"]] = (set(labels.categories), spans)
    table = score.doc_table(gold, predictions)
    f1 = {category: score.prf(*table[category][:3])[2] for category in FLOORS}
    assert {c: round(v, 3) for c, v in f1.items() if v < FLOORS[c]} == {}
    hard = [g for g in gold if str(g["hard"]).startswith("neg") and not g["labels"]]
    alarms = sum(bool(predictions[g["id"]][0] & set(g["scope"])) for g in hard)
    assert alarms / len(hard) <= 0.03
