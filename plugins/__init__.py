"""The built-in plugins. They come in by the same door as guests: `hub.yaml` names them."""
