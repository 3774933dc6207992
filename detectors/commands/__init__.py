"""The commands of the detectors, one topic a file."""
