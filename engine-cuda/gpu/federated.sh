# The published FashionMNIST setting in its short form: twice on the backend, once on cpu-vector; then all of it on the backend.
# Each finished run counts, however often the section is started.
report() { python3 "$CHECK_GPU/report.py" "$@"; }

experiment=$CHECK_HOME/experiments/fedsparsify-fashion-mnist.yaml
where=(--data "$CHECK_DATA")
rounds=20
[ "$CHECK_QUICK" = 0 ] || rounds=2
if [ -z "$CHECK_DATA" ]; then
    if [ "$CHECK_REHEARSAL" = 0 ]; then
        report refuse federated "no folder of data sets: name one by --data DIR or GOSSAMER_DATA"
        exit 64
    fi
    experiment=$CHECK_HOME/experiments/strokes.yaml
    where=()
fi

tuning=
# Seconds that a run may take: one that hangs is not to cost the others their time.
most=200
train() {
    local folder=$CHECK_OUT/federated/$1
    if [ -f "$folder/finished" ]; then
        return
    fi
    timeout --foreground -k 5 "$most" "$CHECK_HOME/bin/gossamer" ${tuning:+"-Dgossamer.tuning=$tuning"} train "$experiment" "${@:3}" \
        --backend "$2" ${where[@]+"${where[@]}"} \
        --out "$folder" --overwrite --quiet --json >"$CHECK_OUT/federated/$1.json" 2>"$CHECK_OUT/federated/$1.log"
    local status=$?
    if [ "$status" = 0 ]; then
        touch "$folder/finished"
    else
        report add "run $1" failed exit="$status" log="$CHECK_OUT/federated/$1.log"
        tail -n 5 "$CHECK_OUT/federated/$1.log"
    fi
}

same() { python3 -c 'import filecmp, sys; sys.exit(not filecmp.cmp(*sys.argv[1:], shallow=False))' "$@"; }

whole() {
    train "$1" "$CHECK_BACKEND"
    [ ! -f "$CHECK_OUT/federated/$1/finished" ] || python3 "$CHECK_GPU/whole_run.py" federated "$@"
}

train first "$CHECK_BACKEND" --rounds "$rounds"
train second "$CHECK_BACKEND" --rounds "$rounds"
train processor cpu-vector --rounds "$rounds"
for run in first second processor; do
    [ -f "$CHECK_OUT/federated/$run/finished" ] || exit 0
done
python3 "$CHECK_GPU/compare_runs.py"

[ "$CHECK_QUICK" = 0 ] || exit 0
if [ "$CHECK_REHEARSAL" = 1 ]; then
    whole whole
    exit 0
fi
whole whole --non-zero 11829 --seconds 30
# What choices are worth that were made without a GPU: several steps in a graph, all of the driver's work queues instead of its
# eight, and launches that wait for the kernel before them to end.
most=90
tuning=step.nodes=0 whole whole-step-by-step
CUDA_DEVICE_MAX_CONNECTIONS=8 whole whole-eight-queues
tuning=launch.overlap=1 whole whole-overlapping
for run in whole-step-by-step whole-overlapping whole-eight-queues; do
    models=("$CHECK_OUT/federated/whole/model.safetensors" "$CHECK_OUT/federated/$run/model.safetensors")
    name="$run ends with the model of whole"
    if [ -f "${models[1]}" ] && ! report has "$name"; then
        same "${models[@]}" && verdict=passed || verdict=failed
        report add "$name" "$verdict"
    fi
done
