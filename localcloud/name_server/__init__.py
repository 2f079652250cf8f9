"""A DNS server for the zones of the emulated account; it forwards what is outside of them."""
