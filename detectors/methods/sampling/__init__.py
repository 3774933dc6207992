"""Weakly supervised by a sampler that learns by reinforcement which patches to train on."""
