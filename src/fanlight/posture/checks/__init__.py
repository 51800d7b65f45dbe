"""One module per question: `CHECK` says what is asked, `judge(facts)` answers."""
