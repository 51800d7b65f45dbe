"""The fixtures of tests against the company's other vendors."""

from support.pull_fixtures import company, morning_vendors, vendors

__all__ = ["company", "morning_vendors", "vendors"]
