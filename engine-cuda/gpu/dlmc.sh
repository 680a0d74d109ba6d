# Sparse products on the matrices of DLMC beside the best of cuSPARSE's algorithms and dense cuBLAS, as graphs, in turn.
# A rehearsal without data makes two matrices up.
if [ ! -f "$CHECK_DATA/dlmc/index.csv" ] && [ "$CHECK_REHEARSAL" = 0 ]; then
    why="no folder of data sets"
    [ -z "$CHECK_DATA" ] || why="no dlmc/index.csv in $CHECK_DATA"
    python3 "$CHECK_GPU/report.py" refuse dlmc "$why: name one by --data DIR or GOSSAMER_DATA"
    exit 64
fi
exec python3 "$CHECK_GPU/dlmc.py" --java "$CHECK_HOME/bin/benchmarks"
