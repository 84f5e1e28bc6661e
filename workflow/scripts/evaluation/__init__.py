"""What a model's predictions are worth: numbers, how sure they are, where they fail, and pictures.

Truth is a COCO file's content (`images`, `categories`, `annotations`), predictions are COCO
results. Nothing here knows which model made them. `overlaps` compares them, `matching` says which
detection found which object, and everything else counts from there.
"""
