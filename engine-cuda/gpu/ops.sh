# cuSPARSE and cuBLAS through the public API beside the same calls from Python, in turn; and what a launch costs.
exec python3 "$CHECK_GPU/vendor_calls.py" --java "$CHECK_HOME/bin/benchmarks"
