"""Answers in plain, exact, short words, written from tools' results and nothing else."""
