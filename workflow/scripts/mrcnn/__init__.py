"""Mask R-CNN (He et al., 2017, arXiv:1703.06870) for Keras 3.

A real Keras model, trained with `compile` and `fit`, written in `keras.ops` alone; with the
interface and, on request, the numbers of Matterport's Mask_RCNN.

    from mrcnn.config import Config
    from mrcnn.model import MaskRCNN
"""
