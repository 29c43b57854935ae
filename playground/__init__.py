"""What is served: pages over the engine, and the runs that they watch."""
