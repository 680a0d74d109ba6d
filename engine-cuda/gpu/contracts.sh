# Every contract, and fl-core's tests, on the backend, some beside each other: each holds half a gigabyte of the GPU's memory.
# Skips count as failures where they mean that it did not run.
jobs=$(nproc)
[ "$jobs" -le 12 ] || jobs=12
suites=("$CHECK_BACKEND" fl-core)
if [ "$CHECK_QUICK" = 1 ]; then
    case $CHECK_BACKEND in
        cuda) suites=(CudaSpmmTest CudaReluTest) ;;
        cpu-vector) suites=(CpuSpmmTest CpuReluTest) ;;
        *) suites=(ReferenceSpmmTest ReferenceReluTest) ;;
    esac
fi
"$CHECK_HOME/bin/contracts" -Dgossamer.test.require="$CHECK_BACKEND" -Dgossamer.backend="$CHECK_BACKEND" \
    --results "$CHECK_OUT/contracts/classes.jsonl" --limit 150 --jobs "$jobs" "${suites[@]}" 2>"$CHECK_OUT/contracts/errors.log"
status=$?
# Exit code 1 says that a test failed, which the results say too.
[ "$status" -le 1 ]
