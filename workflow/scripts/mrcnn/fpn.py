"""The feature pyramid network (Lin et al., 2017, arXiv:1612.03144)."""

import keras
from keras import layers


def feature_pyramid(backbone_channels, config) -> keras.Model:
    """Turns C2 to C5 into P2 to P6.

    Args:
        backbone_channels: channels of C2, C3, C4, C5.
        config: `Config`; `TOP_DOWN_PYRAMID_SIZE` channels come out at every level.

    Returns:
        A model from four maps `(B, H, W, C)` to five `(B, H, W, TOP_DOWN_PYRAMID_SIZE)`, strides
        4 to 64.
    """
    size = config.TOP_DOWN_PYRAMID_SIZE
    maps = [
        keras.Input((None, None, channels), name=f"c{level}")
        for level, channels in enumerate(backbone_channels, 2)
    ]
    c2, c3, c4, c5 = maps
    p5 = layers.Conv2D(size, 1, name="fpn_c5p5")(c5)
    merged = {5: p5}
    for level, lateral in ((4, c4), (3, c3), (2, c2)):
        upsampled = layers.UpSampling2D(2, name=f"fpn_p{level + 1}upsampled")(merged[level + 1])
        lateral = layers.Conv2D(size, 1, name=f"fpn_c{level}p{level}")(lateral)
        merged[level] = layers.Add(name=f"fpn_p{level}add")([upsampled, lateral])
    pyramid = [
        layers.Conv2D(size, 3, padding="same", name=f"fpn_p{level}")(merged[level])
        for level in (2, 3, 4, 5)
    ]
    pyramid.append(layers.MaxPooling2D(1, strides=2, name="fpn_p6")(pyramid[-1]))
    return keras.Model(maps, pyramid, name="fpn")
