"""The fixtures of tests against the company's other vendors."""

from support.pull_fixtures import company, vendors

__all__ = ["company", "vendors"]
