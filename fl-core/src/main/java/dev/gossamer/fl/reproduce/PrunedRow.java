package dev.gossamer.fl.reproduce;

import java.util.List;

/**
 * A row whose models were pruned after training.
 *
 * @param accuracies in percent, for each share of weights that is kept
 */
record PrunedRow(Row row, List<Summary> accuracies) {}
