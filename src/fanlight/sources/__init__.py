"""One package per vendor: client, mapping to the model, settings. Found by a scan of this package.

A source package has `KIND: str` and `connect(context: SourceContext) -> Source`.
Packages for native logs (files) have `KIND: str` and `map_record(record, context) -> Iterator[Event]`.
"""
