"""Inspection -> alert in Slack; question -> tools -> answer."""
