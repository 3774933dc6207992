"""The bot: people's questions and acts in Slack, and what comes of them."""
