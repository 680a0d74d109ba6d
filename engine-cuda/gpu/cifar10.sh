# FedSparsify's CIFAR-10 setting with the CNN, end to end, and the energy that it takes. A run that the limit stops goes on from its
# last checkpoint when the section is started again.
report() { python3 "$CHECK_GPU/report.py" "$@"; }

experiment=$CHECK_HOME/experiments/fedsparsify-cifar10.yaml
settings=()
[ "$CHECK_QUICK" = 0 ] || settings+=(--rounds 2)
where=(--data "$CHECK_DATA")
if [ ! -d "$CHECK_DATA/cifar10" ]; then
    if [ "$CHECK_REHEARSAL" = 0 ]; then
        report refuse cifar10 "no folder cifar10 in that of data sets: name one by --data DIR or GOSSAMER_DATA"
        exit 64
    fi
    experiment=$CHECK_HOME/experiments/strokes.yaml
    where=()
fi

run=$CHECK_OUT/cifar10/run
# The run gets the signal as well, and keeps what it has; this script then tells how far it came.
stopped=0
trap 'stopped=1' TERM
gossamer() {
    python3 "$CHECK_GPU/energy.py" "$CHECK_OUT/cifar10/pieces.jsonl" "$CHECK_HOME/bin/gossamer" "$@" \
        --checkpoint-every 5 ${where[@]+"${where[@]}"} --quiet --json >"$CHECK_OUT/cifar10/result.json" 2>>"$CHECK_OUT/cifar10/log"
}

if [ -f "$run/result.json" ]; then
    :
elif [ -d "$run/checkpoint" ]; then
    gossamer resume "$run"
else
    gossamer train "$experiment" ${settings[@]+"${settings[@]}"} --backend "$CHECK_BACKEND" --out "$run" --overwrite
fi
if [ "$stopped" = 1 ] && [ ! -f "$run/result.json" ]; then
    python3 "$CHECK_GPU/whole_run.py" cifar10 run --so-far
    exit 1
fi
if [ ! -f "$run/result.json" ]; then
    report add run failed log="$CHECK_OUT/cifar10/log"
    tail -n 5 "$CHECK_OUT/cifar10/log"
    exit 0
fi
python3 "$CHECK_GPU/whole_run.py" cifar10 run
