"""The functions, a folder each. A start makes some 70,000 objects, and hardly any garbage is among them."""

import gc

gc.set_threshold(50_000)  # to look for it after every 700, as Python does by itself, takes a tenth of a start
