"""Makes golden_log_mel.json: log-mel energies of a fixed recording, by numpy and scipy, in float64.

Run with `python golden_log_mel.py > golden_log_mel.json`; needs numpy and scipy (made with the versions noted in the file).
No random numbers: the recording comes from integer arithmetic that the test repeats
(a square wave whose period shrinks, and noise from a linear congruential generator, seed 1990, that grows).

The definition is that of LogMel's javadoc, written from there: scipy gives the window and the transform, the
triangles are made by interpolation between their corners.
"""

import json
import sys

import numpy as np
import scipy
from scipy.fft import rfft
from scipy.signal.windows import hann

RATE, WINDOW, HOP, FFT, BANDS = 16000, 400, 160, 512, 40
COUNT = 12345  # less than a second: the rest is zeros


def recording():
    samples, state = [], 1990
    for n in range(COUNT):
        state = (1103515245 * state + 12345) % 2**31
        noise = (state >> 16) - 16384
        period = 200 - n // 80
        square = 9000 if n % period < period // 2 else -9000
        samples.append(square + noise * n // (2 * COUNT))
    return np.array(samples)


def mel(hertz):
    return 2595 * np.log10(1 + hertz / 700)


def decibels(samples):
    x = np.zeros(RATE)
    x[: len(samples)] = samples / 32768
    starts = range(0, len(x) - WINDOW + 1, HOP)
    frames = np.stack([x[t : t + WINDOW] for t in starts]) * hann(WINDOW, sym=False)
    power = np.abs(rfft(frames, FFT)) ** 2
    corners = 700 * (10 ** (np.linspace(mel(20), mel(8000), BANDS + 2) / 2595) - 1)
    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    triangles = np.stack([np.interp(bins, corners[b : b + 3], [0, 1, 0]) for b in range(BANDS)])
    return 10 * np.log10(np.maximum(power @ triangles.T, 1e-10)).T


samples = recording()
result = decibels(samples)
frames = [0, 1, 13, 40, 70, 74, 75, 76, 77, 97]
json.dump(
    {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "count": COUNT,
        "first": samples[:8].tolist(),
        "sum": int(samples.sum()),
        "frames": frames,
        "decibels": [[round(float(value), 6) for value in result[:, frame]] for frame in frames],
    },
    sys.stdout,
)
print()
