"""From a git commit to an image: releases, build contexts, digests."""
