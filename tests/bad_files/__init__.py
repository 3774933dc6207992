"""Bad files, made when they are asked for: each with what has to become of it. `pack.py` holds them all."""
