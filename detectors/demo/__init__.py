"""`oddspot demo`: the main job on real photographs, driven through the same commands a person uses."""
