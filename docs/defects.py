"""A planted defect for each check: what docs/checks.md shows, and a test triggers.

Each is a small change of a sound COCO file: two classes, four images of 60 x 40 pixels.
"""
