# Training steps and inference of whole models beside PyTorch on the same device, in turn.
exec python3 "$CHECK_GPU/steps.py" --java "$CHECK_HOME/bin/benchmarks"
