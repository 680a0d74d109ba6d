package dev.gossamer.fl.reproduce;

import java.util.List;

/**
 * What is done of a row.
 *
 * @param cells in the order of their seeds; fewer than the row has if some are not done
 */
record RowResult(Row row, List<CellResult> cells) {

    Summary summary(Measure measure) {
        return Summary.of(cells.stream().map(measure::of).toList());
    }
}
