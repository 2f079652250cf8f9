"""The status page of a stack: one small page, made on the server, for a browser on this machine."""
