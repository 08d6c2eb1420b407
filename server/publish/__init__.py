"""Writing down the whole surface: catalogue, manifest, reference."""
