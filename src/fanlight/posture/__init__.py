"""Standing questions about how a company is set up: one module each, answered pass, fail or unknown."""

from fanlight.posture.facts import PostureFacts, PostureThresholds, load_facts
from fanlight.posture.run import judge_posture, posture_rows, questions

__all__ = ["PostureFacts", "PostureThresholds", "judge_posture", "load_facts", "posture_rows", "questions"]
