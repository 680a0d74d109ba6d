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
train() {
    local folder=$CHECK_OUT/federated/$1
    if [ -f "$folder/finished" ]; then
        return
    fi
    "$CHECK_HOME/bin/gossamer" ${tuning:+"-Dgossamer.tuning=$tuning"} train "$experiment" "${@:3}" \
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
# What choices are worth that were made without a GPU: several steps in a graph, launches that wait for the kernel before them to
# end, and all of the driver's work queues instead of its eight.
tuning=step.nodes=0 whole whole-step-by-step
tuning=launch.overlap=1 whole whole-overlapping
CUDA_DEVICE_MAX_CONNECTIONS=8 whole whole-eight-queues
for run in whole-step-by-step whole-overlapping whole-eight-queues; do
    models=("$CHECK_OUT/federated/whole/model.safetensors" "$CHECK_OUT/federated/$run/model.safetensors")
    name="$run ends with the model of whole"
    if [ -f "${models[1]}" ] && ! report has "$name"; then
        cmp -s "${models[@]}" && verdict=passed || verdict=failed
        report add "$name" "$verdict"
    fi
done
