"""Typed settings for every process: one YAML file and the environment. Imports nothing of ours."""
