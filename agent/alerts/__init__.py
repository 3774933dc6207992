"""From an event to an incident to what is sent, and from what is sent to what has arrived."""
