"""Tests compile many small graphs and run each for a moment: no time is spent on tuning them."""

import backend

backend.start(threads=2)
