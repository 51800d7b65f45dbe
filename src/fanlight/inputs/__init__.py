"""Push inputs: what other systems send to Fanlight, acknowledged only after the commit.

An edge like the server: it ties sources (how a record is read), labels (what is content) and the pipeline's rules of
storing (one transaction, nothing twice), and nothing of the product depends on it.
"""
