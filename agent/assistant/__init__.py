"""Questions in, answers out: read the question, ask the typed tools, say what they gave and nothing else."""
