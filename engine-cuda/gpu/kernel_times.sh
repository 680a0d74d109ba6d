#!/usr/bin/env bash
# What a training step takes on the GPU, kernel by kernel, by ncu or nsys; no section of check-gpu:
#   kernel_times.sh MODEL BATCH DENSITY      MODEL is mlp, cnn, resnet18 or vgg16; --help says the rest
exec python3 "$(dirname -- "${BASH_SOURCE[0]}")/kernel_times.py" "$@"
