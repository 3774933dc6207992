"""What a monitoring system may ask a running process: is it alive, is it ready, how is the house."""
