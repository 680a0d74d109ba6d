# Our own kernels under compute-sanitizer, class by class: memcheck finds accesses out of bounds, racecheck hazards in shared
# memory. Both slow kernels down, so that each check runs fewer cases than in the section contracts.
report() { python3 "$CHECK_GPU/report.py" "$@"; }

tool=$(PATH=$PATH:/usr/local/cuda/bin:/opt/cuda/bin command -v compute-sanitizer || true)
if [ -z "$tool" ]; then
    report add compute-sanitizer skipped why="not on the PATH, nor in /usr/local/cuda/bin"
    exit 0
fi

memcheck=(CudaElementwiseTest CudaReluTest CudaSgdTest CudaSoftmaxCrossEntropyTest CudaSelectionTest CudaSparsifyTest
    CudaBatchesTest CudaGatherScatterTest CudaWorkspaceTest CudaProductTest CudaConvolutionTest CudaPoolTest CudaRetileTest
    CudaBatchNormTest CudaDropoutTest CudaAddTest CudaSparseActivationTest CudaSparseWeightsTest CudaSpmmTest CudaSddmmTest
    CudaOwnProductsTest)
racecheck=(CudaSelectionTest CudaSoftmaxCrossEntropyTest CudaElementwiseTest CudaSgdTest CudaSparsifyTest CudaProductTest
    CudaBatchesTest CudaConvolutionTest CudaBatchNormTest CudaSparseActivationTest CudaSparseWeightsTest CudaOwnProductsTest)
cases=10
slow=300 # seconds of a class, which shares the GPU with others
if [ "$CHECK_QUICK" = 1 ]; then
    memcheck=(CudaReluTest)
    racecheck=(CudaSelectionTest)
    cases=2
fi

# One class under one tool. The tool's own count decides, without the races that racecheck sees inside cuSPARSE's own kernels
# (csrmv_v3 of 12.6.3 writes the same word twice): their number is kept. The tests have to pass as well: a kernel that was
# refused has no errors either.
check() {
    local check=$1 class=$2 limit errors vendor tests races
    local log=$CHECK_OUT/sanitizer/$check-$class.log results=$CHECK_OUT/sanitizer/$check-$class.jsonl
    report has "$check $class" && return
    limit=$((CHECK_UNTIL - $(date +%s) - 10))
    [ "$limit" -gt 20 ] || return
    [ "$limit" -lt "$slow" ] || limit=$slow
    rm -f "$results"
    local started=$SECONDS
    # The JVM by itself, without the launcher: the tool would look into each process that a script starts.
    timeout -k 5 "$limit" "$tool" --tool "$check" --print-limit 20 --log-file "$log" \
        "$CHECK_HOME/jre/bin/java" -Dgossamer.test.require=cuda -Dgossamer.test.cases="$cases" \
        -cp "$CHECK_HOME/lib/*:$CHECK_HOME/lib/tests/*" dev.gossamer.dist.TestRunner \
        --here --results "$results" "$class" >"$log.out" 2>&1
    local status=$?
    local seconds=$((SECONDS - started))
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
        # Stopped by the end of the section, it is still to be done; by its own limit, it is too slow.
        [ "$limit" -lt "$slow" ] || report add "$check $class" failed seconds="$seconds" why="took more than $limit s"
        return
    fi
    errors=$(sed -n 's/^=*  *ERROR SUMMARY: \([0-9]*\) error.*/\1/p; s/^=*  *RACECHECK SUMMARY: .*(\([0-9]*\) error.*/\1/p' \
        "$log" | tail -n 1)
    mapfile -t races < <(sed -n '/Error: Race reported .* at void cusparse::/p' "$log")
    vendor=${#races[@]}
    tests=$(sed -n 's/^\([0-9]* passed, [0-9]* failed, [0-9]* skipped\)$/\1/p' "$log.out" | tail -n 1)
    if [ -z "$errors" ]; then
        report add "$check $class" failed seconds="$seconds" why="no summary in $log (exit code $status)"
    elif [ "$errors" = "$vendor" ] && [ "$status" = 0 ]; then
        report add "$check $class" passed errors=0 inside_cusparse="$vendor" seconds="$seconds" tests="$tests"
    else
        report add "$check $class" failed errors="$errors" inside_cusparse="$vendor" seconds="$seconds" tests="$tests" \
            log="$log"
    fi
}

# Several at a time: most of a class's time is the start of a JVM, which the tool watches.
check_all() {
    local class
    for class in "${@:2}"; do
        while running=($(jobs -rp)) && [ ${#running[@]} -ge "$most" ]; do wait -n; done
        check "$1" "$class" &
    done
}

most=$((($(nproc) + 1) / 2))
[ "$most" -le 6 ] || most=6
left=0
check_all memcheck "${memcheck[@]}"
check_all racecheck "${racecheck[@]}"
wait
for class in "${memcheck[@]}"; do report has "memcheck $class" || left=1; done
for class in "${racecheck[@]}"; do report has "racecheck $class" || left=1; done
if [ "$left" = 1 ]; then
    echo "time is up: run it again, it goes on with the rest"
    exit 1
fi
