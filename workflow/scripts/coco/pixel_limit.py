"""How many pixels an image may have: larger ones may be made to fill the memory."""

from PIL import Image


def allow(pixels: int):
    """Pillow's own limit stays, for what it decodes on the way, but must not be the lower one."""
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, pixels)
