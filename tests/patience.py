"""How long a test waits for what has to come: longer than a busy machine takes. It costs only where a test fails."""

PATIENCE = 60.0  # seconds. Whoever waits for nothing to come says how long by themselves
