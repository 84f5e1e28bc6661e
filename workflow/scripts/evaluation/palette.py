"""Colours that colour-blind readers can tell apart (Okabe and Ito, 2008)."""

SKY_BLUE = (86, 180, 233)
ORANGE = (230, 159, 0)
GREEN = (0, 158, 115)
PURPLE = (204, 121, 167)
VERMILION = (213, 94, 0)
BLUE = (0, 114, 178)
YELLOW = (240, 228, 66)

COLOURS = (ORANGE, SKY_BLUE, GREEN, PURPLE, VERMILION, BLUE, YELLOW)
WHITE = (255, 255, 255)
INK = (38, 38, 38)
GREY = (140, 140, 140)
FAINT = (205, 205, 205)


def class_colours(categories: list[dict]) -> dict[int, tuple[int, int, int]]:
    """The RGB colour, 0-255, of each category id; they repeat after seven classes."""
    return {
        category["id"]: COLOURS[position % len(COLOURS)]
        for position, category in enumerate(categories)
    }
