"""The part of Qdrant's REST API that the chat uses, for machines that cannot pull the image `qdrant/qdrant`.

Below it is Qdrant's own storage engine, from the PyPI wheel `qdrant-edge-py`: the same segments and write-ahead log,
in this process. Offered are collections of one unnamed dense vector compared by cosine, points with a payload, the
exact search for the nearest of them, also among those whose payload has a text, with an index of that, and an API
key. Anything else is refused by name with 501, so that no answer is ever a wrong one. Imports are relative: the
folder runs under any name, as `python -m localcloud.qdrant` here and as `python -m qdrant` in its image.
"""
