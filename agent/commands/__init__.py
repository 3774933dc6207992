"""The commands of the agent, one topic a file."""
