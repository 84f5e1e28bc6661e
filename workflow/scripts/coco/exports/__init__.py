"""Exporters: one module per format in which the clean data set goes to other tools.

Each has one function, `write(parts, folder)`. `parts` holds the content of each split's file by
the split's name, and `folder` receives everything: the images, copied, and their annotations. It
returns a line for each thing that the format has no place for, with how many objects it concerns.
"""
