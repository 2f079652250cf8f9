"""Qdrant's REST API on Qdrant's own storage engine, for machines that cannot pull the image `qdrant/qdrant`.

The engine is the PyPI wheel `qdrant-edge-py`: the same segments and write-ahead log, in this process. What it does
natively is offered, and only that; anything else is refused by name with 501, so that no answer is ever a wrong one.
Not offered: clusters, snapshots, aliases, gRPC, sparse and multi-vectors, quantization, approximate search (every
search here is exact), access by token. Imports are relative: the folder runs under any name, as
`python -m localcloud.qdrant` here and as a package of another name in its image.
"""
