"""Image source -> score -> heatmap -> stored inspection."""
