"""scipy_convolve.py <side> <filters>: the same with SciPy, one filter after the other.

Reads the image and the 4 x 4 filters as raw doubles, writes the results in the same way.
"""

import sys

try:
    import numpy
    from scipy.signal import convolve2d
except ImportError as reason:
    sys.exit(f"{sys.executable} has no SciPy: {reason}")

side, filters = map(int, sys.argv[1:])
numbers = numpy.frombuffer(sys.stdin.buffer.read(), dtype=numpy.float64)
image = numbers[: side * side].reshape(side, side)
for weights in numbers[side * side :].reshape(filters, 4, 4):
    kept = convolve2d(image, weights)[::5, ::5]
    sys.stdout.buffer.write(numpy.ascontiguousarray(kept).tobytes())
