"""The command line: what people use of the local cloud and of delivery, and what workflows use."""
