"""The parts that the program declares, each from components: one module a noun."""
