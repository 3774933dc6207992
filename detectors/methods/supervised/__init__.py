"""Methods that learn from good images and a few labelled defects."""
