"""The colours that Pascal VOC gives to numbers (development kit of 2012, `VOClabelcolormap.m`)."""

VOID = 255  # the number of pixels that belong to nothing


def colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue of a number, 0 to 2^24 - 1; VOC itself has 256.

    The number's bits, from the lowest, are dealt out to the three, from their highest down.
    """
    return tuple(
        sum((number >> 3 * place + channel & 1) << 7 - place for place in range(8))
        for channel in range(3)
    )
