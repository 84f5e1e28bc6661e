"""What a model's predictions are worth: metrics, scores per image, figures and overlays.

Truth is a COCO file's content (`images`, `categories`, `annotations`), predictions are COCO
results. Nothing here knows which model made them.
"""
