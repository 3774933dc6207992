"""Whether the camera is well: signs of each frame, and what they are usually like at its source."""
