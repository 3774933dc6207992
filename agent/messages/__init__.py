"""What is said in Slack, as pure functions: records in, text and Block Kit out."""
