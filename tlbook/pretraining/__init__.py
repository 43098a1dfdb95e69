"""Pre-training of the two embedded source models, in steps that do not depend on the clock."""
